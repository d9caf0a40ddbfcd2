package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// What is staged lies encrypted in this node's spool, as what is on its way in
// does, and is no document: it waits until the delivery that it belongs to is
// complete. Only ingest/delivery comes here.

// stateTaking is the state of a delivery of which documents may be made.
const stateTaking = "taking"

// Stage takes bytes into the spool and gives where they lie. Until the caller
// has written that into the catalog they are nobody's, and gone with the next
// start. Errors: Denied for who may not deliver, TooLarge beyond limit (0: what
// a document may have), Unavailable when the disk is full.
func (in *Intake) Stage(ctx context.Context, actor record.Actor, body io.Reader, limit int64) (catalog.Staged, error) {
	if err := in.mayDeliver(ctx, actor); err != nil {
		return catalog.Staged{}, err
	}
	if limit <= 0 || limit > in.MaxBytes {
		limit = in.MaxBytes
	}
	object := record.ObjectID(record.NewID())
	key, err := in.Vault.NewKey(object)
	if err != nil {
		return catalog.Staged{}, err
	}
	it, err := in.spool.receive(object, key, body, limit)
	if err != nil {
		return catalog.Staged{}, err
	}
	if key, err = in.Vault.Renew(key); err != nil { // as in take
		return catalog.Staged{}, errors.Join(err, in.spool.drop(object))
	}
	return catalog.Staged{Object: object, Node: in.Node, KeySealed: key.Sealed(), Plain: it.plain, Cipher: it.cipher, Size: it.plainSize,
		CipherSize: it.cipherSize, ContentType: contentType(it.head)}, nil
}

func (in *Intake) mayDeliver(ctx context.Context, actor record.Actor) error {
	var roles []record.RoleAt
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { roles, err = tx.Roles(actor.User); return err })
	if err != nil {
		return err
	}
	for _, r := range roles {
		if in.Policy.DecideAt(roles, r.Site, r.Team, access.DeliveryPost).Allowed {
			return nil
		}
	}
	return &record.Error{Category: record.Denied, Message: "You may not hand deliveries in."}
}

// Staged says whether the bytes are here: Unavailable if they lie at another
// node, NotFound if they are gone, Corrupt if they are not as long as they were.
// Their hash is proven when they go to the store.
func (in *Intake) Staged(st catalog.Staged) error {
	f, err := in.staged(st)
	if err != nil {
		return err
	}
	return full(f.Close())
}

// StagedWhole is Staged for bytes that are read to their end: Corrupt too if
// they are others than those that came.
func (in *Intake) StagedWhole(st catalog.Staged) error {
	f, err := in.staged(st)
	if err != nil {
		return err
	}
	return full(errors.Join(sameBytes(f, st.Cipher, st.CipherSize), f.Close()))
}

// staged opens staged bytes as they lie here.
func (in *Intake) staged(st catalog.Staged) (SpoolFile, error) {
	if st.Node != in.Node {
		return nil, elsewhere(st)
	}
	f, err := in.spool.fs.Open(string(st.Object) + originalSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &record.Error{Category: record.NotFound, Message: "The bytes of an object of this delivery are gone.", Hint: "Send it again.", Cause: err}
	}
	if err != nil {
		return nil, full(err)
	}
	n, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil && n != st.CipherSize {
		err = &record.Error{Category: record.Corrupt, Message: "The bytes of an object of this delivery are damaged.", Hint: "Send it again."}
	}
	if err != nil {
		return nil, full(errors.Join(err, f.Close()))
	}
	return f, nil
}

func elsewhere(st catalog.Staged) error {
	return &record.Error{Category: record.Unavailable, Field: "node", Message: "Objects of this delivery lie at another node of the appliance.",
		Hint: "Hand over all of a delivery at the same node, or send the objects again here.", Cause: fmt.Errorf("object %s at %s", st.Object, st.Node)}
}

