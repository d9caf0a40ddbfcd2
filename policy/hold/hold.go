// Package hold says what a legal hold is, and what becomes of it when a
// document leaves a held file. It is pure: no clock, no database.
//
// A hold stands on a file or on a document. One that stands on a file covers
// what lies in the file at any moment. While a hold stands, nothing of what it
// covers may be destroyed, whatever its dates say; several holds are
// independent of each other, and the last one decides.
package hold

import (
	"slices"
	"strings"

	"eakte/appliance/record"
)

// The kinds of hold: what it waits for the end of. The page's words for them
// are keys of ui/locale below "hold.kind.".
const (
	Litigation = "litigation" // a lawsuit, running or to be expected
	Objection  = "objection"  // an objection (Widerspruch)
	Recovery   = "recovery"   // money is claimed back
	Audit      = "audit"      // an audit, internal or by a court of auditors
	Inquiry    = "inquiry"    // prosecutor, data-protection supervisor, breach case
	Other      = "other"
)

// Kinds lists the kinds, in the order in which a form offers them.
func Kinds() []string { return []string{Litigation, Objection, Recovery, Audit, Inquiry, Other} }

// MaxReason bounds a reason, in bytes.
const MaxReason = 1000

// JobKind is the kind of the job that makes the store follow the catalog. Its
// key is the id of a file or of a document, its payload a Subject.
const JobKind = "holds"

// Subject is what a hold stands on: one of the two is empty.
type Subject struct {
	File     record.FileID     `json:"file,omitempty"`
	Document record.DocumentID `json:"document,omitempty"`
}

// Key is the id of the subject.
func (s Subject) Key() string { return string(s.File) + string(s.Document) }

// Validate checks what a person enters to place a hold. The error is
// record.Invalid and names the field.
func Validate(kind, reason string) error {
	if !slices.Contains(Kinds(), kind) {
		return record.Bad("kind", "a hold is one of: %s", strings.Join(Kinds(), ", "))
	}
	return ValidateReason(reason)
}

// ValidateReason checks the reason for which a hold is placed or lifted.
func ValidateReason(reason string) error {
	if strings.TrimSpace(reason) == "" || len(reason) > MaxReason {
		return record.Bad("reason", "is missing or longer than %d bytes", MaxReason)
	}
	return nil
}

// TakenAlong says which of the holds that stand on a file a document takes
// along as its own when it leaves the file: each, unless the document has
// taken it along before and it still stands. Nobody gets a document out of a
// hold by filing it elsewhere.
func TakenAlong(onFile, takenBefore []string) []string {
	var out []string
	for _, id := range onFile {
		if !slices.Contains(takenBefore, id) {
			out = append(out, id)
		}
	}
	return out
}
