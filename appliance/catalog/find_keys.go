package catalog

import (
	"database/sql"

	"eakte/appliance/record"
)

// The kinds of file_key.
const (
	keyName   = "n" // a folded word of a member's name, former names too
	keyBirth  = "d" // a member's birth date
	keyNumber = "z" // a number of the file or of a member, normalised
	keyTail   = "t" // the last digits of a household's number
)

type fileKey struct{ kind, value string }

// renewKeys brings by what a file is found in line with its numbers and its
// members' names. Words that no file has any more are forgotten.
func (t *Tx) renewKeys(id record.FileID) error {
	want, err := t.keysOf(id)
	if err != nil {
		return err
	}
	var gone []fileKey
	err = t.each("file keys", "SELECT kind, value FROM file_key WHERE file_id = $1", []any{id}, func(row *sql.Rows) error {
		var k fileKey
		if err := row.Scan(&k.kind, &k.value); err != nil {
			return err
		}
		if want[k] {
			delete(want, k) // is there already
		} else {
			gone = append(gone, k)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range gone {
		if err := t.dropKey(id, k); err != nil {
			return err
		}
	}
	for k := range want {
		if err := t.addKey(id, k); err != nil {
			return err
		}
	}
	return nil
}

// keysOf works out by what a file is to be found.
func (t *Tx) keysOf(id record.FileID) (map[fileKey]bool, error) {
	keys := map[fileKey]bool{}
	add := func(kind, value string) {
		if value != "" {
			keys[fileKey{kind, value}] = true
		}
	}
	norms, err := column[string](t, "file keys", "SELECT norm FROM file_number WHERE file_id = $1", id)
	if err != nil {
		return nil, err
	}
	for _, n := range norms {
		add(keyNumber, n)
		add(keyTail, numberTail(n))
	}
	err = t.each("file keys", `SELECT p.birth_date, p.customer_number FROM file_member m JOIN person p ON p.id = m.person_id
		WHERE m.file_id = $1`, []any{id}, func(row *sql.Rows) error {
		var birth, customer string
		if err := row.Scan(&birth, &customer); err != nil {
			return err
		}
		add(keyBirth, birth)
		add(keyNumber, NormalizeNumber(customer))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.each("file keys", `SELECT n.name, n.first_name FROM file_member m JOIN person_name n ON n.person_id = m.person_id
		WHERE m.file_id = $1`, []any{id}, func(row *sql.Rows) error {
		var name, first string
		if err := row.Scan(&name, &first); err != nil {
			return err
		}
		for _, w := range append(nameWords(name), nameWords(first)...) {
			add(keyName, w)
		}
		return nil
	})
	return keys, err
}

func (t *Tx) addKey(id record.FileID, k fileKey) error {
	if _, err := t.exec("add file key", "INSERT INTO file_key (kind, value, file_id) VALUES ($1, $2, $3)", k.kind, k.value, id); err != nil {
		return err
	}
	if k.kind != keyName {
		return nil
	}
	n, err := t.exec("add name word", "INSERT INTO name_word (word, sound) VALUES ($1, $2) ON CONFLICT DO NOTHING", k.value, sound(k.value))
	if err != nil || n == 0 {
		return err
	}
	for _, rest := range rests(k.value) {
		if _, err := t.exec("add name rest", "INSERT INTO name_rest (rest, word) VALUES ($1, $2)", rest, k.value); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) dropKey(id record.FileID, k fileKey) error {
	if _, err := t.exec("drop file key", "DELETE FROM file_key WHERE kind = $1 AND value = $2 AND file_id = $3", k.kind, k.value, id); err != nil {
		return err
	}
	if k.kind != keyName {
		return nil
	}
	var n int
	used, err := t.one("drop file key", "SELECT 1 FROM file_key WHERE kind = $1 AND value = $2 LIMIT 1", []any{keyName, k.value}, &n)
	if err != nil || used {
		return err
	}
	for _, q := range []string{"DELETE FROM name_rest WHERE word = $1", "DELETE FROM name_word WHERE word = $1"} {
		if _, err := t.exec("drop name word", q, k.value); err != nil {
			return err
		}
	}
	return nil
}
