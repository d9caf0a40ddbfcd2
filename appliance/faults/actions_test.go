package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"eakte/appliance/archive"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// action is one thing that the appliance does, in a form that may be done
// again: with the same idempotency key, or because it is harmless.
type action struct {
	name string
	// prepare makes what the action needs, without faults.
	prepare func(h *house) error
	// act does it. It makes a promise exactly when it was answered.
	act  func(ctx context.Context, h *house) error
	part int // a run that is not whole takes one call in so many; 0: all
	// after says what else must be true once it was done again and answered.
	after func(h *house) error
}

const key = "one and the same"

func actions() []action {
	all := []action{intake(), change(), refile(), createFile(), grant(), denial(), readBack(), reading(), reconcile(), seal(), restart(), legalHold(), erase(), scrub(), lockRun()}
	for i := range all[1:] {
		all[i+1].part = 10
	}
	all[len(all)-2].part, all[len(all)-1].part = 100, 100 // they ask the store for every share of the names
	return all
}

var letter = bytes.Repeat([]byte("Sehr geehrte Frau Grünwiese, "), 40)

func intake() action {
	var before int
	return action{name: "intake",
		prepare: func(h *house) error { before = len(h.documents()); return nil },
		act: func(ctx context.Context, h *house) error {
			r, err := h.accept(ctx, letter, key)
			if err == nil {
				h.acknowledged(r.Document, letter)
			}
			return err
		},
		after: func(h *house) error {
			if n := len(h.documents()) - before; n != 1 {
				return fmt.Errorf("one transmission became %d documents", n)
			}
			return nil
		}}
}

// takenIn prepares a document that was taken in.
func takenIn(h *house) error {
	r, err := h.accept(context.Background(), letter, "before")
	if err == nil {
		h.document = r.Document
		h.acknowledged(r.Document, letter)
	}
	return err
}

func (h *house) changeIs(field string, want string, is func(record.Document) string) {
	h.promise(field+" "+want, func(h *house) error {
		var d record.Document
		h.read(func(tx *catalog.Tx) (err error) { d, err = tx.DocumentByID(h.document); return err })
		if is(d) != want {
			return fmt.Errorf("it is %q", is(d))
		}
		return nil
	})
}

func change() action {
	return action{name: "change", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		title := "Heizkosten"
		_, err := h.archive.ChangeDocument(ctx, h.Users["sommer"], h.document, archive.DocumentChange{Title: &title, IdempotencyKey: key})
		if err == nil {
			h.changeIs("title", title, func(d record.Document) string { return d.Title })
		}
		return err
	}}
}

func refile() action {
	return action{name: "re-file", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		to := string(h.Other)
		_, err := h.archive.ChangeDocument(ctx, h.Users["sommer"], h.document, archive.DocumentChange{File: &to, IdempotencyKey: key})
		if err == nil {
			h.changeIs("file", to, func(d record.Document) string { return string(d.File) })
		}
		return err
	}}
}

func createFile() action {
	const third = "03104//0012347"
	return action{name: "create file", prepare: nothing, act: func(ctx context.Context, h *house) error {
		f, err := h.archive.CreateFile(ctx, h.Users["sommer"], newFile(third, key))
		if err == nil {
			h.promise("file", func(h *house) (err error) {
				v, err := h.archive.File(context.Background(), h.Users["sommer"], third)
				if err == nil && (v.ID != f.ID || len(v.Members) != 1) {
					err = fmt.Errorf("it is %+v", v)
				}
				return err
			})
		}
		return err
	}}
}

func nothing(*house) error { return nil }

func grant() action { return lists("grant", (*archive.Archive).AddGrant, (*archive.Archive).Grants) }

func denial() action {
	return lists("denial", (*archive.Archive).AddDenial, (*archive.Archive).Denials)
}

func lists(name string, add func(*archive.Archive, context.Context, record.Actor, record.FileID, archive.Grant) (bool, error),
	list func(*archive.Archive, context.Context, record.Actor, record.FileID) ([]archive.Grant, error)) action {
	return action{name: name, prepare: nothing, act: func(ctx context.Context, h *house) error {
		_, err := add(h.archive, ctx, h.Users["lead"], h.File, archive.Grant{User: "herbst", Reason: "Vertretung", IdempotencyKey: key})
		if err == nil {
			h.promise(name, func(h *house) error {
				l, err := list(h.archive, context.Background(), h.Users["lead"], h.File)
				if err == nil && (len(l) != 1 || l[0].User != "herbst") {
					err = fmt.Errorf("the list is %+v", l)
				}
				return err
			})
		}
		return err
	}}
}

