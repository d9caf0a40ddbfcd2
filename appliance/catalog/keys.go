package catalog

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// The states of a rotation.
const (
	RotationRunning    = "running"    // or cut off: it goes on
	RotationWaiting    = "waiting"    // for documents on their way in that carry a key sealed by an older identity
	RotationIncomplete = "incomplete" // keys that can't be opened were left out; a person has to look
	RotationDone       = "done"       // every key is sealed by the newest identity
	RotationRetired    = "retired"    // and nothing is sealed by an older one any more
)

// Rotation is how far the change of the appliance's sealing key is. The zero
// value: there was none.
type Rotation struct {
	Generation int       `json:"generation"` // of the newest identity
	Recipient  string    `json:"recipient"`  // age1…, that things are sealed to
	State      string    `json:"state"`
	Began      time.Time `json:"began"`
	Ended      time.Time `json:"ended"`   // zero while it goes on
	After      string    `json:"after"`   // name up to which this pass is done
	Seen       int64     `json:"seen"`    // keys, in this pass
	Done       int64     `json:"done"`    // keys that were sealed anew, since it began
	Broken     int64     `json:"broken"`  // keys that can't be opened, in this pass
	Waiting    int64     `json:"waiting"` // documents on their way in
}

// Unfinished says whether keys are, or may be, sealed by an older identity only.
func (r Rotation) Unfinished() bool {
	return r.State == RotationRunning || r.State == RotationWaiting || r.State == RotationIncomplete
}

const metaRotation = "key_rotation"

// Rotation reads the state of the last rotation.
func (t *Tx) Rotation() (r Rotation, err error) {
	text, err := t.Meta(metaRotation)
	if err != nil || text == "" {
		return r, err
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("catalog: rotation: %w", err)
	}
	return r, nil
}

// SetRotation notes how far a rotation is.
func (t *Tx) SetRotation(r Rotation) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("catalog: rotation: %w", err)
	}
	return t.SetMeta(metaRotation, string(b))
}

// SealedRow is the sealed key of a document on its way in.
type SealedRow struct {
	Row    string
	Object record.ObjectID
	Sealed []byte
}

// SealedUnfinished lists the keys of what is on its way in, on any node, and of
// what lies in a delivery that is not complete, by row from behind after, at
// most 500.
func (t *Tx) SealedUnfinished(after string) ([]SealedRow, error) {
	var out []SealedRow
	err := t.each("sealed unfinished", `SELECT id, object_id, key_sealed FROM (
		SELECT id, object_id, key_sealed FROM journal WHERE state = $1 UNION ALL
		SELECT object_id, object_id, key_sealed FROM delivery_object WHERE object_id <> '' AND key_sealed <> '') AS sealed
		WHERE id > $2 ORDER BY id LIMIT 500`,
		[]any{JournalSpooled, after}, func(row *sql.Rows) error {
			var r SealedRow
			var sealed string
			err := row.Scan(&r.Row, &r.Object, &sealed)
			if err != nil {
				return err
			}
			r.Sealed, err = decode(sealed)
			out = append(out, r)
			return err
		})
	return out, err
}

// Erasure is a document whose key is, or is about to be, destroyed.
type Erasure struct {
	Document    record.DocumentID
	Object      record.ObjectID
	Act         string    // erased, disposed
	Tombstone   string    // its name in the store
	Body        []byte    // its bytes
	BegunAt     time.Time // zero: stopped, as by a hold
	FinalAt     time.Time // since when nothing can stop it; zero: a hold still can
	DestroyedAt time.Time // zero: not yet
	CopiesUntil string    // YYYY-MM-DD, the last day on which a backup may hold a copy of the key; "" until destroyed
}

// PutErasure adds an erasure, or replaces the one of the same document.
func (t *Tx) PutErasure(e Erasure) error {
	_, err := t.exec("put erasure", `INSERT INTO erasure (document_id, object_id, act, tombstone, body, begun_at, final_at, destroyed_at, copies_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (document_id) DO UPDATE SET object_id = excluded.object_id, act = excluded.act,
		tombstone = excluded.tombstone, body = excluded.body, begun_at = excluded.begun_at, final_at = excluded.final_at,
		destroyed_at = excluded.destroyed_at, copies_until = excluded.copies_until`,
		e.Document, e.Object, e.Act, e.Tombstone, encode(e.Body), toMicros(e.BegunAt), toMicros(e.FinalAt), toMicros(e.DestroyedAt), e.CopiesUntil)
	return err
}

// ErasureOf reads the erasure of a document; NotFound if there is none.
func (t *Tx) ErasureOf(id record.DocumentID) (Erasure, error) {
	es, err := t.erasures("WHERE document_id = $1", id)
	if err == nil && len(es) == 0 {
		err = missing("erasure")
	}
	if err != nil {
		return Erasure{}, err
	}
	return es[0], nil
}

// OpenErasures lists erasures that are under way, at most 500.
func (t *Tx) OpenErasures() ([]Erasure, error) {
	return t.erasures("WHERE destroyed_at = 0 AND begun_at > 0 ORDER BY document_id LIMIT 500")
}

func (t *Tx) erasures(where string, args ...any) ([]Erasure, error) {
	var out []Erasure
	err := t.each("erasures", "SELECT document_id, object_id, act, tombstone, body, begun_at, final_at, destroyed_at, copies_until FROM erasure "+where, args,
		func(row *sql.Rows) error {
			var e Erasure
			var body string
			var begun, final, destroyed int64
			err := row.Scan(&e.Document, &e.Object, &e.Act, &e.Tombstone, &body, &begun, &final, &destroyed, &e.CopiesUntil)
			if err != nil {
				return err
			}
			e.Body, err = decode(body)
			e.BegunAt, e.FinalAt, e.DestroyedAt = fromMicros(begun), fromMicros(final), fromMicros(destroyed)
			out = append(out, e)
			return err
		})
	return out, err
}

// DisposeDocument notes that a document's key is destroyed: its state is
// disposed, what names it is taken out of its row, and the sealed key, the
// manifest and what the channel said out of the journal. It must be left out of
// search until the index has seen it (AddDirty).
func (t *Tx) DisposeDocument(id record.DocumentID) error {
	if err := t.SetState(id, record.StateDisposed, ""); err != nil {
		return err
	}
	if err := t.change("dispose document", "document", "UPDATE document SET title = '', name = '' WHERE id = $1", id); err != nil {
		return err
	}
	if err := errors.Join(t.forgetCut(id), t.forgetDelivered(id), t.forgetFilings(id), t.EndParting(id), t.ForgetRouting(id), t.DropForward(id)); err != nil {
		return err
	}
	_, err := t.exec("dispose document", "UPDATE journal SET key_sealed = '', manifest = '', submission = '' WHERE document_id = $1 AND state = $2",
		id, JournalStored)
	return err
}
