// Package oversight is the door for the questions of the data-protection
// officer and of auditors: who did what, who was refused, and how far the
// signed log has got. It shows no contents, and every question is itself an
// entry, durable before the answer.
//
// Whom it answers is policy's decision (audit.read). A role at a site sees
// entries about files, documents and users of that site, and of an entry that
// names others too only those; a role in the whole house sees all. An auditor
// may ask about a file that a grant opens.
package oversight

import (
	"context"
	"errors"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Oversight is the door. It is safe for concurrent use.
type Oversight struct {
	cat       *catalog.Catalog
	policy    *access.Policy
	clock     record.Clock
	employees bool
}

// Option changes what the door answers.
type Option func(*Oversight)

// WithEmployees lets officers ask what one employee did. It is for a house in
// which an agreement with the staff council is recorded. Without it a question
// that names an employee must name a file or document too, unless it is the
// asker.
func WithEmployees() Option { return func(o *Oversight) { o.employees = true } }

// New opens the door.
func New(cat *catalog.Catalog, policy *access.Policy, clock record.Clock, opts ...Option) *Oversight {
	o := &Oversight{cat: cat, policy: policy, clock: clock}
	for _, set := range opts {
		set(o)
	}
	return o
}

// officer is what the asker may see, read afresh in the snapshot that answers.
type officer struct {
	policy   *access.Policy
	user     record.UserID
	roles    []record.RoleAt
	operator bool // a command run by who holds the data folder and its key
}

func (o *Oversight) officer(tx *catalog.Tx, actor record.Actor) (officer, error) {
	of := officer{policy: o.policy, user: actor.User, operator: actor.User == record.System("").User}
	if of.operator {
		return of, nil
	}
	u, err := tx.UserByID(actor.User)
	if errors.Is(err, record.NotFound) || err == nil && u.Disabled {
		return of, nil
	}
	if err != nil {
		return of, err
	}
	of.roles, err = tx.Roles(actor.User)
	return of, err
}

// at says whether the officer reads what concerns a site; "" asks whether there
// is any, "*" whether it is every site.
func (of officer) at(site string) bool {
	return of.operator || of.policy.DecideAt(of.roles, site, "", access.AuditRead).Allowed
}

// about says whether the officer reads what concerns the file or document that
// these facts are of.
func (of officer) about(f record.Facts) bool {
	return of.operator || of.policy.Decide(f, access.AuditRead).Allowed
}

// note makes an entry about the question itself durable.
func (o *Oversight) note(ctx context.Context, actor record.Actor, outcome string, objects []audit.Object, query string) error {
	leaf, err := audit.Seal(audit.Entry{At: o.clock.Now(), Action: audit.AuditRead, Outcome: outcome, Actor: actor.User,
		Via: actor.Via, Request: actor.Request, Objects: objects,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address, Query: query}})
	if err != nil {
		return err
	}
	return o.cat.AppendAudit(ctx, leaf)
}

// answer turns a refusal into an entry and lets everything else through.
func (o *Oversight) answer(ctx context.Context, actor record.Actor, err error, objects []audit.Object, query string) error {
	if !errors.Is(err, record.Denied) && !errors.Is(err, record.NotFound) {
		return err
	}
	if nerr := o.note(ctx, actor, audit.Denied, objects, query); nerr != nil {
		return nerr
	}
	return err
}

func denied() error {
	return &record.Error{Category: record.Denied, Message: "Your roles do not let you read the audit log.",
		Hint: "The data-protection officer may; an auditor may for a file that was granted."}
}
