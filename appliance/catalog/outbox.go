package catalog

import (
	"database/sql"
	"errors"
	"time"

	"eakte/appliance/record"
)

// OutboxRow is a manifest that a change has committed and that the vault still
// has to be given.
type OutboxRow struct {
	Name      string // of the object, deterministic
	Subject   string // the file, document or person
	Sequence  int    // of the manifest among the subject's, from 1
	Body      []byte
	Digest    record.Digest // of Body
	LockUntil time.Time
	CreatedAt time.Time
}

// InsertOutbox adds a row and makes it the head of its subject's manifests. It
// gives Conflict if the subject has a head and Sequence isn't the one after it.
func (t *Tx) InsertOutbox(o OutboxRow) error {
	head, err := t.ManifestHead(o.Subject)
	if err != nil {
		return err
	}
	if head.Name != "" && head.Name != o.Name && o.Sequence != head.Sequence+1 {
		return conflict("Somebody else has changed this in the meantime.")
	}
	place, err := t.next("outbox")
	if err != nil {
		return err
	}
	if o.CreatedAt.IsZero() {
		o.CreatedAt = t.Now()
	}
	if _, err := t.exec("insert outbox", `INSERT INTO outbox (name, place, subject, sequence, body, digest, lock_until, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, o.Name, place, o.Subject, o.Sequence, encode(o.Body), o.Digest,
		toMicros(o.LockUntil), toMicros(o.CreatedAt)); err != nil {
		return err
	}
	return t.SetManifestHead(Head{Subject: o.Subject, Name: o.Name, Sequence: o.Sequence, Digest: o.Digest})
}

// OutboxPending lists the rows to put, in the order they were committed.
func (t *Tx) OutboxPending(n int) ([]OutboxRow, error) {
	var out []OutboxRow
	err := t.each("outbox", "SELECT name, subject, sequence, body, digest, lock_until, created_at FROM outbox ORDER BY place LIMIT $1",
		[]any{clampLimit(n)}, func(row *sql.Rows) error {
			var o OutboxRow
			var body string
			var lock, created int64
			err := row.Scan(&o.Name, &o.Subject, &o.Sequence, &body, &o.Digest, &lock, &created)
			if err != nil {
				return err
			}
			if o.Body, err = decode(body); err != nil {
				return err
			}
			o.LockUntil, o.CreatedAt = fromMicros(lock), fromMicros(created)
			out = append(out, o)
			return nil
		})
	return out, err
}

// OutboxBody reads the bytes of a row; NotFound if the vault has them already.
func (t *Tx) OutboxBody(name string) ([]byte, error) {
	var body string
	found, err := t.one("outbox body", "SELECT body FROM outbox WHERE name = $1", []any{name}, &body)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, missing("manifest")
	}
	b, err := decode(body)
	if err != nil {
		return nil, t.fail("outbox body", err)
	}
	return b, nil
}

// OutboxSize counts the rows to put.
func (t *Tx) OutboxSize() (int, error) {
	var n int
	_, err := t.one("outbox size", "SELECT COUNT(*) FROM outbox", nil, &n)
	return n, err
}

// DeleteOutbox removes a row that the vault has; one that is gone is no error.
func (t *Tx) DeleteOutbox(name string) error {
	_, err := t.exec("delete outbox", "DELETE FROM outbox WHERE name = $1", name)
	return err
}

// Head is the newest manifest of a subject: a document, file or person.
type Head struct {
	Subject  string
	Name     string        // of the manifest's object
	Sequence int           // from 1
	Digest   record.Digest // of its bytes
}

// ManifestHead gives a subject's newest manifest, without name and with
// sequence 0 if there is none yet.
func (t *Tx) ManifestHead(subject string) (Head, error) {
	h := Head{Subject: subject}
	_, err := t.one("manifest head", "SELECT name, sequence, digest FROM manifest_head WHERE subject = $1", []any{subject},
		&h.Name, &h.Sequence, &h.Digest)
	return h, err
}

// SetManifestHead sets a subject's newest manifest, as intake and a rebuild do;
// later changes go through InsertOutbox.
func (t *Tx) SetManifestHead(h Head) error {
	_, err := t.exec("set manifest head", `INSERT INTO manifest_head (subject, name, sequence, digest) VALUES ($1, $2, $3, $4)
		ON CONFLICT (subject) DO UPDATE SET name = excluded.name, sequence = excluded.sequence, digest = excluded.digest`,
		h.Subject, h.Name, h.Sequence, h.Digest)
	return err
}

// Answer is the first answer to a write that carried an idempotency key.
type Answer struct {
	RequestDigest record.Digest
	Status        int
	Body          []byte
	CreatedAt     time.Time
}

// IdempotentGet reads the answer that an actor's key got; NotFound if none.
func (t *Tx) IdempotentGet(actor record.UserID, key string) (Answer, error) {
	var a Answer
	var body string
	var created int64
	found, err := t.one("idempotent get", `SELECT request_digest, status, body, created_at FROM idempotency
		WHERE actor = $1 AND request_key = $2`, []any{actor, key}, &a.RequestDigest, &a.Status, &body, &created)
	if err != nil {
		return Answer{}, err
	}
	if !found {
		return Answer{}, missing("answer")
	}
	if a.Body, err = decode(body); err != nil {
		return Answer{}, t.fail("idempotent get", err)
	}
	a.CreatedAt = fromMicros(created)
	return a, nil
}

// Answered gives what was kept of the first answer if the actor has sent the
// same request under this key before; Conflict if it was another one. An empty
// key names nothing.
func (t *Tx) Answered(actor record.UserID, key string, request record.Digest) (body string, repeated bool, err error) {
	if key == "" {
		return "", false, nil
	}
	first, err := t.IdempotentGet(actor, key)
	switch {
	case errors.Is(err, record.NotFound):
		return "", false, nil
	case err != nil:
		return "", false, err
	case first.RequestDigest != request:
		return "", false, &record.Error{Category: record.Conflict, Field: "Idempotency-Key",
			Message: "This idempotency key was used for another request.", Hint: "Use a new key for each request."}
	}
	return string(first.Body), true, nil
}

// IdempotentPut keeps the answer to an actor's key; Conflict if it has one. An
// empty key keeps nothing.
func (t *Tx) IdempotentPut(actor record.UserID, key string, request record.Digest, status int, body []byte) error {
	if key == "" {
		return nil
	}
	n, err := t.exec("idempotent put", `INSERT INTO idempotency (actor, request_key, request_digest, status, body, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, actor, key, request, status, encode(body), t.c.now())
	if err == nil && n == 0 {
		err = conflict("This idempotency key was used before.")
	}
	return err
}
