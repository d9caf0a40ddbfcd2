package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/classify"
	"eakte/ingest/mailroom"
	"eakte/ingest/routing"
	"eakte/policy/access"
)

// RuleVersion is one version of the rules of a kind. Version 0 is what ships
// with the appliance: it is in force until another one is.
type RuleVersion struct {
	Kind        string      `json:"kind"` // one of RuleKinds
	Version     int64       `json:"version"`
	Body        string      `json:"body"`         // JSON, indented; empty in a list
	Reason      string      `json:"reason"`       // why it was made
	MadeBy      string      `json:"made_by"`      // display name; empty: it ships
	MadeAt      *time.Time  `json:"made_at"`      // null: it ships
	SimulatedAt *time.Time  `json:"simulated_at"` // null: never tried
	Simulation  *Simulation `json:"simulation"`   // of the last try; null in a list
	Active      bool        `json:"active"`       // in force now
	ActiveBy    string      `json:"active_by"`    // display name of who last put it in force; may be empty
	ActiveAt    *time.Time  `json:"active_at"`    // when; null: never
	Diff        []DiffLine  `json:"diff"`         // against the version in force; null in a list
	Repeated    bool        `json:"-"`            // the answer to a repeated Idempotency-Key
}

// RuleKinds are the kinds of rules that there are.
func RuleKinds() []string {
	return []string{record.RulesRouting, record.RulesTypes, record.RulesMailroom}
}

// ruleKind is how the rules of a kind are checked, and those that ship.
type ruleKind struct {
	check   func(body []byte, sites []record.Site) error
	shipped func() []byte
}

var ruleKinds = map[string]ruleKind{
	record.RulesTypes: {func(body []byte, _ []record.Site) error { _, err := classify.ParseRules(body); return err }, classify.DefaultRules},
	record.RulesRouting: {func(body []byte, sites []record.Site) error {
		r, err := routing.ParseRules(body)
		if err != nil {
			return err
		}
		return r.Unknown(sites)
	}, routing.DefaultRules},
	record.RulesMailroom: {func(body []byte, _ []record.Site) error { _, err := mailroom.ParseRules(body); return err }, mailroom.DefaultRules},
}

// maxReason bounds a reason, in bytes.
const maxReason = 1000

// Rules lists the versions of the rules of a kind, the newest first, without
// their bodies. It needs the right to manage settings, as all about rules does.
func (a *Admin) Rules(ctx context.Context, actor record.Actor, kind string) (out []RuleVersion, err error) {
	err = a.lookAtRules(ctx, actor, func(tx *catalog.Tx) error {
		if _, ok := ruleKinds[kind]; !ok {
			return record.Missing()
		}
		out, err = ruleVersions(tx, kind)
		return err
	})
	return out, err
}

// RuleVersion reads one version with its body, its last try and what differs
// from the version in force.
func (a *Admin) RuleVersion(ctx context.Context, actor record.Actor, kind string, version int64) (out RuleVersion, err error) {
	err = a.lookAtRules(ctx, actor, func(tx *catalog.Tx) error {
		out, err = ruleVersion(tx, kind, version)
		return err
	})
	return out, err
}

// lookAtRules reads for who manages settings; the look is audited.
func (a *Admin) lookAtRules(ctx context.Context, actor record.Actor, read func(*catalog.Tx) error) error {
	allowed := false
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if allowed, err = a.may(tx, actor, access.SettingsManage); err != nil || !allowed {
			return err
		}
		return read(tx)
	})
	if err != nil {
		return err
	}
	outcome := audit.Allowed
	if !allowed {
		outcome = audit.Denied
	}
	if err := a.auditRules(ctx, actor, audit.RulesRead, outcome, ""); err != nil {
		return err
	}
	if !allowed {
		return noRules()
	}
	return nil
}

// DraftRules keeps a new version, which changes nothing before it is put in
// force. An error names the field of the rules ("types[3].german"). The same
// idempotency key again gives the version that was made, as Repeated.
func (a *Admin) DraftRules(ctx context.Context, actor record.Actor, kind, body, reason, idem string) (out RuleVersion, err error) {
	request := record.Sum([]byte("rules\n" + kind + "\n" + body + "\n" + strings.TrimSpace(reason)))
	err = a.changeRules(ctx, actor, audit.RulesDraft, func(tx *catalog.Tx) (string, error) {
		k, ok := ruleKinds[kind]
		if !ok {
			return "", record.Missing()
		}
		reason = strings.TrimSpace(reason)
		if reason == "" || len(reason) > maxReason {
			return "", record.Bad("reason", "is missing, or longer than %d bytes", maxReason)
		}
		if first, done, err := tx.Answered(actor.User, idem, request); err != nil {
			return "", err
		} else if done {
			out, err = repeatedRules(tx, kind, first)
			return ruleObject(kind, out.Version), err
		}
		sites, err := tx.Sites()
		if err != nil {
			return "", err
		}
		if err := k.check([]byte(body), sites); err != nil {
			return "", err
		}
		version, err := tx.AddRuleSet(catalog.RuleSet{Kind: kind, Body: body, Reason: reason, MadeBy: actor.User, MadeAt: a.Clock.Now().UnixMicro()})
		if err != nil {
			return "", err
		}
		if err := tx.IdempotentPut(actor.User, idem, request, 201, []byte(strconv.FormatInt(version, 10))); err != nil {
			return "", err
		}
		out, err = ruleVersion(tx, kind, version)
		return ruleObject(kind, version), err
	})
	return out, err
}

// repeatedRules is the version that a request made before.
func repeatedRules(tx *catalog.Tx, kind, version string) (RuleVersion, error) {
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return RuleVersion{}, fmt.Errorf("admin: %w", err)
	}
	out, err := ruleVersion(tx, kind, n)
	out.Repeated = true
	return out, err
}

