package catalog

import (
	"slices"
	"strconv"

	"eakte/appliance/record"
)

// DocumentsOfFile lists a file's documents, newest receipt first, and the
// cursor of the next page.
func (t *Tx) DocumentsOfFile(file record.FileID, after string, limit int) ([]record.Document, string, error) {
	limit = clampLimit(limit)
	var p params
	where := "WHERE file_id = " + p.add(file)
	c, err := parseCursor(after, 3)
	if err != nil {
		return nil, "", err
	}
	if c != nil {
		at, err := strconv.ParseInt(c[1], 10, 64)
		if err != nil {
			return nil, "", record.Bad("cursor", "The cursor is not one that this list gave.")
		}
		where += " AND (received, created_at, id) < (" + p.add(c[0]) + ", " + p.add(at) + ", " + p.add(c[2]) + ")"
	}
	ds, err := t.documents(where+" ORDER BY received DESC, created_at DESC, id DESC LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(ds, err, limit, func(d record.Document) string {
		return cursor(d.Received, strconv.FormatInt(toMicros(d.CreatedAt), 10), string(d.ID))
	})
}

// UnfiledDocuments lists the documents in no file that wait at one of these
// sites ("*" = at any, "" = at none), newest first. Attachments are not listed
// beside their mail.
func (t *Tx) UnfiledDocuments(sites []string, after string, limit int) ([]record.Document, string, error) {
	if len(sites) == 0 {
		return nil, "", nil
	}
	var p params
	where := unfiledSQL(&p, sites)
	return t.newestFirst(where, p, after, limit)
}

// unfiledSQL is the condition that a document is in no file and waits at one
// of the sites. A batch that was split does not wait; its letters do. Nor does
// what was handed on to another authority. What waits
// beside the mail or archive it came in waits with it, and what is reserved for
// a restricted file with who may open that.
func unfiledSQL(p *params, sites []string) string {
	where := "WHERE file_id IS NULL AND state <> '" + string(record.StateDisposed) + `' AND NOT EXISTS (SELECT 1 FROM document_link l
		JOIN document c ON c.id = l.document_id WHERE l.other_id = document.id AND l.kind = '` + LinkEncloses + `' AND c.file_id IS NULL
		AND c.site = document.site AND c.state <> '` + string(record.StateDisposed) + "')"
	where += " AND meant_for = '' AND NOT " + splitAway + " AND NOT " + forwardedAway
	if !slices.Contains(sites, "*") {
		where += " AND site IN (" + list(p, sites) + ")"
	}
	return where
}

// DocumentsByState lists the documents in a state, newest first.
func (t *Tx) DocumentsByState(state record.State, after string, limit int) ([]record.Document, string, error) {
	var p params
	return t.newestFirst("WHERE state = "+p.add(state), p, after, limit)
}

// DocumentsBy lists the documents that a user handed in, newest first.
func (t *Tx) DocumentsBy(user record.UserID, after string, limit int) ([]record.Document, string, error) {
	var p params
	return t.newestFirst("WHERE created_by = "+p.add(user), p, after, limit)
}

func (t *Tx) newestFirst(where string, p params, after string, limit int) ([]record.Document, string, error) {
	limit = clampLimit(limit)
	at, id, err := parseTimeCursor(after)
	if err != nil {
		return nil, "", err
	}
	if id != "" {
		where += " AND (created_at, id) < (" + p.add(at) + ", " + p.add(id) + ")"
	}
	ds, err := t.documents(where+" ORDER BY created_at DESC, id DESC LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(ds, err, limit, func(d record.Document) string {
		return cursor(strconv.FormatInt(toMicros(d.CreatedAt), 10), string(d.ID))
	})
}

// page cuts a list that was read one row longer than asked for, and gives the
// cursor of its last row if there is more.
func page[T any](rows []T, err error, limit int, key func(T) string) ([]T, string, error) {
	if err != nil {
		return nil, "", err
	}
	if len(rows) <= limit {
		return rows, "", nil
	}
	rows = rows[:limit]
	return rows, key(rows[limit-1]), nil
}

// DocumentsAfter lists documents in the order of their ids, from the one after
// id on: for what goes through all of them.
func (t *Tx) DocumentsAfter(id record.DocumentID, limit int) ([]record.Document, error) {
	return t.documents("WHERE id > $1 ORDER BY id LIMIT "+strconv.Itoa(clampLimit(limit)), id)
}

// CountDocuments counts a file's documents.
func (t *Tx) CountDocuments(file record.FileID) (int, error) {
	var n int
	_, err := t.one("count documents", "SELECT COUNT(*) FROM document WHERE file_id = $1", []any{file}, &n)
	return n, err
}

// Totals counts what the catalog holds.
type Totals struct {
	Files     int64
	Documents int64
	Pages     int64
	ByState   map[record.State]int64
	Unindexed int64 // ready, but changed since the index saw them
}

// Totals counts what the catalog holds. It reads every document: not for each
// request.
func (t *Tx) Totals() (Totals, error) {
	out := Totals{ByState: map[record.State]int64{}}
	if _, err := t.one("totals", "SELECT COUNT(*) FROM file", nil, &out.Files); err != nil {
		return Totals{}, err
	}
	rows, err := t.stateCounts()
	if err != nil {
		return Totals{}, err
	}
	for _, r := range rows {
		out.ByState[r.state] = r.documents
		out.Documents += r.documents
		out.Pages += r.pages
		if r.state == record.StateReady {
			out.Unindexed = r.unindexed
		}
	}
	return out, nil
}
