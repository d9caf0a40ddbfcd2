package archive

import (
	"io"
	"time"

	"eakte/appliance/record"
	"eakte/ingest/mailroom"
	"eakte/search"
)

// NewFile is what creating a file takes. Number, Kind, Site and at least one
// member are required; Team and Responsible default to the actor's own.
type NewFile struct {
	Number         string             `json:"number"`
	Kind           string             `json:"kind"`
	Site           string             `json:"site"`
	Team           string             `json:"team"`
	Responsible    string             `json:"responsible"` // a user's sign-in name
	RetentionClass string             `json:"retention_class"`
	Sensitivity    record.Sensitivity `json:"sensitivity"` // 0 means normal
	Members        []NewMember        `json:"members"`
	Customer       *NewMember         `json:"customer,omitempty"` // short for one member
	IdempotencyKey string             `json:"-"`                  // per user; the same again gives the first answer
}

// NewMember is one person of a new file.
type NewMember struct {
	Name           string `json:"name"`
	FirstName      string `json:"first_name"`
	BirthDate      string `json:"birth_date"`
	CustomerNumber string `json:"customer_number"`
	Address        string `json:"address"`
	Role           string `json:"role"`
	From           string `json:"from"`
	To             string `json:"to"`
}

// MemberView is a member as shown: the person's current name beside the membership.
type MemberView struct {
	Person         record.PersonID `json:"person"`
	Name           string          `json:"name"`
	FirstName      string          `json:"first_name"`
	BirthDate      string          `json:"birth_date"`
	CustomerNumber string          `json:"customer_number"`
	Address        string          `json:"address"`
	Role           string          `json:"role"`
	From           string          `json:"from"`
	To             string          `json:"to"`
}

// FileView is a file as its reader sees it. Can names what this actor may do
// next: "contents", "post", "change", "grant", "hold".
type FileView struct {
	ID             record.FileID        `json:"id"`
	Number         string               `json:"number"`
	Numbers        []record.DatedNumber `json:"numbers"`
	Kind           string               `json:"kind"`
	Site           string               `json:"site"`
	SiteName       string               `json:"site_name"`
	Team           string               `json:"team"`
	Responsible    Person               `json:"responsible"`
	RetentionClass string               `json:"retention_class"`
	Sensitivity    record.Sensitivity   `json:"sensitivity"`
	State          string               `json:"state"` // open, closed
	CreatedAt      time.Time            `json:"created_at"`
	ClosedAt       *time.Time           `json:"closed_at"`
	Members        []MemberView         `json:"members"`
	Holds          []Hold               `json:"holds"` // that stand; empty for who may not read them
	Can            []string             `json:"can"`
	Repeated       bool                 `json:"-"` // the answer to a repeated Idempotency-Key
}

// Person is a user of the appliance as others see them.
type Person struct {
	Name    string `json:"name"`
	Display string `json:"display"`
}

// FileQuery asks for files by number, name or birth date, misspelled or not.
type FileQuery struct {
	Number string // exact, in any spelling of it
	Q      string // free: "Müler 3.4.1985", "03104//0012345", "031D123456"
	Cursor string
	Limit  int // 1 to 500, 0 means 50
}

// FileHit is one file of a list.
type FileHit struct {
	ID          record.FileID `json:"id"`
	Number      string        `json:"number"`
	Kind        string        `json:"kind"`
	Site        string        `json:"site"`
	Team        string        `json:"team"`
	Responsible Person        `json:"responsible"`
	State       string        `json:"state"`
	Members     []MemberView  `json:"members"`
	Can         []string      `json:"can"`
	Why         []Why         `json:"why"` // for each part of the question; empty for a file asked for by its number
}

// Why says what a part of a question was taken for in a file that was found.
type Why struct {
	Kind  string `json:"kind"`  // name, former (a name borne before), birth, number, tail (the end of a number)
	How   string `json:"how"`   // empty as written, begins, folded (an umlaut in another spelling), typo, sounds
	Value string `json:"value"` // as it stands in the file, a date as YYYY-MM-DD; of a former name what was asked, folded
}

// FilePage is a page of a list of files.
type FilePage struct {
	Items []FileHit `json:"items"`
	Next  string    `json:"next"`
}

