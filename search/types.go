package search

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
)

// Entry is a document as an engine keeps it: where it belongs, who may find
// it, and the corrected text of its pages. Only documents that are in a file
// have an entry.
type Entry struct {
	Document    record.DocumentID
	File        record.FileID
	Ordinal     uint32             // the file's, never 0
	Sensitivity record.Sensitivity // the higher one of file and document
	Site        string
	Team        string
	Type        string
	Title       string
	Date        string // YYYY-MM-DD or empty: the document's own date, else the received one
	Direction   string
	Section     string   // of the file plan, may be empty
	Received    string   // YYYY-MM-DD or empty: the day it came in
	Sender      string   // who wrote it, as words: the head of an incoming first page, a mail's sender; may be empty
	Pages       []string // corrected text of page 1, 2, …; may be empty
	// Words are those of Pages, for what is shown of a hit; nil if there are none
	// to be kept. Of each word only where it stands and its box are.
	Words    []record.PageWords
	Sequence int64 // the catalog's change number; an older one never replaces a newer one
	// Changed is the number of the document's own last change. An index whose
	// entry has a Sequence from then on holds the same already.
	Changed int64
}

// Scope opens documents: those in one of Files whose sensitivity is not above
// MaxSensitivity. What no scope opens does not exist for the question: it is
// neither hit nor counted, suggested or a facet.
type Scope struct {
	Files          *roaring.Bitmap // ordinals of files; nil opens nothing
	MaxSensitivity record.Sensitivity
}

// The orders of a result.
const (
	SortRelevance = "relevance" // best first; the default
	SortDate      = "date"      // newest first, undated last
)

// The most and the usual number of hits on one page of a result.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// Query is a question to an engine. Empty fields do not narrow it. A Parsed
// without clauses matches every document that the scopes open.
type Query struct {
	Parsed           Parsed
	Scopes           []Scope
	ExcludeDocuments []record.DocumentID // left out: changed since they were indexed
	ExcludeFiles     []uint32            // ordinals, likewise
	File             uint32              // ordinal of the only file looked at
	Site             string
	Team             string
	Type             string
	From             string // YYYY-MM-DD, inclusive; undated documents are then left out
	To               string // YYYY-MM-DD, inclusive
	Section          string
	Filters          []Filter // all of them hold, with codes as values; those of Parsed are not looked at
	Sort             string   // SortRelevance or SortDate
	Cursor           string   // Next of the page before, "" for the first
	Limit            int      // 0: DefaultLimit; at most MaxLimit
}

// Hit is a document that was found, with the page to show first: the one on
// which most of the query's clauses match (with a typing error only those that
// match nowhere better in the document). Page is 1 if only the title matches,
// 0 if the document has no pages. Text and Words are that page's, as they were
// indexed; Kept says that the engine has them.
type Hit struct {
	Document record.DocumentID
	Page     int
	Score    float64
	Kept     bool
	Text     string
	Words    record.PageWords
}

// FacetCount says how many of the found documents bear a value.
type FacetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// The names of the facets. A year is that of Entry.Date; undated documents
// are in no year.
const (
	FacetType    = "type"
	FacetSite    = "site"
	FacetYear    = "year"
	FacetSection = "section"
)

// FacetSize is the most values a facet gives, the most frequent first.
const FacetSize = 50

// Result is one page of an answer. Total counts documents, not pages, and is
// exact if Exact says so. Next is empty on the last page. Partial says that the
// index that answered is being made anew and may lack documents.
type Result struct {
	Total   int
	Exact   bool
	Partial bool
	Hits    []Hit
	Next    string
	Facets  map[string][]FacetCount
}

// Engine finds documents by their words. Every engine passes searchtest.
//
// What Index and Delete have done is durable and searchable when they return
// nil; after an error the call may be repeated, whole. Entries of one call
// become visible each for itself, a document never in part. Calls may run side
// by side.
//
// Search and Suggest answer only from documents that a scope opens and that
// are not excluded: nothing else changes hits, totals, facets or suggestions.
// (The score may know how frequent a word is in the whole index.)
//
// Errors: record.Invalid for a cursor that is not one of this query's,
// record.Unavailable when the engine can't answer, record.Corrupt when its
// files are damaged. None of them repeats what was asked.
type Engine interface {
	Index(ctx context.Context, entries []Entry) error
	// Delete forgets documents. Those it doesn't know are no error.
	Delete(ctx context.Context, documents []record.DocumentID) error
	Search(ctx context.Context, q Query) (Result, error)
	// Suggest completes the word that begins with prefix (any case, umlauts
	// or not), most frequent first, at most n. Words with digits are not
	// suggested. A prefix under two letters gives nothing.
	Suggest(ctx context.Context, prefix string, scopes []Scope, excludeDocuments []record.DocumentID,
		excludeFiles []uint32, n int) ([]string, error)
	Count(ctx context.Context) (documents, pages uint64, err error)
	// List gives what the engine holds of its documents, by ascending id from
	// behind after ("" begins), at most n; fewer only at the end.
	List(ctx context.Context, after record.DocumentID, n int) ([]Held, error)
	// Reset forgets everything. NeedsRebuild then gives a reason.
	Reset(ctx context.Context) error
	// NeedsRebuild says why the index may lack documents that it once had, as
	// "damaged", "other version", "new" or "reset"; "" if it doesn't. The reason
	// stays, over restarts, until Rebuilt is called.
	NeedsRebuild(ctx context.Context) (reason string, err error)
	// SetRebuild gives another reason; who rebuilds notes there which rebuild
	// is under way.
	SetRebuild(ctx context.Context, reason string) error
	// Rebuilt says that every document has been indexed since.
	Rebuilt(ctx context.Context) error
	Close() error
}

