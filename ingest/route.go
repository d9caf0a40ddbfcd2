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

// routeAttempts is how often routing is tried: for five to ten minutes. After that
// a person decides, who could have done so all the while.
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
	var kept record.FileID
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if c, err = r.look(tx, id); err != nil {
			return err
		}
		kept, err = tx.ReservedFor(id)
		return err
	})
	if err != nil {
		return err
	}
	switch c.due {
	case dueNothing:
		if kept != "" {
			return r.ask(ctx, id)
		}
		return nil
	case dueLater:
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
	decide := func(tx *catalog.Tx) (decision, error) { return r.decide(tx, c, where, letter) }
	var d decision
	err = r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		d, err = decide(tx)
		return err
	})
	if err != nil {
		return err
	}
	d.again = decide
	if d.Outcome == record.OutcomeFiled {
		return r.file(ctx, c, d)
	}
	return r.clear(ctx, c, d)
}

// ask sees to it that somebody is asked about a document that is kept for a
// restricted file and can't be read, or is not read yet: after a rebuild.
func (r *Router) ask(ctx context.Context, id record.DocumentID) error {
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		waits, err := tx.Waits(id)
		if err != nil || !waits {
			return err
		}
		if beside, err := tx.LiesBeside(id); err != nil || beside {
			return err
		}
		return tx.AskItem(id, record.System("").User, r.mayRead)
	})
}

// decision is what the engine says, and for whom the document may be.
type decision struct {
	record.Routing
	clues []record.Clue
	again func(*catalog.Tx) (decision, error)
}

// decide asks the engine. A document that is kept for a restricted file stays so
// whatever speaks against it, as long as it lies in no file: only a person who
// may open that file lets the others see it.
func (r *Router) decide(tx *catalog.Tx, c letterCase, where ruleSet, letter routing.Letter) (d decision, err error) {
	d.Routing = record.Routing{Outcome: record.OutcomeClearing, Reason: reasonMany, Site: c.site, Rules: where.version}
	if !c.tooMany {
		if d.Routing, d.clues, err = routing.Decide(tx, where.routing, where.version, letter); err != nil {
			return d, err
		}
	}
	if d.Outcome != record.OutcomeFiled && d.Reserved == "" {
		d.Reserved, err = tx.ReservedFor(c.doc.ID)
	}
	d.Type, d.At, d.By = c.types[c.doc.ID], r.Clock.Now(), record.System("").User
	return d, err
}

// anew decides once more in the transaction that acts on it: a file that the
// document is for may have been made, or its members changed, since it was looked
// at, and who made it asked in vain for what is noted as its customers' only now.
func (d decision) anew(tx *catalog.Tx) (decision, error) {
	now, err := d.again(tx)
	if err == nil && (now.Outcome != d.Outcome || now.File != d.File || now.Reserved != d.Reserved) {
		err = errOvertaken
	}
	return now, err
}

// settle ends the work on a document about which there is nothing to decide: a
// person was faster, it is nobody's incoming letter, or the rules know no name for
// what somebody filed.
func (r *Router) settle(ctx context.Context, c letterCase) error {
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := r.look(tx, c.doc.ID)
		if err != nil {
			return err
		}
		switch {
		case now.due == dueSettle, now.due == dueType && now.doc.State == record.StateProcessing:
			return arrive(tx, now.doc, r.Index)
		case now.due == duePlace: // it was taken out of its file
			return errOvertaken
		}
		return nil
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
		if err != nil || c.due == dueLater || c.doc.State != record.StateProcessing || c.doc.Pages == 0 {
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
