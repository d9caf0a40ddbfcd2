package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"eakte/appliance/record"
)

func sample() Entry {
	return Entry{
		At: time.Date(2026, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("CET", 3600)), Action: DocumentView, Outcome: Allowed,
		Actor: record.UserID(record.NewID()), Via: "web", Request: record.NewID(),
		Objects:  []Object{{KindDocument, record.NewID()}, {KindFile, record.NewID()}},
		Personal: Personal{ActorName: "e.mustermann", Query: "Größe", Detail: map[string]string{"b": "2", "a": "1"}},
	}
}

func TestSealAndCheck(t *testing.T) {
	e := sample()
	l, err := Seal(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(l.Header, l.Salt, l.Payload); err != nil {
		t.Fatal(err)
	}
	h, err := ParseHeader(l.Header)
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 12, 31, 22, 59, 59, 999_999_000, time.UTC)
	if h.ID != l.ID || !h.At.Equal(want) || h.Action != e.Action || h.Outcome != e.Outcome || h.Actor != e.Actor ||
		h.Via != e.Via || h.Request != e.Request || len(h.Objects) != 2 || h.Objects[1] != e.Objects[1] || l.Year != 2026 {
		t.Errorf("header reads as %+v", h)
	}
	p, err := ParsePersonal(l.Payload)
	if err != nil || p.ActorName != "e.mustermann" || p.Query != "Größe" || p.Detail["a"] != "1" {
		t.Errorf("payload reads as %+v, %v", p, err)
	}
	if strings.Contains(string(l.Header), "mustermann") {
		t.Error("the header names a person")
	}
	again, err := Seal(e)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID == l.ID || bytes.Equal(again.Salt, l.Salt) || bytes.Equal(again.Header, l.Header) {
		t.Error("two seals of an entry are alike: a payload could be guessed from its hash")
	}
}

func TestYearIsUTC(t *testing.T) {
	e := sample()
	e.At = time.Date(2027, 1, 1, 0, 30, 0, 0, time.FixedZone("CET", 3600))
	l, err := Seal(e)
	if err != nil || l.Year != 2026 {
		t.Errorf("year %d, %v; in UTC it is still 2026", l.Year, err)
	}
}

