package catalogtest

import (
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// routeLookups asks what the routing of documents asks.
func (s *suite) routeLookups() {
	anna := s.person("Anna", "Müller", "1985-04-03", "031D123456")
	ben := s.person("Ben", "Müller-Weiß", "1985-04-03", "031D123457")
	alone := s.person("Cleo", "Grün", "1990-01-01", "")
	a, b := s.file(newFile(number(1), "03104", "L1", anna, ben)), s.file(newFile(number(2), "03104", "L1", ben))
	both := []record.FileID{a.ID, b.ID}
	slices.Sort(both)
	s.read(func(tx *catalog.Tx) error {
		hits, err := tx.FilesByNumbers([]string{"031040000001", "031D123457", "031040000009"})
		s.ok(err)
		if len(hits) != 2 || !slices.Equal(hits["031040000001"], []record.FileID{a.ID}) || !slices.Equal(hits["031D123457"], both) {
			s.Errorf("files by numbers: %v", hits)
		}
		born, err := tx.PersonsBorn([]string{"1985-04-03", "1970-01-01"}, 100)
		s.ok(err)
		if len(born) != 2 || born[0].BirthDate != "1985-04-03" || born[0].Names[0].FirstName == born[1].Names[0].FirstName || born[0].CustomerNumber == "" || born[0].Address == "" {
			s.Errorf("persons born: %+v", born)
		}
		files, err := tx.FilesOfPersons([]record.PersonID{anna.ID, ben.ID, alone.ID})
		s.ok(err)
		if len(files) != 2 || !slices.Equal(files[anna.ID], []record.FileID{a.ID}) || !slices.Equal(files[ben.ID], both) {
			s.Errorf("files of persons: %v", files)
		}
		known, err := tx.KnownNames([]string{"mueller", "weiss", "gruen", "anna", "nobody"})
		s.ok(err)
		if len(known) != 3 || !known["mueller"] || !known["weiss"] || !known["anna"] { // Cleo has no file
			s.Errorf("known names: %v", known)
		}
		named, err := tx.FilesByNames("weiss", "ben", 10)
		s.ok(err)
		if !slices.Equal(named, both) {
			s.Errorf("files by names: %v", named)
		}
		none, err := tx.FilesByNames("weiss", "cleo", 10)
		s.ok(err)
		if one, err := tx.FilesByNames("mueller", "ben", 1); err != nil || len(one) != 1 || none != nil {
			s.Errorf("files by names: %v, %v, %v", one, none, err)
		}
		return nil
	})
	empty := get(s, func(tx *catalog.Tx) (map[string][]record.FileID, error) { return tx.FilesByNumbers(nil) })
	if len(empty) != 0 {
		s.Errorf("files by no numbers: %v", empty)
	}
}
