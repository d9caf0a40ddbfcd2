package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Simulator tries rules on the post of one day (YYYY-MM-DD; "" = the last day
// before today that had post, else today, and those before it while there are
// fewer than record.LeastTried documents). It changes nothing. With no post at
// all it gives Simulated with an empty Day. The body is of the named kind (one
// of the Rules constants of record) and has been found valid; the rules of the
// other kinds are those in force. Version is what a TypeGuess or Routing would
// carry.
type Simulator interface {
	Simulate(ctx context.Context, kind, body string, version int64, day string) (record.Simulated, error)
}

// Simulation is what a version would have done to a day's post, in counts that
// are rounded down to fives; of fewer than record.LeastTried documents it counts
// nothing, as if none had been looked at. It names no document and says nothing of what one says or
// of whose file it is: who manages settings sees no contents, and a rule that
// asks for a word must not tell them whose letter has it.
type Simulation struct {
	Day        string                 `json:"day"`        // YYYY-MM-DD; empty: there is no post yet
	Since      string                 `json:"since"`      // the first day, if one had too little post
	Documents  int                    `json:"documents"`  // looked at; 0: too few to say anything
	Before     record.SimulatedCounts `json:"before"`     // by the rules in force
	After      record.SimulatedCounts `json:"after"`      // by this version
	Moved      int                    `json:"moved"`      // would go elsewhere
	Retyped    int                    `json:"retyped"`    // would be something else
	Everything string                 `json:"everything"` // name of a rule that fits every document; empty: there is none
	Fits       int                    `json:"fits"`       // documents that it fits, which may be those of an earlier try
	Changes    []SimulatedChange      `json:"changes"`    // at most 100 kinds, the most frequent first; those of a few documents are left out
}

// SimulatedChange is what would be different about some documents.
type SimulatedChange struct {
	Documents int            `json:"documents"` // rounded to fives
	Before    SimulatedPlace `json:"before"`
	After     SimulatedPlace `json:"after"`
	SameFile  bool           `json:"same_file"` // both times in the same file, or in none
	Rule      string         `json:"rule"`      // name of the rule that decides; empty: the evidence does
}

// SimulatedPlace is where a document is, or would be, without its file.
type SimulatedPlace struct {
	Outcome string `json:"outcome"`
	Site    string `json:"site"`
	Team    string `json:"team"`
	Type    string `json:"type"`
	Reason  string `json:"reason"`
}

// SimulateRules tries a version on a day's post ("" = the last day that had
// any, and those before it while there are too few) and keeps what came out. It may take a minute for a few thousand
// documents.
func (a *Admin) SimulateRules(ctx context.Context, actor record.Actor, kind string, version int64, day string) (Simulation, error) {
	row, err := a.ruleToTry(ctx, actor, kind, version, day)
	if err != nil {
		return Simulation{}, err
	}
	s, err := a.simulate(ctx, row, day)
	if err != nil || version == 0 {
		return s, err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return keepTry(tx, kind, version, a.Clock.Now(), &s)
	})
	return s, err
}

// keepTry keeps a try in place of the last one. That a rule fitted everything is
// forgotten only when as much post was tried: a day with less says less.
func keepTry(tx *catalog.Tx, kind string, version int64, at time.Time, s *Simulation) error {
	row, err := tx.RuleSetOf(kind, version)
	if err != nil {
		return err
	}
	var last Simulation
	if row.Simulation != "" {
		if err := json.Unmarshal([]byte(row.Simulation), &last); err != nil {
			return fmt.Errorf("admin: simulation: %w", err)
		}
	}
	if s.Everything == "" && last.Fits > s.Documents {
		s.Everything, s.Fits = last.Everything, last.Fits
	}
	said, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return tx.NoteSimulation(kind, version, at, string(said))
}

// ruleToTry reads a version for who may try it. Its entry is in the log before
// the post is looked at.
func (a *Admin) ruleToTry(ctx context.Context, actor record.Actor, kind string, version int64, day string) (row catalog.RuleSet, err error) {
	err = a.changeRules(ctx, actor, audit.RulesSimulate, func(tx *catalog.Tx) (string, error) {
		k, ok := ruleKinds[kind]
		if !ok {
			return "", record.Missing()
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			return "", record.Bad("day", "is no day as 2026-11-20")
		}
		if row, err = ruleBody(tx, kind, version); err != nil {
			return "", err
		}
		sites, err := tx.Sites()
		if err != nil {
			return "", err
		}
		return ruleObject(kind, version), k.check([]byte(row.Body), sites)
	})
	return row, err
}

func (a *Admin) simulate(ctx context.Context, row catalog.RuleSet, day string) (Simulation, error) {
	if row.Kind == record.RulesMailroom {
		return Simulation{Changes: []SimulatedChange{}}, nil // they tell people what to do, and move nothing
	}
	if a.Simulator == nil {
		return Simulation{}, &record.Error{Category: record.Unavailable, Message: "Rules can't be tried here.", Hint: "Try them on the server that routes post."}
	}
	found, err := a.Simulator.Simulate(ctx, row.Kind, row.Body, row.Version, day)
	if err != nil {
		return Simulation{}, err
	}
	return told(found), nil
}

// few is what counts are rounded down to, and maxChanges bounds Simulation.Changes.
const (
	few        = 5
	maxChanges = 100
)

