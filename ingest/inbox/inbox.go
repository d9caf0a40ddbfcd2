// Package inbox is the door to the work that waits for somebody: the
// electronic inbox (Postkorb) of a person and of a team, what lies in
// clearing, and follow-ups (Wiedervorlagen). An item comes into being with the
// incoming document it is about, in the same transaction; here it is taken,
// assigned, put off and finished.
//
// Who sees an item is policy's decision on the facts of its file and document:
// an item is listed where both document.list and document.view are allowed, to
// its holder, to who substitutes for the holder today, to the file's team
// while it is the team's, and to who may assign the file (file.assign). To
// everybody else it does not exist. Every change is one transaction with its
// audit entry, marks whom it was made in substitution for, and can be taken
// back by who made it as long as nobody else has changed the item.
package inbox

import (
	"context"
	"errors"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Deps are the parts that the inbox works with.
type Deps struct {
	Catalog *catalog.Catalog
	Policy  *access.Policy
	Clock   record.Clock
}

// Inbox is the door. It is safe for concurrent use.
type Inbox struct{ Deps }

// New opens the door.
func New(d Deps) *Inbox { return &Inbox{d} }

// event is what the audit entry of a request says beside who and when.
type event struct {
	action  string
	objects []audit.Object
	query   string
	detail  map[string]string
}

func (in *Inbox) seal(actor record.Actor, e event, outcome string) (audit.Leaf, error) {
	return audit.Seal(audit.Entry{At: in.Clock.Now(), Action: e.action, Outcome: outcome, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Objects: e.objects,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address, Query: e.query, Detail: e.detail}})
}

// note makes an entry durable: if the log can't be written, nothing is shown.
func (in *Inbox) note(ctx context.Context, actor record.Actor, e event, outcome string) error {
	leaf, err := in.seal(actor, e, outcome)
	if err != nil {
		return err
	}
	if err := in.Catalog.AppendAudit(ctx, leaf); err != nil {
		return record.Down("The audit log", err)
	}
	return nil
}

// answer makes a refusal durable before it is given, and lets every other
// error through.
func (in *Inbox) answer(ctx context.Context, actor record.Actor, e event, err error) error {
	if !errors.Is(err, record.Denied) && !errors.Is(err, record.NotFound) {
		return err
	}
	if nerr := in.note(ctx, actor, e, audit.Denied); nerr != nil {
		return nerr
	}
	return err
}

func denied() error {
	return &record.Error{Category: record.Denied, Message: "You may not do this here.",
		Hint: "The team lead assigns work; who is responsible for the file works on it."}
}

// objects names an item with what it is about.
func (r row) objects() []audit.Object {
	var o []audit.Object
	if r.item.ID != "" {
		o = append(o, audit.Object{Kind: audit.KindItem, ID: string(r.item.ID)})
	}
	if r.doc.ID != "" {
		o = append(o, audit.Object{Kind: audit.KindDocument, ID: string(r.doc.ID)})
	}
	if r.file.ID != "" {
		o = append(o, audit.Object{Kind: audit.KindFile, ID: string(r.file.ID)})
	}
	return o
}
