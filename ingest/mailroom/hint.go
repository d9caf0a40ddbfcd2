package mailroom

import (
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/record"
)

// Hint is that a rule concerns a document that is here.
type Hint struct {
	Rule Rule `json:"rule"`
	// Envelope says of a rule about envelopes whether the scan provider noted one
	// in the transfer note. Nothing else tells: the appliance does not guess from
	// the picture.
	Envelope bool `json:"envelope"`
}

// Hints lists the rules that concern a document, by its type alone: those of
// things that may not be scanned or kept, and those of envelopes. note is the
// scan provider's; nil: there is none.
func (r Rules) Hints(docType string, note *record.TransferNote) []Hint {
	out := []Hint{}
	if docType == "" {
		return out
	}
	for _, rule := range r.Rules {
		concerns := rule.Kind == KindUnkept || rule.Kind == KindUnscan || rule.Kind == KindEnvelope
		if concerns && slices.Contains(rule.Types, docType) {
			out = append(out, Hint{Rule: rule, Envelope: rule.Kind == KindEnvelope && envelopeNoted(note)})
		}
	}
	return out
}

// envelopeNoted says whether the scan provider noted that the envelope was
// scanned too.
func envelopeNoted(note *record.TransferNote) bool {
	if note == nil {
		return false
	}
	for _, a := range note.Anomalies {
		a = strings.ToLower(a)
		missing := strings.Contains(a, "ohne") || strings.Contains(a, "fehlt") || strings.Contains(a, "missing") || strings.Contains(a, "without") ||
			strings.Contains(a, "kein") || strings.HasPrefix(a, "no ")
		if (strings.Contains(a, "umschlag") || strings.Contains(a, "envelope")) && !missing {
			return true
		}
	}
	return false
}

func itoa(n int) string { return strconv.Itoa(n) }