func TestCheckFindsEveryChange(t *testing.T) {
	l, err := Seal(sample())
	if err != nil {
		t.Fatal(err)
	}
	flip := func(b []byte, i int) []byte {
		c := bytes.Clone(b)
		c[i] ^= 1
		return c
	}
	for i := range l.Payload {
		if err := Check(l.Header, l.Salt, flip(l.Payload, i)); !errors.Is(err, record.Corrupt) {
			t.Fatalf("payload byte %d changed: %v", i, err)
		}
	}
	for i := range l.Salt {
		if err := Check(l.Header, flip(l.Salt, i), l.Payload); !errors.Is(err, record.Corrupt) {
			t.Fatalf("salt byte %d changed: %v", i, err)
		}
	}
	for name, c := range map[string][2][]byte{
		"salt missing": {nil, l.Payload}, "payload missing": {l.Salt, nil},
		"border moved": {append(bytes.Clone(l.Salt), l.Payload[0]), l.Payload[1:]},
	} {
		if err := Check(l.Header, c[0], c[1]); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Check(l.Header, nil, nil); err != nil {
		t.Errorf("an erased payload: %v", err)
	}
}

func TestHeaderHasOneForm(t *testing.T) {
	l, err := Seal(sample())
	if err != nil {
		t.Fatal(err)
	}
	h := string(l.Header)
	for name, other := range map[string]string{
		"space":          strings.Replace(h, ":", ": ", 1),
		"line feed":      h + "\n",
		"unknown field":  strings.Replace(h, "{", `{"aa":"",`, 1),
		"field missing":  strings.Replace(h, `,"via":"web"`, "", 1),
		"field twice":    strings.Replace(h, `{`, `{"action":"search",`, 1),
		"escape":         strings.Replace(h, `"web"`, `"\u0077eb"`, 1),
		"case of a name": strings.Replace(h, `"via"`, `"Via"`, 1),
		"version":        strings.Replace(h, `"version":1`, `"version":2`, 1),
		"time's zone":    strings.Replace(h, `999999Z`, `999999+00:00`, 1),
		"upper hex":      strings.Replace(h, "sha256-", "sha256-A", 1),
		"null objects":   h[:strings.Index(h, `[`)] + "null" + h[strings.Index(h, `]`)+1:],
		"two values":     h + h,
		"nothing":        "",
	} {
		if other == h {
			t.Fatalf("%s: the test changes nothing", name)
		}
		if _, err := ParseHeader([]byte(other)); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealRefusesWhatIsNoID(t *testing.T) {
	for name, change := range map[string]func(*Entry){
		"no time":      func(e *Entry) { e.At = time.Time{} },
		"no action":    func(e *Entry) { e.Action = "" },
		"action":       func(e *Entry) { e.Action = "Document View" },
		"outcome":      func(e *Entry) { e.Outcome = "ok" },
		"actor's name": func(e *Entry) { e.Actor = "Erika Mustermann" },
		"via":          func(e *Entry) { e.Via = "WEB" },
		"request":      func(e *Entry) { e.Request = "a b" },
		"file number":  func(e *Entry) { e.Objects[0].ID = "03104//0012345" },
		"object kind":  func(e *Entry) { e.Objects[0].Kind = "" },
		"object id":    func(e *Entry) { e.Objects[0].ID = "" },
		"too many": func(e *Entry) {
			for range MaxHeader / 50 {
				e.Objects = append(e.Objects, Object{KindDocument, record.NewID()})
			}
		},
	} {
		e := sample()
		change(&e)
		if _, err := Seal(e); !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPersonalTextNeverStopsAnEntry(t *testing.T) {
	e := sample()
	e.Personal = Personal{
		Query:  strings.Repeat("ä", MaxText),
		Reason: "bad \xff\xfe bytes",
		Detail: map[string]string{"k\xff": strings.Repeat("x", MaxText), "e": "\u2028\x00\x7f\"\\</script>"},
	}
	l, err := Seal(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(l.Header, l.Salt, l.Payload); err != nil {
		t.Fatal(err)
	}
	p, err := ParsePersonal(l.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Query) > MaxText || !strings.HasSuffix(p.Query, "ä…") || !utf8.ValidString(p.Query) {
		t.Errorf("long text is cut to %d bytes, ends %q", len(p.Query), p.Query[len(p.Query)-8:])
	}
	if p.Reason != "bad \uFFFD bytes" || p.Detail["k\uFFFD"] != strings.Repeat("x", MaxText) || p.Detail["e"] != e.Personal.Detail["e"] {
		t.Errorf("text came back as %q and %q", p.Reason, p.Detail["e"])
	}
}

func TestCanonicalIsRFC8785(t *testing.T) {
	// The strings and the order of keys are those of RFC 8785, 3.2.2 and 3.2.3.
	got := canonical(map[string]any{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
		"1": "One", "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"})
	want := `{"\r":"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis",` +
		`"€":"Euro Sign","😀":"Emoji: Grinning Face","` + "\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s := string(canonical("\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/")); s != `"€$\u000f\nA'B\"\\\\\"/"` {
		t.Errorf("string is %s", s)
	}
	if s := string(canonical([]any{uint64(0), uint64(1 << 52), []any{}, map[string]any{}})); s != "[0,4503599627370496,[],{}]" {
		t.Errorf("numbers are %s", s)
	}
}

func FuzzCanonicalIsJSON(f *testing.F) {
	f.Add("a", "b\x00\u2028\U0001f600")
	f.Fuzz(func(t *testing.T, k, v string) {
		k, v = strings.ToValidUTF8(k, "?"), strings.ToValidUTF8(v, "?")
		var back map[string]string
		if err := json.Unmarshal(canonical(map[string]any{k: v}), &back); err != nil || len(back) != 1 || back[k] != v {
			t.Errorf("%q: %q came back as %q, %v", k, v, back, err)
		}
	})
}
