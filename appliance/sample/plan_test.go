package sample

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/record"
)

func TestSameSeedSameBytes(t *testing.T) {
	a, b, other := Jobcenter(7, 4), Jobcenter(7, 4), Jobcenter(8, 4)
	la, lb := a.Letters(a.Files[2]), b.Letters(b.Files[2])
	if len(la) != len(lb) {
		t.Fatalf("%d and %d letters", len(la), len(lb))
	}
	// Another order of rendering must not matter.
	got := make([]Rendered, len(lb))
	for i := len(lb) - 1; i >= 0; i-- {
		got[i] = render(t, lb[i])
	}
	for i, l := range la {
		r := render(t, l)
		if !bytes.Equal(r.Body, got[i].Body) || r.Name != got[i].Name || r.Truth.Text() != got[i].Truth.Text() {
			t.Errorf("letter %d (%s, %+v) differs", i, l.Type, l.Form)
		}
	}
	if other.Files[2].Members[0].CustomerNumber == a.Files[2].Members[0].CustomerNumber {
		t.Error("another seed gives the same people")
	}
}

func TestFormDoesNotChangeWhatALetterSays(t *testing.T) {
	o := Jobcenter(1, 2)
	l := o.Letter(o.Files[1], Heating, day(t, "2026-02-01"), 1)
	a := render(t, l)
	l.Form = Digital()
	b := render(t, l)
	if a.Truth.Text() != b.Truth.Text() {
		t.Error("scan and digital form say different things")
	}
}

func TestPlan(t *testing.T) {
	o := Jobcenter(1, 300)
	if len(o.Files) != 300 || o.Files[0].Number != "03104//0012345" {
		t.Fatalf("%d files, the first one %s", len(o.Files), o.Files[0].Number)
	}
	types, forms := map[Type]int{}, map[string]int{}
	numbers, names, multi := map[string]bool{}, map[string]bool{}, false
	for _, f := range o.Files {
		for _, m := range f.Members {
			if numbers[m.CustomerNumber] || names[m.Full()] || numbers[f.Number] {
				t.Errorf("twice: %s %s %s", f.Number, m.CustomerNumber, m.Full())
			}
			numbers[m.CustomerNumber], names[m.Full()] = true, true
		}
		numbers[f.Number] = true
		if len(f.Named) == 0 { // the others are with whoever is not related to them
			checkTeam(t, o, f)
		}
		letters := o.Letters(f)
		if len(letters) < 1 || len(letters) > 22 {
			t.Errorf("%d letters in %s", len(letters), f.Number)
		}
		if !slices.IsSortedFunc(letters, func(a, b Letter) int { return strings.Compare(a.Dated, b.Dated) }) {
			t.Errorf("letters of %s are not in order", f.Number)
		}
		for _, l := range letters {
			if l.Dated < "2024-11-20" || l.Dated >= o.Today || l.Received > o.Today || l.Received < l.Dated && l.Direction == record.DirectionIn {
				t.Errorf("dated %s, received %s", l.Dated, l.Received)
			}
			truth, err := l.Truth()
			if err != nil {
				t.Fatal(err)
			}
			if n := len(truth.Pages); n < 1 || n > 5 {
				t.Errorf("%s has %d pages", l.Type, n)
			} else if n > 1 {
				multi = true
			}
			types[l.Type]++
			form := string(l.Form.Container)
			if l.Form.Digital {
				form = "digital"
			}
			forms[form]++
		}
	}
	for _, typ := range Types() {
		if types[typ] < 5 {
			t.Errorf("only %d of %s", types[typ], typ)
		}
	}
	for _, form := range []string{"digital", "pdf", "tiff", "jpeg", "png"} {
		if forms[form] == 0 {
			t.Errorf("no letter comes as %s: %v", form, forms)
		}
	}
	if !multi {
		t.Error("no letter of several pages")
	}
}

// checkTeam finds the applicant's first letter in the team's range and the
// responsible user in the team.
func checkTeam(t *testing.T, o *Office, f File) {
	t.Helper()
	letter := firstLetter(f.Members[0].Name)
	for _, team := range o.site(f.Site).Teams {
		if team.Code == f.Team && (letter < team.FirstLetters[0] || letter > team.FirstLetters[2]) {
			t.Errorf("%s is in team %s (%s)", f.Members[0].Name, team.Code, team.FirstLetters)
		}
	}
	want := record.RoleAt{Role: record.RoleCaseworker, Site: f.Site, Team: f.Team}
	if !slices.ContainsFunc(o.Users, func(u User) bool { return u.Name == f.Responsible && slices.Contains(u.Roles, want) }) {
		t.Errorf("%s is not a caseworker of %s %s", f.Responsible, f.Site, f.Team)
	}
}

func TestEveryRoleHasAUser(t *testing.T) {
	o := Jobcenter(1, 1)
	have, names, teams := map[string]bool{}, map[string]bool{}, 0
	for _, u := range o.Users {
		if names[u.Name] || names[u.Display] {
			t.Errorf("twice: %s, %s", u.Name, u.Display)
		}
		names[u.Name], names[u.Display] = true, true
		for _, r := range u.Roles {
			have[r.Role+" "+r.Site] = true
			if o.site(r.Site).Name == "" {
				t.Errorf("%s works at %q, which is not there", u.Name, r.Site)
			}
		}
	}
	for _, s := range o.Sites {
		teams += len(s.Teams)
		for _, role := range []string{record.RoleCaseworker, record.RoleTeamlead, record.RoleReception, record.RoleClearing, record.RoleScan,
			record.RoleRecords, record.RoleDPO, record.RoleSiteadmin, record.RoleIntegration} {
			if !have[role+" "+s.Code] {
				t.Errorf("nobody is %s at %s", role, s.Code)
			}
		}
	}
	if !have[record.RoleAuditor+" 03104"] || len(o.Sites) != 3 || teams != 6 || len(o.Users) < 25 {
		t.Errorf("%d sites, %d teams, %d users", len(o.Sites), teams, len(o.Users))
	}
}

func TestShowcase(t *testing.T) {
	c := Showcase()
	if c.File.Number != "03104//0012345" || c.File.Responsible != "k.sommer" || c.Heating.Type != Heating {
		t.Fatalf("showcase: %+v", c.File)
	}
	truth, err := c.Heating.Truth()
	if err != nil {
		t.Fatal(err)
	}
	if truth.Number != c.File.Number || truth.CustomerNumber != "031D123456" || len(truth.Amounts) < 10 || len(truth.Dates) < 2 {
		t.Errorf("truth: %q %q, %d amounts, %d dates", truth.Number, truth.CustomerNumber, len(truth.Amounts), len(truth.Dates))
	}
	for _, s := range c.Searches {
		if !slices.Contains(strings.Fields(truth.Pages[s.Page-1].Text), s.Word) {
			t.Errorf("%s is not on page %d", s.Word, s.Page)
		}
		if d := distance([]rune(s.Word), []rune(s.Query)); d != 1 {
			t.Errorf("%s and %s differ by %d", s.Word, s.Query, d)
		}
	}
	// Every office's first file is this family, with these letters.
	o := Jobcenter(99, 3)
	if o.Files[0].Number != c.File.Number || o.Files[0].Members[2].Full() != "Lea Grünwiese" {
		t.Error("another office has another first family")
	}
	if !slices.ContainsFunc(o.Letters(o.Files[0]), func(l Letter) bool { return l.path == c.Heating.path }) {
		t.Error("another office has no showcase letter")
	}
}
