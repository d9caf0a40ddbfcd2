// Package ingest takes documents in. Intake.Accept is the only way into the
// archive: channels hand over to it, and it gives a receipt once the document
// is stored, verified, locked and in the catalog. The jobs behind it read the
// bytes back, empty the spool, and have the pages recognised.
package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
	"eakte/policy/access"
	"eakte/policy/hold"
	"eakte/policy/retention"
)

// Deps are the parts that Intake works with.
type Deps struct {
	Catalog  *catalog.Catalog
	Vault    *vault.Vault
	Policy   *access.Policy
	Spool    SpoolFS
	Clock    record.Clock
	Log      *slog.Logger
	Node     string // names this machine's spool in the journal
	MaxBytes int64  // of one document
	Wake     func() // tells the job runner that something was enqueued
	// Believe says whether the clock may be believed, without asking anybody
	// else; nil: it may. The date of receipt counts in law and the lock can't be
	// taken back, so nothing is taken in by a clock that is off: the bytes stay
	// with the sender, who can hand them in again.
	Believe func() error
}

// Intake takes documents in.
type Intake struct {
	Deps
	spool  spool
	flight sync.Map // ids of the journal rows that somebody in this process works on
}

// claim makes the caller the only one in this process that works on a journal
// row. Rows of other nodes are theirs.
func (in *Intake) claim(row string) (release func(), ok bool) {
	if _, taken := in.flight.LoadOrStore(row, true); taken {
		return nil, false
	}
	return func() { in.flight.Delete(row) }, true
}

// New makes an Intake.
func New(d Deps) *Intake {
	if d.Wake == nil {
		d.Wake = func() {}
	}
	return &Intake{Deps: d, spool: spool{fs: d.Spool}}
}

// How long a second request waits for the first one of the same transmission.
const (
	busyWait = 10 * time.Second
	busyPoll = 50 * time.Millisecond
)

// Accept takes one document in. When it returns a Receipt, the document is in
// the store under lock, verified, and in the catalog; before that nobody may
// be told anything. Unreadable bytes are accepted too: whether they can be
// read is found out later, and they are kept either way.
//
// Errors: NotFound or Denied by policy (both audited), Invalid, TooLarge,
// Conflict (the same idempotency key with another document), Busy (the same
// transmission is being taken in just now), Unavailable (nothing was lost: try
// again).
func (in *Intake) Accept(ctx context.Context, actor record.Actor, s Submission) (Receipt, error) {
	dst, err := in.destination(ctx, actor, s)
	if err != nil {
		return Receipt{}, err
	}
	return in.take(ctx, actor, s, dst)
}

// take is Accept when it is known where the document goes.
func (in *Intake) take(ctx context.Context, actor record.Actor, s Submission, dst destination) (Receipt, error) {
	if in.Believe != nil {
		if err := in.Believe(); err != nil {
			return Receipt{}, err
		}
	}
	if err := s.validate(in.Clock.Now()); err != nil {
		return Receipt{}, err
	}
	object := record.ObjectID(record.NewID())
	key, err := in.Vault.NewKey(object)
	if err != nil {
		return Receipt{}, err
	}
	it, err := in.spool.receive(object, key, s.Body, in.MaxBytes)
	if err != nil {
		return Receipt{}, err
	}
	var row catalog.JournalRow
	if key, err = in.Vault.Renew(key); err == nil { // the sealing key may have been changed while the bytes came in
		row, err = in.prepare(actor, s, dst, key, it)
	}
	if err == nil {
		release, _ := in.claim(row.ID) // the id is new, so nobody has it
		defer release()
		err = in.journal(ctx, row)
	}
	if err != nil {
		err = errors.Join(err, in.leave(ctx, object))
		if errors.Is(err, record.Conflict) && s.IdempotencyKey != "" {
			return in.again(ctx, actor, s, it)
		}
		return Receipt{}, err
	}
	doc, err := in.finish(ctx, row)
	if err != nil {
		return Receipt{}, err
	}
	return in.receipt(ctx, actor, doc, false)
}

