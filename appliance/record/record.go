// Package record holds the words that every other package shares: the domain
// types of the electronic file, their ids, who acts, what time it is, and the
// few categories of error. It imports nothing of this module.
//
// "File" always means Akte, the electronic customer file. Bytes in the object
// store are objects; bytes waiting on disk are spool items.
package record

import "time"

// Sensitivity orders how closely a file or document is held. A higher level
// needs a stronger relation to the file (see policy/access).
type Sensitivity uint8

// The levels of sensitivity, from everyday to locked to named persons.
const (
	SensitivityNormal     Sensitivity = 1
	SensitivityRaised     Sensitivity = 2 // health, § 67 (12) SGB X and the like
	SensitivityRestricted Sensitivity = 3 // protected address, staff and relatives
)

// Direction says which way a document travelled.
type Direction string

// The three directions of a document.
const (
	DirectionIn       Direction = "in"
	DirectionOut      Direction = "out"
	DirectionInternal Direction = "internal"
)

// State is where a document stands on its way.
type State string

// The states of a document, as the API names them.
const (
	StateReceived    State = "received"    // kept, not yet looked at
	StateProcessing  State = "processing"  // a worker reads its pages
	StateReady       State = "ready"       // filed, words readable
	StateClearing    State = "clearing"    // read, but in no file
	StateQuarantined State = "quarantined" // bytes kept, could not be read
	StateDisposed    State = "disposed"    // its life has ended
)

// Site is an organisational unit (Dienststelle).
type Site struct {
	Code      string   `json:"code"`
	Name      string   `json:"name"`
	Postcodes []string `json:"postcodes"`
	Teams     []Team   `json:"teams"`
}

// Team is a part of a site; FirstLetters is the range of surnames it serves, as "A-K".
type Team struct {
	Code         string `json:"code"`
	Name         string `json:"name"`
	FirstLetters string `json:"first_letters"`
}

// RetentionClass is a rule: so many years, counted from an event.
type RetentionClass struct {
	Class string `json:"class"`
	Years int    `json:"years"`
	From  string `json:"from"` // an event of policy/retention, as "end_of_year_of_closing"
	Lock  string `json:"lock"` // "" rolling, "full" locks to keep_until once that is known
}