// OpenStaged opens staged bytes for reading, decrypted.
func (in *Intake) OpenStaged(st catalog.Staged) (io.ReadCloser, error) {
	key, err := in.Vault.KeyFromSealed(st.Object, st.KeySealed)
	if err != nil {
		return nil, err
	}
	f, err := in.staged(st)
	if err != nil {
		return nil, err
	}
	plain, err := key.Decrypt(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, f}, nil
}

// DropStaged drops staged bytes of this node that nobody names any more.
func (in *Intake) DropStaged(ctx context.Context, st catalog.Staged) error {
	if st.Object == "" || st.Node != in.Node {
		return nil // the other node's start sweeps them
	}
	return in.leave(ctx, st.Object)
}

// TakeStaged makes a document of staged bytes, at a site's clearing, as Accept
// does of a body; s.Body is not read. The delivery that they belong to must be
// in the state taking, which is looked at in the transaction that journals it:
// Conflict otherwise. Unavailable for bytes that lie at another node. Called again, with the same idempotency key, it gives the
// same document.
func (in *Intake) TakeStaged(ctx context.Context, actor record.Actor, site string, s Submission, st catalog.Staged, h Handover) (Receipt, error) {
	if in.Believe != nil {
		if err := in.Believe(); err != nil {
			return Receipt{}, err
		}
	}
	if st.Node != in.Node { // before the journal names this one
		return Receipt{}, elsewhere(st)
	}
	s.handover, s.Body = &h, bytes.NewReader(nil)
	if err := s.validate(in.Clock.Now()); err != nil {
		return Receipt{}, err
	}
	r, err := in.takeStaged(ctx, actor, site, s, st)
	if errors.Is(err, errSpoolLost) { // an earlier try with bytes that are gone: nobody was told of it
		return in.takeStaged(ctx, actor, site, s, st)
	}
	return r, err
}

func (in *Intake) takeStaged(ctx context.Context, actor record.Actor, site string, s Submission, st catalog.Staged) (Receipt, error) {
	it := item{plain: st.Plain, cipher: st.Cipher, plainSize: st.Size, cipherSize: st.CipherSize, contentType: st.ContentType}
	key, err := in.Vault.KeyFromSealed(st.Object, st.KeySealed)
	if err == nil {
		key, err = in.Vault.Renew(key)
	}
	if err != nil {
		return in.before(ctx, actor, s, it, err)
	}
	row, err := in.prepare(actor, s, destination{site: site, sensitivity: record.SensitivityNormal}, key, it)
	if err != nil {
		return Receipt{}, err
	}
	release, _ := in.claim(row.ID) // the id is new, so nobody has it
	defer release()
	err = in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if _, err := tx.JournalByKey(actor.User, s.IdempotencyKey); err == nil {
			return errJournalled
		} else if !errors.Is(err, record.NotFound) {
			return err
		}
		if _, err := tx.StagedFor(st.Object, stateTaking); err != nil {
			return err
		}
		return tx.InsertJournal(row)
	})
	switch {
	case errors.Is(err, errJournalled), errors.Is(err, record.Conflict):
		return in.again(ctx, actor, s, it)
	case errors.Is(err, record.NotFound):
		return Receipt{}, &record.Error{Category: record.Conflict, Message: "The delivery is not being taken in.", Cause: err}
	case err != nil:
		return Receipt{}, err
	}
	doc, err := in.finish(ctx, row)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{Document: doc.ID, SHA256: doc.Plain, Size: doc.Size, ReceivedAt: doc.CreatedAt}, nil
}

// errJournalled says that a staged object was journalled in an earlier try.
var errJournalled = errors.New("it is on its way in already")

// before answers for an object whose key can't be opened: if it is a document
// already, the key is not here any more, and the document is the answer.
func (in *Intake) before(ctx context.Context, actor record.Actor, s Submission, it item, cause error) (Receipt, error) {
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		_, err := tx.JournalByKey(actor.User, s.IdempotencyKey)
		return err
	})
	if err != nil {
		return Receipt{}, errors.Join(cause, ignoreNotFound(err))
	}
	return in.again(ctx, actor, s, it)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, record.NotFound) {
		return nil
	}
	return err
}
