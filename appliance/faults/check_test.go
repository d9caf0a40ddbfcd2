package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/fixity"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

func newReader(b []byte) *bytes.Reader { return bytes.NewReader(b) }

// promise is something that was acknowledged, and how to see that it holds.
type promise struct {
	what string
	kept func(h *house) error
}

func (h *house) promise(what string, kept func(h *house) error) {
	h.promises = append(h.promises, promise{what, kept})
}

// acknowledged promises a document: readable byte for byte, and locked.
func (h *house) acknowledged(id record.DocumentID, body []byte) {
	h.promise("document "+string(id), func(h *house) error { return h.holds(id, body) })
}

// lockedAtLeast is what the checker wants of every lock, in months: less than
// the nightly job keeps, for the clock may have jumped.
const lockedAtLeast = 17

// holds is invariant 1: by the door, and once more past all of our own code
// but the decryption.
func (h *house) holds(id record.DocumentID, body []byte) error {
	ctx := context.Background()
	content, err := h.archive.Original(ctx, h.Users["sommer"], id)
	if err != nil {
		return fmt.Errorf("can't be read: %w", err)
	}
	got := make([]byte, content.Size)
	if _, err := content.ReadAt(got, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("can't be read: %w", err)
	}
	if !bytes.Equal(got, body) || content.SHA256 != record.Sum(body) {
		return fmt.Errorf("gives %d other bytes (%d were taken in)", len(got), len(body))
	}
	var doc record.Document
	h.read(func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(id); return err })
	cipher, err := h.object(h.clean.Records, vault.OriginalName(doc.Object))
	if err != nil {
		return err
	}
	sealed, err := h.object(h.clean.Keys, vault.KeyName(doc.Object))
	if err != nil {
		return err
	}
	key, err := h.direct.KeyFromSealed(doc.Object, sealed)
	if err != nil {
		return err
	}
	plain, err := key.Decrypt(bytes.NewReader(cipher))
	if err != nil {
		return err
	}
	if got, err = io.ReadAll(plain); err != nil || !bytes.Equal(got, body) {
		return fmt.Errorf("the store holds other bytes: %w", err)
	}
	info, err := h.clean.Records.Stat(ctx, vault.OriginalName(doc.Object))
	if err == nil && (info.Mode != vault.Compliance || info.LockedUntil.Before(h.clock.Now().AddDate(0, lockedAtLeast, 0))) {
		err = fmt.Errorf("is locked %q until %s", info.Mode, info.LockedUntil)
	}
	return err
}

// object reads an object past every wrapper.
func (h *house) object(b vault.Bucket, name string) ([]byte, error) {
	r, err := b.Get(context.Background(), name, 0, -1)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	body, err := io.ReadAll(r)
	return body, errors.Join(err, r.Close())
}

// state is what lies in the buckets that keep, and in the log.
type state struct {
	objects map[string]kept // by bucket and name
	entries map[string]bool // ids of audit entries
}

type kept struct {
	sum   record.Digest // of the bytes, worked out here
	until time.Time
	hold  bool
}

func (h *house) state() state {
	h.t.Helper()
	ctx := context.Background()
	s := state{objects: map[string]kept{}, entries: map[string]bool{}}
	for bucket, b := range map[string]vault.Bucket{"records": h.clean.Records, "audit": h.clean.Audit, "keys": h.clean.Keys} {
		h.ok(b.List(ctx, "", "", func(o vault.ObjectInfo) error {
			info, err := b.Stat(ctx, o.Name)
			if err != nil {
				return err
			}
			body, err := h.object(b, o.Name)
			s.objects[bucket+" "+o.Name] = kept{record.Sum(body), info.LockedUntil, info.Hold}
			return err
		}))
	}
	for cursor := ""; ; {
		var entries []catalog.AuditEntry
		h.read(func(tx *catalog.Tx) (err error) {
			entries, cursor, err = tx.AuditEntries(catalog.AuditQuery{Cursor: cursor, Limit: 500})
			return err
		})
		for _, e := range entries {
			s.entries[e.ID] = true
		}
		if cursor == "" {
			return s
		}
	}
}

// remember keeps the state that what comes may only add to.
func (h *house) remember() { h.before = h.state() }

// check asserts the invariants 1 to 5 on a house that has settled.
func (h *house) check() error {
	var wrong []error
	for _, p := range h.promises {
		if err := p.kept(h); err != nil {
			wrong = append(wrong, fmt.Errorf("acknowledged: %s: %w", p.what, err))
		}
	}
	now := h.state()
	wrong = append(wrong, h.grown(now), h.settled(), h.chains(now))
	h.before = now
	return errors.Join(wrong...)
}

// grown is invariants 3 and 4: bytes never change, names, locks, holds and
// entries only grow.
func (h *house) grown(now state) error {
	var wrong []error
	before := h.before
	for name, was := range before.objects {
		is, ok := now.objects[name]
		switch {
		case !ok && h.mayGo[name]:
		case !ok:
			wrong = append(wrong, fmt.Errorf("%s is gone", name))
		case is.sum != was.sum:
			wrong = append(wrong, fmt.Errorf("%s has other bytes", name))
		case is.until.Before(was.until), was.hold && !is.hold:
			wrong = append(wrong, fmt.Errorf("%s has lost of its lock: %s, %s before", name, is.until, was.until))
		}
	}
	for id := range before.entries {
		if !now.entries[id] {
			wrong = append(wrong, fmt.Errorf("audit entry %s is gone", id))
		}
	}
	return errors.Join(wrong...)
}

