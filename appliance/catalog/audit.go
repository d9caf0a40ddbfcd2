package catalog

import (
	"context"
	"fmt"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"
)

// Append adds a sealed audit entry, durable with the transaction's commit. It
// gets its number later, by Sequence.
func (t *Tx) Append(leaf audit.Leaf) error {
	h, err := checkLeaf(leaf)
	if err != nil {
		return err
	}
	return t.append(leaf, h)
}

func checkLeaf(leaf audit.Leaf) (audit.Header, error) {
	if err := audit.Check(leaf.Header, leaf.Salt, leaf.Payload); err != nil {
		return audit.Header{}, fmt.Errorf("catalog: append: %w", err)
	}
	h, err := audit.ParseHeader(leaf.Header)
	if err != nil {
		return audit.Header{}, fmt.Errorf("catalog: append: %w", err)
	}
	return h, nil
}

func (t *Tx) append(leaf audit.Leaf, h audit.Header) error {
	at := toMicros(h.At)
	if _, err := t.exec("append audit", `INSERT INTO audit_entry (id, log, at, action, outcome, actor, header)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, h.ID, h.Year(), at, h.Action, h.Outcome, h.Actor, string(leaf.Header)); err != nil {
		return err
	}
	if leaf.Payload != nil {
		if _, err := t.exec("append audit", "INSERT INTO audit_payload (entry_id, salt, payload) VALUES ($1, $2, $3)",
			h.ID, encode(leaf.Salt), string(leaf.Payload)); err != nil {
			return err
		}
	}
	for _, o := range h.Objects {
		if _, err := t.exec("append audit", `INSERT INTO audit_object (kind, object_id, at, entry_id) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, o.Kind, o.ID, at, h.ID); err != nil {
			return err
		}
	}
	_, err := t.exec("append audit", "INSERT INTO audit_pending (at, entry_id) VALUES ($1, $2)", at, h.ID)
	return err
}

const (
	appendBatch = 512              // entries that one commit may take along
	appendWait  = 30 * time.Second // for one commit, whoever waits for it
)

// appendRequest is one entry that waits for the next commit.
type appendRequest struct {
	leaf   audit.Leaf
	header audit.Header
	done   chan error // buffered: nobody has to be there any more
}

// AppendAudit adds a sealed audit entry and returns when it is durable. It is
// for reads, which have no transaction of their own. One commit takes along
// what queued up during the one before; there is no timer. If ctx ends first
// the entry may or may not become durable: the caller must not show anything.
func (c *Catalog) AppendAudit(ctx context.Context, leaf audit.Leaf) error {
	h, err := checkLeaf(leaf)
	if err != nil {
		return err
	}
	r := appendRequest{leaf, h, make(chan error, 1)}
	select {
	case <-c.closing:
		return record.Down("The audit log", fmt.Errorf("catalog: append audit: the catalog is closed"))
	default:
	}
	select {
	case c.appends <- r:
	case <-c.closing:
		return record.Down("The audit log", fmt.Errorf("catalog: append audit: the catalog is closed"))
	case <-ctx.Done():
		return fmt.Errorf("catalog: append audit: %w", ctx.Err())
	}
	select {
	case err := <-r.done:
		return err
	case <-c.stopped:
	case <-ctx.Done():
	}
	select {
	case err := <-r.done: // both came at once
		return err
	default:
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("catalog: append audit: %w", err)
	}
	return record.Down("The audit log", fmt.Errorf("catalog: append audit: the catalog is closed"))
}

// commitAppends commits batch after batch until the catalog closes, and then
// what is left.
func (c *Catalog) commitAppends() {
	defer close(c.stopped)
	for {
		select {
		case r := <-c.appends:
			c.commitBatch(c.collect(r))
		case <-c.closing:
			for {
				select {
				case r := <-c.appends:
					c.commitBatch(c.collect(r))
				default:
					return
				}
			}
		}
	}
}

// collect takes what has queued up behind r.
func (c *Catalog) collect(r appendRequest) []appendRequest {
	batch := []appendRequest{r}
	for len(batch) < appendBatch {
		select {
		case r := <-c.appends:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// commitBatch commits a batch. If that fails for a reason that may lie in one
// of them, each is tried alone, so that one can't keep the others out.
func (c *Catalog) commitBatch(batch []appendRequest) {
	err := c.commitEntries(batch)
	category := record.CategoryOf(err)
	alone := err != nil && len(batch) > 1 && category != record.Unavailable && category != record.Busy && category != record.Corrupt
	for _, r := range batch {
		if alone {
			err = c.commitEntries([]appendRequest{r})
		}
		r.done <- err
	}
}

func (c *Catalog) commitEntries(batch []appendRequest) error {
	ctx, cancel := context.WithTimeout(context.Background(), appendWait) // no caller's: others are in the batch
	defer cancel()
	release, err := c.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	return c.repeat(ctx, func() error {
		return c.run(ctx, c.engine.beginAppend, func(tx *Tx) error {
			for _, r := range batch {
				if err := tx.append(r.leaf, r.header); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