// MayChangeRules says whether the actor may change rules at all: nil, or the
// refusal, which is audited. A border asks before it finds fault with a body.
func (a *Admin) MayChangeRules(ctx context.Context, actor record.Actor) error {
	allowed := false
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		allowed, err = a.may(tx, actor, access.SettingsManage)
		return err
	})
	if err != nil || allowed {
		return err
	}
	return errors.Join(noRules(), a.auditRules(ctx, actor, audit.RulesDraft, audit.Denied, ""))
}

// changeRules is a transaction of who manages settings, with the audit entry
// that names what was done to which version. A refusal is audited too.
func (a *Admin) changeRules(ctx context.Context, actor record.Actor, action string, change func(*catalog.Tx) (object string, err error)) error {
	err := a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		allowed, err := a.may(tx, actor, access.SettingsManage)
		if err != nil {
			return err
		}
		if !allowed {
			return noRules()
		}
		object, err := change(tx)
		if err != nil {
			return err
		}
		leaf, err := a.sealRules(actor, action, audit.Done, object, nil)
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
	if errors.Is(err, record.Denied) {
		return errors.Join(err, a.auditRules(ctx, actor, action, audit.Denied, ""))
	}
	return err
}

func (a *Admin) auditRules(ctx context.Context, actor record.Actor, action, outcome, object string) error {
	leaf, err := a.sealRules(actor, action, outcome, object, nil)
	if err != nil {
		return err
	}
	return a.Catalog.AppendAudit(ctx, leaf)
}

func (a *Admin) sealRules(actor record.Actor, action, outcome, object string, made []audit.Object) (audit.Leaf, error) {
	e := audit.Entry{At: a.Clock.Now(), Action: action, Outcome: outcome, Actor: actor.User, Via: actor.Via, Request: actor.Request,
		Objects: made, Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address}}
	if object != "" {
		e.Objects = append([]audit.Object{{Kind: audit.KindRules, ID: object}}, made...)
	}
	return audit.Seal(e)
}

func ruleObject(kind string, version int64) string { return fmt.Sprintf("%s:%d", kind, version) }

func noRules() error {
	return &record.Error{Category: record.Denied, Message: "Only who manages the settings sees and changes rules."}
}

// ruleVersions lists a kind's versions; the one that ships comes last.
func ruleVersions(tx *catalog.Tx, kind string) ([]RuleVersion, error) {
	rows, err := tx.RuleSets(kind)
	if err != nil {
		return nil, err
	}
	names, err := userNames(tx)
	if err != nil {
		return nil, err
	}
	active, err := tx.ActiveRulesVersion(kind)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(rows, func(r catalog.RuleSet) bool { return r.Version == active }) && active > 0 { // it is older than those listed
		r, err := tx.RuleSetOf(kind, active)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	out := []RuleVersion{}
	for _, r := range append(rows, catalog.RuleSet{Kind: kind}) {
		out = append(out, described(r, active, names))
	}
	return out, nil
}

func described(r catalog.RuleSet, active int64, names func(record.UserID) string) RuleVersion {
	return RuleVersion{Kind: r.Kind, Version: r.Version, Reason: r.Reason, MadeBy: names(r.MadeBy), MadeAt: micros(r.MadeAt),
		SimulatedAt: micros(r.SimulatedAt), Active: r.Version == active, ActiveBy: names(r.ActiveBy), ActiveAt: micros(r.ActiveAt)}
}

// userNames gives what users are called, by id.
func userNames(tx *catalog.Tx) (func(record.UserID) string, error) {
	users, err := tx.Users()
	names := map[record.UserID]string{}
	for _, u := range users {
		if names[u.ID] = u.Display; u.Display == "" {
			names[u.ID] = u.Name
		}
	}
	return func(id record.UserID) string {
		if n, ok := names[id]; ok {
			return n
		}
		return string(id)
	}, err
}

func micros(n int64) *time.Time {
	if n == 0 {
		return nil
	}
	return moment(time.UnixMicro(n))
}

func ruleVersion(tx *catalog.Tx, kind string, version int64) (RuleVersion, error) {
	if _, ok := ruleKinds[kind]; !ok {
		return RuleVersion{}, record.Missing()
	}
	row, err := ruleBody(tx, kind, version)
	if err != nil {
		return RuleVersion{}, err
	}
	active, err := tx.ActiveRulesVersion(kind)
	if err != nil {
		return RuleVersion{}, err
	}
	names, err := userNames(tx)
	if err != nil {
		return RuleVersion{}, err
	}
	out := described(row, active, names)
	out.Body = pretty(kind, row.Body)
	if row.Simulation != "" {
		if err := json.Unmarshal([]byte(row.Simulation), &out.Simulation); err != nil {
			return RuleVersion{}, fmt.Errorf("admin: simulation: %w", err)
		}
	}
	before, err := activeBody(tx, kind)
	if err != nil {
		return RuleVersion{}, err
	}
	out.Diff = diff(pretty(kind, before), out.Body)
	return out, nil
}

// ruleBody reads a version; version 0 is what ships.
func ruleBody(tx *catalog.Tx, kind string, version int64) (catalog.RuleSet, error) {
	if version == 0 {
		return catalog.RuleSet{Kind: kind, Body: string(ruleKinds[kind].shipped())}, nil
	}
	return tx.RuleSetOf(kind, version)
}

func activeBody(tx *catalog.Tx, kind string) (string, error) {
	r, err := tx.ActiveRules(kind)
	if errors.Is(err, record.NotFound) {
		return string(ruleKinds[kind].shipped()), nil
	}
	return r.Body, err
}
