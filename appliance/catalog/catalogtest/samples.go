package catalogtest

import (
	"fmt"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// user adds a user with these roles.
func (s *suite) user(name string, roles ...record.RoleAt) record.UserID {
	s.Helper()
	id := record.UserID(record.NewID())
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutUser(catalog.User{ID: id, Name: name, Display: name}); err != nil {
			return err
		}
		return tx.PutRoles(id, roles)
	})
	return id
}

// person makes a person of one name and adds it.
func (s *suite) person(first, name, birth, customer string) record.Person {
	s.Helper()
	p := record.Person{ID: record.PersonID(record.NewID()), Names: []record.DatedName{{Name: name, FirstName: first, From: "2020-01-01"}},
		BirthDate: birth, CustomerNumber: customer, Address: "Musterweg 1, 17033 Neustadt"}
	s.write(func(tx *catalog.Tx) error { return tx.PutPerson(p) })
	return p
}

// newFile makes a file and doesn't add it.
func newFile(number, site, team string, members ...record.Person) record.File {
	f := record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: site, Team: team, RetentionClass: "leistung",
		Sensitivity: record.SensitivityNormal, Numbers: []record.DatedNumber{{Number: number, From: "2024-01-01"}}}
	for _, m := range members {
		f.Members = append(f.Members, record.Member{Person: m.ID, Role: "applicant", From: "2024-01-01"})
	}
	return f
}

// file makes a file, adds it, and gives it with its ordinal.
func (s *suite) file(f record.File) record.File {
	s.Helper()
	s.write(func(tx *catalog.Tx) (err error) {
		f, err = tx.InsertFile(f)
		return err
	})
	return f
}

// number is the n-th of many household numbers.
func number(n int) string { return fmt.Sprintf("03104//%07d", n) }

// newDocument makes a document in a file ("" = in none) and doesn't add it.
func newDocument(f record.FileID, by record.UserID) record.Document {
	return record.Document{ID: record.DocumentID(record.NewID()), Object: record.ObjectID(record.NewID()), File: f, Type: "lohnabrechnung",
		Direction: record.DirectionIn, Title: "Lohnabrechnung Februar", Section: "leistung", Sensitivity: record.SensitivityNormal,
		Dated: "2026-02-27", Received: "2026-03-01", State: record.StateReceived, Pages: 2, Name: "scan 0001.pdf",
		ContentType: "application/pdf", Size: 1234, Plain: record.Sum([]byte(record.NewID())), Cipher: record.Sum([]byte(record.NewID())),
		CipherSize: 1500, Channel: "api", CreatedBy: by}
}

// document makes a document and adds it.
func (s *suite) document(f record.FileID, by record.UserID, site string) record.Document {
	s.Helper()
	d := newDocument(f, by)
	s.write(func(tx *catalog.Tx) error { return tx.InsertDocument(d, site) })
	return d
}

// entry seals an audit entry at the suite's time.
func (s *suite) entry(action string, actor record.UserID, objects ...audit.Object) audit.Leaf {
	s.Helper()
	leaf, err := audit.Seal(audit.Entry{At: s.clock.Now(), Action: action, Outcome: audit.Allowed, Actor: actor, Via: "api",
		Request: record.NewID(), Objects: objects, Personal: audit.Personal{ActorName: "k.sommer", Reason: "„Ä“\u0000"}})
	s.ok(err)
	return leaf
}

func at(role, site, team string) record.RoleAt {
	return record.RoleAt{Role: role, Site: site, Team: team}
}
