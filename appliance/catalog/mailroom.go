package catalog

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"eakte/appliance/record"
)

// Post is one piece of post that was handed on unopened. What is in it nobody
// here knows.
type Post struct {
	ID       string
	Site     string
	Day      string // YYYY-MM-DD in Germany
	Kind     string // the id of a mailroom rule, or other
	Sender   string // as it stands on the envelope; may be empty
	HandedTo string
	By       record.UserID
	At       time.Time
}

// InsertPost puts a piece of post into the post book.
func (t *Tx) InsertPost(p Post) error {
	_, err := t.exec("insert post", `INSERT INTO post_book (id, site, day, kind, sender, handed_to, made_by, made_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, p.ID, p.Site, p.Day, p.Kind, p.Sender, p.HandedTo, p.By, toMicros(p.At))
	return err
}

// PostQuery asks for a day of the post book.
type PostQuery struct {
	Day    string
	Sites  []string      // "*" = all
	By     record.UserID // who entered it; "" = anybody
	Cursor string
	Limit  int // 1 to 500, 0 means 50
}

// Posts lists a day of the post book in the order it was written, and the cursor
// of the next page.
func (t *Tx) Posts(q PostQuery) ([]Post, string, error) {
	if len(q.Sites) == 0 {
		return nil, "", nil
	}
	at, id, err := parseTimeCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	var p params
	where := "day = " + p.add(q.Day)
	if !slices.Contains(q.Sites, "*") {
		where += " AND site IN (" + list(&p, q.Sites) + ")"
	}
	if q.By != "" {
		where += " AND made_by = " + p.add(q.By)
	}
	if id != "" {
		where += " AND (made_at, id) > (" + p.add(at) + ", " + p.add(id) + ")"
	}
	limit := clampLimit(q.Limit)
	rows, err := t.posts(where+" ORDER BY made_at, id LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(rows, err, limit, func(x Post) string { return cursor(strconv.FormatInt(toMicros(x.At), 10), x.ID) })
}

// PostByID reads an entry of the post book; NotFound if there is none.
func (t *Tx) PostByID(id string) (Post, error) {
	rows, err := t.posts("id = $1", id)
	if err == nil && len(rows) == 0 {
		err = missing("post")
	}
	if err != nil {
		return Post{}, err
	}
	return rows[0], nil
}

func (t *Tx) posts(where string, args ...any) ([]Post, error) {
	var out []Post
	err := t.each("posts", "SELECT id, site, day, kind, sender, handed_to, made_by, made_at FROM post_book WHERE "+where, args, func(row *sql.Rows) error {
		var x Post
		var at int64
		err := row.Scan(&x.ID, &x.Site, &x.Day, &x.Kind, &x.Sender, &x.HandedTo, &x.By, &at)
		x.At = fromMicros(at)
		out = append(out, x)
		return err
	})
	return out, err
}

// Forward is that a document in no file was handed on: to another site of the
// house, or to another authority. The last one of a document counts.
type Forward struct {
	Document  record.DocumentID
	FromSite  string
	ToSite    string // empty: to another authority
	Addressee string
	Reason    string
	Before    ForwardBefore
	By        record.UserID
	At        time.Time
}

// ForwardBefore is what stood before a Forward, to go back to.
type ForwardBefore struct {
	Routing *record.Routing `json:"routing"` // nil: nobody had decided
	Clues   []record.Clue   `json:"clues"`
}

const forwardColumns = "document_id, from_site, to_site, addressee, reason, before, made_by, made_at"

// SetForward keeps that a document was handed on.
func (t *Tx) SetForward(f Forward) error {
	before, err := json.Marshal(f.Before)
	if err != nil {
		return fmt.Errorf("catalog: set forward: %w", err)
	}
	_, err = t.exec("set forward", "INSERT INTO document_forward ("+forwardColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (document_id) DO UPDATE SET from_site = excluded.from_site, to_site = excluded.to_site, addressee = excluded.addressee,
		reason = excluded.reason, before = excluded.before, made_by = excluded.made_by, made_at = excluded.made_at`,
		f.Document, f.FromSite, f.ToSite, f.Addressee, f.Reason, string(before), f.By, toMicros(f.At))
	return err
}

// ForwardOf says how a document was handed on last; ok is false if it was not.
func (t *Tx) ForwardOf(id record.DocumentID) (f Forward, ok bool, err error) {
	err = t.each("forward of", "SELECT "+forwardColumns+" FROM document_forward WHERE document_id = $1", []any{id}, func(row *sql.Rows) error {
		ok = true
		var before string
		var at int64
		if err := row.Scan(&f.Document, &f.FromSite, &f.ToSite, &f.Addressee, &f.Reason, &before, &f.By, &at); err != nil {
			return err
		}
		f.At = fromMicros(at)
		return json.Unmarshal([]byte(before), &f.Before)
	})
	return f, ok, err
}

// DropForward forgets that a document was handed on: it was taken back.
func (t *Tx) DropForward(id record.DocumentID) error {
	_, err := t.exec("drop forward", "DELETE FROM document_forward WHERE document_id = $1", id)
	return err
}

// ForwardedDocuments lists the documents that were handed on to another
// authority from these sites ("*" = all), newest first. What went with the mail or
// archive it came in is not listed beside that.
func (t *Tx) ForwardedDocuments(sites []string, after string, limit int) ([]record.Document, string, error) {
	if len(sites) == 0 {
		return nil, "", nil
	}
	var p params
	where := "WHERE file_id IS NULL AND state <> '" + string(record.StateDisposed) + "' AND " + forwardedAway + ` AND NOT EXISTS (SELECT 1 FROM document_link l
		JOIN document_routing c ON c.document_id = l.document_id AND c.outcome = '` + record.OutcomeForwarded + `'
		WHERE l.other_id = document.id AND l.kind = '` + LinkEncloses + "')"
	if !slices.Contains(sites, "*") {
		where += " AND site IN (" + list(&p, sites) + ")"
	}
	return t.newestFirst(where, p, after, limit)
}

// CluesOn lists under which clues a document is kept.
func (t *Tx) CluesOn(id record.DocumentID) ([]record.Clue, error) {
	var out []record.Clue
	err := t.each("clues on", "SELECT kind, value FROM document_clue WHERE document_id = $1 ORDER BY kind, value", []any{id}, func(row *sql.Rows) error {
		var c record.Clue
		err := row.Scan(&c.Kind, &c.Value)
		out = append(out, c)
		return err
	})
	return out, err
}
