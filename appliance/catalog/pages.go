package catalog

import (
	"database/sql"

	"eakte/appliance/record"
)

// PageDeaths says how many workers each page of a document has killed since
// its reading began; 0 stands for the opening of the document.
func (t *Tx) PageDeaths(id record.DocumentID) (map[int]int, error) {
	deaths := map[int]int{}
	err := t.each("page deaths", "SELECT page, deaths FROM page_death WHERE document_id = $1", []any{id}, func(row *sql.Rows) error {
		var page, n int
		err := row.Scan(&page, &n)
		deaths[page] = n
		return err
	})
	return deaths, err
}

// PageDied notes that a page has killed one worker more.
func (t *Tx) PageDied(id record.DocumentID, page int, reason string) error {
	_, err := t.exec("page died", `INSERT INTO page_death (document_id, page, deaths, reason) VALUES ($1, $2, 1, $3)
		ON CONFLICT (document_id, page) DO UPDATE SET deaths = page_death.deaths + 1, reason = excluded.reason`, id, page, reason)
	return err
}

// ForgetPageDeaths is for a document whose reading has come to an end.
func (t *Tx) ForgetPageDeaths(id record.DocumentID) error {
	_, err := t.exec("forget page deaths", "DELETE FROM page_death WHERE document_id = $1", id)
	return err
}

// SetMarks notes what is noteworthy about a document and its pages, in place of
// what was noted before.
func (t *Tx) SetMarks(id record.DocumentID, marks []record.Mark) error {
	if _, err := t.exec("forget marks", "DELETE FROM document_mark WHERE document_id = $1", id); err != nil {
		return err
	}
	for _, m := range marks {
		if _, err := t.exec("set mark", "INSERT INTO document_mark (document_id, page, kind) VALUES ($1, $2, $3)", id, m.Page, m.Kind); err != nil {
			return err
		}
	}
	return nil
}

// MarkKinds says of each of these documents which kinds of mark it has.
func (t *Tx) MarkKinds(ids []record.DocumentID) (map[record.DocumentID][]string, error) {
	out := map[record.DocumentID][]string{}
	for part := range chunks(ids) {
		var p params
		q := "SELECT DISTINCT document_id, kind FROM document_mark WHERE document_id IN (" + list(&p, part) + ") ORDER BY kind"
		err := t.each("mark kinds", q, p.args, func(row *sql.Rows) error {
			var id record.DocumentID
			var kind string
			err := row.Scan(&id, &kind)
			out[id] = append(out[id], kind)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Marks lists what is noteworthy about a document, page by page.
func (t *Tx) Marks(id record.DocumentID) ([]record.Mark, error) {
	var marks []record.Mark
	err := t.each("marks", "SELECT page, kind FROM document_mark WHERE document_id = $1 ORDER BY page, kind", []any{id}, func(row *sql.Rows) error {
		var m record.Mark
		err := row.Scan(&m.Page, &m.Kind)
		marks = append(marks, m)
		return err
	})
	return marks, err
}
