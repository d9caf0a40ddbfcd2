package catalog

import (
	"database/sql"

	"eakte/appliance/record"
)

// PutPerson adds a person or changes one, names included, and renews by what
// the person's files are found.
func (t *Tx) PutPerson(p record.Person) error {
	if _, err := t.exec("put person", `INSERT INTO person (id, birth_date, customer_number, address) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET birth_date = excluded.birth_date,
			customer_number = excluded.customer_number, address = excluded.address`,
		p.ID, p.BirthDate, p.CustomerNumber, p.Address); err != nil {
		return err
	}
	if _, err := t.exec("put person", "DELETE FROM person_name WHERE person_id = $1", p.ID); err != nil {
		return err
	}
	for i, n := range p.Names {
		if _, err := t.exec("put person", `INSERT INTO person_name (person_id, place, name, first_name, valid_from, valid_to)
			VALUES ($1, $2, $3, $4, $5, $6)`, p.ID, i, n.Name, n.FirstName, n.From, n.To); err != nil {
			return err
		}
	}
	files, err := t.FilesOfPerson(p.ID)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := t.renewKeys(f); err != nil {
			return err
		}
	}
	return nil
}

// Person reads a person.
func (t *Tx) Person(id record.PersonID) (record.Person, error) {
	ps, err := t.Persons([]record.PersonID{id})
	if err != nil {
		return record.Person{}, err
	}
	p, found := ps[id]
	if !found {
		return record.Person{}, missing("person")
	}
	return p, nil
}

// Persons reads several persons; unknown ids are absent.
func (t *Tx) Persons(ids []record.PersonID) (map[record.PersonID]record.Person, error) {
	out := make(map[record.PersonID]record.Person, len(ids))
	for part := range chunks(ids) {
		if err := t.persons(part, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *Tx) persons(ids []record.PersonID, out map[record.PersonID]record.Person) error {
	var p params
	in := list(&p, ids)
	err := t.each("persons", "SELECT id, birth_date, customer_number, address FROM person WHERE id IN ("+in+")", p.args,
		func(row *sql.Rows) error {
			var p record.Person
			if err := row.Scan(&p.ID, &p.BirthDate, &p.CustomerNumber, &p.Address); err != nil {
				return err
			}
			out[p.ID] = p
			return nil
		})
	if err != nil {
		return err
	}
	q := "SELECT person_id, name, first_name, valid_from, valid_to FROM person_name WHERE person_id IN (" + in + ") ORDER BY person_id, place"
	return t.each("persons", q, p.args, func(row *sql.Rows) error {
		var id record.PersonID
		var n record.DatedName
		if err := row.Scan(&id, &n.Name, &n.FirstName, &n.From, &n.To); err != nil {
			return err
		}
		p := out[id]
		p.Names = append(p.Names, n)
		out[id] = p
		return nil
	})
}

// FilesOfPerson lists the files that a person is or was a member of.
func (t *Tx) FilesOfPerson(id record.PersonID) ([]record.FileID, error) {
	return column[record.FileID](t, "files of person",
		"SELECT DISTINCT file_id FROM file_member WHERE person_id = $1 ORDER BY file_id", id)
}

// PersonByCustomerNumber finds the person with a customer number, in any
// writing of it. If several have it, the one with the smallest id.
func (t *Tx) PersonByCustomerNumber(number string) (record.Person, error) {
	ids, err := column[record.PersonID](t, "person by customer number",
		`SELECT DISTINCT m.person_id FROM file_key k JOIN file_member m ON m.file_id = k.file_id
		WHERE k.kind = 'z' AND k.value = $1 ORDER BY m.person_id`, NormalizeNumber(number))
	if err != nil {
		return record.Person{}, err
	}
	people, err := t.Persons(ids)
	if err != nil {
		return record.Person{}, err
	}
	for _, id := range ids {
		if p := people[id]; p.CustomerNumber != "" && NormalizeNumber(p.CustomerNumber) == NormalizeNumber(number) {
			return p, nil
		}
	}
	return record.Person{}, missing("person")
}
