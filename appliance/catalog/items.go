package catalog

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// ItemKind says what an item is about.
type ItemKind string

// The kinds of item.
const (
	ItemDocument ItemKind = "document" // an incoming document that somebody has to look at
	ItemFollowUp ItemKind = "followup" // a day on which somebody wants to look again
)

// The queues an item came in by.
const (
	QueueUser = "user"
	QueueTeam = "team" // of its file's team
)

// The states of an item.
const (
	ItemOpen = "open"
	ItemDone = "done"
)

// Item is work that waits for somebody. With a holder it is in that user's
// inbox; without one it waits in the team of its file.
type Item struct {
	ID       record.ItemID
	Kind     ItemKind
	Document record.DocumentID // "" when a follow-up is about the file as a whole
	File     record.FileID
	Queue    string // QueueUser or QueueTeam: where it came in
	ItemPlace
	CreatedAt time.Time
	CreatedBy record.UserID
	ChangedAt time.Time
	ChangedBy record.UserID
	Version   int64 // counts changes
	Undoable  bool  // UndoItem can take the last change back
}

// ItemPlace is what changes of an item, and what an undo brings back.
type ItemPlace struct {
	Holder    record.UserID // whose work it is; "" = nobody's yet
	HeldBy    record.UserID // who gave it to the holder; "" = it came in so
	HeldAt    time.Time
	State     string
	Waits     string // the day it counts from, YYYY-MM-DD
	Due       string // comes back on this day; "" = waits now
	Note      string
	ActingFor record.UserID // the last change was made in substitution for this user
	DoneAt    time.Time
	DoneBy    record.UserID
}

// ItemChanged is the Conflict of who comes second: who was faster, and when.
// Its text names nobody.
type ItemChanged struct {
	Now Item // the item as it is
}

// Error names the category and what happened.
func (e *ItemChanged) Error() string { return "conflict: the item has been changed by somebody else" }

// Unwrap makes it a record.Conflict.
func (e *ItemChanged) Unwrap() error { return record.Conflict }

const itemColumns = `i.id, i.kind, COALESCE(i.document_id, ''), i.file_id, i.queue, i.holder, i.held_by, i.held_at, i.state, i.waits, i.due,
	i.note, i.acting_for, i.created_at, i.created_by, i.changed_at, i.changed_by, i.done_at, i.done_by, i.version,
	CASE WHEN i.former <> '' THEN 1 ELSE 0 END`

func scanItem(row *sql.Rows) (Item, error) {
	var i Item
	var held, created, changed, done int64
	err := row.Scan(&i.ID, &i.Kind, &i.Document, &i.File, &i.Queue, &i.Holder, &i.HeldBy, &held, &i.State, &i.Waits, &i.Due,
		&i.Note, &i.ActingFor, &created, &i.CreatedBy, &changed, &i.ChangedBy, &done, &i.DoneBy, &i.Version, &i.Undoable)
	i.HeldAt, i.CreatedAt, i.ChangedAt, i.DoneAt = fromMicros(held), fromMicros(created), fromMicros(changed), fromMicros(done)
	return i, err
}

// InsertItem adds an open item, made by i.CreatedBy now. It gives Conflict if
// the document has an open item of the kind document already.
func (t *Tx) InsertItem(i Item) error {
	if i.Kind == ItemDocument {
		if _, err := t.OpenItemOf(i.Document); err == nil {
			return conflict("The document is in an inbox already.")
		} else if record.CategoryOf(err) != record.NotFound {
			return err
		}
	}
	now := toMicros(t.Now())
	return t.change("insert item", "file", `INSERT INTO item (id, kind, document_id, file_id, queue, holder, held_by, held_at, state, waits, due,
		note, acting_for, created_at, created_by, changed_at, changed_by, done_at, done_by, version, former, site, team)
		SELECT $1, $2, $3, f.id, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14, $15, 0, '', 1, '', f.site, f.team
		FROM file f WHERE f.id = $4`,
		i.ID, i.Kind, sql.NullString{String: string(i.Document), Valid: i.Document != ""}, i.File, i.Queue, i.Holder, i.HeldBy,
		toMicros(i.HeldAt), ItemOpen, i.Waits, i.Due, i.Note, i.ActingFor, now, i.CreatedBy)
}

