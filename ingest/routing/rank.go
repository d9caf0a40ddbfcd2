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
// or any that its number, or a name and birth date, speaks for.
func (g *gathering) reserve(candidates []record.Candidate) record.FileID {
	for i, c := range candidates {
		if g.files[c.File].Sensitivity < record.SensitivityRestricted {
			continue
		}
		if i == 0 || g.claimedFile(c.File) {
			return c.File
		}
	}
	return ""
}

func (g *gathering) claimedFile(id record.FileID) bool {
	return slices.ContainsFunc(g.claims, func(c claim) bool { return c.files[id] })
}

// hide takes restricted files out of what the clearing desk sees: the
// candidates, and what speaks for them. Places of evidence stay what they are.
func (g *gathering) hide(candidates []record.Candidate) []record.Candidate {
	restricted := func(id record.FileID) bool { return g.files[id].Sensitivity >= record.SensitivityRestricted }
	for i, e := range g.evidence {
		if e.File != "" && restricted(e.File) {
			g.evidence[i] = record.Evidence{Kind: e.Kind, Source: e.Source, Page: e.Page, Box: e.Box, Text: e.Text}
		}
	}
	return slices.DeleteFunc(candidates, func(c record.Candidate) bool { return restricted(c.File) })
}