// told is what who manages settings learns of a try.
func told(found record.Simulated) Simulation {
	if found.Documents < record.LeastTried {
		found = record.Simulated{Day: found.Day, Since: found.Since}
	}
	s := Simulation{Day: found.Day, Since: found.Since, Documents: rounded(found.Documents), Before: roundedCounts(found.Before), After: roundedCounts(found.After),
		Moved: rounded(found.Moved), Retyped: rounded(found.Retyped), Everything: found.Everything, Changes: []SimulatedChange{}}
	if s.Everything != "" {
		s.Fits = s.Documents
	}
	sums := map[SimulatedChange]int{}
	for _, c := range found.Changes {
		sums[SimulatedChange{Before: placeOf(c.Before), After: placeOf(c.After), SameFile: c.Before.File == c.After.File, Rule: c.Rule}]++
	}
	for c, n := range sums {
		if c.Documents = rounded(n); n >= few {
			s.Changes = append(s.Changes, c)
		}
	}
	slices.SortFunc(s.Changes, func(a, b SimulatedChange) int {
		return cmp.Or(b.Documents-a.Documents, strings.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	s.Changes = s.Changes[:min(len(s.Changes), maxChanges)]
	return s
}

func rounded(n int) int { return n / few * few }

func roundedCounts(c record.SimulatedCounts) record.SimulatedCounts {
	each := func(m map[string]int) map[string]int {
		out := map[string]int{}
		for k, n := range m {
			if n = rounded(n); n > 0 {
				out[k] = n
			}
		}
		return out
	}
	return record.SimulatedCounts{Filed: rounded(c.Filed), Clearing: rounded(c.Clearing), Forwarded: rounded(c.Forwarded), Typed: rounded(c.Typed),
		ByType: each(c.ByType), ByPlace: each(c.ByPlace)}
}

func placeOf(s record.SimulatedState) SimulatedPlace {
	return SimulatedPlace{Outcome: s.Outcome, Site: s.Site, Team: s.Team, Type: s.Type, Reason: s.Reason}
}

// ActivateRules puts a version in force, from the next decision on. It is
// refused unless this version was tried on real post, or there is too little.
// An older version comes back the same way.
func (a *Admin) ActivateRules(ctx context.Context, actor record.Actor, kind string, version int64) (out RuleVersion, err error) {
	if a.House != nil {
		if err := a.House.Prepare(ctx, a.Catalog); err != nil {
			return RuleVersion{}, err
		}
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		out, err = a.activate(ctx, tx, actor, kind, version)
		return err
	})
	if errors.Is(err, record.Denied) || errors.Is(err, record.Conflict) {
		outcome := audit.Denied
		if errors.Is(err, record.Conflict) {
			outcome = audit.Failed
		}
		return RuleVersion{}, errors.Join(err, a.auditRules(ctx, actor, audit.RulesActivate, outcome, ""))
	}
	if err != nil || a.House == nil {
		return out, err
	}
	return out, a.Outbox.Flush(ctx)
}

func (a *Admin) activate(ctx context.Context, tx *catalog.Tx, actor record.Actor, kind string, version int64) (RuleVersion, error) {
	allowed, err := a.may(tx, actor, access.SettingsManage)
	if err != nil {
		return RuleVersion{}, err
	}
	if !allowed {
		return RuleVersion{}, noRules()
	}
	r, err := ruleVersion(tx, kind, version)
	if err != nil {
		return RuleVersion{}, err
	}
	if err := fitToActivate(tx, r); err != nil {
		return RuleVersion{}, err
	}
	if err := tx.ActivateRuleSet(kind, version, actor.User, a.Clock.Now()); err != nil {
		return RuleVersion{}, err
	}
	var made []audit.Object
	if a.House != nil {
		if made, err = a.House.Describe(ctx, tx, actor.User); err != nil {
			return RuleVersion{}, err
		}
	}
	leaf, err := a.sealRules(actor, audit.RulesActivate, audit.Done, ruleObject(kind, version), made)
	if err != nil {
		return RuleVersion{}, err
	}
	if err := tx.Append(leaf); err != nil {
		return RuleVersion{}, err
	}
	return ruleVersion(tx, kind, version)
}

// fitToActivate refuses what nobody has tried, what catches everything, and
// what names sites that are gone.
func fitToActivate(tx *catalog.Tx, r RuleVersion) error {
	if r.Version == 0 {
		return record.Bad("version", "0 is what ships; make a version of it")
	}
	sites, err := tx.Sites()
	if err != nil {
		return err
	}
	if err := ruleKinds[r.Kind].check([]byte(r.Body), sites); err != nil {
		return err
	}
	post, err := tx.HasDocuments(record.LeastTried)
	if err != nil {
		return err
	}
	tried := r.Kind == record.RulesMailroom || r.Simulation != nil && r.Simulation.Documents > 0
	switch {
	case r.Simulation != nil && r.Simulation.Everything != "":
		return &record.Error{Category: record.Conflict, Field: "version", Message: "The rule “" + r.Simulation.Everything + "” catches every document.",
			Hint: "Make it narrower, and try the new version."}
	case post && !tried:
		return &record.Error{Category: record.Conflict, Field: "version", Message: "This version has not been tried on real post.",
			Hint: "Try it on a day with enough letters; then look at what it would change."}
	}
	return nil
}
