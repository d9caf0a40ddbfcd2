package catalog

import (
	"slices"
	"strconv"
	"time"

	"eakte/appliance/record"
)

// ClearingQuery asks for what waits in clearing.
type ClearingQuery struct {
	Sites  []string // where the asker clears; "" = at none
	Site   string   // of these only one; empty: all
	Team   string   // whose work it probably is; empty: any
	Newest bool     // first, in place of the oldest
	Before time.Time
	Cursor string
	Limit  int // 1 to 500, 0 means 50
}

// Clearing lists the documents that wait in clearing, the oldest first unless
// the newest are wanted, and the cursor of the next page.
func (t *Tx) Clearing(q ClearingQuery) ([]record.Document, string, error) {
	if len(q.Sites) == 0 {
		return nil, "", nil
	}
	var p params
	where := q.where(&p)
	at, id, err := parseTimeCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	than, order := ">", "ASC"
	if q.Newest {
		than, order = "<", "DESC"
	}
	if id != "" {
		where += " AND (created_at, id) " + than + " (" + p.add(at) + ", " + p.add(id) + ")"
	}
	limit := clampLimit(q.Limit)
	ds, err := t.documents(where+" ORDER BY created_at "+order+", id "+order+" LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(ds, err, limit, func(d record.Document) string {
		return cursor(strconv.FormatInt(toMicros(d.CreatedAt), 10), string(d.ID))
	})
}

func (q ClearingQuery) where(p *params) string {
	sites := q.Sites
	if q.Site != "" {
		if sites = []string{q.Site}; !slices.Contains(q.Sites, q.Site) && !slices.Contains(q.Sites, "*") {
			sites = []string{"-"} // no site is called so
		}
	}
	where := unfiledSQL(p, sites)
	if q.Team != "" {
		where += " AND EXISTS (SELECT 1 FROM document_routing r WHERE r.document_id = document.id AND r.team = " + p.add(q.Team) + ")"
	}
	if !q.Before.IsZero() {
		where += " AND created_at < " + p.add(toMicros(q.Before))
	}
	return where
}

// Waiting counts what waits in clearing at these sites ("*" = at any) since
// before a moment (zero: at all), and says since when the oldest does.
func (t *Tx) Waiting(sites []string, before time.Time) (n int, oldest time.Time, err error) {
	if len(sites) == 0 {
		return 0, oldest, nil
	}
	var p params
	var first int64
	where := ClearingQuery{Sites: sites, Before: before}.where(&p)
	_, err = t.one("waiting", "SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM document "+where, p.args, &n, &first)
	return n, fromMicros(first), err
}
