package fixity

import (
	"context"
	"errors"
	"sync"

	"eakte/appliance/record"
)

// pageSize is how many rows are read from the catalog at once.
const pageSize = 200

// checked is what checking one document gave.
type checked struct {
	findings
	of        string   // id of the document, file or person
	names     []string // objects it accounts for
	manifests int64
	relocated int64
	digests   []record.Digest // of manifests in their chains
	bytes     int64
	fatal     error
}

// checkDocuments checks every document row against its objects.
func (v *verifier) checkDocuments(ctx context.Context) error {
	total, err := v.Catalog.DocumentCount(ctx)
	if err != nil {
		return err
	}
	for after := record.DocumentID(""); ; {
		rows, err := v.Catalog.Documents(ctx, after, pageSize)
		if err != nil {
			return err
		}
		results := make([]checked, len(rows))
		slots := make(chan struct{}, v.cfg.Workers)
		var all sync.WaitGroup
		for i, d := range rows {
			slots <- struct{}{}
			all.Go(func() {
				defer func() { <-slots }()
				results[i].fatal = v.checkDocument(ctx, d, &results[i])
			})
		}
		all.Wait()
		for i, d := range rows {
			if err := v.take(&results[i]); err != nil {
				return err
			}
			v.documents.add(string(d.ID))
			v.result.Documents++
			v.progress("documents", v.result.Documents, total)
			after = d.ID
		}
		if len(rows) < pageSize {
			return nil
		}
	}
}

// take enters the outcome of a check into the run.
func (v *verifier) take(c *checked) error {
	for _, n := range c.names {
		v.objects.add(n)
	}
	for _, d := range c.digests {
		v.manifests.add(string(d))
	}
	v.result.Manifests += c.manifests
	v.result.Relocated += c.relocated
	v.result.Bytes += c.bytes
	if len(c.list) > 0 {
		v.unsound[c.of] = true
	}
	if err := v.flush(&c.findings); err != nil {
		return err
	}
	return c.fatal
}

// checkDocument checks one document: its key, its original, its manifests. It
// only reads v, because several run at the same time.
func (v *verifier) checkDocument(ctx context.Context, d Document, c *checked) error {
	subject := "document " + string(d.ID)
	c.of = string(d.ID)
	c.names = append(c.names, objectName("o", d.Object))
	if t, ok := v.buried[string(d.ID)]; ok {
		return v.checkBuried(ctx, subject, t.Object, c)
	}
	if d.State == record.StateDisposed {
		c.add(Erasure, subject, doAsk, "The catalog says that it is disposed of, but no tombstone says so.")
		return nil
	}
	sealed, err := v.fetchKey(ctx, d.Object, subject, "The document's sealed key", c)
	if err != nil {
		return err
	}
	if err := v.checkOriginal(ctx, subject, d, sealed.bytes, c); err != nil {
		return err
	}
	head, err := v.Catalog.Head(ctx, string(d.ID))
	if errors.Is(err, record.NotFound) {
		c.add(Missing, subject, doAsk, "The catalog knows no manifest of the document.")
		return nil
	}
	if err != nil {
		return err
	}
	return v.checkChain(ctx, chain{subject: subject, head: head, key: sealed, row: &d}, c)
}

func (v *verifier) checkOriginal(ctx context.Context, subject string, d Document, sealed []byte, c *checked) error {
	name := objectName("o", d.Object)
	o, err := v.records.Stat(ctx, name)
	if err != nil {
		return c.failed(ctx, subject, "The original", err)
	}
	v.checkLock(&c.findings, subject, "The original", o, d.LockedUntil, v.required(d.lastDay()))
	v.checkHold(d, subject, "The original", o, c)
	cipher, plain, readErr, openErr := v.hashes(ctx, name, d.Object, sealed)
	c.bytes += cipher.size
	switch {
	case readErr != nil:
		return c.failed(ctx, subject, "The original", readErr)
	case cipher.digest != d.Cipher || o.Size != d.CipherSize:
		c.add(Changed, subject, doRestore, "The original's bytes are not those that were taken in.")
	case sealed == nil: // said already
	case openErr != nil:
		c.add(Changed, subject, "Fetch the key from a backup; two of the three custodians can open it as well.",
			"The original is unchanged, but its key doesn't open it.")
	case plain.digest != d.Plain || plain.size != d.Size:
		c.add(Mismatch, subject, doAsk, "The decrypted document is not the one that the catalog describes.")
	}
	return nil
}

// lastDay is the day with which the lock may end, "" while it isn't known: a
// hold wins over every date.
func (d Document) lastDay() string {
	if len(d.Holds)+len(d.FileHolds) > 0 {
		return ""
	}
	return d.KeepUntil
}

// checkHold insists that what is held in the catalog is held in the store, once
// the appliance has had the time to say so to the store.
func (v *verifier) checkHold(d Document, subject, what string, o Object, c *checked) {
	for _, holds := range [][]Standing{d.Holds, d.FileHolds} {
		for _, h := range holds {
			if o.Hold || v.now.Sub(h.At) < v.cfg.Young {
				continue
			}
			c.add(Hold, subject, "eakte serve puts it on at once and every night: look why it could not. Destroy nothing until then.",
				"%s has no legal hold in the store, although a hold stands (%s).", what, h.ID)
			return
		}
	}
}