// plan is what the journal keeps of a submission, so that a restart can
// finish it. It goes into the catalog only.
type plan struct {
	Document record.Document `json:"document"`
	Site     string          `json:"site"` // in whose clearing it waits while it is in no file
	Actor    record.Actor    `json:"actor"`
	Origin   *origin         `json:"origin,omitempty"` // what it came in
	Note     *catalog.Note   `json:"note,omitempty"`   // what came with it
}

// prepare makes the journal row and the first manifest of a received document.
func (in *Intake) prepare(actor record.Actor, s Submission, dst destination, key vault.Key, it item) (catalog.JournalRow, error) {
	now := in.Clock.Now()
	doc := s.document(actor, dst, now)
	doc.Object, doc.Plain, doc.Cipher = key.Object(), it.plain, it.cipher
	doc.Size, doc.CipherSize = it.plainSize, it.cipherSize
	doc.ContentType = it.typ()
	if dst.file != "" {
		keep, _, err := retention.KeepUntil(dst.class, retention.Events{Received: doc.Received, Dated: doc.Dated})
		if err != nil {
			return catalog.JournalRow{}, err
		}
		doc.KeepUntil = keep
	}
	doc.LockedUntil = retention.LockUntil(dst.class, doc.KeepUntil, now, time.Time{})
	manifestID := record.ObjectID(record.NewID())
	note := s.note(doc, s.by(doc), dst.site)
	man, err := in.manifest(key, doc, manifestID, dst, s, note)
	if err != nil {
		return catalog.JournalRow{}, err
	}
	p, err := json.Marshal(plan{Document: doc, Site: dst.site, Actor: actor, Origin: s.origin, Note: note})
	if err != nil {
		return catalog.JournalRow{}, fmt.Errorf("intake: %w", err)
	}
	return catalog.JournalRow{
		ID: record.NewID(), Node: in.Node, Actor: actor.User, IdempotencyKey: s.IdempotencyKey,
		RequestDigest: s.digest(it.plain), Document: doc.ID, Object: doc.Object, KeySealed: key.Sealed(),
		Cipher: doc.Cipher, CipherSize: doc.CipherSize, Plain: doc.Plain, Size: doc.Size,
		SpoolPath: string(doc.Object) + originalSuffix, ManifestName: vault.ManifestName(manifestID),
		ManifestDigest: record.Sum(man), Manifest: man, LockUntil: doc.LockedUntil, Submission: string(p),
		State: catalog.JournalSpooled, CreatedAt: now,
	}, nil
}

func (in *Intake) journal(ctx context.Context, row catalog.JournalRow) error {
	return in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.InsertJournal(row) })
}

// leave drops the item of a reception that was not journalled. Whether it was
// may not be known, as when the database went away in the commit: then the item
// stays, and Redo or the next start's sweep decides about it.
func (in *Intake) leave(ctx context.Context, object record.ObjectID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), busyWait)
	defer cancel()
	known := true
	if err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		known, err = tx.JournalKnows(object)
		return err
	}); err != nil || known {
		return err
	}
	return in.spool.drop(object)
}

// finish does steps 4 and 5 for a journalled row: put, verify, commit. It can
// be done again after any failure, with the same bytes.
func (in *Intake) finish(ctx context.Context, row catalog.JournalRow) (record.Document, error) {
	var p plan
	if err := json.Unmarshal([]byte(row.Submission), &p); err != nil {
		return record.Document{}, fmt.Errorf("intake: journal: %w", err)
	}
	if err := in.put(ctx, row); err != nil {
		return record.Document{}, err
	}
	doc, err := in.commit(ctx, row, p)
	if err != nil {
		return record.Document{}, err
	}
	in.Wake()
	return doc, nil
}

// put sends key, original and manifest side by side; each is verified by HEAD.
func (in *Intake) put(ctx context.Context, row catalog.JournalRow) error {
	key, err := in.Vault.KeyFromSealed(row.Object, row.KeySealed)
	if err != nil {
		return err
	}
	original, err := in.spool.fs.Open(row.SpoolPath)
	if err != nil {
		return full(err)
	}
	defer original.Close()
	until := in.lockUntil(row)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return in.Vault.PutKey(gctx, key) })
	g.Go(func() error {
		return in.Vault.PutLocked(gctx, vault.OriginalName(row.Object), row.CipherSize, row.Cipher, original, until)
	})
	g.Go(func() error {
		return in.Vault.PutLocked(gctx, row.ManifestName, int64(len(row.Manifest)), row.ManifestDigest, bytes.NewReader(row.Manifest), until)
	})
	return g.Wait()
}

