package search

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"eakte/appliance/record"
)

// brief writes a query as it was understood: words as their first term,
// phrases in brackets, numbers after #, what does as well after a bar, the
// other sides of an OR after a slash, the sender after @, filters in braces.
func brief(p Parsed) string {
	var out []string
	for _, c := range p.Must {
		out = append(out, briefClause(c))
	}
	for _, c := range p.Not {
		out = append(out, "-"+briefClause(c))
	}
	for _, f := range p.Filters {
		s := f.Field + ":" + strings.Join(f.Values, ",") + f.From
		if f.From+f.To != "" {
			s += ".." + f.To
		}
		if f.Not {
			s = "-" + s
		}
		out = append(out, "{"+s+"}")
	}
	return strings.Join(out, " ")
}

func briefClause(c Clause) string {
	var s []string
	for _, slot := range c.Slots {
		if slot.Prefix != "" {
			s = append(s, slot.Prefix+"*")
			continue
		}
		s = append(s, slot.Terms[0])
	}
	text := strings.Join(s, " ")
	switch c.Kind {
	case KindPhrase:
		text = "[" + text + "]"
	case KindNumber:
		text = "#" + text
	}
	if c.In == FieldSender {
		text = "@" + text
	}
	for i, a := range c.Also {
		text += string("|&"[min(i, 1)]) + briefClause(a)
	}
	for _, o := range c.Or {
		text += "/" + briefClause(o)
	}
	return text
}

