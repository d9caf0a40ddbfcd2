package catalogtest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) visibleFiles(u record.UserID, clauses ...catalog.Clause) []catalog.VisibleFile {
	s.Helper()
	return get(s, func(tx *catalog.Tx) ([]catalog.VisibleFile, error) { return tx.VisibleFiles(u, clauses) })
}

func (s *suite) visible() {
	u := s.user("u")
	var fs []record.File
	for i, place := range [][2]string{{"a", "1"}, {"a", "2"}, {"b", "1"}, {"b", "2"}} {
		f := newFile(number(i), place[0], place[1])
		if i == 1 {
			f.Sensitivity, f.Responsible = record.SensitivityRaised, u
		}
		fs = append(fs, s.file(f))
	}
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutDenial(catalog.Grant{File: fs[3].ID, User: u}); err != nil {
			return err
		}
		return tx.PutGrant(catalog.Grant{File: fs[2].ID, User: u})
	})
	type c = catalog.Clause
	for name, test := range map[string]struct {
		clauses []c
		want    []catalog.VisibleFile
	}{
		"nothing":          {nil, nil},
		"no place":         {[]c{{MaxSensitivity: 3}}, nil},
		"site":             {[]c{{Sites: []string{"a"}, MaxSensitivity: 1}}, []catalog.VisibleFile{{Ordinal: 1, Max: 1}}},
		"site, higher":     {[]c{{Sites: []string{"a"}, MaxSensitivity: 2}}, []catalog.VisibleFile{{Ordinal: 1, Max: 2}, {Ordinal: 2, Max: 2}}},
		"denied":           {[]c{{Sites: []string{"b"}, MaxSensitivity: 3}}, []catalog.VisibleFile{{Ordinal: 3, Max: 3}}},
		"house":            {[]c{{Sites: []string{"*"}, MaxSensitivity: 1}}, []catalog.VisibleFile{{Ordinal: 1, Max: 1}, {Ordinal: 3, Max: 1}}},
		"house but a":      {[]c{{Sites: []string{"*"}, Except: []string{"a"}, MaxSensitivity: 1}}, []catalog.VisibleFile{{Ordinal: 3, Max: 1}}},
		"all but a, and a": {[]c{{Sites: []string{"*", "a"}, Except: []string{"a"}, MaxSensitivity: 1}}, []catalog.VisibleFile{{Ordinal: 1, Max: 1}, {Ordinal: 3, Max: 1}}},
		"team":             {[]c{{Teams: []catalog.SiteTeam{{Site: "a", Team: "1"}}, MaxSensitivity: 1}}, []catalog.VisibleFile{{Ordinal: 1, Max: 1}}},
		"team anywhere":    {[]c{{Teams: []catalog.SiteTeam{{Site: "*", Team: "1"}}, MaxSensitivity: 1}}, []catalog.VisibleFile{{Ordinal: 1, Max: 1}, {Ordinal: 3, Max: 1}}},
		"team but at a":    {[]c{{Teams: []catalog.SiteTeam{{Site: "*", Team: "1"}}, Except: []string{"a"}, MaxSensitivity: 1}}, []catalog.VisibleFile{{Ordinal: 3, Max: 1}}},
		"own":              {[]c{{Sites: []string{"a"}, Need: record.RelOwn, MaxSensitivity: 3}}, []catalog.VisibleFile{{Ordinal: 2, Max: 3}}},
		"own elsewhere":    {[]c{{Sites: []string{"b"}, Need: record.RelOwn, MaxSensitivity: 3}}, nil},
		"granted":          {[]c{{Sites: []string{"*"}, Need: record.RelGranted, MaxSensitivity: 2}}, []catalog.VisibleFile{{Ordinal: 3, Max: 2}}},
		"both":             {[]c{{Sites: []string{"*"}, Need: record.RelGranted | record.RelOwn, MaxSensitivity: 2}}, nil},
		"the highest": {[]c{{Sites: []string{"*"}, MaxSensitivity: 1}, {Sites: []string{"*"}, Need: record.RelGranted, MaxSensitivity: 3},
			{Sites: []string{"b"}, MaxSensitivity: 2}}, []catalog.VisibleFile{{Ordinal: 1, Max: 1}, {Ordinal: 3, Max: 3}}},
		"not of files":   {[]c{{Sites: []string{"*"}, Need: record.RelCreator, MaxSensitivity: 3}}, nil},
		"denied as need": {[]c{{Sites: []string{"*"}, Need: record.RelDenied, MaxSensitivity: 3}}, nil},
	} {
		if got := s.visibleFiles(u, test.clauses...); !reflect.DeepEqual(got, test.want) {
			s.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	house := c{Sites: []string{"*"}, MaxSensitivity: 3}
	for _, who := range []record.UserID{"nobody", ""} {
		if got := s.visibleFiles(who, house); got != nil {
			s.Errorf("to %q: %+v", who, got)
		}
	}
	s.write(func(tx *catalog.Tx) error { return tx.SetDisabled(u, true) })
	if got := s.visibleFiles(u, house); got != nil {
		s.Errorf("to a disabled user: %+v", got)
	}
}

// visibleEqualsFacts holds the filter, on random files and clauses, to what
// the facts of each file say.
func (s *suite) visibleEqualsFacts() {
	r := rand.New(rand.NewPCG(1, 2))
	sites, teams := []string{"a", "b", "c"}, []string{"1", "2", ""}
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	users := []record.UserID{s.user("u0", at("x", "*", "")), s.user("u1", at("x", "*", "")), s.user("u2", at("x", "*", ""))}
	anyone := func() record.UserID { return users[r.IntN(len(users))] }
	var files []record.File
	s.write(func(tx *catalog.Tx) error {
		for i := range 60 {
			p := record.Person{ID: record.PersonID(record.NewID()), Names: []record.DatedName{{Name: "Muster"}}}
			if err := tx.PutPerson(p); err != nil {
				return err
			}
			f := newFile(number(i), pick(sites), pick(teams), p)
			f.Responsible, f.Sensitivity = anyone(), record.Sensitivity(1+r.IntN(3))
			f, err := tx.InsertFile(f)
			if err != nil {
				return err
			}
			files = append(files, f)
			dates := catalog.Grant{File: f.ID, User: anyone(), From: []string{"", "2026-03-02", "2026-03-03"}[r.IntN(3)], To: []string{"", "2026-03-02", "2026-03-03"}[r.IntN(3)]}
			if r.IntN(3) == 0 {
				if err := tx.PutDenial(dates); err != nil {
					return err
				}
			}
			if r.IntN(8) == 0 {
				if err := tx.CloseFile(f.ID, "x"); err != nil {
					return err
				}
			}
			dates.User = anyone()
			if err := tx.PutGrant(dates); err != nil {
				return err
			}
		}
		return tx.PutSubstitution(catalog.Substitution{ID: "s", Absent: users[0], Substitute: users[1], From: "2026-03-02"})
	})
	for range 60 {
		u := anyone()
		var clauses []catalog.Clause
		for range 1 + r.IntN(3) {
			c := catalog.Clause{Need: []record.Relation{0, record.RelOwn, record.RelSubst, record.RelGranted, record.RelOwn | record.RelGranted}[r.IntN(5)],
				MaxSensitivity: record.Sensitivity(1 + r.IntN(3))}
			if r.IntN(2) == 0 {
				c.Sites = []string{pick([]string{"a", "b", "*"}), pick(sites)}
			} else {
				c.Teams = []catalog.SiteTeam{{Site: pick([]string{"a", "b", "*"}), Team: pick(teams)}}
			}
			if r.IntN(3) == 0 {
				c.Except = []string{pick(sites)}
			}
			clauses = append(clauses, c)
		}
		s.compare(u, clauses, files)
	}
}

func (s *suite) compare(u record.UserID, clauses []catalog.Clause, files []record.File) {
	s.Helper()
	var want []catalog.VisibleFile
	for _, f := range files {
		rel := s.facts(u, f.ID).Relation
		var top record.Sensitivity
		for _, c := range clauses {
			if rel&record.RelDenied == 0 && rel&c.Need == c.Need && f.Sensitivity <= c.MaxSensitivity && within(c, f.Site, f.Team) {
				top = max(top, c.MaxSensitivity)
			}
		}
		if top > 0 {
			want = append(want, catalog.VisibleFile{Ordinal: f.Ordinal, Max: top})
		}
	}
	got := s.visibleFiles(u, clauses...)
	if !reflect.DeepEqual(got, want) {
		s.Fatalf("%s with %+v:\n got %+v\nwant %+v", u, clauses, got, want)
	}
	found := get(s, func(tx *catalog.Tx) (catalog.Found, error) {
		return tx.FindFiles(u, clauses, catalog.FindQuery{Text: "Muster", Limit: 500})
	})
	var ordinals, wanted []string
	for _, f := range found.Files {
		ordinals = append(ordinals, fmt.Sprint(f.Ordinal))
	}
	for _, v := range want {
		wanted = append(wanted, fmt.Sprint(v.Ordinal))
	}
	slices.Sort(ordinals)
	slices.Sort(wanted)
	if !slices.Equal(ordinals, wanted) {
		s.Fatalf("%s finds with %+v:\n got %v\nwant %v", u, clauses, ordinals, wanted)
	}
}

func within(c catalog.Clause, site, team string) bool {
	in := func(s string) bool { return s == site || s == "*" && !slices.Contains(c.Except, site) }
	return slices.ContainsFunc(c.Sites, in) ||
		slices.ContainsFunc(c.Teams, func(t catalog.SiteTeam) bool { return t.Team == team && in(t.Site) })
}