// FileRef names the file a document lies in.
type FileRef struct {
	ID     record.FileID `json:"id"`
	Number string        `json:"number"`
}

// DocumentView is a document as its reader sees it.
type DocumentView struct {
	ID          record.DocumentID   `json:"id"`
	File        *FileRef            `json:"file"` // null while in clearing
	State       record.State        `json:"state"`
	Indexed     bool                `json:"indexed"`
	Reason      string              `json:"reason"` // when quarantined: a key, see ReasonText in ui/locale
	Type        string              `json:"type"`
	Title       string              `json:"title"`
	Section     string              `json:"section"`
	Direction   record.Direction    `json:"direction"`
	Dated       string              `json:"dated"`
	Received    string              `json:"received"`
	Pages       int                 `json:"pages"`
	ContentType string              `json:"content_type"`
	Size        int64               `json:"size"`
	SHA256      record.Digest       `json:"sha256"`
	Name        string              `json:"name"`
	CreatedAt   time.Time           `json:"created_at"`
	CreatedBy   Person              `json:"created_by"`
	KeepUntil   string              `json:"keep_until"`
	KeepWhy     string              `json:"keep_why"`
	LockedUntil time.Time           `json:"locked_until"`
	Sensitivity record.Sensitivity  `json:"sensitivity"`
	Persons     []record.PersonID   `json:"persons"`
	Links       []Link              `json:"links"`
	Holds       []Hold              `json:"holds"` // that stand, the file's too
	Custody     []CustodyStep       `json:"custody"`
	IdenticalTo []record.DocumentID `json:"identical_to"`
	Destroyed   *Destroyed          `json:"destroyed"` // null while its key exists
	Can         []string            `json:"can"`       // "read", "edit", "hold"
	// UnreadablePages are those in whose place a blank page stands; they are
	// listed where one document is asked for.
	UnreadablePages []int `json:"unreadable_pages"`
	// Moved is what was filed along with it, in the answer to that change: what
	// came in it and lay beside it.
	Moved []record.DocumentID `json:"moved,omitempty"`
	// Marks say what is noteworthy about its pages (blank, doubtful, turned …)
	// and about all of it (page 0: signed, converted); listed where one document
	// is asked for.
	Marks []record.Mark `json:"marks"`
	// Split says what became of a batch with separator sheets; null: it is none.
	// Sheet is the file that the separator sheet before a letter names, for who
	// may find it (a restricted one: open it): evidence among others. Both where
	// one document is asked for.
	Split *Split   `json:"split"`
	Sheet *FileRef `json:"sheet"`
	// Routing is why it lies where it does, or why it waits; null while nobody
	// has decided, and for who may only follow its state. Where one document is
	// asked for.
	Routing *RoutingView `json:"routing"`
	// CameFrom says that it lay in another file before, where one document is
	// asked for; null: it did not, or that was taken back at once.
	CameFrom *CameFrom `json:"came_from"`
	// What came with it beside its bytes, where one document is asked for: the
	// scan provider's delivery and transfer note, where the paper lies, signatures.
	// Unsigned: it was scanned from paper and no signature came; without one the
	// paper may not be destroyed.
	Delivery string               `json:"delivery"`
	Transfer *record.TransferNote `json:"transfer_note"`
	Paper    *Paper               `json:"paper"`
	Signed   []Signed             `json:"signatures"`
	Unsigned bool                 `json:"unsigned"`
	// Mailroom are the rules of the mailroom that concern it, by its type.
	Mailroom []mailroom.Hint `json:"mailroom"`
	// Forwarded says that it was handed on; null: it was not.
	Forwarded *Forwarded `json:"forwarded"`
	// Marked are the kinds of its marks; in lists too.
	Marked []string `json:"marked"`
}

// Link is a typed link from this document to another that its reader may see.
type Link struct {
	Kind        string            `json:"kind"` // encloses, enclosed_in, previous, next, splits, split_from
	Document    record.DocumentID `json:"document"`
	Place       int               `json:"place"` // of the enclosed one, from 1
	Title       string            `json:"title"` // of the other one
	Type        string            `json:"type"`
	Name        string            `json:"name"`
	State       record.State      `json:"state"`
	Reason      string            `json:"reason"` // when quarantined, as in DocumentView
	Pages       int               `json:"pages"`
	ContentType string            `json:"content_type"`
}

