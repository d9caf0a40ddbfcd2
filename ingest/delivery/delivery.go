// Package delivery takes in what a scan provider hands over at once: the
// announcement, the manifest, the objects, and the word that it is complete.
// Nothing becomes a document before everything is there and fits its manifest;
// until then what has arrived lies encrypted in the spool, and what is missing
// can be seen and sent again.
package delivery

import (
	"time"

	"eakte/appliance/record"
)

// Manifest is what a provider says of a delivery, version 1 (docs/deliveries.md).
// As an announcement it may leave out what is not known yet.
type Manifest struct {
	Version    int        `json:"version"`
	DeliveryID string     `json:"delivery_id"`
	Provider   string     `json:"provider"`
	CreatedAt  string     `json:"created_at"` // RFC 3339
	BagSeal    string     `json:"bag_seal"`
	Paper      Paper      `json:"paper"`
	Documents  []Document `json:"documents"`
}

// Paper says where the paper of a delivery lies.
type Paper struct {
	Box      string `json:"box"`
	Location string `json:"location"`
}

// Document is one document of a manifest.
type Document struct {
	Name          string               `json:"name"`
	SHA256        string               `json:"sha256"` // 64 hex digits
	Size          int64                `json:"size"`   // bytes; 0: not said
	Pages         int                  `json:"pages"`  // 0: not said
	Received      string               `json:"received"`
	Barcodes      []string             `json:"barcodes"`
	TypeHint      string               `json:"type_hint"`
	PaperPosition int                  `json:"paper_position"`
	OpenedAt      string               `json:"opened_at"` // the envelope; RFC 3339 or a date
	OpenedBy      string               `json:"opened_by"`
	TransferNote  *record.TransferNote `json:"transfer_note"`
	Signatures    []string             `json:"signatures"` // names of what lies beside it: NAME.p7s, NAME.tsr
}

// The states of a delivery.
const (
	StateAnnounced = "announced" // in transit: we know of it, nothing is here
	StateOpen      = "open"      // the manifest is here, objects arrive
	StateWaiting   = "waiting"   // it was said to be complete, and is not: see Problems
	StateTaking    = "taking"    // it fits; its documents are being taken in
	StateDone      = "done"      // every document is in the archive
	StateWithdrawn = "withdrawn" // given up by a person; what had arrived was never filed
)

// The states of an object.
const (
	ObjectWanted = "wanted" // the manifest names it, it is not here
	ObjectHere   = "here"   // it is here and fits
	ObjectWrong  = "wrong"  // it is here and does not fit
	ObjectTaken  = "taken"  // it is a document, or lies with one
)

// Problem is one thing that does not reconcile.
type Problem struct {
	Name string `json:"name"` // of the object; empty: the delivery as a whole
	Kind string `json:"kind"` // missing, hash, size, pages, surplus, bag_seal, count, signature …; its sentence is "delivery.problem."+Kind
	Want string `json:"want"` // what the manifest says
	Got  string `json:"got"`
}

// View is a delivery as its reader sees it.
type View struct {
	ID          string     `json:"id"`
	DeliveryID  string     `json:"delivery_id"` // the provider's
	Provider    string     `json:"provider"`
	Channel     string     `json:"channel"` // api, folder
	Site        string     `json:"site"`
	State       string     `json:"state"`
	BagSeal     string     `json:"bag_seal"`
	Paper       Paper      `json:"paper"`
	CreatedAt   string     `json:"created_at"` // by the manifest
	AnnouncedAt *time.Time `json:"announced_at"`
	OpenedAt    *time.Time `json:"opened_at"`
	WaitsSince  *time.Time `json:"waits_since"`
	DoneAt      *time.Time `json:"done_at"`
	ChangedAt   time.Time  `json:"changed_at"`
	Documents   int        `json:"documents"` // that the manifest names
	Here        int        `json:"here"`      // of them
	Taken       int        `json:"taken"`     // of them
	Problems    []Problem  `json:"problems"`
	Objects     []Object   `json:"objects"` // where one delivery is asked for; at most 5,000, those that are wanted or wrong first
	Total       int        `json:"total"`   // how many objects it has
	Repeated    bool       `json:"repeated"`
	Can         []string   `json:"can"` // withdraw, receipt
}

// Object is one object of a delivery, as its reader sees it.
type Object struct {
	Name     string            `json:"name"`
	Kind     string            `json:"kind"` // document, signature
	State    string            `json:"state"`
	Problem  string            `json:"problem"` // when wrong: a kind of Problem
	SHA256   record.Digest     `json:"sha256"`  // of what arrived; empty: nothing did
	Size     int64             `json:"size"`
	Pages    int               `json:"pages"`
	Document record.DocumentID `json:"document"` // once it is one
}

// Receipt is for a delivery that is complete: every document is stored,
// verified, locked and in the catalog.
type Receipt struct {
	ID         string         `json:"id"`
	DeliveryID string         `json:"delivery_id"`
	Provider   string         `json:"provider"`
	DoneAt     time.Time      `json:"done_at"`
	Repeated   bool           `json:"repeated"`
	Documents  []ReceiptEntry `json:"documents"`
}

// ReceiptEntry is one document of a Receipt.
type ReceiptEntry struct {
	Name       string            `json:"name"`
	Document   record.DocumentID `json:"document"`
	SHA256     record.Digest     `json:"sha256"`
	Size       int64             `json:"size"`
	Pages      int               `json:"pages"`       // 0: can't be counted before it is read
	ReceivedAt time.Time         `json:"received_at"` // when its taking in began; DoneAt is when all of them were in
}

// Unreconciled is the Conflict of a delivery that does not fit its manifest.
type Unreconciled struct{ Problems []Problem }

// Error says what happened, without a name.
func (u *Unreconciled) Error() string { return u.Unwrap().Error() }

// Unwrap makes it a record.Conflict with a message.
func (u *Unreconciled) Unwrap() error {
	return &record.Error{Category: record.Conflict, Message: "The delivery does not fit its manifest. Nothing of it was filed, and nothing is lost.",
		Hint: "Send what is missing or wrong again, then say that it is complete."}
}

// Query asks for a list of deliveries.
type Query struct {
	State    string // empty: all
	Provider string // empty: all
	Cursor   string
	Limit    int // 1 to 500, 0 means 50
}

// Page is a page of a list, the newest first.
type Page struct {
	Items []View `json:"items"`
	Next  string `json:"next"`
}
