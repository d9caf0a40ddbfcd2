package ocr

import (
	"image"
	"strings"
	"testing"
)

// tokens makes a line of words; "|" starts a new paragraph.
func tokens(s string) []Token {
	var out []Token
	par := 1
	for _, w := range strings.Fields(s) {
		if w == "|" {
			par++
			continue
		}
		out = append(out, Token{Raw: w, Box: image.Rect(0, 0, 10, 10), Confidence: 90, Block: 1, Paragraph: par, Line: 1})
	}
	return out
}

func TestCorrect(t *testing.T) {
	for raw, want := range map[string]string{
		// the seven places of the paragraph sign
		"nach 8 44b Abs. 1 SGB II":   "nach § 44b Abs. 1 SGB II",
		"gemäß $ 7 Satz 2":           "gemäß § 7 Satz 2",
		"88 7 bis 9 SGB II":          "§§ 7 bis 9 SGB II",
		"88 7, 9 und 11 SGB II":      "§§ 7, 9 und 11 SGB II",
		"& 60 SGB I":                 "§ 60 SGB I",
		"(8 31 und folgende":         "(§ 31 und folgende",
		"8 12 Nr. 4":                 "§ 12 Nr. 4",
		"83 60 bis 65 SGB l":         "§§ 60 bis 65 SGB I",
		"nach 83 60 ff. SGB |, die":  "nach §§ 60 ff. SGB I, die",
		"nach $ 9a der":              "nach § 9a der",
		"nach 5 24 5GB Ill.":         "nach § 24 SGB III.",
		"nach 8 24 SGBX":             "nach § 24 SGBX",
		"entspricht 3 7 Absatz 1":    "entspricht § 7 Absatz 1",
		"mitzuteilen (3 556 Absatz":  "mitzuteilen (§ 556 Absatz",
		"Anlage 3 7 Absatz":          "Anlage 3 7 Absatz",
		"8 2 Mietzeit | 5 3 Kaution": "§ 2 Mietzeit | § 3 Kaution",
		// numbers
		"BG-Nummer 031 10//0012430":            "BG-Nummer 03110//0012430",
		"BG-Nummer: 03110/0012515, und":        "BG-Nummer: 03110//0012515, und",
		"BG-Nummer 0311040012430":              "BG-Nummer 03110//0012430",
		"O3110//00l2430":                       "03110//0012430",
		"Kundennummer 0310134143, ja":          "Kundennummer 031D134143, ja",
		"031O134143":                           "031D134143",
		"StraBe fur die Uberweisung, 56,00 m?": "Straße für die Überweisung, 56,00 m²",
		// what must stay
		"Telefon 03981/1234567":             "Telefon 03981/1234567",
		"Nummer 0310134143":                 "Nummer 0310134143",
		"12 10//0012430":                    "12 10//0012430",
		"bei eBay und Uber, 8 m":            "bei eBay und Uber, 8 m",
		"8 2 Zimmer | 8 7 Zimmer":           "8 2 Zimmer | 8 7 Zimmer",
		"3 1 Zimmer | 5 2 Zimmer":           "3 1 Zimmer | 5 2 Zimmer",
		"nach 5 24 Stunden und 3 12 SGB II": "nach 5 24 Stunden und 3 12 SGB II",
		"Absatz | und l":                    "Absatz | und l",
		"100 $ 50 Euro, A & 3 B":            "100 $ 50 Euro, A & 3 B",
		"8 Kinder und 88 Euro":              "8 Kinder und 88 Euro",
		"Haus 8 12 Wohnungen":               "Haus 8 12 Wohnungen",
		"Müller & Söhne":                    "Müller & Söhne",
		"um 8 Uhr, Zimmer 8":                "um 8 Uhr, Zimmer 8",
		"§ 12 Abs. 2":                       "§ 12 Abs. 2",
		"888 12 Abs. 1":                     "888 12 Abs. 1",
		"8 031D123456 SGB":                  "8 031D123456 SGB",
		`das Wort "Akte" bleibt`:            `das Wort "Akte" bleibt`,
		"ein Komma, und ‚eins’ mehr,":       "ein Komma, und ‚eins’ mehr,",
		"it’s “fine”":                       "it’s “fine”",
		// quotation marks
		",,Eilt sehr”":             "„Eilt sehr“",
		`„Eilt sehr"`:              "„Eilt sehr“",
		"„Hinweis”).":              "„Hinweis“).",
		"(,,siehe oben“)":          "(„siehe oben“)",
		",Miete”, und ‚Strom“":     "„Miete“, und „Strom“",
		"„Akte‘ fehlt":             "„Akte“ fehlt",
		"„offen | das ist ”fremd”": "„offen | das ist ”fremd”",
	} {
		var got []string
		par := 1
		for _, tk := range Correct(tokens(raw)) {
			if tk.Paragraph != par {
				got, par = append(got, "|"), tk.Paragraph
			}
			got = append(got, tk.Text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: got %q, want %q", raw, s, want)
		}
	}
}

func TestAssemble(t *testing.T) {
	box := image.Rect(1, 2, 4, 8)
	p := Assemble([]Token{
		{Raw: "8", Text: "§", Box: box, Confidence: 50, Block: 1, Paragraph: 1, Line: 1},
		{Raw: "44b", Box: box, Confidence: 80, Block: 1, Paragraph: 1, Line: 1},
		{Raw: " ", Box: box, Block: 1, Paragraph: 1, Line: 2},
		{Raw: "nirgends", Block: 1, Paragraph: 1, Line: 2},
		{Raw: "zweite", Box: box, Confidence: 80, Block: 1, Paragraph: 1, Line: 3},
		{Raw: "a\x00b\xff", Box: box, Confidence: 80, Block: 1, Paragraph: 2, Line: 1},
	})
	if want := "§ 44b\nzweite\n\nab\ufffd\n"; p.Text != want {
		t.Errorf("text %q, want %q", p.Text, want)
	}
	if want := "8 44b\nzweite\n\nab\ufffd\n"; p.Raw != want {
		t.Errorf("raw %q, want %q", p.Raw, want)
	}
	if len(p.Words) != 4 || p.Words[1].Start != 3 || p.Words[1].Len != 3 || p.Words[1].X != 1 || p.Words[1].H != 6 {
		t.Errorf("%+v", p.Words)
	}
	if p.Confidence < 75 || p.Confidence >= 80 {
		t.Errorf("confidence %v", p.Confidence)
	}
	if e := Assemble(nil); e.Text != "" || e.Words != nil {
		t.Errorf("%+v", e)
	}
}
