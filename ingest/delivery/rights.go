package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// metaProviders is where setup keeps which user hands in for which provider.
const metaProviders = "providers"

// standing is what an actor may do here at this moment.
type standing struct {
	posts     bool
	site      string   // where what they hand in waits to be filed
	providers []string // for whom they hand in
	reads     []string // sites whose deliveries they see from outside; "*": all
	gives     []string // sites whose deliveries they may give up
}

func (k *Desk) standing(tx *catalog.Tx, actor record.Actor) (standing, error) {
	var s standing
	u, err := tx.UserByID(actor.User)
	if errors.Is(err, record.NotFound) || err == nil && u.Disabled {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	roles, err := tx.Roles(actor.User)
	if err != nil {
		return s, err
	}
	for _, r := range roles {
		if !s.posts && k.Policy.DecideAt(roles, r.Site, r.Team, access.DeliveryPost).Allowed {
			s.posts, s.site = true, r.Site
		}
	}
	if s.site == access.Everybody {
		s.site = ""
	}
	if s.posts {
		s.providers, err = providersOf(tx, u.Name)
		return s, err
	}
	for _, r := range roles {
		clears := k.clears(roles, r.Site)
		if clears || k.Policy.DecideAt(roles, r.Site, r.Team, access.ThroughputRead).Allowed {
			s.reads = append(s.reads, r.Site)
		}
		if clears {
			s.gives = append(s.gives, r.Site)
		}
	}
	return s, nil
}

// clears says whether policy lets the roles file what is in no file at a site.
func (k *Desk) clears(roles []record.RoleAt, site string) bool {
	return k.Policy.Decide(access.Unfiled(roles, site), access.DocumentFile).Allowed
}

// providersOf lists the providers for whom a user hands in.
func providersOf(tx *catalog.Tx, user string) ([]string, error) {
	raw, err := tx.Meta(metaProviders)
	if err != nil || raw == "" {
		return nil, err
	}
	var all []struct{ Name, User string }
	if err := json.Unmarshal([]byte(raw), &all); err != nil {
		return nil, fmt.Errorf("delivery: providers: %w", err)
	}
	var out []string
	for _, p := range all {
		if p.User == user {
			out = append(out, p.Name)
		}
	}
	return out, nil
}

func (s standing) own(d catalog.Delivery) bool {
	return s.posts && slices.Contains(s.providers, d.Provider)
}

func (s standing) sees(d catalog.Delivery) bool { return s.own(d) || at(s.reads, d.Site) }

// mayGiveUp says whether they may withdraw it.
func (s standing) mayGiveUp(d catalog.Delivery) bool { return s.own(d) || at(s.gives, d.Site) }

func at(sites []string, site string) bool {
	return slices.Contains(sites, access.Everybody) || slices.Contains(sites, site)
}

func denied(message, field string) error {
	return &record.Error{Category: record.Denied, Field: field, Message: message,
		Hint: "Who hands in for which provider is said when the house is set up."}
}

// MayPost says whether the actor hands in for any provider at all, before
// anything of what they send is read: Denied, which is audited, if not.
func (k *Desk) MayPost(ctx context.Context, actor record.Actor) error {
	err := k.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		s, err := k.standing(tx, actor)
		if err == nil && !s.posts {
			err = notPosting()
		}
		return err
	})
	return k.answer(ctx, actor, event{action: audit.DeliveryCreate}, err)
}

func notPosting() error { return denied("You may not hand deliveries in.", "") }

// mayPost says at which site the actor may hand in for a provider.
func (k *Desk) mayPost(tx *catalog.Tx, actor record.Actor, provider string) (standing, error) {
	s, err := k.standing(tx, actor)
	switch {
	case err != nil:
		return s, err
	case !s.posts:
		return s, notPosting()
	case !slices.Contains(s.providers, provider):
		return s, denied("This is a delivery in the name of another provider.", "provider")
	}
	return s, nil
}

// mine reads a delivery that the actor hands in; NotFound for all others.
func (k *Desk) mine(ctx context.Context, actor record.Actor, action, id string) (d catalog.Delivery, err error) {
	if !record.ValidID(id) {
		return d, k.answer(ctx, actor, event{action: action}, record.Missing())
	}
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		s, err := k.standing(tx, actor)
		if err != nil {
			return err
		}
		if !s.posts {
			return notPosting()
		}
		if d, err = tx.DeliveryByID(id); err == nil && !s.own(d) {
			err = record.Missing()
		}
		return err
	})
	if errors.Is(err, record.NotFound) {
		err = record.Missing()
	}
	return d, k.answer(ctx, actor, event{action: action, delivery: id}, err)
}

// event is what the audit entry of a request says beside who and when.
type event struct {
	action   string
	delivery string
	detail   map[string]string
}

func (k *Desk) seal(actor record.Actor, e event, outcome string) (audit.Leaf, error) {
	entry := audit.Entry{At: k.Clock.Now(), Action: e.action, Outcome: outcome, Actor: actor.User, Via: actor.Via, Request: actor.Request,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address, Detail: e.detail}}
	if e.delivery != "" {
		entry.Objects = []audit.Object{{Kind: audit.KindDelivery, ID: e.delivery}}
	}
	return audit.Seal(entry)
}

// note makes an entry durable: if the log can't be written, nothing is shown.
func (k *Desk) note(ctx context.Context, actor record.Actor, e event, outcome string) error {
	leaf, err := k.seal(actor, e, outcome)
	if err != nil {
		return err
	}
	if err := k.Catalog.AppendAudit(ctx, leaf); err != nil {
		return record.Down("The audit log", err)
	}
	return nil
}

// answer makes a refusal durable before it is given, and lets every other error
// through.
func (k *Desk) answer(ctx context.Context, actor record.Actor, e event, err error) error {
	if !errors.Is(err, record.Denied) && !errors.Is(err, record.NotFound) {
		return err
	}
	if nerr := k.note(ctx, actor, e, audit.Denied); nerr != nil {
		return nerr
	}
	return err
}