// ItemByID reads an item, open or done.
func (t *Tx) ItemByID(id record.ItemID) (Item, error) { return t.item("WHERE i.id = $1", id) }

// OpenItemOf reads the open item of the kind document that a document has.
func (t *Tx) OpenItemOf(id record.DocumentID) (Item, error) {
	return t.item("WHERE i.document_id = $1 AND i.state = 'open' AND i.kind = 'document'", id)
}

func (t *Tx) item(where string, arg any) (Item, error) {
	is, err := t.items("FROM item i "+where, arg)
	if err != nil {
		return Item{}, err
	}
	if len(is) == 0 {
		return Item{}, missing("item")
	}
	return is[0], nil
}

func (t *Tx) items(from string, args ...any) ([]Item, error) {
	var out []Item
	err := t.each("items", "SELECT "+itemColumns+" "+from, args, func(row *sql.Rows) error {
		i, err := scanItem(row)
		if err != nil {
			return err
		}
		out = append(out, i)
		return nil
	})
	return out, err
}

// ChangeItem writes what may change of an item, by a user at this moment, and
// keeps what was there for UndoItem. i.Version is the one that was seen: if
// the item has changed since, the answer is *ItemChanged and nothing is written.
func (t *Tx) ChangeItem(i Item, by record.UserID) (Item, error) {
	now, err := t.ItemByID(i.ID)
	if err != nil {
		return Item{}, err
	}
	former, err := json.Marshal(now.ItemPlace)
	if err != nil {
		return Item{}, fmt.Errorf("catalog: change item: %w", err)
	}
	return t.changeItem(i, now, by, string(former))
}

// UndoItem takes the last change of an item back, for who made it. Whoever
// else changed it in the meantime is named by *ItemChanged.
func (t *Tx) UndoItem(id record.ItemID, by record.UserID) (Item, error) {
	now, err := t.ItemByID(id)
	if err != nil {
		return Item{}, err
	}
	if now.ChangedBy != by || !now.Undoable {
		return Item{}, &ItemChanged{now}
	}
	var former string
	if _, err := t.one("undo item", "SELECT former FROM item WHERE id = $1", []any{id}, &former); err != nil {
		return Item{}, err
	}
	before := now
	if err := json.Unmarshal([]byte(former), &before.ItemPlace); err != nil {
		return Item{}, fmt.Errorf("catalog: undo item: %w", err)
	}
	if now.Kind == ItemDocument { // the day of receipt is the document's
		before.Waits = now.Waits
	}
	return t.changeItem(before, now, by, "")
}

func (t *Tx) changeItem(i, now Item, by record.UserID, former string) (Item, error) {
	if i.Version != now.Version {
		return Item{}, &ItemChanged{now}
	}
	if i.Kind == ItemDocument && i.State == ItemOpen && now.State == ItemDone {
		if other, err := t.OpenItemOf(i.Document); err == nil {
			return Item{}, &ItemChanged{other}
		} else if record.CategoryOf(err) != record.NotFound {
			return Item{}, err
		}
	}
	i.ChangedAt, i.ChangedBy, i.Version, i.Undoable = t.Now(), by, now.Version+1, former != ""
	return i, t.change("change item", "item", `UPDATE item SET file_id = $2, queue = $3, holder = $4, held_by = $5, held_at = $6, state = $7,
		waits = $8, due = $9, note = $10, acting_for = $11, changed_at = $12, changed_by = $13, done_at = $14, done_by = $15,
		version = $16, former = $17, site = (SELECT f.site FROM file f WHERE f.id = $2), team = (SELECT f.team FROM file f WHERE f.id = $2)
		WHERE id = $1`,
		i.ID, i.File, i.Queue, i.Holder, i.HeldBy, toMicros(i.HeldAt), i.State, i.Waits, i.Due, i.Note, i.ActingFor,
		toMicros(i.ChangedAt), by, toMicros(i.DoneAt), i.DoneBy, i.Version, former)
}
