package record

import "time"

// Routing is how it was decided where a document belongs: the outcome, how sure
// it is, and everything that spoke for or against it. It is kept with the
// document, so that the reasons can be shown as long as it lives.
type Routing struct {
	Outcome    string      `json:"outcome"`    // one of the Outcome constants; empty: nobody has decided yet
	Reason     string      `json:"reason"`     // a key of ui/locale below "routing.reason."
	File       FileID      `json:"file"`       // where it was filed; empty: in no file
	Reserved   FileID      `json:"reserved"`   // in clearing, and only who may open this restricted file may see it
	Site       string      `json:"site"`       // in whose clearing it waits, or the file's
	Team       string      `json:"team"`       // whose work it probably is; may be empty
	Confidence float64     `json:"confidence"` // that File, or the best candidate, is right: 0 to 1
	Rules      int64       `json:"rules"`      // version of the routing rules
	Rule       string      `json:"rule"`       // name of the rule that decided; empty: none did, the evidence did
	Evidence   []Evidence  `json:"evidence"`
	Candidates []Candidate `json:"candidates"` // files, best first
	Type       TypeGuess   `json:"type"`
	At         time.Time   `json:"at"`
	By         UserID      `json:"by"` // "system", or who decided in clearing
}

// What routing comes to.
const (
	OutcomeFiled     = "filed"     // into File, by evidence
	OutcomeClearing  = "clearing"  // a person decides
	OutcomeAccepted  = "accepted"  // into File, by a person who saw the candidates
	ReasonForwarded  = "forwarded" // Routing.Reason of what a person handed on, to another site or another authority
	OutcomeForwarded = "forwarded" // not for this house: handed on with its first date of receipt
)

// Evidence is one thing on a document, or said about it by who handed it in,
// that speaks for a file, a person, a site or a team.
type Evidence struct {
	Kind   string   `json:"kind"`   // one of the Evidence constants; its sentence is the key "routing.evidence."+Kind
	Source string   `json:"source"` // page, code, manifest, sheet, sender (who handed it in), mail, rule
	Page   int      `json:"page"`   // from 1; 0: it stands on no page
	Box    Box      `json:"box"`    // on the page, in pixels of its words; empty if not known
	Text   string   `json:"text"`   // as it was read
	Value  string   `json:"value"`  // what it was taken for: a number as it is filed, a name, a date YYYY-MM-DD, a site's code
	File   FileID   `json:"file"`   // the file it speaks for; empty: for none that exists
	Person PersonID `json:"person"`
	Site   string   `json:"site"`
	Repair bool     `json:"repair"` // Value is not what was read, letter by letter
	Weight float64  `json:"weight"` // how much it says, -1 to 1: below 0 it speaks against
}

// The kinds of Evidence.
const (
	EvidenceCode       = "code"        // a number in a code on the page
	EvidenceSlip       = "slip"        // the code of one of our own letters or return slips
	EvidenceSheet      = "sheet"       // the number on the separator sheet before it
	EvidenceManifest   = "manifest"    // a number that the scan provider read
	EvidenceGiven      = "given"       // a number that another application gave with it
	EvidenceHousehold  = "household"   // BG number in print
	EvidenceCustomer   = "customer"    // Kundennummer in print
	EvidenceReference  = "reference"   // Aktenzeichen in print
	EvidenceUnknown    = "unknown"     // a number of our own kind that no file has
	EvidenceForeign    = "foreign"     // a number of another office
	EvidenceName       = "name"        // name of a member
	EvidenceFormerName = "former_name" // name that a member bore
	EvidenceBirth      = "birth"       // birth date of a member
	EvidenceAddress    = "address"     // address of a member
	EvidenceRecipient  = "recipient"   // address of the recipient: one of our sites, by postcode or name
	EvidenceElsewhere  = "elsewhere"   // the recipient is another authority
	EvidenceRule       = "rule"        // a rule of the house
)

// Candidate is a file that a document may belong to. Evidence holds places in
// Routing.Evidence.
type Candidate struct {
	File       FileID  `json:"file"`
	Confidence float64 `json:"confidence"` // 0 to 1
	Evidence   []int   `json:"evidence"`
	Conflict   bool    `json:"conflict"` // something speaks for another file
}

// TypeGuess is what kind of document the rules take it for.
type TypeGuess struct {
	Type       string       `json:"type"`       // empty: the rules don't decide
	Title      string       `json:"title"`      // what to call it; may be empty
	Confidence float64      `json:"confidence"` // 0 to 1
	Rules      int64        `json:"rules"`      // version of the rules of types
	Reasons    []TypeReason `json:"reasons"`    // for Type, or for the best guess
	Second     string       `json:"second"`     // the next best type
}

// TypeReason is one thing that speaks for or against a type.
type TypeReason struct {
	Kind   string  `json:"kind"` // heading, words, code, sender, hint, against; its sentence is the key "type.reason."+Kind
	Page   int     `json:"page"`
	Text   string  `json:"text"` // as it was read
	Weight float64 `json:"weight"`
}

// Clue is what connects a document that lies in no file, or one that is still
// on its way, with the customer it is for.
type Clue struct {
	Kind  string `json:"kind"`  // one of the Clue constants
	Value string `json:"value"` // see there
}

// The kinds of Clue.
const (
	ClueNumber = "z" // a number, normalised as the catalog keeps it
	CluePerson = "p" // birth date and folded words of name and first name: "1985-04-03 mueller anna"
)

// The kinds of rules that a house keeps as data, in versions.
const (
	RulesRouting  = "routing"  // where documents go
	RulesTypes    = "types"    // what documents are
	RulesMailroom = "mailroom" // what may not be opened, scanned or kept; envelopes; misdirected post
)

// TransferNote states that a scan agrees with the paper (BSI TR-03138).
type TransferNote struct {
	Operator  string   `json:"operator"`
	Scanner   string   `json:"scanner"`
	Software  string   `json:"software"`
	ScannedAt string   `json:"scanned_at"`
	Anomalies []string `json:"anomalies"`
	Quality   string   `json:"quality"`
	Statement string   `json:"statement"`
}
