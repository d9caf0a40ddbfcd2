package fixity

import (
	"context"
	"io"
	"time"

	"eakte/appliance/record"
)

// Sources is all that a run reads. Errors: record.NotFound for what isn't
// there, record.Corrupt for what is damaged; any other error means "unknown",
// and unknown is never taken for absent.
type Sources struct {
	Records Store
	Keys    Store
	Audit   Store
	Catalog Catalog
	Outbox  Outbox // may be nil: then every committed manifest must be in the store
	Log     LogRows
	Key     Decrypter
}

// Store reads one bucket, past every cache.
type Store interface {
	Stat(ctx context.Context, name string) (Object, error)
	// Open gives the stored bytes, from the first to the last.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Versions calls fn for every version and every delete marker, in ascending
	// order of names, of each the newest first. Name, Size, Modified, Version
	// and Marker are filled in.
	Versions(ctx context.Context, prefix string, fn func(Object) error) error
	// StatVersion and OpenVersion are Stat and Open of one version.
	StatVersion(ctx context.Context, name, version string) (Object, error)
	OpenVersion(ctx context.Context, name, version string) (io.ReadCloser, error)
}

// Object is what the store says about an object.
type Object struct {
	Name        string
	Size        int64
	Digest      record.Digest // as the store says; "" = it doesn't
	Mode        string        // COMPLIANCE where it is locked
	LockedUntil time.Time
	Hold        bool // legal hold
	Modified    time.Time
	Version     string
	Marker      bool // a delete marker, which has no bytes
}

// Document is a document's row in the catalog.
type Document struct {
	ID          record.DocumentID
	Object      record.ObjectID
	File        record.FileID
	Type        string
	Direction   record.Direction
	Title       string
	Section     string
	Sensitivity record.Sensitivity
	Dated       string
	Received    string
	Name        string
	Cipher      record.Digest
	CipherSize  int64
	Plain       record.Digest
	Size        int64
	State       record.State
	KeepUntil   string // YYYY-MM-DD or ""
	LockedUntil time.Time
	Holds       []Standing // on the document itself
	FileHolds   []Standing // on its file, or on what it came in
}

// File is a file's row in the catalog, with what stands in its manifest.
type File struct {
	ID             record.FileID
	Ordinal        uint32
	Kind           string
	Site           string
	Team           string
	Responsible    record.UserID
	RetentionClass string
	Sensitivity    record.Sensitivity
	ClosedAt       time.Time // zero while it is open
	Numbers        []record.DatedNumber
	Members        []record.Member
	Grants         []Grant
	Denials        []Grant
	Holds          []Standing
}

// House is what all others refer to by name or id.
type House struct {
	Archive   string
	Name      string
	Recovery  string
	Sites     []record.Site
	Retention []record.RetentionClass
	Users     []User
}

// User is as much of a user as the house's manifest says.
type User struct {
	ID       record.UserID   `json:"id"`
	Name     string          `json:"name"`
	Display  string          `json:"display"`
	Disabled bool            `json:"disabled"`
	Roles    []record.RoleAt `json:"roles"`
}

// Grant opens a file to a user, or as a denial closes it.
type Grant struct {
	User   record.UserID
	Reason string
	By     record.UserID
	From   string
	To     string
	EndsAt time.Time // zero = not within a day
}

// Standing is a hold that has not been lifted.
type Standing struct {
	ID   string
	Kind string
	At   time.Time
}

// Head is the newest manifest of a document, file or person, by the catalog.
type Head struct {
	Subject  string
	Name     string // of the manifest's object
	Sequence int
	Digest   record.Digest // of its bytes
}

// Catalog reads the catalog. Lists go by ascending id from behind after; fewer
// than limit means the end.
type Catalog interface {
	DocumentCount(ctx context.Context) (int64, error)
	Documents(ctx context.Context, after record.DocumentID, limit int) ([]Document, error)
	Document(ctx context.Context, id record.DocumentID) (Document, error)
	File(ctx context.Context, id record.FileID) (File, error)
	Person(ctx context.Context, id record.PersonID) (record.Person, error)
	House(ctx context.Context) (House, error)
	// Undescribed lists the ids of files and persons that have a row and no
	// manifest.
	Undescribed(ctx context.Context, after string, limit int) ([]string, error)
	Heads(ctx context.Context, after string, limit int) ([]Head, error)
	Head(ctx context.Context, subject string) (Head, error)
	// Knows says whether a document row, an unfinished journal row or the
	// outbox names the object at this moment: name is that of an original or a
	// manifest.
	Knows(ctx context.Context, name string) (bool, error)
}

// Outbox reads the manifests that are committed but not yet put.
type Outbox interface {
	// Waiting gives the bytes of one; record.NotFound if it doesn't wait.
	Waiting(ctx context.Context, name string) ([]byte, error)
}

// Row is a numbered entry of the audit log.
type Row struct {
	Index   uint64
	Header  []byte
	Salt    []byte // nil = erased
	Payload []byte // nil = erased
	Leaf    []byte // the leaf hash that was stored when it was numbered; nil = not stored
}

// LogState is where the catalog says that a year's log stands.
type LogState struct {
	Year     int
	Size     uint64
	Frontier [][]byte
}

// Note is a signed checkpoint as the catalog keeps it.
type Note struct {
	Size uint64
	Text []byte
}

// LogRows reads the audit log from the catalog.
type LogRows interface {
	Logs(ctx context.Context) ([]LogState, error)
	// Rows gives up to limit rows with Index >= from, ascending. Fewer than
	// limit means the end.
	Rows(ctx context.Context, year int, from uint64, limit int) ([]Row, error)
	Checkpoints(ctx context.Context, year int) ([]Note, error)
}

// Decrypter opens an age file that is encrypted to the key of an object.
// sealed is the sealed key as it was just read from the store; nothing may be
// taken from a cache. The wrong key or changed bytes are record.Corrupt, from
// Decrypt or from the reader.
type Decrypter interface {
	Decrypt(ctx context.Context, id record.ObjectID, sealed []byte, cipher io.Reader) (io.Reader, error)
}
