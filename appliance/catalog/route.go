package catalog

import (
	"database/sql"
	"fmt"

	"eakte/appliance/record"
)

// What the routing of documents asks: always by lists, never by a scan.

// NameWords cuts a name, or any text, into words as names are compared: lower
// case, without accents, umlauts written out (ä = ae, ß = ss).
func NameWords(s string) []string { return nameWords(s) }

// NameDistance counts the slips between two such words: a letter that is wrong,
// missing or too much, or two neighbours swapped; limit + 1 if there are more.
func NameDistance(a, b string, limit int) int { return distance(a, b, limit) }

// NameRests gives a word, and it with any one letter left out: words that are
// one slip apart have one of these in common.
func NameRests(word string) []string { return rests(word) }

// NearNumbers gives a normalised number and all that are one slip away from it:
// a wrong, missing or doubled digit, or two neighbours swapped.
func NearNumbers(norm string) []string { return nearNumbers(norm) }

// FilesByNumbers finds the files that bear, or bore, one of these numbers, or of
// which a member does. Numbers are normalised; what no file has is absent.
func (t *Tx) FilesByNumbers(norms []string) (map[string][]record.FileID, error) {
	out := map[string][]record.FileID{}
	for part := range chunks(norms) {
		var p params
		q := "SELECT value, file_id FROM file_key WHERE kind = 'z' AND value IN (" + list(&p, part) + ") ORDER BY value, file_id"
		if err := t.each("files by numbers", q, p.args, func(row *sql.Rows) error {
			var value string
			var id record.FileID
			err := row.Scan(&value, &id)
			out[value] = append(out[value], id)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PersonsBorn gives the persons with one of these birth dates, their names with
// them, at most limit.
func (t *Tx) PersonsBorn(days []string, limit int) ([]record.Person, error) {
	var out []record.Person
	for part := range chunks(days) {
		var p params
		q := "SELECT p.id, p.birth_date, p.customer_number, p.address, n.name, n.first_name, n.valid_from, n.valid_to FROM person p" +
			" JOIN person_name n ON n.person_id = p.id WHERE p.birth_date IN (" + list(&p, part) + ") ORDER BY p.birth_date, p.id, n.place LIMIT " + fmt.Sprint(limit)
		if err := t.each("persons born", q, p.args, func(row *sql.Rows) error {
			var person record.Person
			var n record.DatedName
			err := row.Scan(&person.ID, &person.BirthDate, &person.CustomerNumber, &person.Address, &n.Name, &n.FirstName, &n.From, &n.To)
			if last := len(out) - 1; last >= 0 && out[last].ID == person.ID {
				out[last].Names = append(out[last].Names, n)
			} else {
				person.Names = []record.DatedName{n}
				out = append(out, person)
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FilesOfPersons lists the files that persons are or were members of.
func (t *Tx) FilesOfPersons(ids []record.PersonID) (map[record.PersonID][]record.FileID, error) {
	out := map[record.PersonID][]record.FileID{}
	for part := range chunks(ids) {
		var p params
		q := "SELECT DISTINCT person_id, file_id FROM file_member WHERE person_id IN (" + list(&p, part) + ") ORDER BY person_id, file_id"
		if err := t.each("files of persons", q, p.args, func(row *sql.Rows) error {
			var person record.PersonID
			var file record.FileID
			err := row.Scan(&person, &file)
			out[person] = append(out[person], file)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// KnownNames gives those of some folded words that occur in a member's name.
func (t *Tx) KnownNames(words []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range chunks(words) {
		var p params
		known, err := column[string](t, "known names", "SELECT word FROM name_word WHERE word IN ("+list(&p, part)+")", p.args...)
		if err != nil {
			return nil, err
		}
		for _, w := range known {
			out[w] = true
		}
	}
	return out, nil
}

// commonName is the number of files from which on a word of a name is common.
const commonName = 500

// FilesByNames lists files in which both words occur in members' names, at most
// limit. It goes through the files of the rarer word and looks each up by the
// other: a scalar subquery, which no planner turns round.
func (t *Tx) FilesByNames(a, b string, limit int) ([]record.FileID, error) {
	if common, err := t.isCommon(b); err != nil {
		return nil, err
	} else if !common {
		a, b = b, a // as mostly: the surname is the rarer one
	}
	return column[record.FileID](t, "files by names", `SELECT a.file_id FROM file_key a WHERE a.kind = 'n' AND a.value = $1
		AND (SELECT 1 FROM file_key b WHERE b.kind = 'n' AND b.value = $2 AND b.file_id = a.file_id) = 1
		ORDER BY a.file_id LIMIT $3`, a, b, limit)
}

func (t *Tx) isCommon(word string) (bool, error) {
	many, err := column[int64](t, "common name", "SELECT 1 FROM file_key WHERE kind = 'n' AND value = $1 ORDER BY file_id LIMIT 1 OFFSET $2", word, commonName)
	return len(many) > 0, err
}
