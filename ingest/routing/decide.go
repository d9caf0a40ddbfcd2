package routing

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Decide finds out where a letter belongs, and for which customers it may be. It
// reads the catalog and writes nothing. It fills all of the decision but Type,
// At and By.
func Decide(tx *catalog.Tx, rules Rules, version int64, l Letter) (record.Routing, []record.Clue, error) {
	g, err := gather(tx, rules, l)
	if err != nil {
		return record.Routing{}, nil, err
	}
	v, err := g.judge()
	if err != nil {
		return record.Routing{}, nil, err
	}
	if v.file != "" && v.confidence < rules.Thresholds.File {
		v.file, v.reason = "", reasonWeak
	}
	if g.over {
		v.file, v.reason = "", reasonMany
	}
	if v.file == "" && g.elsewhere() && v.reason != reasonConflict && v.reason != reasonMany {
		v.reason = reasonElsewhere
	}
	return g.routing(v, version), g.clues(), nil
}

// routing writes a verdict down, after the house's rules had their say.
func (g *gathering) routing(v verdict, version int64) record.Routing {
	r := record.Routing{Outcome: record.OutcomeClearing, Rules: version}
	r.Site, r.Team = g.place(v)
	rule, ruled := g.rule(r.Site)
	if ruled && rule.Then.Clearing {
		v.file, v.reason = "", reasonRule
	}
	r.Reason, r.Confidence = v.reason, v.confidence
	candidates := g.candidates(v)
	if v.file != "" {
		r.Outcome, r.File = record.OutcomeFiled, v.file
		r.Candidates = candidates
		r.Evidence = g.evidence
		return r
	}
	if r.Reserved = g.reserve(v.best); r.Reserved != "" {
		f := g.files[r.Reserved]
		r.Site, r.Team = f.Site, f.Team
	} else {
		candidates = g.hide(candidates)
	}
	if ruled {
		g.ruled(&r, rule)
	}
	r.Candidates, r.Evidence = candidates, g.evidence
	if len(candidates) == 0 {
		r.Confidence = 0
	}
	return r
}

// ruled notes the rule that fits. It says where the letter waits, unless that is
// for a restricted file.
func (g *gathering) ruled(r *record.Routing, rule Rule) {
	r.Rule = rule.Name
	g.note(record.Evidence{Kind: record.EvidenceRule, Source: "rule", Value: rule.Name, Site: rule.Then.Site})
	if r.Reserved != "" {
		return
	}
	if rule.Then.Site != "" {
		r.Site, r.Team = rule.Then.Site, ""
	}
	if rule.Then.Team != "" {
		r.Team = rule.Then.Team
	}
}
