package routing_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/routing"
)

// What waits, waits at the right site and team; what may be a restricted file's
// waits for who may open that, and shows it to nobody else.
func TestPlaces(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	for _, c := range []struct{ name, text, site, team, reserved string }{
		{"by the candidate's file", "03105//0000778 Weiß", "03105", "", ""},
		{"by the recipient's name", "Jobcenter Musterkreis\nDienststelle Altdorf\n17039 Altdorf\nFrau Erika Beispiel, geb. 01.01.1980", "03105", "L3", ""},
		{"by the recipient's postcode", "An das Jobcenter\n17034 Neustadt\nErika Beispiel, geb. 01.01.1980", "03104", "L1", ""},
		{"by first letter", "17033 Neustadt\nName: Zorn Vorname: Emil geb. 01.01.1980", "03104", "L2", ""},
		{"by the number's office digits", "BG 03105//0099999", "03105", "", ""},
		{"restricted by name", "Beate Zaunkönig\nFährweg 3\n17033 Neustadt", "03104", "L1", "restricted"},
		{"restricted, misread number", "03104//0055556 Frau Zaunkönig", "03104", "", ""},
		{"restricted against another", "03104//0055555 Beate Zaunkönig\n03104//0012345 Katharina Musterfeld", "03104", "L1", "restricted"},
		{"restricted behind another", "Hans Müller Bahnhofstraße 5 17033 Neustadt und Beate Zaunkönig", "03104", "L1", ""},
		{"restricted below six others", "03104//0012345 Katharina Musterfeld\n03104//0012845 Sören Grünholz\n03105//0000777 Anna Weiß\n03104//0095001 Hans Müller\n" +
			"03104//0099002 Volker Märzenbecher\n03104//0070001 Rita Kupferbach\n\nsowie 03104//0055555", "03104", "L1", "restricted"},
	} {
		r, _ := h.decide(letter(90, c.text))
		if r.File != "" || r.Site != c.site || c.team != "" && r.Team != c.team || h.names[r.Reserved] != c.reserved {
			t.Errorf("%s: %s %q %q reserved %q, want %+v\n%s", c.name, r.Reason, r.Site, r.Team, h.names[r.Reserved], c, h.told(r))
		}
		shown := slices.ContainsFunc(r.Candidates, func(x record.Candidate) bool { return x.File == h.files["restricted"] }) ||
			strings.Contains(h.told(r), "Zaunkönig") || slices.ContainsFunc(r.Evidence, func(e record.Evidence) bool { return e.File == h.files["restricted"] })
		if r.Reserved == "" && shown {
			t.Errorf("%s: a restricted file is shown: %s", c.name, h.told(r))
		}
	}
}

func TestClues(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	for text, want := range map[string]record.Clue{
		"BG 03104//0012345":                               {Kind: "z", Value: "031040012345"},
		"BG 03104//0099999":                               {Kind: "z", Value: "031040099999"},
		"BG 03104//0012346 Katharina Musterfeld":          {Kind: "z", Value: "031040012345"},
		"Kundennummer 031D123456":                         {Kind: "z", Value: "031D123456"},
		"Katarina Musterfeld, geb. 03.04.1985":            {Kind: "p", Value: "1985-04-03 musterfeld katharina"},
		"Erika Beispiel, geb. 01.02.1980":                 {Kind: "p", Value: "1980-02-01 beispiel erika"},
		"Beispiel, Erika, geboren am 01.02.1980":          {Kind: "p", Value: "1980-02-01 beispiel erika"},
		"Name: Beispiel\nVorname: Erika\ngeb. 01.02.1980": {Kind: "p", Value: "1980-02-01 beispiel erika"},
	} {
		if _, clues := h.decide(letter(90, text)); !slices.Contains(clues, want) {
			t.Errorf("%q: %v, want %v", text, clues, want)
		}
	}
}

func TestSlips(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	h.slip("ABCDEFGH12345678", "muster")
	l := letter(90, "ohne Nummer")
	l.Pages[0].Words.Codes = []record.Code{{Format: "qr", Text: "eakte:slip:1:ABCDEFGH12345678", X: 5, Y: 6, W: 7, H: 8}}
	r, _ := h.decide(l)
	if h.names[r.File] != "muster" || r.Reason != "code" || r.Evidence[0].Kind != record.EvidenceSlip || r.Evidence[0].Box != (record.Box{X: 5, Y: 6, W: 7, H: 8}) {
		t.Errorf("%+v", r)
	}
	l.Pages[0].Text = "Hans Müller, geb. 12.03.1975"
	if r, _ := h.decide(l); r.File != "" || r.Reason != "conflict" {
		t.Errorf("another customer's letter behind our slip: %+v", r)
	}
	l.Pages[0].Words.Codes[0].Text = "eakte:slip:1:UNKNOWN"
	if r, _ := h.decide(l); h.names[r.File] != "mueller" {
		t.Errorf("a code that nobody made: %+v", r)
	}
}

// Evidence says where it stands.
func TestEvidenceHasItsPlace(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	l := letter(95, "Seite eins\nBG-Nummer 03104//0012345\nKatharina Musterfeld")
	l.Pages[0].Number = 3
	r, _ := h.decide(l)
	for _, e := range r.Evidence {
		if e.Page != 3 || e.Box.W == 0 || e.Text == "" {
			t.Errorf("%+v", e)
		}
	}
}

