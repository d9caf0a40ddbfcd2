// Package worker reads documents in child processes of the same binary, so
// that a hostile document harms at most the child that reads it.
//
// The parent side is Pool: it hands a document to a child and gets its pages
// back one by one. The child side is Main. Between them runs a binary protocol
// of length-prefixed frames on the child's standard input and output, and the
// parent believes nothing it says: every length, number and image is checked.
package worker

import (
	"io"
	"log/slog"
	"time"

	"eakte/appliance/record"
	"eakte/ingest/render"
)

// Limits bound what one document may cost. Zero fields take the default.
type Limits struct {
	MemoryBytes     int64 `json:"memory_bytes"`     // RLIMIT_DATA of the child and of each of its tools
	MaxBytes        int64 `json:"max_bytes"`        // size of the document; it rests in memory while it is read
	MaxPixels       int64 `json:"max_pixels"`       // of one image, from its header, before it is decoded
	PageSeconds     int   `json:"page_seconds"`     // wall clock until the next page must have come
	DocumentSeconds int   `json:"document_seconds"` // wall clock of the child for the whole document
	MaxPages        int   `json:"max_pages"`
	RecyclePages    int   `json:"recycle_pages"` // a child that has read so many is not given another document
}

func (l Limits) withDefaults() Limits {
	def := Limits{MemoryBytes: 1536 << 20, MaxBytes: 1 << 30, MaxPixels: 60e6, PageSeconds: 120,
		DocumentSeconds: 4 * 3600, MaxPages: 5000, RecyclePages: 200}
	for _, f := range []struct{ have, def *int64 }{
		{&l.MemoryBytes, &def.MemoryBytes}, {&l.MaxBytes, &def.MaxBytes}, {&l.MaxPixels, &def.MaxPixels}} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	for _, f := range []struct{ have, def *int }{{&l.PageSeconds, &def.PageSeconds},
		{&l.DocumentSeconds, &def.DocumentSeconds}, {&l.MaxPages, &def.MaxPages}, {&l.RecyclePages, &def.RecyclePages}} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	return l
}

// Config says how a Pool starts its children.
type Config struct {
	Exe       string        // default /proc/self/exe
	Args      []string      // default "worker"
	Workers   int           // documents read at the same time; default 1
	IdleAfter time.Duration // a child with nothing to do is ended after this; default 1 minute
	Limits    Limits
	Pause     time.Duration // before a page that has killed two children is tried for the last time; default 10 s
	Logger    *slog.Logger  // default: says nothing
}

// Input is one document. Size is -1 if unknown; otherwise Body must give exactly so many bytes.
type Input struct {
	Body io.Reader
	Size int64
	// Parts is called for each thing that a container carries, in its order and
	// before all pages; nil: they are left where they are. It may be called for
	// the same ones again, when a child died.
	Parts func(Part) error
	// OnDemand says that born-digital pages of a PDF may come without pictures,
	// which Draw makes later.
	OnDemand bool
	From     int   // the first page that is wanted; 0 is 1, and one behind the last page gives none
	Skip     []int // pages that are not wanted
}

// Where a page's words come from.
const (
	SourceOCR     = "ocr"
	SourceDigital = "digital" // the document's own text
	// SourceUnreadable is a page that stands in the place of one that no child
	// survived; it has no words.
	SourceUnreadable = "unreadable"
)

// Page is one page as read. Boxes of Words are in pixels of the full image,
// Width × Height; Start and Len are bytes into Text, which is valid UTF-8 and
// has a newline after each line and a blank line after each paragraph.
// Confidence, of the page and of each word, is percent: 0 to 100.
type Page struct {
	Number, Width, Height int
	DPI                   int // of the full image; estimated when the document does not say
	Source                string
	Confidence            float32
	Blank                 bool   // nothing stands on it
	Doubtful              bool   // recognised so badly that a person should look
	Faulty                bool   // the document is damaged here; something may be missing
	Turned                int    // degrees clockwise from how it came to how it is: 0, 90, 180, 270
	Text, Raw             string // corrected, and as recognised
	Words                 []record.Word
	Codes                 []record.Code // from top to bottom, boxes as those of Words
	Image, Full, Thumb    []byte        // JPEG: about 130 dpi, Width × Height, at most 240 × 240
	ImageWidth            int           // of Image; only if OnDemand, as the next
	ImageHeight           int
	OnDemand              bool // there are no images yet; see Draw
	Took                  Took
}

// Summary is what is known when all pages have been given.
type Summary struct {
	ContentType string
	Pages       int
	Unreadable  []int // numbers of the pages with SourceUnreadable; only Read gives any
	Signed      bool  // it bears a digital signature
	Converted   bool  // the pages are a conversion of what came
}

// Fault is the error that blames the document; see render.Fault for the
// reasons. Any other error of Process blames the machine: try again later.
type Fault = render.Fault

// Sniff tells the type of a document from its first bytes.
func Sniff(head []byte) (contentType string, ok bool) { return render.Sniff(head) }
