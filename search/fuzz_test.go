package search

import (
	"strings"
	"testing"
	"unicode/utf8"

	"eakte/appliance/record"
)

func FuzzAnalyze(f *testing.F) {
	for _, s := range []string{samplePage, "Mu\u0308ller", "\xff\xfe", "a\u0308e", "Heizkosten-\nabrechnung", "1.234,56", "03104 BG 0012345",
		"DE12 3456 7890 1234 5678 90", "ﬁ½²ⅷ", "\u00ad", strings.Repeat("kosten", 30), "１２.１１.２０２６", "e-e-e-e-e-e", "ue\u0301ue", "\u0308", "l\u8082"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, k := range Analyze(text) {
			switch {
			case k.Start < 0 || k.Start >= k.End || k.End > len(text):
				t.Fatalf("%+v lies outside the text of %d bytes", k, len(text))
			case k.Term == "" || !utf8.ValidString(k.Term) || len(k.Term) > maxTerm:
				t.Fatalf("%+v is no term", k)
			case k.Position < last || k.Position > last+1:
				t.Fatalf("%+v follows position %d", k, last)
			case utf8.ValidString(text) && !utf8.ValidString(text[k.Start:k.End]):
				t.Fatalf("%+v cuts a letter", k)
			case strings.Contains(k.Term, PartMark) != (k.Kind == TokenPart) || strings.IndexByte(k.Term, 0xff) >= 0:
				t.Fatalf("%+v has a mark that isn't its own", k)
			}
			last = k.Position
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"kosten", `"kosten der unterkunft" -miete heiz*`, "03104 BG 0012345", `„a“`, "-", "- a", `-"a b"`, "*", "a*", "ab-cd*",
		"18. November 2026", "\xff", "Heizkosten-Abrechnung", "DE12 3456 7890 1234 5678 90 und mehr", "a OR b ODER c d", `von:"a b",c* OR "d e"`,
		`-type:a,"b c" typ:d OR type:e`, "received:2026-01..31.03.2026 x", "received:..2026 -von:a", "file:03104//0012345 -a"} {
		f.Add(s)
	}
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		p, err := Parse(q)
		if err != nil {
			if record.CategoryOf(err) != record.Invalid || Reason(err) == "" {
				t.Fatalf("%q: %v", q, err)
			}
			return
		}
		if len(p.Must) == 0 && len(p.Filters) == 0 {
			t.Fatalf("%q asks for nothing", q)
		}
		for _, c := range append(p.Must, p.Not...) {
			checkClause(t, q, c)
		}
		for _, x := range p.Filters {
			checkFilter(t, q, x)
		}
		// What is asked for is found in itself, unless it is negated.
		if len(p.Not) == 0 && len(p.Must) == 1 && len(p.Filters) == 0 && !strings.Contains(q, "*") && p.Must[0].In == "" {
			if h := Highlight(record.PageWords{}, strings.ToValidUTF8(q, " "), p); h.Count == 0 {
				t.Errorf("%q does not find itself: %+v", q, p)
			}
		}
	})
}

func checkClause(t *testing.T, q string, c Clause) {
	t.Helper()
	if len(c.Slots) == 0 || c.Kind == 0 {
		t.Fatalf("%q has an empty clause %+v", q, c)
	}
	for _, s := range c.Slots {
		if len(s.Terms) == 0 && s.Prefix == "" {
			t.Fatalf("%q has an empty slot in %+v", q, c)
		}
		for _, fz := range s.Fuzzy {
			if HasDigit(fz) {
				t.Fatalf("%q finds the number %q with a typing error", q, fz)
			}
		}
	}
	for _, a := range c.Also {
		if a.In != c.In {
			t.Fatalf("%q looks for its pieces elsewhere: %+v", q, c)
		}
		checkClause(t, q, a)
	}
	for _, o := range c.Or {
		if len(o.Or) > 0 {
			t.Fatalf("%q has an Or inside an Or: %+v", q, c)
		}
		checkClause(t, q, o)
	}
}

func checkFilter(t *testing.T, q string, f Filter) {
	t.Helper()
	if days := f.From != "" || f.To != ""; days != (f.Field == FieldReceived) || days == (len(f.Values) > 0) {
		t.Fatalf("%q has the filter %+v", q, f)
	}
	for _, v := range f.Values {
		if strings.TrimSpace(v) == "" {
			t.Fatalf("%q filters for nothing: %+v", q, f)
		}
	}
}

func FuzzHighlight(f *testing.F) {
	f.Add("Die Heizkostenabrechnung über 1.234,56 €", "kosten", 5, 20)
	f.Add("\xff\xfe", "a", 0, 900)
	f.Add("Mu\u0308ller", `"muller"`, -3, 3)
	f.Fuzz(func(t *testing.T, text, q string, start, length int) {
		p, err := Parse(q)
		if err != nil {
			return
		}
		words := record.PageWords{Words: []record.Word{{Start: start, Len: length}, {Start: 0, Len: len(text)}}}
		h := Highlight(words, text, p)
		if n := len(Highlight(words, text, p.OnPage(2)).Boxes); n > len(h.Boxes) {
			t.Errorf("%d boxes on page 2, %d on page 1", n, len(h.Boxes))
		}
		if h.Count > 0 && len(h.Boxes) == 0 {
			t.Errorf("%d hits and no box", h.Count)
		}
		var whole strings.Builder
		for _, piece := range Mark(words, text, p) {
			whole.WriteString(piece.Text)
		}
		if whole.String() != text {
			t.Errorf("the pieces are %q, the text is %q", whole.String(), text)
		}
	})
}
