package archive

import (
	"slices"
	"strings"

	"eakte/appliance/catalog"
)

// whyFormer is Why.Kind of a name that is no longer borne.
const whyFormer = "former"

// why tells what the parts of a question were taken for in the words of the
// file: names as they are written, numbers as they are kept. A name that is no
// longer borne is not told: who may find a file need not learn what somebody
// was called before, and sees only that what they asked was such a name.
func why(matches []catalog.Match, h FileHit) []Why {
	out := []Why{}
	for _, m := range matches {
		w := Why{Kind: m.Kind, How: m.How, Value: m.Value}
		switch m.Kind {
		case catalog.MatchName:
			if w.Value = written(m.Value, h.Members); w.Value == "" {
				w = Why{Kind: whyFormer, Value: m.Term}
			}
		case catalog.MatchNumber, catalog.MatchTail:
			w.Value = numbered(m.Value, h)
		}
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// written finds the word of a member's present name that is kept as key.
func written(key string, members []MemberView) string {
	for _, m := range members {
		for w := range strings.FieldsFuncSeq(m.Name+" "+m.FirstName, func(r rune) bool { return r == ' ' || r == '-' }) {
			if slices.Contains(catalog.NameWords(w), key) {
				return w
			}
		}
	}
	return ""
}

// numbered gives the number that is kept as key: the file's, or a member's.
func numbered(key string, h FileHit) string {
	if strings.HasSuffix(catalog.NormalizeNumber(h.Number), key) {
		return h.Number
	}
	for _, m := range h.Members {
		if catalog.NormalizeNumber(m.CustomerNumber) == key {
			return m.CustomerNumber
		}
	}
	return key
}