// lockUntil is the lock that a row asks for; one that waited for so long that it
// is near or past, which a store refuses, is dated anew.
func (in *Intake) lockUntil(row catalog.JournalRow) time.Time {
	if in.Believe != nil && in.Believe() != nil {
		return row.LockUntil
	}
	return retention.LockUntil(record.RetentionClass{}, "", in.Clock.Now(), row.LockUntil)
}

// commit makes the document exist: row, item for whoever looks after its file,
// audit entry, jobs and journal at once.
func (in *Intake) commit(ctx context.Context, row catalog.JournalRow, p plan) (record.Document, error) {
	leaf, err := audit.Seal(audit.Entry{
		At: in.Clock.Now(), Action: audit.DocumentCreate, Outcome: audit.Done, Actor: p.Actor.User, Via: p.Actor.Via,
		Request:  p.Actor.Request,
		Objects:  append(objects(p.Document), audit.Object{Kind: audit.KindManifest, ID: string(row.ManifestDigest)}),
		Personal: audit.Personal{ActorName: p.Actor.Name, Detail: map[string]string{"channel": p.Document.Channel, "name": p.Document.Name}},
	})
	if err != nil {
		return record.Document{}, err
	}
	var doc record.Document
	err = in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := tx.SetManifestHead(catalog.Head{Subject: string(p.Document.ID), Name: row.ManifestName, Sequence: 1, Digest: row.ManifestDigest}); err != nil {
			return err
		}
		if err := tx.Append(leaf); err != nil {
			return err
		}
		doc = p.Document
		site, err := in.follow(tx, row, p, &doc)
		if err != nil {
			return err
		}
		if err := tx.InsertDocument(doc, site); err != nil {
			return err
		}
		if err := p.Origin.link(tx, doc.ID); err != nil {
			return err
		}
		if err := errors.Join(keepNote(tx, doc, p.Note), in.expect(tx, doc)); err != nil {
			return err
		}
		if err := tx.RouteItem(doc.ID, p.Actor.User, in.mayRead); err != nil {
			return err
		}
		if err := holdFollows(tx, doc); err != nil {
			return err
		}
		for _, kind := range []string{KindRead, KindReadBack} {
			spec := jobSpec{kind, p.Document.ID}.spec()
			spec.Priority = priority(p.Document.Channel)
			if err := tx.Enqueue(spec); err != nil {
				return err
			}
		}
		return tx.SetJournalState(row.ID, catalog.JournalStored)
	})
	return doc, err
}

// holdFollows lets the store hold what comes into a held file.
func holdFollows(tx *catalog.Tx, d record.Document) error {
	held, err := tx.Held(d.ID)
	if err != nil || !held {
		return err
	}
	s := hold.Subject{Document: d.ID}
	return tx.Enqueue(job.Spec{Kind: hold.JobKind, Key: s.Key(), Payload: s})
}

// mayRead says to whom of a file's people a document may be given to work on.
func (d Deps) mayRead(f record.Facts) bool {
	return d.Policy.Decide(f, access.DocumentView).Allowed && d.Policy.Decide(f, access.DocumentList).Allowed
}

// priority lets what one person hands in and waits for pass what comes in bulk.
func priority(channel string) int {
	if channel == "web" || channel == "api" || channel == ChannelCounter {
		return 10
	}
	return 0
}

func objects(d record.Document) []audit.Object {
	o := []audit.Object{{Kind: audit.KindDocument, ID: string(d.ID)}}
	if d.File != "" {
		o = append(o, audit.Object{Kind: audit.KindFile, ID: string(d.File)})
	}
	return o
}

func contentType(head []byte) string {
	if t, ok := worker.Sniff(head); ok {
		return t
	}
	return "application/octet-stream"
}
