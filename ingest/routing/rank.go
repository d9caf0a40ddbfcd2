package routing

import (
	"cmp"
	"slices"

	"eakte/appliance/record"
)

const maxCandidates = 5

// ranked gives the files that something speaks for, the best first.
func (g *gathering) ranked() []record.FileID {
	ids := keys(g.of)
	ids = slices.DeleteFunc(ids, func(id record.FileID) bool { return g.sum(id) <= 0.15 })
	slices.SortStableFunc(ids, func(a, b record.FileID) int { return cmp.Compare(g.sum(b), g.sum(a)) })
	return ids
}

// candidates gives the best files with their evidence. How sure they are, they
// share: what speaks for one speaks against the others.
func (g *gathering) candidates(v verdict) []record.Candidate {
	ids := g.ranked()
	if v.best != "" {
		ids = append([]record.FileID{v.best}, slices.DeleteFunc(ids, func(id record.FileID) bool { return id == v.best })...)
	}
	total := 0.3 // for a file that nobody thought of
	for _, id := range ids {
		total += g.sum(id)
	}
	var out []record.Candidate
	for i, id := range ids[:min(len(ids), maxCandidates)] {
		c := record.Candidate{File: id, Confidence: min(0.95, g.sum(id)/total), Evidence: slices.Clone(g.of[id]), Conflict: v.reason == reasonConflict}
		if i == 0 && v.file != "" {
			c.Confidence = v.confidence
		}
		out = append(out, c)
	}
	return out
}

// reserve finds the restricted file that a letter waits for: the likeliest one,
// or any that its number, or a name and birth date, speaks for, shown or not.
func (g *gathering) reserve(best record.FileID) record.FileID {
	if best == "" {
		best = g.strongest()
	}
	if g.restricted(best) {
		return best
	}
	for _, id := range g.ranked() {
		if g.restricted(id) && g.claimedFile(id) {
			return id
		}
	}
	for _, c := range g.claims { // evidence has its bounds
		for _, id := range keys(c.files) {
			if g.restricted(id) {
				return id
			}
		}
	}
	return ""
}

func (g *gathering) claimedFile(id record.FileID) bool {
	return slices.ContainsFunc(g.claims, func(c claim) bool { return c.files[id] })
}

func (g *gathering) restricted(id record.FileID) bool {
	return g.files[id].Sensitivity >= record.SensitivityRestricted
}

// hide takes restricted files out of what the clearing desk sees: the
// candidates, and all that speaks for them. Where that stood is left empty, so
// that the others keep their places.
func (g *gathering) hide(candidates []record.Candidate) []record.Candidate {
	for i, e := range g.evidence {
		if g.restricted(e.File) {
			g.evidence[i] = record.Evidence{}
		}
	}
	return slices.DeleteFunc(candidates, func(c record.Candidate) bool { return g.restricted(c.File) })
}
