package archive

import (
	"cmp"
	"slices"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// whyFormer is Why.Kind of a name that is no longer borne.
const whyFormer = "former"

// why tells what the parts of a question were taken for in the words of the
// file: names as they are written, numbers as they are kept.
func why(matches []catalog.Match, h FileHit, former map[record.PersonID][]string) []Why {
	out := []Why{}
	for _, m := range matches {
		w := Why{Kind: m.Kind, How: m.How, Value: m.Value}
		switch m.Kind {
		case catalog.MatchName:
			var borne bool
			if w.Value, borne = written(m.Value, h.Members, former); !borne {
				w.Kind = whyFormer
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

// written finds the word of a name that is kept as key, and says whether a
// member bears it now.
func written(key string, members []MemberView, former map[record.PersonID][]string) (string, bool) {
	word := func(name string) string {
		for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' }) {
			if slices.Contains(catalog.NameWords(w), key) {
				return w
			}
		}
		return ""
	}
	old := ""
	for _, m := range members {
		for _, name := range [...]string{m.Name, m.FirstName} {
			if w := word(name); w != "" {
				return w, true
			}
		}
		for _, name := range former[m.Person] {
			if w := word(name); w != "" {
				old = w
			}
		}
	}
	return cmp.Or(old, key), false
}

// formerNames gives the names that members of files bore before, if a file was
// found by a name at all.
func formerNames(tx *catalog.Tx, found catalog.Found) (map[record.PersonID][]string, error) {
	var ids []record.PersonID
	for _, f := range found.Files {
		if slices.ContainsFunc(found.Why[f.ID], func(m catalog.Match) bool { return m.Kind == catalog.MatchName }) {
			for _, m := range f.Members {
				ids = append(ids, m.Person)
			}
		}
	}
	persons, err := tx.Persons(ids)
	if err != nil {
		return nil, err
	}
	out := map[record.PersonID][]string{}
	for id, p := range persons {
		for _, n := range p.Names[min(1, len(p.Names)):] {
			out[id] = append(out[id], n.Name, n.FirstName)
		}
	}
	return out, nil
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
