package catalog

import (
	"database/sql"
	"errors"
	"time"

	"eakte/appliance/record"
)

// Scrubbed is how far one share of a bucket, what lies below a prefix, was read
// again and hashed.
type Scrubbed struct {
	Bucket   string // records, keys or audit
	Prefix   string
	After    string    // the reading under way has come this far; "": none is under way
	BeganAt  time.Time // of the reading under way
	Objects  int64     // in the reading under way
	Bytes    int64
	ReadAt   time.Time // when the last whole reading began; zero: there was none
	Had      int64     // objects in the last whole reading
	HadBytes int64
}

// Scrubs lists the shares of which something was read, by bucket and prefix.
func (t *Tx) Scrubs() ([]Scrubbed, error) {
	var out []Scrubbed
	err := t.each("scrubs", `SELECT bucket, prefix, after, began_at, objects, bytes, read_at, had, had_bytes FROM scrub
		ORDER BY bucket, prefix`, nil, func(row *sql.Rows) error {
		var s Scrubbed
		var began, read int64
		err := row.Scan(&s.Bucket, &s.Prefix, &s.After, &began, &s.Objects, &s.Bytes, &read, &s.Had, &s.HadBytes)
		s.BeganAt, s.ReadAt = fromMicros(began), fromMicros(read)
		out = append(out, s)
		return err
	})
	return out, err
}

// PutScrub notes how far a share was read.
func (t *Tx) PutScrub(s Scrubbed) error {
	_, err := t.exec("put scrub", `INSERT INTO scrub (bucket, prefix, after, began_at, objects, bytes, read_at, had, had_bytes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (bucket, prefix) DO UPDATE SET after = excluded.after,
		began_at = excluded.began_at, objects = excluded.objects, bytes = excluded.bytes, read_at = excluded.read_at,
		had = excluded.had, had_bytes = excluded.had_bytes`,
		s.Bucket, s.Prefix, s.After, toMicros(s.BeganAt), s.Objects, s.Bytes, toMicros(s.ReadAt), s.Had, s.HadBytes)
	return err
}

// Coverage is how much was read again since a time, and what was longest not.
type Coverage struct {
	Objects int64     // in the last whole readings
	Bytes   int64     //
	Shares  int       // of which there was a whole reading
	Fresh   int       // of these, since the time
	Oldest  time.Time // of these, the one read longest ago; zero: there is none
}

// ScrubCoverage sums up the shares.
func (t *Tx) ScrubCoverage(since time.Time) (c Coverage, err error) {
	var oldest int64
	_, err = t.one("scrub coverage", `SELECT CAST(COALESCE(SUM(had), 0) AS BIGINT), CAST(COALESCE(SUM(had_bytes), 0) AS BIGINT), COUNT(*),
		COALESCE(SUM(CASE WHEN read_at >= $1 THEN 1 ELSE 0 END), 0), COALESCE(MIN(read_at), 0) FROM scrub WHERE read_at > 0`,
		[]any{toMicros(since)}, &c.Objects, &c.Bytes, &c.Shares, &c.Fresh, &oldest)
	c.Oldest = fromMicros(oldest)
	return c, err
}

// KnownDigests gives the hashes of the bytes that must lie under some names of
// originals and manifests, at most 500 of them; what nobody knows is left out.
func (t *Tx) KnownDigests(originals []record.ObjectID, manifests []string) (byObject map[record.ObjectID]record.Digest, byName map[string]record.Digest, err error) {
	byObject, byName = map[record.ObjectID]record.Digest{}, map[string]record.Digest{}
	for part := range chunks(originals) {
		var p params
		err := t.each("known originals", "SELECT object_id, cipher FROM document WHERE cipher <> '' AND object_id IN ("+list(&p, part)+")", p.args,
			func(row *sql.Rows) error {
				var id record.ObjectID
				var d record.Digest
				err := row.Scan(&id, &d)
				byObject[id] = d
				return err
			})
		if err != nil {
			return nil, nil, err
		}
	}
	for part := range chunks(manifests) {
		var p params
		in := list(&p, part)
		err := t.each("known manifests", `SELECT name, digest FROM manifest_head WHERE digest <> '' AND name IN (`+in+`)
			UNION ALL SELECT name, digest FROM superseded WHERE digest <> '' AND name IN (`+in+`)`, p.args,
			func(row *sql.Rows) error {
				var name string
				var d record.Digest
				err := row.Scan(&name, &d)
				byName[name] = d
				return err
			})
		if err != nil {
			return nil, nil, err
		}
	}
	return byObject, byName, nil
}

// LearnDigest notes the hash of a manifest that has a successor.
func (t *Tx) LearnDigest(name string, d record.Digest) error {
	_, err := t.exec("learn digest", `INSERT INTO superseded (name, digest) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET digest = excluded.digest`, name, d)
	return err
}

// Relocation is an original that is put anew under another id.
type Relocation struct {
	Document record.DocumentID
	Old, New record.ObjectID
	BegunAt  time.Time
	DoneAt   time.Time // zero: only the new id is chosen
}