// Held is what an engine holds of a document, for who compares it with the
// catalog: to whom it may be shown, and as of which change.
type Held struct {
	Document    record.DocumentID
	Ordinal     uint32
	Sensitivity record.Sensitivity
	Pages       int
	Sequence    int64
}

// Parsed is a query as Parse understood it. A document matches if each of
// Must matches somewhere in it, title or any page, and none of Not does.
// What was asked of fields stands in Filters, in the words of who asked: codes
// or names. Without Must it matches what the filters leave.
type Parsed struct {
	Must    []Clause
	Not     []Clause
	Filters []Filter
}

// The fields that a filter or a clause may be about.
const (
	FieldType     = "type"
	FieldSite     = "site"
	FieldFile     = "file" // in a Query: ordinals, in decimal
	FieldSection  = "section"
	FieldReceived = "received"
	FieldSender   = "from"
)

// Filter narrows to documents of which a field has one of Values (none: no
// document), or to those of which it has none of them. FieldReceived has From
// and To instead, YYYY-MM-DD and inclusive, one of which may be empty;
// documents without that day pass only with Not.
type Filter struct {
	Field    string
	Not      bool
	Values   []string
	From, To string
}

// Kind says what a clause is.
type Kind uint8

// The kinds of clause.
const (
	KindWord   Kind = iota + 1 // one word
	KindPhrase                 // words in this order, on one page
	KindPrefix                 // words that begin so
	KindNumber                 // a number, in any writing of it
)

// Clause is one thing asked for. It matches where its slots do, or all of Also,
// or one of Or.
type Clause struct {
	Kind  Kind
	Slots []Slot // one for a word, prefix or number; those of a phrase side by side; never none
	// Also are clauses of which all together do as well: the groups of a
	// number that was typed with spaces. They have the same In. Empty for most.
	Also []Clause
	// Or are clauses of which any one does as well, with an In of their own and
	// no Or. Empty for most.
	Or []Clause
	// In is "" for title and pages, or FieldSender. The sender belongs to page 1.
	In string
}

// Slot is what may stand at one position of the text: a term that is in Terms
// or Parts, begins with Prefix (or with PartMark and Prefix), or is one typing
// error away from one in Fuzzy. See Rank. An engine that finds more than
// MaxExpansions terms for a Prefix or a Fuzzy takes the most frequent ones and
// says so by Exact.
type Slot struct {
	Terms  []string // whole words: folded, stemmed, joined
	Parts  []string // the same as a part of a compound (see PartMark)
	Prefix string
	Fuzzy  []string
}

// MaxExpansions is the most terms that one Prefix or Fuzzy stands for.
const MaxExpansions = 128

// Rank says how well a term fits a slot.
type Rank uint8

// The ranks, from not at all to the word itself.
const (
	RankNone  Rank = iota
	RankTypo       // with one typing error
	RankPart       // as part of a compound, or as what begins so
	RankWhole      // the word or number itself, in any inflection
)

// Rank says whether and how well term fits. For a typing error both are words
// or both are parts, there is no digit in term, and in short words the first
// letter is right (see Start).
func (s *Slot) Rank(term string) Rank {
	switch {
	case slices.Contains(s.Terms, term):
		return RankWhole
	case slices.Contains(s.Parts, term), s.begins(term):
		return RankPart
	}
	for _, f := range s.Fuzzy {
		if SameStart(f, term) && !HasDigit(term) && OneTypo(f, term) {
			return RankTypo
		}
	}
	return RankNone
}

func (s *Slot) begins(term string) bool {
	return s.Prefix != "" && strings.HasPrefix(strings.TrimPrefix(term, PartMark), s.Prefix)
}

// minFuzzyFirst is the fewest letters of a word whose first one may be wrong.
// Of 19,295 words of a jobcenter's letters with one letter misread anywhere,
// 93 % were found when the first had to be right and 99.9 % when not, at the
// same cost; but Haus is not Maus.
const minFuzzyFirst = 6

// SameStart says whether a term begins as one typing error away from fuzzy has
// to: both with a PartMark or none, short ones with the same letter.
func SameStart(fuzzy, term string) bool {
	return strings.HasPrefix(term, Start(fuzzy)) && strings.HasPrefix(fuzzy, PartMark) == strings.HasPrefix(term, PartMark)
}

// Start is what every term one typing error away from fuzzy begins with, so
// that an engine need not look at others.
func Start(fuzzy string) string {
	word, _ := strings.CutPrefix(fuzzy, PartMark)
	mark := len(fuzzy) - len(word)
	if utf8.RuneCountInString(word) >= minFuzzyFirst {
		return fuzzy[:mark]
	}
	_, n := utf8.DecodeRuneInString(word)
	return fuzzy[:mark+n]
}

// PartMark begins the terms of compound parts, so that they are told from
// whole words: no term of a word contains it.
const PartMark = "~"

// Piece is a stretch of a snippet.
type Piece struct {
	Text string
	Hit  bool
}

// Highlights are what a query marks on one page.
type Highlights struct {
	Boxes   []record.Box // in pixels of the image that the page's words refer to
	Snippet []Piece
	Count   int // marked stretches of text on the page
}