func TestParse(t *testing.T) {
	for q, want := range map[string]string{
		`kosten der Unterkunft`:                    `kosten der unterkunft`,
		`  Kosten   `:                              `kosten`,
		`"Kosten der Unterkunft"`:                  `[kosten der unterkunft]`,
		`„Kosten der“ «Unterkunft»`:                `[kosten der] [unterkunft]`,
		`kosten -miete -"zu hoch"`:                 `kosten -miete -[zu hoch]`,
		`kosten - miete`:                           `kosten miete`,
		`heiz*`:                                    `heiz*`,
		`Heiz-kost*`:                               `heizkost*`,
		`kosten"der Unterkunft"heizung`:            `kosten [der unterkunft] heizung`,
		`Müller,Anna`:                              `muller anna`,
		`Nord-Süd`:                                 `nordsud|[nord sud]`,
		`kosten -Nord/Süd`:                         `kosten -[nord sud]`,
		`§ 22 SGB II`:                              `#22 sgb ii`,
		`03104//0012345`:                           `#031040012345|[03104 0012345]`,
		`03104 BG 0012345`:                         `#031040012345|#03104&bg&#0012345`,
		`03104BG0012345`:                           `#031040012345`,
		`031D123456`:                               `#031d123456`,
		`031 D 123456 Bescheid`:                    `#031d123456|#031&d&#123456 bescheid`,
		`18.11.2026`:                               `#@20261118`,
		`Termin 18. November 2026 Neustadt`:        `termin #@20261118 neustadt`,
		`1.234,56`:                                 `#=1234,56`,
		`1.234,56 €`:                               `#=1234,56`,
		`12345`:                                    `#12345`,
		`W-03104-00123/26`:                         `#w031040012326|[w 03104 00123 26]`,
		`DE12 3456 7890 1234 5678 90 Miete`:        `#de12345678901234567890|#de12&#3456&#7890&#1234&#5678&#90 miete`,
		`"Bescheid vom 18.11.2026"`:                `[bescheid vom 18 11 2026]`,
		`"18.11.2026"`:                             `[18 11 2026]|#@20261118`,
		`"" kosten`:                                `kosten`,
		`!!! kosten ???`:                           `kosten`,
		`a AND b`:                                  `a and b`,
		strings.Repeat("wort ", MaxQueryWords):     strings.TrimSpace(strings.Repeat("wort ", MaxQueryWords)),
		"kosten\x00\xff\nmiete":                    `kosten miete`,
		strings.Repeat("ä", 60) + " kosten":        strings.Repeat("a", 60) + " kosten",
		"wort" + strings.Repeat(" ", 900) + "satz": `wort satz`,
	} {
		p, err := Parse(q)
		if err != nil {
			t.Errorf("%q: %v", q, err)
		} else if got := brief(p); got != want {
			t.Errorf("%q\n is read as %s\n want       %s", q, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for q, why := range map[string]string{
		"":                                     "no word",
		" \t\n":                                "no word",
		`""`:                                   "no word",
		"§ % -":                                "no word",
		"*":                                    "no word",
		"a*":                                   "too few letters",
		"kosten 1*":                            "too few letters",
		`"Kosten der`:                          "not closed",
		`kosten "`:                             "not closed",
		"-kosten":                              "must not occur",
		`-"kosten der" -miete`:                 "must not occur",
		strings.Repeat("ä", MaxQueryChars+1):   "too long",
		strings.Repeat("a ", MaxQueryWords+1):  "too many words",
		`"` + strings.Repeat("a ", 65) + `" b`: "too many words",
		"kosten " + strings.Repeat("-a ", 64):  "too many words",
	} {
		_, err := Parse(q)
		var e *record.Error
		reason := map[string]string{"no word": ReasonNothing, "too few letters": ReasonNothing, "not closed": ReasonQuote, "must not occur": ReasonOnlyNot,
			"too long": ReasonLong, "too many words": ReasonWords}[why]
		if !errors.Is(err, record.Invalid) || !errors.As(err, &e) || e.Hint == "" || e.Field != "q" || !strings.Contains(e.Message, why) || Reason(err) != reason {
			t.Errorf("%.40q: %v", q, err)
		}
		if len(q) > 3 && err != nil && strings.Contains(err.Error(), q) {
			t.Errorf("%.40q stands in its error", q)
		}
	}
	if _, err := Parse(strings.Repeat("ä", MaxQueryChars)); err != nil {
		t.Errorf("%d letters: %v", MaxQueryChars, err)
	}
}

// TestSlots looks at what one word stands for.
func TestSlots(t *testing.T) {
	slot := func(q string) string {
		p, err := Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(append(p.Must, p.Not...)[len(p.Must)+len(p.Not)-1].Slots[0])
	}
	for q, want := range map[string]string{
		"Anträge":     "{[antrage antrag] [~antrag]  [antrage antrag ~antrag]}",
		"Miete":       "{[miete miet] [~miet]  [miete]}",
		"SGB":         "{[sgb] [~sgb]  []}",
		"x -Anträge":  "{[antrage antrag] []  []}",
		`"Anträge"`:   "{[antrage antrag] []  []}",
		"031D123456":  "{[031d123456] []  []}",
		"h2ostand":    "{[h2ostand] []  []}",
		"heizk*":      "{[] [] heizk []}",
		"x -heizk*":   "{[] [] heizk []}",
		"563,00":      "{[=563,00] []  []}",
		"Unterkunfts": "{[unterkunfts unterkunft] [~unterkunft]  [unterkunfts unterkunft ~unterkunft]}",
	} {
		if got := slot(q); got != want {
			t.Errorf("%q stands for %s, want %s", q, got, want)
		}
	}
}

func TestOneTypo(t *testing.T) {
	for _, yes := range []string{"kosten kosten", "kosten kostem", "kosten koste", "kosten kostten", "kosten kotsen", "über üder", "a ", "ab ba"} {
		a, b, _ := strings.Cut(yes, " ")
		if !OneTypo(a, b) || !OneTypo(b, a) {
			t.Errorf("%s is more than one error", yes)
		}
	}
	for _, no := range []string{"kosten kost", "kosten kastem", "kosten oksetn", "kosten kotesn", "abc cba", "ab ", "übr über2x"} {
		a, b, _ := strings.Cut(no, " ")
		if OneTypo(a, b) || OneTypo(b, a) {
			t.Errorf("%s is one error", no)
		}
	}
}

func TestRank(t *testing.T) {
	p, err := Parse("Anträge")
	if err != nil {
		t.Fatal(err)
	}
	s := &p.Must[0].Slots[0]
	for term, want := range map[string]Rank{"antrage": RankWhole, "antrag": RankWhole, "~antrag": RankPart, "antraqe": RankTypo, "~antraq": RankTypo,
		"bntrage": RankTypo, "~ntrage": RankNone, "antrage2": RankNone, "antr": RankNone, "~antrage": RankTypo} {
		if got := s.Rank(term); got != want {
			t.Errorf("%s has rank %d, want %d", term, got, want)
		}
	}
}

func TestFirstLetter(t *testing.T) {
	p, err := Parse("Haus")
	if err != nil {
		t.Fatal(err)
	}
	s := &p.Must[0].Slots[0]
	for term, want := range map[string]Rank{"haus": RankWhole, "hans": RankTypo, "maus": RankNone, "aus": RankNone, "~haus": RankPart} {
		if got := s.Rank(term); got != want {
			t.Errorf("%s has rank %d, want %d", term, got, want)
		}
	}
}
