package admin

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Simulator tries rules on the post of one day (YYYY-MM-DD; "" = the last day
// before today that had post, else today). It changes nothing. With no post at
// all it gives Simulated with an empty Day. The body is of the named kind (one
// of the Rules constants of record) and has been found valid; the rules of the
// other kinds are those in force. Version is what a TypeGuess or Routing would
// carry.
type Simulator interface {
	Simulate(ctx context.Context, kind, body string, version int64, day string) (record.Simulated, error)
}

// Simulation is what a version would have done to a day's post, in counts, and
// its changes by the documents' ids. It says nothing of what a document says or
// of whose file it is: who manages settings sees no contents.
type Simulation struct {
	Day        string                 `json:"day"`       // YYYY-MM-DD; empty: there is no post yet
	Documents  int                    `json:"documents"` // looked at
	Before     record.SimulatedCounts `json:"before"`    // by the rules in force
	After      record.SimulatedCounts `json:"after"`     // by this version
	Moved      int                    `json:"moved"`     // would go elsewhere
	Retyped    int                    `json:"retyped"`   // would be something else
	Everything string                 `json:"everything"`
	Changes    []SimulatedChange      `json:"changes"` // at most 100
}

// SimulatedChange is what would be different about a document.
type SimulatedChange struct {
	Document record.DocumentID `json:"document"`
	Before   SimulatedPlace    `json:"before"`
	After    SimulatedPlace    `json:"after"`
	SameFile bool              `json:"same_file"` // both times in the same file, or in none
	Kinds    []string          `json:"kinds"`     // kinds of evidence that differ
	Rule     string            `json:"rule"`      // name of the rule that decides; empty: the evidence does
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
// any) and keeps what came out. It may take a minute for a few thousand
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
	said, err := json.Marshal(s)
	if err != nil {
		return Simulation{}, err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return tx.NoteSimulation(kind, version, a.Clock.Now(), string(said))
	})
	return s, err
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
	s := Simulation{Day: found.Day, Documents: found.Documents, Before: found.Before, After: found.After, Moved: found.Moved, Retyped: found.Retyped,
		Everything: found.Everything, Changes: []SimulatedChange{}}
	for _, c := range found.Changes[:min(len(found.Changes), record.MaxSimulatedChanges)] {
		s.Changes = append(s.Changes, SimulatedChange{Document: c.Document, Before: placeOf(c.Before), After: placeOf(c.After),
			SameFile: c.Before.File == c.After.File, Kinds: c.Kinds, Rule: c.Rule})
	}
	return s, nil
}

func placeOf(s record.SimulatedState) SimulatedPlace {
	return SimulatedPlace{Outcome: s.Outcome, Site: s.Site, Team: s.Team, Type: s.Type, Reason: s.Reason}
}

// ActivateRules puts a version in force, from the next decision on. It is
// refused unless this version was tried on real post, or there is none at all.
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
	post, err := tx.AnyDocument()
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
			Hint: "Try it first; then look at what it would change."}
	}
	return nil
}