// related says whether a line names a family that the letter names as well: it
// may then well say into which of its files the letter belongs.
func related(line string, l routing.Letter) bool {
	for _, surname := range []string{"Musterfeld", "Grünholz", "Birkenau", "Zaunkönig", "Dünenläufer", "Quittenbaum", "Kupferbach", "Šovkovenko",
		"Wolkenstein", "Müller", "Silberstrauß", "Märzenbecher"} {
		if strings.Contains(line, surname) && slices.ContainsFunc(l.Pages, func(p routing.Page) bool { return strings.Contains(p.Text, surname) }) {
			return true
		}
	}
	return false
}

// Unrelated text may keep a letter from being filed. It never brings it into
// another file.
func TestMoreTextNeverMovesALetter(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	r := rand.New(rand.NewPCG(1, 2))
	var pieces []string
	for _, c := range cases() {
		for _, p := range c.letter.Pages {
			pieces = append(pieces, strings.Split(p.Text, "\n")...)
		}
	}
	filed := 0
	for _, c := range cases() {
		if c.file == "" || len(c.letter.Pages) == 0 {
			continue
		}
		for range 25 {
			l := c.letter
			var extra []string
			for range 1 + r.IntN(3) {
				if piece := pieces[r.IntN(len(pieces))]; !related(piece, l) {
					extra = append(extra, piece)
				}
			}
			more := letter(95, strings.Join(extra, "\n")).Pages[0]
			l.Pages = append(slices.Clone(l.Pages), more)
			if r.IntN(2) == 0 {
				slices.Reverse(l.Pages)
			}
			got, _ := h.decide(l)
			if got.File == "" {
				continue
			}
			if filed++; h.names[got.File] != c.file {
				t.Errorf("%s and %q: %q, not %q\n%s", c.name, extra, h.names[got.File], c.file, h.told(got))
			}
		}
	}
	if filed < 300 {
		t.Errorf("only %d were filed at all", filed)
	}
}

// Text of any kind is read in time that grows with its length only.
func FuzzDecide(f *testing.F) {
	h := standard(f, catalogtest.SQLite)
	for _, c := range cases() {
		for _, p := range c.letter.Pages {
			f.Add(p.Text, "eakte:slip:1:X", p.Text)
		}
	}
	f.Fuzz(func(t *testing.T, text, code, from string) {
		text, code, from = strings.ToValidUTF8(text, ""), strings.ToValidUTF8(code, ""), strings.ToValidUTF8(from, "")
		l := letter(90, strings.ReplaceAll(text, "\x00", ""))
		l.From, l.Manifest, l.Given, l.Sheet = strings.ReplaceAll(from, "\x00", ""), []string{code}, []string{from}, code
		l.Pages[0].Words.Codes = []record.Code{{Format: "qr", Text: code}}
		own := *h
		own.TB = t
		r, _ := own.decide(l)
		own.sound("fuzz", r)
	})
}

// A megabyte of the worst is read within a minute, on a machine that is busy: a
// guard against what grows with the square, not a measurement.
func TestLongText(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	ctx := time.AfterFunc(time.Minute, func() { panic("a megabyte of text takes more than a minute") })
	defer ctx.Stop()
	for _, unit := range []string{"0", "03104//", "03104//0012345 ", "geb. 01.01.1980 ", "Anna Müller\n", "Kundennummer 1"} {
		l := routing.Letter{Received: today, Pages: []routing.Page{{Number: 1, Text: strings.Repeat(unit, (1<<20)/len(unit))}}}
		r, _ := h.decide(l)
		h.sound(unit, r)
	}
}

// What is longer than is looked at is for a person: behind the bounds something
// may speak against what stands before them.
func TestBounds(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	const ours = "03104//0012345 Katharina Musterfeld\n"
	for name, more := range map[string]string{
		"words":       strings.Repeat("wort ", 60_000),
		"names":       strings.Join(different(6_001), " "),
		"birth dates": strings.Repeat("Katharina Musterfeld, geb. 03.04.1985\n", 61),
		"old days":    strings.Repeat("am 03.04.1985 gezahlt\n", 100),
		"bytes":       strings.Repeat(".", 4<<20),
	} {
		if r, _ := h.decide(letter(95, ours+more)); r.Outcome != record.OutcomeClearing || r.Reason != "many" {
			t.Errorf("%s: %s %s", name, r.Outcome, r.Reason)
		}
	}
	for name, more := range map[string]string{"bookings": strings.Repeat("am 03.04.2025 gezahlt\n", 500), "names": strings.Join(different(3_000), " ")} {
		if r, _ := h.decide(letter(95, ours+more)); h.names[r.File] != "muster" {
			t.Errorf("%s: %s %s", name, r.Outcome, r.Reason)
		}
	}
}

// different are words with a capital that have no digit.
func different(n int) (words []string) {
	for i := range n {
		words = append(words, "Q"+strings.Map(func(c rune) rune { return 'a' + c - '0' }, strconv.Itoa(100_000+i)))
	}
	return words
}
