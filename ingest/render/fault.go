package render

import (
	"errors"
	"strconv"
)

// Reasons why a document can't be read. They are stable keys: the catalog keeps
// them and ui/locale has a text for each below "reason.".
const (
	ReasonEmpty         = "empty"
	ReasonUnknownFormat = "unknown_format"
	ReasonDamaged       = "damaged"
	ReasonEncrypted     = "encrypted"
	ReasonTooLarge      = "too_large"
	ReasonTooManyPixels = "too_many_pixels"
	ReasonTooManyPages  = "too_many_pages"
	ReasonTimeout       = "timeout"
	ReasonMemory        = "memory"
	ReasonCrashed       = "crashed"
	ReasonTooDeep       = "too_deep"       // a container within so many others
	ReasonManyParts     = "too_many_parts" // of a container
	ReasonBomb          = "bomb"           // a container made to unpack to far more than it is
	ReasonWinmail       = "winmail"        // Outlook's own packing of attachments
	ReasonSlides        = "slides"         // of a presentation: nothing here draws them
	ReasonOfficeMissing = "office_missing" // LibreOffice is not installed
	ReasonHEICMissing   = "heic_missing"   // the decoder of HEIC is not installed
	ReasonSignature     = "signature"      // a signature without what it signs
)

// Fault says that the document is to blame: trying again gives the same, and
// the document is quarantined. Any other error blames the machine.
// Cause never holds content of the document; it is for the log.
type Fault struct {
	Reason string
	Page   int // 1 is the first; 0 when no single page is to blame
	Cause  error
}

// Error names the reason, the page and the cause.
func (f *Fault) Error() string {
	s := "document can't be read: " + f.Reason
	if f.Page > 0 {
		s += " on page " + strconv.Itoa(f.Page)
	}
	if f.Cause != nil {
		s += ": " + f.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// fault makes a Fault with a cause in words.
func fault(reason string, page int, cause string) error {
	return &Fault{Reason: reason, Page: page, Cause: errors.New(cause)}
}

// ValidReason says whether s is one of the reasons above.
func ValidReason(s string) bool {
	switch s {
	case ReasonEmpty, ReasonUnknownFormat, ReasonDamaged, ReasonEncrypted, ReasonTooLarge,
		ReasonTooManyPixels, ReasonTooManyPages, ReasonTimeout, ReasonMemory, ReasonCrashed,
		ReasonTooDeep, ReasonManyParts, ReasonBomb, ReasonWinmail,
		ReasonSlides, ReasonOfficeMissing, ReasonHEICMissing, ReasonSignature:
		return true
	}
	return false
}
