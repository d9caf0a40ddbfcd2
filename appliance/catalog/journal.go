package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// The states of a journal row.
const (
	JournalSpooled = "spooled" // taken, not yet known to be stored
	JournalStored  = "stored"  // the document is in the catalog
	JournalFailed  = "failed"  // given up; nothing was acknowledged
)

// JournalRow is one document on its way in: all that is needed to do the
// way again from the spool with the same bytes and the same names.
type JournalRow struct {
	ID             string
	Node           string
	Actor          record.UserID
	IdempotencyKey string // "" = none
	RequestDigest  record.Digest
	Document       record.DocumentID
	Object         record.ObjectID
	KeySealed      []byte
	Cipher         record.Digest
	CipherSize     int64
	Plain          record.Digest
	Size           int64
	SpoolPath      string
	ManifestName   string
	ManifestDigest record.Digest
	Manifest       []byte // the bytes to put, if they are fixed already
	LockUntil      time.Time
	Submission     string // JSON of what the channel said
	State          string
	CreatedAt      time.Time
	ChangedAt      time.Time // when State was set
}

// InsertJournal adds a row. It gives Conflict if the actor has used the
// idempotency key before; JournalByKey then says for what.
func (t *Tx) InsertJournal(j JournalRow) error {
	if j.IdempotencyKey != "" {
		if taken, err := t.one("insert journal", "SELECT 1 FROM journal WHERE actor = $1 AND idempotency_key = $2",
			[]any{j.Actor, j.IdempotencyKey}, new(int)); err != nil {
			return err
		} else if taken {
			return conflict("This idempotency key was used before.")
		}
	}
	if j.CreatedAt.IsZero() {
		j.CreatedAt = t.Now()
	}
	if j.State == "" {
		j.State = JournalSpooled
	}
	_, err := t.exec("insert journal", `INSERT INTO journal (id, node, actor, idempotency_key, request_digest, document_id, object_id,
		key_sealed, cipher, cipher_size, plain, size, spool_path, manifest_name, manifest_digest, manifest, lock_until, submission,
		state, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20)`,
		j.ID, j.Node, j.Actor, j.IdempotencyKey, j.RequestDigest, j.Document, j.Object, encode(j.KeySealed), j.Cipher, j.CipherSize,
		j.Plain, j.Size, j.SpoolPath, j.ManifestName, j.ManifestDigest, encode(j.Manifest), toMicros(j.LockUntil), j.Submission,
		j.State, toMicros(j.CreatedAt))
	return err
}

// SetJournalManifest notes the manifest that belongs to a row.
func (t *Tx) SetJournalManifest(id, name string, digest record.Digest, body []byte) error {
	return t.change("set journal manifest", "journal row", `UPDATE journal SET manifest_name = $2, manifest_digest = $3, manifest = $4
		WHERE id = $1`, id, name, digest, encode(body))
}

// SetJournalState sets a row's state.
func (t *Tx) SetJournalState(id, state string) error {
	return t.change("set journal state", "journal row", "UPDATE journal SET state = $2, changed_at = $3 WHERE id = $1", id, state, t.c.now())
}

// DeleteJournal forgets a row: the way in is over and the spool is purged.
func (t *Tx) DeleteJournal(id string) error {
	return t.change("delete journal", "journal row", "DELETE FROM journal WHERE id = $1", id)
}

// JournalByID reads a row.
func (t *Tx) JournalByID(id string) (JournalRow, error) { return t.journalRow("WHERE id = $1", id) }

// JournalByKey reads the row of an actor's idempotency key.
func (t *Tx) JournalByKey(actor record.UserID, key string) (JournalRow, error) {
	return t.journalRow("WHERE actor = $1 AND idempotency_key = $2 AND idempotency_key <> ''", actor, key)
}

// JournalByDocument reads the row by which a document came in.
func (t *Tx) JournalByDocument(id record.DocumentID) (JournalRow, error) {
	return t.journalRow("WHERE document_id = $1", id)
}

// JournalUnfinished lists a node's rows that are not stored, oldest first.
func (t *Tx) JournalUnfinished(node string) ([]JournalRow, error) {
	return t.journal("WHERE state = $1 AND node = $2 ORDER BY created_at, id", JournalSpooled, node)
}

// JournalKnows says whether a row, in whatever state, names an object, or a
// delivery that is not complete does.
func (t *Tx) JournalKnows(id record.ObjectID) (bool, error) {
	return t.one("journal knows", `SELECT 1 FROM (SELECT 1 AS x FROM journal WHERE object_id = $1 UNION ALL
		SELECT 1 FROM delivery_object WHERE object_id = $1 AND object_id <> '' AND state <> 'taken') AS known LIMIT 1`, []any{id}, new(int))
}

func (t *Tx) journalRow(where string, args ...any) (JournalRow, error) {
	js, err := t.journal(where+" ORDER BY created_at, id LIMIT 1", args...)
	if err != nil {
		return JournalRow{}, err
	}
	if len(js) == 0 {
		return JournalRow{}, missing("journal row")
	}
	return js[0], nil
}

func (t *Tx) journal(where string, args ...any) ([]JournalRow, error) {
	var out []JournalRow
	err := t.each("journal", `SELECT id, node, actor, idempotency_key, request_digest, document_id, object_id, key_sealed, cipher,
		cipher_size, plain, size, spool_path, manifest_name, manifest_digest, manifest, lock_until, submission, state, created_at, changed_at
		FROM journal `+where, args, func(row *sql.Rows) error {
		var j JournalRow
		var key, manifest string
		var lock, created, changed int64
		err := row.Scan(&j.ID, &j.Node, &j.Actor, &j.IdempotencyKey, &j.RequestDigest, &j.Document, &j.Object, &key, &j.Cipher,
			&j.CipherSize, &j.Plain, &j.Size, &j.SpoolPath, &j.ManifestName, &j.ManifestDigest, &manifest, &lock, &j.Submission,
			&j.State, &created, &changed)
		if err != nil {
			return err
		}
		if j.KeySealed, err = decode(key); err != nil {
			return err
		}
		if j.Manifest, err = decode(manifest); err != nil {
			return err
		}
		j.LockUntil, j.CreatedAt, j.ChangedAt = fromMicros(lock), fromMicros(created), fromMicros(changed)
		out = append(out, j)
		return nil
	})
	return out, err
}
