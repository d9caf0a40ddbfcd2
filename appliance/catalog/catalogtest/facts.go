package catalogtest

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) facts(actor record.UserID, f record.FileID) record.Facts {
	s.Helper()
	return get(s, func(tx *catalog.Tx) (map[record.FileID]record.Facts, error) {
		return tx.Facts(actor, []record.FileID{f, "nothing"})
	})[f]
}

func sorted(roles []record.RoleAt) []record.RoleAt {
	slices.SortFunc(roles, func(a, b record.RoleAt) int {
		return strings.Compare(a.Role+a.Site+a.Team, b.Role+b.Site+b.Team)
	})
	return roles
}

func (s *suite) factsRoles() {
	f := s.file(newFile(number(1), "03104", "L1"))
	for _, c := range []struct {
		name  string
		roles []record.RoleAt
		want  []record.RoleAt
		rel   record.Relation
	}{
		{"none", nil, nil, 0},
		{"other site", []record.RoleAt{at("caseworker", "03101", "L1")}, nil, 0},
		{"team", []record.RoleAt{at("caseworker", "03104", "L1")}, []record.RoleAt{at("caseworker", "03104", "")}, record.RelSite | record.RelTeam},
		{"other team", []record.RoleAt{at("caseworker", "03104", "L2")}, []record.RoleAt{at("caseworker", "03104", "L2")}, record.RelSite},
		{"site", []record.RoleAt{at("reception", "03104", "")}, []record.RoleAt{at("reception", "03104", "")}, record.RelSite | record.RelTeam},
		{"house", []record.RoleAt{at("dpo", "*", "")}, []record.RoleAt{at("dpo", "*", "")}, record.RelSite | record.RelTeam},
		{"team in any site", []record.RoleAt{at("teamlead", "*", "L1")}, []record.RoleAt{at("teamlead", "*", "")}, record.RelSite | record.RelTeam},
		{"which one covers the team", []record.RoleAt{at("caseworker", "03104", "L1"), at("teamlead", "03104", "L2"), at("scan", "03101", "")},
			[]record.RoleAt{at("caseworker", "03104", ""), at("teamlead", "03104", "L2")}, record.RelSite | record.RelTeam},
	} {
		u := s.user(c.name, c.roles...)
		got := s.facts(u, f.ID)
		want := record.Facts{Actor: u, Roles: c.want, Relation: c.rel, Sensitivity: record.SensitivityNormal, File: f.ID, Ordinal: f.Ordinal}
		got.Roles = sorted(got.Roles)
		if !reflect.DeepEqual(got, want) {
			s.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
	noTeam := s.file(newFile(number(2), "03104", ""))
	if got := s.facts(s.user("x", at("caseworker", "03104", "L1")), noTeam.ID); got.Relation != record.RelSite {
		s.Errorf("a file in no team: %+v", got)
	}
}

func (s *suite) factsRelations() {
	owner, other, deputy := s.user("owner", at("caseworker", "03104", "L1")), s.user("other"), s.user("deputy")
	f := newFile(number(1), "03104", "L2")
	f.Responsible = owner
	f = s.file(f)
	g := s.file(newFile(number(2), "03104", "L2"))
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutGrant(catalog.Grant{File: g.ID, User: other}); err != nil {
			return err
		}
		if err := tx.PutDenial(catalog.Grant{File: f.ID, User: other}); err != nil {
			return err
		}
		return tx.PutSubstitution(catalog.Substitution{ID: record.NewID(), Absent: owner, Substitute: deputy, From: "2026-01-01"})
	})
	for _, c := range []struct {
		who  record.UserID
		file record.FileID
		want record.Relation
	}{
		{owner, f.ID, record.RelSite | record.RelOwn}, {owner, g.ID, record.RelSite},
		{other, f.ID, record.RelDenied}, {other, g.ID, record.RelGranted},
		{deputy, f.ID, record.RelSubst}, {deputy, g.ID, 0},
	} {
		if got := s.facts(c.who, c.file); got.Relation != c.want || got.Disabled {
			s.Errorf("%+v, want relation %b", got, c.want)
		}
	}
	s.write(func(tx *catalog.Tx) error { return tx.SetDisabled(owner, true) })
	for _, who := range []record.UserID{owner, "nobody", ""} {
		if got := s.facts(who, g.ID); !got.Disabled {
			s.Errorf("disabled or unknown: %+v", got)
		}
	}
	if got := s.facts(other, "nothing"); got.File != "" {
		s.Errorf("facts of no file: %+v", got)
	}
}