func readBack() action {
	return action{name: "read-back and purge", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		if err := h.work(ctx); err != nil {
			return err
		}
		_, err := h.tasks.Purge(ctx)
		return err
	}, after: func(h *house) error {
		names, err := h.intake.Spool.Names()
		if err == nil && len(names) > 0 {
			err = fmt.Errorf("the spool still holds %v", names)
		}
		return err
	}}
}

// reading is invariant 5: whoever got a byte is in the log, durably.
func reading() action {
	return action{name: "reading", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		who := h.Users["herbst"]
		who.Request = record.NewID()
		content, err := h.archive.Original(ctx, who, h.document)
		if err != nil {
			return err
		}
		got := make([]byte, content.Size)
		_, err = content.ReadAt(got, 0)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if err == nil && !bytes.Equal(got, letter) {
			h.t.Error("other bytes were served as the document's")
		}
		h.promise("entry of a reading", func(h *house) error {
			if !slices.ContainsFunc(h.entries(audit.DocumentOriginal), func(e audit.Header) bool {
				return e.Request == who.Request && e.Outcome == audit.Allowed && e.Actor == who.User
			}) {
				return errors.New("bytes were served and nothing in the log says so")
			}
			return nil
		})
		return err
	}}
}

// lockRun is the nightly run, at a time when every lock has to grow.
func lockRun() action {
	return action{name: "locks", prepare: func(h *house) error {
		if err := errors.Join(takenIn(h), h.logbook.Seal(context.Background())); err != nil {
			return err
		}
		h.advance(6*31 + 1)
		return nil
	}, act: func(ctx context.Context, h *house) error {
		_, err := h.tasks.Locks(ctx)
		return err
	}, after: func(h *house) error {
		for name, o := range h.state().objects {
			if !o.until.IsZero() && o.until.Before(h.clock.Now().AddDate(0, 18, 0)) {
				return fmt.Errorf("%s is locked until %s only", name, o.until)
			}
		}
		return nil
	}}
}

func reconcile() action {
	return action{name: "reconcile", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		_, err := h.tasks.Reconcile(ctx)
		return err
	}, after: func(h *house) error {
		var open map[string]int64
		h.read(func(tx *catalog.Tx) (err error) { open, err = tx.CountFindings(); return err })
		for kind, n := range open {
			if n > 0 {
				return fmt.Errorf("%d findings of kind %s in a sound archive", n, kind)
			}
		}
		return nil
	}}
}

func seal() action {
	return action{name: "seal", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		return h.logbook.Seal(ctx)
	}, after: func(h *house) error {
		var pending int
		h.read(func(tx *catalog.Tx) (err error) { pending, err = tx.AuditPending(); return err })
		if pending > 0 {
			return fmt.Errorf("%d entries have no number", pending)
		}
		return nil
	}}
}

// restart is the start after the store was down: a document and a grant wait.
func restart() action {
	return action{name: "restart", prepare: func(h *house) error {
		h.i.arm(down, 1, nil)
		_, first := h.accept(context.Background(), letter, "before")
		h.i.disarm()
		h.i.arm(down, 1, nil)
		_, second := h.archive.AddGrant(context.Background(), h.Users["lead"], h.File, archive.Grant{User: "herbst", Reason: "Vertretung"})
		h.i.disarm()
		if first == nil || second == nil {
			return errors.Join(errors.New("a store that is down takes something"), first, second)
		}
		return nil
	}, act: func(ctx context.Context, h *house) error { return h.settle(ctx) },
		after: func(h *house) error {
			ids := h.documents()
			if c := h.i.disarm(); len(ids) == 0 && c == (call{"spool", "read"}) && (h.i.last == truncated || h.i.last == otherBytes) {
				return nil // the item read as damaged: it was never acknowledged, and is forgotten
			}
			if len(ids) != 1 {
				return fmt.Errorf("%d documents", len(ids))
			}
			return h.holds(ids[0], letter)
		}}
}
