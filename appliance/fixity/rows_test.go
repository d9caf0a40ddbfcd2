package fixity

import (
	"testing"
	"time"

	"eakte/appliance/record"
)

func (a *archive) changeFile(change func(*File)) {
	for id, f := range a.catalog.files {
		change(&f)
		a.catalog.files[id] = f
	}
}

func (a *archive) changePerson(change func(*record.Person)) {
	for id, p := range a.catalog.people {
		change(&p)
		a.catalog.people[id] = p
	}
}

// Each of these opens a file to somebody, shortens its keeping, or makes it
// somebody else's: by a row of the catalog alone.
func TestRowFaults(t *testing.T) {
	differs := func(fields string) []string {
		return []string{"mismatch file f1: Manifest 2 (m2 of f1) and the catalog differ in: " + fields + "."}
	}
	person := func(fields string) []string {
		return []string{"mismatch person p1: Manifest 1 (m1 of p1) and the catalog differ in: " + fields + "."}
	}
	tryFaults(t, map[string]fault{
		"grant slipped in": {func(a *archive) { a.changeFile(func(f *File) { f.Grants = append(f.Grants, Grant{User: "u9"}) }) }, differs("grants")},
		"grant prolonged": {func(a *archive) {
			a.changeFile(func(f *File) { f.Grants = []Grant{{User: "u2", Reason: "x", To: "2099-01-01"}} })
		}, differs("grants")},
		"denial removed": {func(a *archive) { a.changeFile(func(f *File) { f.Denials = nil }) }, differs("denials")},
		"place":          {func(a *archive) { a.changeFile(func(f *File) { f.Site, f.Team, f.Responsible = "x", "x", "x" }) }, differs("site, team, responsible")},
		"sensitivity":    {func(a *archive) { a.changeFile(func(f *File) { f.Sensitivity = 0 }) }, differs("sensitivity")},
		"class, ordinal, kind": {func(a *archive) { a.changeFile(func(f *File) { f.RetentionClass, f.Ordinal, f.Kind = "x", 8, "x" }) },
			differs("ordinal, kind, retention_class")},
		"number": {func(a *archive) {
			a.changeFile(func(f *File) { f.Numbers = []record.DatedNumber{{Number: "2", From: "2026-01-01"}} })
		}, differs("numbers")},
		"member":       {func(a *archive) { a.changeFile(func(f *File) { f.Members = nil }) }, differs("members")},
		"opened again": {func(a *archive) { a.changeFile(func(f *File) { f.ClosedAt = time.Time{} }) }, differs("closed_at")},
		"closed later": {func(a *archive) { a.changeFile(func(f *File) { f.ClosedAt = f.ClosedAt.Add(time.Second) }) }, differs("closed_at")},
		"closed to everybody by a rebuild": {func(a *archive) {
			a.changeFile(func(f *File) { f.Denials = append(f.Denials, Grant{User: everybody}) })
		}, nil},
		"file's row removed": {func(a *archive) { clear(a.catalog.files) },
			[]string{"missing file f1: The store has its manifest, the catalog has lost its row"}},
		"file without manifest": {func(a *archive) {
			id := record.NewID()
			a.call(id, "f2")
			a.catalog.files[record.FileID(id)] = File{ID: record.FileID(id)}
		}, []string{"missing subject f2: The catalog has a row of a file or person without a manifest"}},
		"person's name": {func(a *archive) { a.changePerson(func(p *record.Person) { p.Names = nil }) }, person("names")},
		"person's row": {func(a *archive) {
			a.changePerson(func(p *record.Person) { p.BirthDate, p.CustomerNumber, p.Address = "", "", "" })
		}, person("birth_date, customer_number, address")},
		"person's row removed": {func(a *archive) { clear(a.catalog.people) },
			[]string{"missing person p1: The store has its manifest, the catalog has lost its row"}},
		"file changed meanwhile": {func(a *archive) {
			kept := a.catalog.files
			a.catalog.files = map[record.FileID]File{}
			for id, f := range kept {
				f.Team = "other"
				a.catalog.files[id] = f
			}
			a.catalog.asked = func() { a.catalog.files, a.catalog.asked = kept, nil } // after the first look
		}, nil},
	})
}