// DatedNumber is a number a file bore from a date to a date (YYYY-MM-DD, empty = open).
type DatedNumber struct {
	Number string `json:"number"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// DatedName is a name a person bore from a date to a date.
type DatedName struct {
	Name      string `json:"name"`
	FirstName string `json:"first_name"`
	From      string `json:"from"`
	To        string `json:"to"`
}

// Person is someone a file is about. A person has a customer number for life.
type Person struct {
	ID             PersonID    `json:"id"`
	Names          []DatedName `json:"names"` // newest first
	BirthDate      string      `json:"birth_date"`
	CustomerNumber string      `json:"customer_number"`
	Address        string      `json:"address"`
}

// Member says that a person belongs to a file, in a role, from when to when.
type Member struct {
	Person PersonID `json:"person"`
	Role   string   `json:"role"` // applicant, partner, child, representative …
	From   string   `json:"from"`
	To     string   `json:"to"`
}

// File is the Akte: all documents of one household or one person.
// Ordinal is a small integer for search filters, never reused.
type File struct {
	ID             FileID        `json:"id"`
	Ordinal        uint32        `json:"ordinal"`
	Kind           string        `json:"kind"` // leistung, vermittlung, unterhalt …
	Site           string        `json:"site"`
	Team           string        `json:"team"`
	Responsible    UserID        `json:"responsible"`
	RetentionClass string        `json:"retention_class"`
	Sensitivity    Sensitivity   `json:"sensitivity"`
	Numbers        []DatedNumber `json:"numbers"` // newest first; the first open one is the file's number
	Members        []Member      `json:"members"`
	CreatedAt      time.Time     `json:"created_at"`
	CreatedBy      UserID        `json:"created_by"`
	ClosedAt       time.Time     `json:"closed_at"` // zero while open
}

// Number is the number the file bears now.
func (f File) Number() string {
	for _, n := range f.Numbers {
		if n.To == "" {
			return n.Number
		}
	}
	return ""
}

// Document is the unit that is kept, retained and destroyed.
type Document struct {
	ID          DocumentID  `json:"id"`
	Object      ObjectID    `json:"object"` // names o/, keys and derived objects
	File        FileID      `json:"file"`   // empty while in clearing
	Type        string      `json:"type"`
	Direction   Direction   `json:"direction"`
	Title       string      `json:"title"`
	Section     string      `json:"section"`
	Sensitivity Sensitivity `json:"sensitivity"`
	Dated       string      `json:"dated"`    // the document's own date, YYYY-MM-DD
	Received    string      `json:"received"` // date of receipt, YYYY-MM-DD
	State       State       `json:"state"`
	Reason      string      `json:"reason"` // why quarantined: a key of ui/locale below "reason."
	Pages       int         `json:"pages"`
	Name        string      `json:"name"`         // the name it was handed in under; data, never a path
	ContentType string      `json:"content_type"` // from the bytes, never from name or header
	Size        int64       `json:"size"`         // of the plain bytes
	Plain       Digest      `json:"plain"`        // of the plain bytes: personal data
	Cipher      Digest      `json:"cipher"`       // of the object in the store
	CipherSize  int64       `json:"cipher_size"`
	Channel     string      `json:"channel"` // upload, cli, folder …
	CreatedAt   time.Time   `json:"created_at"`
	CreatedBy   UserID      `json:"created_by"`
	KeepUntil   string      `json:"keep_until"`   // the law's date, YYYY-MM-DD; empty while the event is open
	LockedUntil time.Time   `json:"locked_until"` // the store's lock; only grows
	Indexed     bool        `json:"indexed"`
}

// Mark is something noteworthy about a page of a document, or about all of it
// (Page 0).
type Mark struct {
	Page int    `json:"page"`
	Kind string `json:"kind"`
}

// The kinds of Mark.
const (
	MarkUnreadable = "unreadable" // a blank page stands in its place
	MarkDoubtful   = "doubtful"   // recognised, but a person should look
	MarkFaulty     = "faulty"     // damaged in the file; something may be missing from the picture
	MarkBlank      = "blank"      // nothing stands on it; mostly a back
	MarkSeparator  = "separator"  // a sheet that parts letters of a batch
	MarkTurned     = "turned"     // shown upright; it was scanned lying or upside down
	MarkUnmapped   = "unmapped"   // some of its characters have no known meaning: PDF/A-2b, not 2u
	MarkSigned     = "signed"     // page 0: the original bears a digital signature
	MarkConverted  = "converted"  // page 0: the pages are a conversion of what was handed in
)

// Word is one recognised word. Boxes are in pixels of the page image that
// PageWords gives the size of. Start and Len are bytes into the page's
// corrected text, so that a hit in the text is a box on the page.
type Word struct {
	Text       string  `json:"text"` // corrected
	Raw        string  `json:"raw"`  // as recognised
	Confidence float32 `json:"confidence"`
	X          int     `json:"x"`
	Y          int     `json:"y"`
	W          int     `json:"w"`
	H          int     `json:"h"`
	Start      int     `json:"start"`
	Len        int     `json:"len"`
}

// Code is a code read on a page, its box in pixels like a word's.
type Code struct {
	Format string `json:"format"` // code39, code128, qr, datamatrix or patch-t
	Text   string `json:"text"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	W      int    `json:"w"`
	H      int    `json:"h"`
}

// PageWords is a page's words with the size of the image they lie on, and the
// codes that stand on it.
type PageWords struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Words  []Word `json:"words"`
	Codes  []Code `json:"codes"`
}

// Picture is a page to be drawn in so many pixels; Page counts from 1.
type Picture struct {
	Page   int `json:"page"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Box is a rectangle on a page image, in pixels.
type Box struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}
