package vault

import (
	"time"

	"eakte/appliance/record"
)

// DocumentPersonal is the personal part of a document's manifest: all that
// the catalog knows about it, as of this manifest. Dates are YYYY-MM-DD,
// empty where not known; times that may be open are RFC 3339 or empty.
type DocumentPersonal struct {
	File        record.FileID      `json:"file"` // empty while in clearing
	Matter      string             `json:"matter"`
	Section     string             `json:"section"`
	Type        string             `json:"type"`
	Title       string             `json:"title"`
	Direction   record.Direction   `json:"direction"`
	Sensitivity record.Sensitivity `json:"sensitivity"`
	State       record.State       `json:"state"`
	Reason      string             `json:"reason"` // why quarantined: a key of ui/locale

	Dated         string `json:"dated"`    // the document's own date
	Received      string `json:"received"` // date of receipt
	ReceivedPlace string `json:"received_place"`

	Name        string        `json:"name"` // as handed in
	ContentType string        `json:"content_type"`
	Size        int64         `json:"size"`  // of the plain bytes
	Plain       record.Digest `json:"plain"` // of the plain bytes
	Pages       int           `json:"pages"`

	CreatedAt      time.Time     `json:"created_at"` // of the document
	CreatedBy      record.UserID `json:"created_by"`
	ChangedBy      record.UserID `json:"changed_by"` // who caused this manifest
	ChangeReason   string        `json:"change_reason"`
	Channel        string        `json:"channel"` // upload, cli, folder, mailbox …
	IdempotencyKey string        `json:"idempotency_key"`

	Delivery     Delivery            `json:"delivery"`
	TransferNote record.TransferNote `json:"transfer_note"`
	Signatures   []Signature         `json:"signatures"`
	Custody      []CustodyEvent      `json:"custody"`
	DerivedFrom  []DerivedFrom       `json:"derived_from"`
	Links        []Link              `json:"links"`
	Persons      []record.PersonID   `json:"persons"` // whom it concerns
	Outgoing     Outgoing            `json:"outgoing"`
	Retention    RetentionStatement  `json:"retention"`
	Holds        []HoldStatement     `json:"holds"`
	Marks        []Mark              `json:"marks"`

	// Added later: empty in the manifests from before.
	Barcodes []string       `json:"barcodes"`  // that the scan provider read
	TypeHint string         `json:"type_hint"` // what the sender takes it for
	Event    string         `json:"event"`     // in the application that sent it: what caused it
	Routing  record.Routing `json:"routing"`   // how it was decided where it belongs; empty outcome: it was not
	Filings  []Filing       `json:"filings"`   // where persons put it, oldest first
}

// Filing is that a person put the document elsewhere. From it a trace is left in
// the file that it was taken out of, and in the one that it was put into.
type Filing struct {
	ID     string        `json:"id"`     // of the action
	From   record.FileID `json:"from"`   // empty: it lay in no file
	To     record.FileID `json:"to"`     // empty: back to clearing
	Reason string        `json:"reason"` // a key
	Along  bool          `json:"along"`  // it came in the one that was filed
	Since  string        `json:"since"`
	At     string        `json:"at"`
	By     record.UserID `json:"by"`
	Silent bool          `json:"silent"` // taken back at once
}

// Delivery is what a channel handed over at once, and the document's place in it.
type Delivery struct {
	ID            string `json:"id"` // the provider's; empty: single hand-in
	Provider      string `json:"provider"`
	Object        string `json:"object"` // the document's name in the delivery
	CreatedAt     string `json:"created_at"`
	BagSeal       string `json:"bag_seal"`
	PaperBox      string `json:"paper_box"`
	PaperLocation string `json:"paper_location"`
	PaperPosition int    `json:"paper_position"`

	// Added later: 0 in the manifests from before.
	Documents int `json:"documents"` // that the delivery has
}

// Signature is a signature, seal or time stamp over the original, with what
// checking it at intake gave.
type Signature struct {
	Kind      string `json:"kind"`   // cms, tsr
	Name      string `json:"name"`   // as handed in
	Bytes     string `json:"bytes"`  // base64
	Valid     string `json:"valid"`  // yes, no, unknown
	Report    string `json:"report"` // of the check
	CheckedAt string `json:"checked_at"`
}

// CustodyEvent is one step in the life of the paper or of the bytes.
type CustodyEvent struct {
	At    string `json:"at"`
	Event string `json:"event"` // received, scanned, sampled, returned, destroyed …
	Actor string `json:"actor"`
	Place string `json:"place"`
	Note  string `json:"note"`
}

// DerivedBySplit is DerivedFrom.How of a letter that was taken out of a batch.
const DerivedBySplit = "split"

// DerivedByMerge is DerivedFrom.How of a document that was put together by hand.
const DerivedByMerge = "merge"

// DerivedByCopy is DerivedFrom.How of a document that was filed in a second file
// as well: each says nothing of the other's file.
const DerivedByCopy = "copy"

// DerivedFrom names a document this one was made from, and its pages.
type DerivedFrom struct {
	Document  record.DocumentID `json:"document"`
	How       string            `json:"how"`        // split, merge, copy, conversion, rescan, attachment
	FirstPage int               `json:"first_page"` // from 1; 0: the whole document
	LastPage  int               `json:"last_page"`

	// Added later: 0 in the manifests from before.
	Place int `json:"place"` // of an attachment in its mail or archive, or of a letter in its batch, from 1
	// Empty in older manifests.
	Parts int    `json:"parts"` // how many letters the batch was split into
	Sheet string `json:"sheet"` // number of a file that the separator sheet before the letter names: evidence among others
}

// Link is a typed link to another document.
type Link struct {
	Kind     string            `json:"kind"` // answers, encloses, corrects, proof_of_service, predecessor, identical
	Document record.DocumentID `json:"document"`
	By       record.UserID     `json:"by"`
	At       string            `json:"at"`
}

// Outgoing is what an outgoing letter has besides.
type Outgoing struct {
	Stage            string `json:"stage"`  // draft, final; empty: not outgoing
	Posted           string `json:"posted"` // date
	Evidence         string `json:"evidence"`
	PresumedNotified string `json:"presumed_notified"` // date
	Returned         string `json:"returned"`          // date
}

// RetentionStatement is how keep_until came about. The date itself and the
// class stand in the header.
type RetentionStatement struct {
	Event     string        `json:"event"`
	EventDate string        `json:"event_date"`
	Corrected string        `json:"corrected"` // date, where two people corrected it
	Reason    string        `json:"reason"`
	By        record.UserID `json:"by"`
	Approved  record.UserID `json:"approved"`
}

// HoldStatement says that nothing of it may be destroyed while it stands. Those
// that were lifted stay in the list.
type HoldStatement struct {
	ID     string        `json:"id"`
	Kind   string        `json:"kind"`
	Reason string        `json:"reason"`
	By     record.UserID `json:"by"`
	From   string        `json:"from"`
	To     string        `json:"to"` // empty while it stands

	// Added later: empty in the manifests from before.
	Origin     string        `json:"origin"` // id of the file's hold that a document took along when it left the file
	PlacedAt   string        `json:"placed_at"`
	LiftedBy   record.UserID `json:"lifted_by"`
	LiftedAt   string        `json:"lifted_at"` // empty while it stands
	LiftReason string        `json:"lift_reason"`
}

// Mark is a lasting remark, as that the content is disputed.
type Mark struct {
	Kind string        `json:"kind"` // disputed, misrouted …
	Note string        `json:"note"`
	By   record.UserID `json:"by"`
	At   string        `json:"at"`
}