// BeginRelocation chooses the new id of a document's original, or gives the one
// that an earlier try chose.
func (t *Tx) BeginRelocation(r Relocation) (Relocation, error) {
	// A key that is put under a new name must not outlive its destruction.
	if erased, err := t.one("erasure begun", "SELECT 1 FROM erasure WHERE document_id = $1 AND begun_at > 0", []any{r.Document}, new(int)); err != nil {
		return r, err
	} else if erased {
		return r, conflict("The document is being erased.")
	}
	if _, err := t.exec("begin relocation", `INSERT INTO relocation (old_object, new_object, document_id, begun_at, done_at)
		VALUES ($1, $2, $3, $4, 0) ON CONFLICT (old_object) DO NOTHING`, r.Old, r.New, r.Document, toMicros(r.BegunAt)); err != nil {
		return r, err
	}
	var begun, done int64
	_, err := t.one("relocation", "SELECT new_object, document_id, begun_at, done_at FROM relocation WHERE old_object = $1", []any{r.Old},
		&r.New, &r.Document, &begun, &done)
	r.BegunAt, r.DoneAt = fromMicros(begun), fromMicros(done)
	return r, err
}

// EndRelocation makes a document's original the one under its new id. It is
// Conflict if the document has another one than the old by now.
func (t *Tx) EndRelocation(r Relocation, at time.Time) error {
	n, err := t.exec("relocate document", "UPDATE document SET object_id = $3 WHERE id = $1 AND object_id = $2", r.Document, r.Old, r.New)
	if err == nil && n == 0 {
		err = conflict("The document's original was put anew in the meantime.")
	}
	if err != nil {
		return err
	}
	return t.change("end relocation", "relocation", "UPDATE relocation SET done_at = $2 WHERE old_object = $1", r.Old, toMicros(at))
}

// PutRelocation notes one that is long done, as a rebuild does.
func (t *Tx) PutRelocation(r Relocation) error {
	_, err := t.exec("put relocation", `INSERT INTO relocation (old_object, new_object, document_id, begun_at, done_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (old_object) DO NOTHING`, r.Old, r.New, r.Document, toMicros(r.BegunAt), toMicros(r.DoneAt))
	return err
}

// Relocating says whether a document's original is being put anew.
func (t *Tx) Relocating(id record.DocumentID) (bool, error) {
	return t.one("relocating", "SELECT 1 FROM relocation WHERE document_id = $1 AND done_at = 0", []any{id}, new(int))
}

// RelocationsBegun lists what was begun and not ended.
func (t *Tx) RelocationsBegun() ([]Relocation, error) {
	var out []Relocation
	err := t.each("relocations begun", "SELECT document_id, old_object, new_object, begun_at FROM relocation WHERE done_at = 0 ORDER BY old_object LIMIT 500",
		nil, func(row *sql.Rows) error {
			var r Relocation
			var begun int64
			err := row.Scan(&r.Document, &r.Old, &r.New, &begun)
			r.BegunAt = fromMicros(begun)
			out = append(out, r)
			return err
		})
	return out, err
}

// DocumentOfObject finds the document that has, or had before a relocation, the
// original of this id.
func (t *Tx) DocumentOfObject(id record.ObjectID) (record.Document, error) {
	d, err := t.DocumentByObject(id)
	if !errors.Is(err, record.NotFound) {
		return d, err
	}
	var doc record.DocumentID
	ok, err := t.one("relocated document", "SELECT document_id FROM relocation WHERE old_object = $1", []any{id}, &doc)
	if err != nil {
		return record.Document{}, err
	}
	if !ok {
		return record.Document{}, missing("document")
	}
	return t.DocumentByID(doc)
}

// ResolveNamed closes the open findings about some names.
func (t *Tx) ResolveNamed(kind string, names []string, at time.Time) error {
	for _, n := range names {
		if _, err := t.exec("resolve finding", "UPDATE finding SET resolved_at = $3 WHERE kind = $1 AND name = $2 AND resolved_at = 0",
			kind, n, toMicros(at)); err != nil {
			return err
		}
	}
	return nil
}

// Relocated says which ids are of originals that were put anew under another.
func (t *Tx) Relocated(ids []record.ObjectID) (map[record.ObjectID]bool, error) {
	out := map[record.ObjectID]bool{}
	for part := range chunks(ids) {
		var p params
		found, err := column[record.ObjectID](t, "relocated", "SELECT old_object FROM relocation WHERE done_at > 0 AND old_object IN ("+list(&p, part)+")", p.args...)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			out[id] = true
		}
	}
	return out, nil
}

// ShortLocks counts the documents whose lock ends before a time although they
// are kept for longer: to a later day, to one that is not known yet, or because
// they are held. Disposed ones are left out.
func (t *Tx) ShortLocks(end time.Time) (n int64, err error) {
	_, err = t.one("short locks", `SELECT COUNT(*) FROM document WHERE locked_until < $1 AND state <> $2
		AND (keep_until = '' OR keep_until >= $3 OR `+heldDocument+`)`,
		[]any{toMicros(end), record.StateDisposed, end.UTC().Format(time.DateOnly)}, &n)
	return n, err
}
