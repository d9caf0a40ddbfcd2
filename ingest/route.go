package ingest

import (
	"context"
	"errors"
	"fmt"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/ingest/routing"
)

// KindRoute is the job that finds out where a document belongs and what it is.
const KindRoute = "document.route"

// routeAttempts is how often routing is tried: about an hour. After that a
// person decides, who could have done so all the while.
const routeAttempts = 8

// routeRounds is how often one try looks again when it is overtaken by somebody
// who changes the document, or by what is just being unpacked.
const routeRounds = 5

// Reasons of a decision beside those of the engine; keys below "routing.reason."
// in ui/locale.
const (
	reasonFailed = "failed" // the machine could not decide
	reasonMany   = "many"   // more came in it than is looked at
)

// RouteAgain is the job that routes a document, or routes it once more.
func RouteAgain(id record.DocumentID) job.Spec {
	s := jobSpec{KindRoute, id}.spec()
	s.MaxAttempts = routeAttempts
	return s
}

// Router decides where documents belong that came in without a file, and what
// documents are that nobody has named.
type Router struct {
	Deps
	Index job.Spec // as Reader.Index

	rules ruleBook
}

// errOvertaken says that what was looked at has changed in the meantime.
var errOvertaken = errors.New("routing: somebody was faster")

// Route is the handler of KindRoute. A document that lies in no file is filed,
// with what lies beside it, if the evidence suffices; else it waits in clearing
// with its reasons. Doing it again changes nothing unless the evidence, the
// files or the rules have changed. What a person has decided stays.
func (r *Router) Route(ctx context.Context, j job.Job) error {
	id, err := documentOf(j)
	if err != nil {
		return err
	}
	for range routeRounds {
		if err = r.route(ctx, id); !errors.Is(err, errOvertaken) && !errors.Is(err, record.Conflict) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("route document %s: %w", id, err)
	}
	r.Wake()
	return nil
}

func (r *Router) route(ctx context.Context, id record.DocumentID) error {
	var c letterCase
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		c, err = r.look(tx, id)
		return err
	})
	if err != nil {
		return err
	}
	switch c.due {
	case dueNothing:
		return nil
	case duePlace:
		return r.place(ctx, c)
	case dueType:
		return r.name(ctx, c)
	}
	return r.settle(ctx, c)
}

// place decides where a document belongs and acts on it.
func (r *Router) place(ctx context.Context, c letterCase) error {
	types, where, err := r.rules.current(ctx, r.Catalog)
	if err != nil {
		return err
	}
	letter, err := r.letter(ctx, &c)
	if err != nil {
		return err
	}
	c.guess(types)
	letter.Type = c.types[c.doc.ID].Type
	if c.doc.Type != "" {
		letter.Type = c.doc.Type
	}
	d := decision{Routing: record.Routing{Outcome: record.OutcomeClearing, Reason: reasonMany, Site: c.site, Rules: where.version}}
	if !c.tooMany {
		err = r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			d.Routing, d.clues, err = routing.Decide(tx, where.routing, where.version, letter)
			return err
		})
		if err != nil {
			return err
		}
	}
	d.Type, d.At, d.By = c.types[c.doc.ID], r.Clock.Now(), record.System("").User
	if d.Outcome == record.OutcomeFiled {
		return r.file(ctx, c, d)
	}
	return r.clear(ctx, c, d)
}

// decision is what the engine says, and for whom the document may be.
type decision struct {
	record.Routing
	clues []record.Clue
}

// settle ends the work on a document about which there is nothing to decide: a
// person was faster, it is nobody's incoming letter, or the rules know no name for
// what somebody filed.
func (r *Router) settle(ctx context.Context, c letterCase) error {
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := r.look(tx, c.doc.ID)
		unnamed := now.due == dueType && now.doc.State == record.StateProcessing
		if err != nil || now.due != dueSettle && !unnamed {
			return err
		}
		return arrive(tx, now.doc, r.Index)
	})
}

// Bury is called when routing was tried for the last time: the machine was at
// fault every time. The document waits in clearing, where a person decides.
func (r *Router) Bury(ctx context.Context, j job.Job, _ string) {
	id, err := documentOf(j)
	if err != nil {
		return
	}
	err = r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		c, err := r.look(tx, id)
		if err != nil || c.doc.State != record.StateProcessing || c.doc.Pages == 0 {
			return err
		}
		if c.due == duePlace {
			failed := record.Routing{Outcome: record.OutcomeClearing, Reason: reasonFailed, Site: c.site, At: r.Clock.Now(), By: record.System("").User}
			if err := tx.SetRouting(id, failed); err != nil {
				return err
			}
		}
		return arrive(tx, c.doc, r.Index)
	})
	if err != nil {
		r.Log.Error("a document that could not be routed is not marked", "document", id, "error", err)
	}
}
