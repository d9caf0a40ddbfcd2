package inbox

import (
	"time"

	"eakte/appliance/record"
)

// The queues of an inbox.
const (
	QueueMine     = "mine"     // what somebody holds
	QueueTeam     = "team"     // what came in for the teams somebody works in
	QueueClearing = "clearing" // documents in no file
)

// Query asks for a list.
type Query struct {
	Queue  string        // mine (default), team, clearing
	User   string        // with mine: a colleague's sign-in name, whom the actor substitutes for today
	After  record.ItemID // begin behind this item, in place of Cursor
	Cursor string
	Limit  int // 1 to 500, 0 means 50
}

// Page is a page of a list: mine and team the longest waiting first,
// follow-ups by their day, clearing the newest first.
type Page struct {
	Items []Item `json:"items"`
	Next  string `json:"next"`
}

// Item is work that waits for somebody, as its reader sees it.
type Item struct {
	ID        record.ItemID `json:"id"`       // empty in clearing: there the document itself waits
	Kind      string        `json:"kind"`     // document, followup
	State     string        `json:"state"`    // open, done
	Document  *Paper        `json:"document"` // null for a follow-up on a file as a whole
	File      *Folder       `json:"file"`     // null in clearing
	Team      bool          `json:"team"`     // it came in for the team
	Holder    *Colleague    `json:"holder"`   // whose work it is; null: nobody's yet
	HeldSince *time.Time    `json:"held_since"`
	HeldBy    *Colleague    `json:"held_by"` // who assigned it; the holder if they took it; null if it came in so
	Waits     string        `json:"waits"`   // since which day, YYYY-MM-DD: receipt, or a follow-up's own
	Due       string        `json:"due"`     // comes back on this day; empty: waits now
	Note      string        `json:"note"`
	ActingFor *Colleague    `json:"in_substitution_for"` // whom the last change was made for
	CreatedAt time.Time     `json:"created_at"`
	ChangedAt time.Time     `json:"changed_at"`
	DoneAt    *time.Time    `json:"done_at"`
	DoneBy    *Colleague    `json:"done_by"`
	Version   int64         `json:"version"` // counts changes; a write that names it is refused if it is no longer true
	Can       []string      `json:"can"`     // take, assign, follow-up, finish, reopen

	Assignable []Colleague `json:"-"` // with Item and "assign": who may be given it
}

// Paper is the document an item is about.
type Paper struct {
	ID     record.DocumentID `json:"id"`
	Type   string            `json:"type"`
	Title  string            `json:"title"`
	State  record.State      `json:"state"`
	Reason string            `json:"reason"` // when quarantined
	Pages  int               `json:"pages"`
	// Attachments counts what came in it and lies beside it, in whatever depth:
	// it waits and is filed with it.
	Attachments int `json:"attachments"`
}

// Folder is the file an item belongs to.
type Folder struct {
	ID       record.FileID `json:"id"`
	Number   string        `json:"number"`
	Customer string        `json:"customer"` // the first member, "Müller, Anna"
	Site     string        `json:"site"`
	Team     string        `json:"team"`
}

// Colleague is a user of the appliance.
type Colleague struct {
	Name    string `json:"name"` // for signing in
	Display string `json:"display"`
}

// Counts are the lengths of the lists an actor can ask for.
type Counts struct {
	Queues       []string // those the actor has, in order; none: no inbox
	Mine         int      // what waits today, follow-ups that have come back among it
	Team         int
	Clearing     int
	Late         int // in clearing for more than a working day, for who clears and who leads a team
	FollowUpsDue int // of mine, those whose day has come
	Substituted  []Substituted
}

// Substituted is the inbox of somebody the actor stands in for today.
type Substituted struct {
	Colleague
	Waiting int
}

// Step is what every change to an item takes.
type Step struct {
	Version        int64  // the version that was seen; 0: whichever
	IdempotencyKey string // per user; the same again changes nothing
}

// NewFollowUp wants something to come back on a day.
type NewFollowUp struct {
	File           string            `json:"file"`     // id or number
	Document       record.DocumentID `json:"document"` // in place of File: about one document
	Date           string            `json:"date"`     // YYYY-MM-DD, today or later
	Note           string            `json:"note"`
	IdempotencyKey string            `json:"-"`
}

// Faster is the Conflict of who comes second: who was first, when, and what
// they did. Its text names nobody.
type Faster struct {
	By   Colleague
	At   time.Time
	What string // holds, done, changed
}

// Error says what happened.
func (f *Faster) Error() string { return f.Unwrap().Error() }

// Unwrap makes it a record.Conflict with a message.
func (f *Faster) Unwrap() error {
	message := map[string]string{"holds": "Somebody else has this already.", "done": "This is finished already.",
		"changed": "This was changed in the meantime."}[f.What]
	return &record.Error{Category: record.Conflict, Message: message, Hint: "Load the list again to see how it stands."}
}