// FileDocuments is a page of a file's documents, newest first. Pending is what
// is on its way, in clearing or being read for this customer; expected is what
// was asked for.
type FileDocuments struct {
	Items    []DocumentView `json:"items"`
	Pending  []Pending      `json:"pending"`
	Expected []DocumentView `json:"expected"`
	Traces   []Trace        `json:"traces"` // of what was taken out or came in, newest first; on the first page
	Next     string         `json:"next"`
}

// DocumentChange re-files or re-describes a document; nil leaves as it is.
type DocumentChange struct {
	File     *string `json:"file"` // id or number
	Type     *string `json:"type"`
	Title    *string `json:"title"`
	Section  *string `json:"section"`
	Received *string `json:"received"`
	// Why it is taken out of the file that it lies in: misfiled, moved, other; the
	// trace in both files says it.
	Why *string `json:"reason,omitempty"`

	IdempotencyKey string `json:"-"` // per user; the same again changes nothing
}

// Content is a document's bytes, read by range. The audit entry is durable
// before a Content is given out.
type Content struct {
	io.ReaderAt
	Size        int64
	ContentType string
	Name        string // as handed in; for Content-Disposition, encoded by the caller
	SHA256      record.Digest
}

// Image is a page's picture as JPEG.
type Image struct {
	Bytes  []byte
	Width  int
	Height int
}

// PageInfo is what a viewer knows of a page before it asks for it.
type PageInfo struct {
	Number     int     `json:"number"`
	Width      int     `json:"width"` // of the full image, the one words and hits refer to
	Height     int     `json:"height"`
	Source     string  `json:"source"` // ocr, digital
	Confidence float32 `json:"confidence"`
	Hits       int     `json:"hits"`      // of the query the viewer was opened with
	Separator  bool    `json:"separator"` // a sheet that lay between the letters of a batch
}

// Viewer is all that the first screen of the viewer needs, in one audited read.
type Viewer struct {
	Document DocumentView
	Pages    []PageInfo
}

// PageText is a page for reading: its text, its words, and the hits of a query.
type PageText struct {
	Number int
	Text   string
	Words  record.PageWords
	Hits   []record.Box
	Pieces []search.Piece // the whole text cut at the hits, for the text view
}

// SearchRequest is a search as a user asks it.
type SearchRequest struct {
	Q       string
	Site    string
	Team    string
	File    string // id or number
	Type    string
	Section string
	From    string // YYYY-MM-DD
	To      string
	Sort    string // relevance (default), date
	Cursor  string
	Limit   int // 1 to 500, 0 means 50
	// TypeCodes gives the codes of the types that a person calls so in type:…; it
	// may read the catalog. nil: what was written is the code.
	TypeCodes func(name string) []string
}

// SearchResult is what the actor may see of what was found.
type SearchResult struct {
	Total  int                            `json:"total"` // documents
	Exact  bool                           `json:"exact"`
	Items  []SearchHit                    `json:"items"`
	Facets map[string][]search.FacetCount `json:"facets"` // type, site, year, section
	Next   string                         `json:"next"`
	// Partial says that the index is being made anew and lacks documents still;
	// Building, how far that is.
	Partial  bool      `json:"partial"`
	Building *Building `json:"building,omitempty"`
}

// Building counts the documents that were looked at for a new index.
type Building struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
}

// SearchHit is one document, at its best page.
type SearchHit struct {
	Document record.DocumentID `json:"document"`
	File     FileRef           `json:"file"`
	Persons  string            `json:"-"` // the file's first member, for pages
	Page     int               `json:"page"`
	Title    string            `json:"title"`
	Type     string            `json:"type"`
	Date     string            `json:"date"`
	Snippet  string            `json:"snippet"`
	Pieces   []search.Piece    `json:"-"` // the snippet cut at the hits, for pages
	Hits     []record.Box      `json:"hits"`
}

// Grant opens (or a denial closes) a file for one user; the reason is required.
type Grant struct {
	User   string `json:"user"` // sign-in name
	Reason string `json:"reason"`
	From   string `json:"from"` // YYYY-MM-DD, empty means today
	To     string `json:"to"`   // empty means open
	By     string `json:"by"`

	IdempotencyKey string `json:"-"` // per user; the same again changes nothing
}
