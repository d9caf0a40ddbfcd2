package catalog

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// A RebuiltTable is one that a rebuild makes anew: by what its rows are told
// apart, and the columns that must come back as they were.
type RebuiltTable struct {
	Name    string
	Key     []string
	Columns []string // besides the key
}

// RebuiltTables lists all that comes back. What is left out of a table's
// columns is the catalog's own (numbers of changes) or kept nowhere else
// (passwords).
func RebuiltTables() []RebuiltTable {
	columns := strings.Fields
	return []RebuiltTable{
		{"site", columns("code"), columns("name postcodes place")},
		{"team", columns("site code"), columns("name first_letters place")},
		{"retention_class", columns("class"), columns("years from_event lock_mode")},
		{"users", columns("id"), columns("name display disabled created_at")},
		{"user_role", columns("user_id site role team"), nil},
		{"substitution", columns("id"), columns("absent substitute valid_from valid_to created_by created_at")},
		{"person", columns("id"), columns("birth_date customer_number address")},
		{"person_name", columns("person_id place"), columns("name first_name valid_from valid_to")},
		{"file", columns("id"), columns("ordinal kind site team responsible retention_class sensitivity created_at created_by closed_at")},
		{"file_number", columns("file_id place"), columns("number norm valid_from valid_to")},
		{"file_member", columns("file_id place"), columns("person_id role valid_from valid_to")},
		{"file_key", columns("kind value file_id"), nil},
		{"file_grant", columns("file_id user_id"), columns("reason granted_by valid_from valid_to ends_at created_at")},
		{"file_denial", columns("file_id user_id"), columns("reason denied_by valid_from valid_to created_at")},
		{"hold", columns("id"), columns("subject_kind subject kind reason origin placed_by placed_at lifted_by lifted_at lift_reason")},
		{"document", columns("id"), columns(`object_id file_id site type direction title section sensitivity dated received state reason pages
			name content_type size plain cipher cipher_size channel created_at created_by keep_until locked_until`)},
		{"filing", columns("id document_id"), columns("from_file to_file reason along since filed_at filed_by silent")},
		{"manifest_head", columns("subject"), columns("name sequence digest")},
		{"audit_entry", columns("id"), columns("log at action outcome actor header")},
		{"audit_payload", columns("entry_id"), columns("salt payload")},
		{"audit_object", columns("kind object_id at entry_id"), nil},
		{"audit_number", columns("log number"), columns("entry_id")},
		{"audit_node", columns("log level place"), columns("hash")},
		{"audit_head", columns("log"), columns("size frontier")},
		{"audit_checkpoint", columns("log size"), columns("at note")},
	}
}

// A RebuiltRow is one row as text, whatever the database; NULL is "".
type RebuiltRow struct {
	key    []any // as the database gave it
	Key    string
	Values []string // in the order of Columns
}

// ID is the part of the key that may be named in a report: ids, numbers and
// codes, never what somebody wrote.
func (t RebuiltTable) ID(r RebuiltRow) string {
	if t.Name == "file_key" { // its value is a word of a name
		return text(r.key[len(r.key)-1])
	}
	return r.Key
}

// RebuiltRows lists a table's rows in the order of its key, from behind after;
// nil: from the start.
func (t *Tx) RebuiltRows(table RebuiltTable, after *RebuiltRow, limit int) ([]RebuiltRow, error) {
	where, args := "", []any{}
	if after != nil {
		marks := make([]string, len(table.Key))
		for i := range marks {
			marks[i] = "$" + strconv.Itoa(i+1)
		}
		where, args = "WHERE ("+strings.Join(table.Key, ", ")+") > ("+strings.Join(marks, ", ")+")", after.key
	}
	return t.rebuiltRows(table, where+" ORDER BY "+strings.Join(table.Key, ", ")+" LIMIT "+strconv.Itoa(limit), args)
}

// RebuiltRow finds the row of the same key; found is false if there is none.
func (t *Tx) RebuiltRow(table RebuiltTable, like RebuiltRow) (row RebuiltRow, found bool, err error) {
	conditions := make([]string, len(table.Key))
	for i, k := range table.Key {
		conditions[i] = k + " = $" + strconv.Itoa(i+1)
	}
	rows, err := t.rebuiltRows(table, "WHERE "+strings.Join(conditions, " AND "), like.key)
	if err != nil || len(rows) == 0 {
		return RebuiltRow{}, false, err
	}
	return rows[0], true, nil
}

func (t *Tx) rebuiltRows(table RebuiltTable, rest string, args []any) ([]RebuiltRow, error) {
	columns := append(append([]string(nil), table.Key...), table.Columns...)
	var out []RebuiltRow
	err := t.each("rebuilt rows", "SELECT "+strings.Join(columns, ", ")+" FROM "+table.Name+" "+rest, args, func(row *sql.Rows) error {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := row.Scan(into...); err != nil {
			return err
		}
		r := RebuiltRow{key: values[:len(table.Key)]}
		for i, v := range values {
			if i < len(table.Key) {
				r.Key += " " + text(v)
			} else {
				r.Values = append(r.Values, text(v))
			}
		}
		r.Key = strings.TrimPrefix(r.Key, " ")
		out = append(out, r)
		return nil
	})
	return out, err
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}