// settled says whether anything is left over that a start should have finished.
func (h *house) settled() error {
	var wrong []error
	h.read(func(tx *catalog.Tx) error {
		rows, err := tx.JournalUnfinished(h.Node)
		if err != nil {
			return err
		}
		waiting, err := tx.OutboxSize()
		if len(rows) > 0 || waiting > 0 {
			wrong = append(wrong, fmt.Errorf("after a start %d documents are on their way in, %d manifests in the outbox", len(rows), waiting))
		}
		return err
	})
	return errors.Join(wrong...)
}

// chains is invariant 2: each row has its objects, each subject's manifests
// are whole from the newest to the first, and the signed log names them.
func (h *house) chains(now state) error {
	named := h.namedInLog()
	var wrong []error
	h.read(func(tx *catalog.Tx) error {
		wrong = nil
		docs, err := allDocuments(tx)
		if err != nil {
			return err
		}
		for _, d := range docs {
			for _, name := range []string{"records " + vault.OriginalName(d.Object), "keys " + vault.KeyName(d.Object)} {
				if _, ok := now.objects[name]; !ok && !h.mayGo[name] {
					wrong = append(wrong, fmt.Errorf("document %s has no %s", d.ID, name))
				}
			}
			if now.objects["records "+vault.OriginalName(d.Object)].sum != d.Cipher {
				wrong = append(wrong, fmt.Errorf("document %s: the object is not the one of the row", d.ID))
			}
		}
		for after := ""; ; {
			heads, err := tx.ManifestHeads(after, 500)
			if err != nil || len(heads) == 0 {
				return err
			}
			for _, head := range heads {
				wrong = append(wrong, h.chain(now, head, named))
			}
			after = heads[len(heads)-1].Subject
		}
	})
	return errors.Join(wrong...)
}

// chain follows one subject's manifests back to the first.
func (h *house) chain(now state, head catalog.Head, named map[record.Digest]bool) error {
	name, digest, sequence := head.Name, head.Digest, head.Sequence
	for ; sequence > 0; sequence-- {
		if now.objects["records "+name].sum != digest {
			return fmt.Errorf("manifest %d of %s is missing or another: %s", sequence, head.Subject, name)
		}
		body, err := h.object(h.clean.Records, name)
		if err != nil {
			return err
		}
		var m struct {
			Header struct {
				Subject           string        `json:"subject"`
				Sequence          int           `json:"sequence"`
				Predecessor       string        `json:"predecessor"`
				PredecessorDigest record.Digest `json:"predecessor_digest"`
			} `json:"header"`
		}
		if err := json.Unmarshal(body, &m); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if m.Header.Subject != head.Subject || m.Header.Sequence != sequence || !named[digest] {
			return fmt.Errorf("%s is number %d of %s, in the log: %v; wanted %d of %s", name, m.Header.Sequence, m.Header.Subject, named[digest], sequence, head.Subject)
		}
		name, digest = m.Header.Predecessor, m.Header.PredecessorDigest
	}
	if name != "" {
		return fmt.Errorf("the first manifest of %s has a predecessor", head.Subject)
	}
	return nil
}

// namedInLog gives the hashes of the manifests that audit entries name.
func (h *house) namedInLog() map[record.Digest]bool {
	out := map[record.Digest]bool{}
	for _, e := range h.entries("") {
		for _, o := range e.Objects {
			if o.Kind == audit.KindManifest {
				out[record.Digest(o.ID)] = true
			}
		}
	}
	return out
}

// entries gives the headers of the log, of one action or of all.
func (h *house) entries(action string) (out []audit.Header) {
	h.t.Helper()
	for cursor := ""; ; {
		var entries []catalog.AuditEntry
		h.read(func(tx *catalog.Tx) (err error) {
			entries, cursor, err = tx.AuditEntries(catalog.AuditQuery{Action: action, Cursor: cursor, Limit: 500})
			return err
		})
		for _, e := range entries {
			head, err := audit.ParseHeader(e.Header)
			h.ok(err)
			out = append(out, head)
		}
		if cursor == "" {
			return out
		}
	}
}

// verify seals the log and has the verifier look at everything.
func (h *house) verify() error {
	ctx := context.Background()
	if err := h.logbook.Seal(ctx); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	origin, err := audit.Origin(h.ArchiveID, h.clock.Now().Year())
	h.ok(err)
	signer, err := audit.NewSigner(origin, h.direct.Keyring().AuditSeed())
	h.ok(err)
	public, err := audit.ParsePublic(signer.Public())
	h.ok(err)
	var found []string
	_, err = fixity.Run(ctx, h.sources(), fixity.Config{Archive: h.ArchiveID, AuditKey: public, Clock: h.clock, Workers: 2,
		Ahead: lockedAtLeast * 30 * 24 * time.Hour, AuditAhead: lockedAtLeast * 30 * 24 * time.Hour,
		Report: func(f fixity.Finding) { found = append(found, fmt.Sprint(f.Kind, " ", f.Subject, ": ", f.What)) }})
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if len(found) > 0 {
		slices.Sort(found)
		return fmt.Errorf("verify finds:\n  %s", strings.Join(found, "\n  "))
	}
	return nil
}

// documents gives the ids of all documents.
func (h *house) documents() []record.DocumentID {
	h.t.Helper()
	var out []record.DocumentID
	h.read(func(tx *catalog.Tx) error {
		docs, err := allDocuments(tx)
		out = nil
		for _, d := range docs {
			out = append(out, d.ID)
		}
		return err
	})
	return out
}

func allDocuments(tx *catalog.Tx) (all []record.Document, err error) {
	for after := record.DocumentID(""); ; {
		docs, err := tx.DocumentsAfter(after, 500)
		if err != nil || len(docs) == 0 {
			return all, err
		}
		all = append(all, docs...)
		after = docs[len(docs)-1].ID
	}
}
