package sample

import (
	"strings"
	"testing"
)

// TestHouse sees that a house has everything that makes routing hard.
func TestHouse(t *testing.T) {
	h := NewHouse(1, 2000)
	if len(h.Files) != 2000 || len(h.number) < 2000 {
		t.Fatalf("%d files with %d numbers", len(h.Files), len(h.number))
	}
	for _, k := range []kin{kinPlain, kinFormer, kinTwins, kinFather, kinNamesake, kinTwo, kinMoved, kinClosed, kinRenumbered, kinElsewhere, kinRestricted, kinUmlaut} {
		if len(h.kinds[k]) < 2 {
			t.Errorf("%s: %d files", k, len(h.kinds[k]))
		}
	}
	names, customers := map[string]int{}, map[string]int{}
	for i, p := range h.Persons {
		names[p.Full()]++
		customers[p.CustomerNumber]++
		if r := h.Person(i); len(p.Files) == 0 || r.BirthDate > Today || r.Names[0].Name == "" {
			t.Errorf("person %d: %+v", i, r)
		}
	}
	if n := len(h.Persons) - len(names); n < len(h.Persons)/20 {
		t.Errorf("only %d of %d people are called like somebody else", n, len(h.Persons))
	}
	if len(customers) != len(h.Persons) {
		t.Errorf("%d Kundennummern for %d people", len(customers), len(h.Persons))
	}
	for i := range h.Files {
		if r := h.Record(i); h.FileAt(r.ID) != i || r.Number() == "" || r.Team == "" || len(r.Members) == 0 {
			t.Errorf("file %d: %+v", i, r)
		}
	}
	if a, b := NewHouse(1, 50), NewHouse(1, 50); a.Files[49].Members[0] != b.Files[49].Members[0] {
		t.Error("the same seed gives another house")
	}
}

// TestPieces holds what each kind of post says against what it should say.
func TestPieces(t *testing.T) {
	h := NewHouse(1, 600)
	cases := map[string]int{}
	for n := range 700 {
		p := h.Post(n)
		cases[p.Case]++
		truth, err := p.Truth()
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(truth.Text(), "\n", " ")
		if p.File < 0 {
			if p.Want != Unsure {
				t.Errorf("%d, %s: wanted %s of no file", n, p.Case, p.Want)
			}
			continue
		}
		f := h.Files[p.File]
		carries := strings.Contains(text, f.Number)
		for _, m := range f.Members {
			carries = carries || strings.Contains(text, m.CustomerNumber)
		}
		switch {
		case p.Case == "number as it is filed" && !carries, p.Case == "name and address" && carries, p.Case == "name and birth date" && carries:
			t.Errorf("%d, %s, %s: carries its number: %v", n, p.Case, p.Type, carries)
		case p.Case == "name and address" && strings.Contains(text, f.Members[0].born()):
			t.Errorf("%d, %s, %s: carries a birth date", n, p.Case, p.Type)
		case p.Case == "name only" && !strings.Contains(text, f.Members[0].Name):
			t.Errorf("%d, %s, %s: carries no name", n, p.Case, p.Type)
		}
	}
	for _, c := range RouteCases() {
		if cases[c] == 0 {
			t.Errorf("no post of the kind %q", c)
		}
	}
}
