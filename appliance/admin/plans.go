package admin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// ProviderPlan is when a scan provider delivers, and whether something is
// missing just now. Times are in UTC, days those of Germany.
type ProviderPlan struct {
	Provider string               `json:"provider"`
	Plan     *record.DeliveryPlan `json:"plan"`   // null: nothing is expected of them
	Last     *time.Time           `json:"last"`   // when something came last; null: never
	Today    *time.Time           `json:"today"`  // by when something is expected today; null: nothing is
	Came     bool                 `json:"came"`   // something has come today
	Missed   []string             `json:"missed"` // days on which nothing came, and nothing has since; oldest first
}

// DeliveryPlans lists the providers with their plans: all of them for who looks
// after the appliance or clears what comes, their own for who delivers.
func (a *Admin) DeliveryPlans(ctx context.Context, actor record.Actor) ([]ProviderPlan, error) {
	out := []ProviderPlan{}
	allowed := false
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		providers, err := houseProviders(tx)
		if err != nil {
			return err
		}
		whose, err := a.providersOf(tx, actor)
		if err != nil || whose == nil {
			return err
		}
		allowed = true
		out, err = a.providerPlans(tx, slices.DeleteFunc(providers, func(p Provider) bool { return !whose(p) }))
		return err
	})
	if err != nil {
		return nil, err
	}
	outcome := audit.Allowed
	if !allowed {
		outcome = audit.Denied
	}
	leaf, err := a.seal(actor, audit.DeliveryPlan, outcome, "")
	if err != nil {
		return nil, err
	}
	if err := a.Catalog.AppendAudit(ctx, leaf); err != nil {
		return nil, record.Down("The audit log", err)
	}
	if !allowed {
		return nil, &record.Error{Category: record.Denied, Message: "Only who delivers, the clearing desk and administrators see when deliveries are expected."}
	}
	return out, nil
}

// providersOf says whose plans an actor may see; nil: nobody's.
func (a *Admin) providersOf(tx *catalog.Tx, actor record.Actor) (func(Provider) bool, error) {
	for _, act := range []access.Action{access.SettingsManage, access.HealthRead} {
		if all, err := a.may(tx, actor, act); err != nil || all {
			return func(Provider) bool { return true }, err
		}
	}
	if all, err := a.clearsSomewhere(tx, actor); err != nil || all {
		return func(Provider) bool { return true }, err
	}
	own, err := a.may(tx, actor, access.DeliveryPost)
	if err != nil || !own {
		return nil, err
	}
	u, err := tx.UserByID(actor.User)
	return func(p Provider) bool { return p.User == u.Name }, err
}

// clearsSomewhere says whether policy lets an actor file what is in no file at
// some site.
func (a *Admin) clearsSomewhere(tx *catalog.Tx, actor record.Actor) (bool, error) {
	u, err := tx.UserByID(actor.User)
	if err != nil || u.Disabled {
		return false, err
	}
	roles, err := tx.Roles(actor.User)
	for _, r := range roles {
		if a.Policy.Decide(access.Unfiled(roles, r.Site), access.DocumentFile).Allowed {
			return true, err
		}
	}
	return false, err
}

func houseProviders(tx *catalog.Tx) ([]Provider, error) {
	var out []Provider
	text, err := tx.Meta(MetaProviders)
	if err != nil || text == "" {
		return nil, err
	}
	return out, json.Unmarshal([]byte(text), &out)
}

func (a *Admin) providerPlans(tx *catalog.Tx, providers []Provider) ([]ProviderPlan, error) {
	planned, err := tx.DeliveryPlans()
	if err != nil {
		return nil, err
	}
	out := []ProviderPlan{}
	for _, p := range providers {
		last, err := tx.LastDelivery(p.Name)
		if err != nil {
			return nil, err
		}
		v := ProviderPlan{Provider: p.Name, Last: moment(last), Missed: []string{}}
		for _, k := range planned {
			if k.Plan.Provider == p.Name {
				v.fill(k, a.Clock.Now())
			}
		}
		out = append(out, v)
	}
	return out, nil
}

func (v *ProviderPlan) fill(k catalog.PlannedProvider, now time.Time) {
	plan := k.Plan
	v.Plan = &plan
	for _, e := range plan.Missed(k.Last, now) {
		v.Missed = append(v.Missed, e.Day)
	}
	if e, expected := plan.Today(now); expected {
		v.Today, v.Came = moment(e.By), !k.Last.Before(e.Start)
	}
}

// MayPlanDeliveries says whether the actor sets when providers deliver, before
// anything of what they send is read: Denied, which is audited, if not.
func (a *Admin) MayPlanDeliveries(ctx context.Context, actor record.Actor) error {
	return a.planRefused(ctx, actor, a.Catalog.Read(ctx, func(tx *catalog.Tx) error { return a.mayPlan(tx, actor) }))
}

func (a *Admin) mayPlan(tx *catalog.Tx, actor record.Actor) error {
	allowed, err := a.may(tx, actor, access.SettingsManage)
	if err == nil && !allowed {
		err = &record.Error{Category: record.Denied, Message: "Only administrators set when deliveries are expected."}
	}
	return err
}

// SetDeliveryPlan sets when a provider delivers; a plan without weekdays takes it
// away. It needs the right to manage settings.
func (a *Admin) SetDeliveryPlan(ctx context.Context, actor record.Actor, p record.DeliveryPlan) error {
	return a.planRefused(ctx, actor, a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := a.mayPlan(tx, actor); err != nil {
			return err
		}
		providers, err := houseProviders(tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(providers, func(k Provider) bool { return k.Name == p.Provider }) {
			return record.Bad("provider", "is none of this house")
		}
		if len(p.Weekdays) == 0 {
			err = tx.DropDeliveryPlan(p.Provider)
		} else if err = p.Validate(); err == nil {
			err = tx.SetDeliveryPlan(p, actor.User)
		}
		if err != nil {
			return err
		}
		leaf, err := a.planEntry(actor, audit.Done, p)
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	}))
}

// planRefused makes a refusal durable before it is given.
func (a *Admin) planRefused(ctx context.Context, actor record.Actor, err error) error {
	if !errors.Is(err, record.Denied) {
		return err
	}
	leaf, serr := a.planEntry(actor, audit.Denied, record.DeliveryPlan{})
	if serr == nil {
		serr = a.Catalog.AppendAudit(ctx, leaf)
	}
	return errors.Join(serr, err)
}

// planEntry says what was set: a provider is no person.
func (a *Admin) planEntry(actor record.Actor, outcome string, p record.DeliveryPlan) (audit.Leaf, error) {
	e := audit.Entry{At: a.Clock.Now(), Action: audit.DeliveryPlan, Outcome: outcome, Actor: actor.User, Via: actor.Via, Request: actor.Request,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address}}
	if p.Provider != "" {
		body, err := json.Marshal(p)
		if err != nil {
			return audit.Leaf{}, err
		}
		e.Personal.Detail = map[string]string{"plan": string(body)}
	}
	return audit.Seal(e)
}