// factsDates goes through the days on which a grant begins and ends, in German
// time.
func (s *suite) factsDates() {
	u, owner := s.user("u"), s.user("owner")
	f := newFile(number(1), "03104", "L1")
	f.Responsible = owner
	f = s.file(f)
	dates := catalog.Grant{File: f.ID, User: u, From: "2026-07-10", To: "2026-07-12"}
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutGrant(dates); err != nil {
			return err
		}
		if err := tx.PutDenial(dates); err != nil {
			return err
		}
		return tx.PutSubstitution(catalog.Substitution{ID: "s", Absent: owner, Substitute: u, From: dates.From, To: dates.To})
	})
	const all = record.RelGranted | record.RelDenied | record.RelSubst
	for _, c := range []struct {
		utc  string
		want record.Relation
	}{
		{"2026-07-09T21:59:59Z", 0}, {"2026-07-09T22:00:00Z", all}, {"2026-07-11T21:59:59Z", all}, {"2026-07-11T22:00:00Z", 0},
	} {
		now, err := time.Parse(time.RFC3339, c.utc)
		s.ok(err)
		s.clock.Advance(now.Sub(s.clock.Now()))
		if got := s.facts(u, f.ID).Relation; got != c.want {
			s.Errorf("at %s: %b, want %b", c.utc, got, c.want)
		}
	}
	hour := catalog.Grant{File: f.ID, User: u, EndsAt: s.clock.Now().Add(time.Hour)}
	s.write(func(tx *catalog.Tx) error { return tx.PutGrant(hour) })
	s.clock.Advance(time.Hour - time.Microsecond)
	if got := s.facts(u, f.ID).Relation; got != record.RelGranted {
		s.Errorf("within the hour: %b", got)
	}
	s.clock.Advance(time.Microsecond)
	if got := s.facts(u, f.ID).Relation; got != 0 {
		s.Errorf("after the hour: %b", got)
	}
}

func (s *suite) factsDocuments() {
	u := s.user("u", at("caseworker", "03104", "L1"), at("clearing", "03101", ""), at("scan", "03101", "P"))
	f := newFile(number(1), "03104", "L1")
	f.Sensitivity = record.SensitivityRaised
	f = s.file(f)
	filed := newDocument(f.ID, "somebody")
	secret := newDocument(f.ID, u)
	secret.Sensitivity = record.SensitivityRestricted
	waiting := newDocument("", u)
	nowhere := newDocument("", "somebody")
	s.write(func(tx *catalog.Tx) error {
		for _, d := range []record.Document{filed, secret} {
			if err := tx.InsertDocument(d, "03101"); err != nil { // counts only while in no file
				return err
			}
		}
		if err := tx.InsertDocument(waiting, "03101"); err != nil {
			return err
		}
		return tx.InsertDocument(nowhere, "")
	})
	got := get(s, func(tx *catalog.Tx) (map[record.DocumentID]record.Facts, error) {
		return tx.FactsForDocuments(u, []record.DocumentID{filed.ID, secret.ID, waiting.ID, nowhere.ID, "nothing"})
	})
	caseworker := []record.RoleAt{at("caseworker", "03104", "")}
	here := record.RelSite | record.RelTeam
	want := map[record.DocumentID]record.Facts{
		filed.ID: {Actor: u, Roles: caseworker, Relation: here, Sensitivity: record.SensitivityRaised, File: f.ID, Ordinal: f.Ordinal, Document: filed.ID},
		secret.ID: {Actor: u, Roles: caseworker, Relation: here | record.RelCreator, Sensitivity: record.SensitivityRestricted,
			File: f.ID, Ordinal: f.Ordinal, Document: secret.ID},
		waiting.ID: {Actor: u, Roles: []record.RoleAt{at("clearing", "03101", ""), at("scan", "03101", "P")}, Relation: here | record.RelCreator,
			Sensitivity: record.SensitivityNormal, Document: waiting.ID, Unfiled: true},
		nowhere.ID: {Actor: u, Sensitivity: record.SensitivityNormal, Document: nowhere.ID, Unfiled: true},
	}
	for id, f := range got {
		f.Roles = sorted(f.Roles)
		got[id] = f
	}
	if !reflect.DeepEqual(got, want) {
		s.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// factsMany asks for more than one statement takes.
func (s *suite) factsMany() {
	u := s.user("u", at("caseworker", "03104", "L1"), at("reception", "03104", ""))
	f := s.file(newFile(number(1), "03104", "L1"))
	var files []record.FileID
	var documents []record.DocumentID
	s.write(func(tx *catalog.Tx) error {
		for i := range 700 {
			f, err := tx.InsertFile(newFile(number(100+i), "03104", "L1"))
			if err != nil {
				return err
			}
			files = append(files, f.ID)
		}
		for range 600 {
			d := newDocument(f.ID, "")
			documents = append(documents, d.ID)
			if err := tx.InsertDocument(d, ""); err != nil {
				return err
			}
		}
		return nil
	})
	s.read(func(tx *catalog.Tx) error {
		fs, err := tx.Facts(u, files)
		if err != nil {
			return err
		}
		ds, err := tx.FactsForDocuments(u, documents)
		if len(fs) != 700 || len(ds) != 600 || len(fs[files[699]].Roles) != 2 || len(ds[documents[599]].Roles) != 2 {
			s.Errorf("facts of %d files and %d documents", len(fs), len(ds))
		}
		none, nerr := tx.Facts(u, nil)
		if nerr != nil || len(none) != 0 {
			s.Errorf("facts of nothing: %v, %v", none, nerr)
		}
		return err
	})
}
