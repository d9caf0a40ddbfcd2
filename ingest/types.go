package ingest

import (
	"io"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Submission is one document as a channel hands it over. Names are data, never
// paths; the type of the bytes is decided from the bytes.
type Submission struct {
	File           string // id or number of a file; empty: it is routed
	Type           string
	Direction      record.Direction // empty means in
	Received       string           // YYYY-MM-DD, empty means today
	Dated          string           // YYYY-MM-DD, may be empty
	Title          string
	Name           string        // as handed in
	IdempotencyKey string        // names the transmission: the same again is one document
	Channel        string        // web, counter, api, cli, folder, unpacked, delivery
	Event          string        // in the application that sends it: what caused it; may be empty
	Note           *catalog.Note // what came with it beside its bytes; nil: nothing did
	Body           io.Reader
	Size           int64 // of Body, -1 if unknown

	origin   *origin           // the container it came in; only unpacking sets it
	handover *Handover         // the delivery it came in; only TakeStaged sets it
	copyOf   record.DocumentID // the document of which it is a copy; only FileAlso sets it
}

// Receipt may be given to the sender: the document is stored, verified, locked
// and in the catalog.
type Receipt struct {
	Document    record.DocumentID   `json:"document"`
	SHA256      record.Digest       `json:"sha256"`
	Size        int64               `json:"size"`
	ReceivedAt  time.Time           `json:"received_at"`
	Repeated    bool                `json:"repeated"`     // the same transmission was taken in before
	IdenticalTo []record.DocumentID `json:"identical_to"` // other documents of the same bytes that the asker may see
}
