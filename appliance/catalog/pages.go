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

// SetUnreadablePages notes in the place of which pages of a document, at most a
// few, a blank one stands.
func (t *Tx) SetUnreadablePages(id record.DocumentID, pages []int) error {
	if _, err := t.exec("forget unreadable pages", "DELETE FROM page_unreadable WHERE document_id = $1", id); err != nil {
		return err
	}
	for _, page := range pages {
		if _, err := t.exec("set unreadable page", "INSERT INTO page_unreadable (document_id, page) VALUES ($1, $2)", id, page); err != nil {
			return err
		}
	}
	return nil
}

// UnreadablePages lists the pages of a document in whose place a blank one
// stands.
func (t *Tx) UnreadablePages(id record.DocumentID) ([]int, error) {
	return column[int](t, "unreadable pages", "SELECT page FROM page_unreadable WHERE document_id = $1 ORDER BY page", id)
}
