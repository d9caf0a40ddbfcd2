package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// What follows is for the rebuild of a catalog from the buckets alone: what it
// has read so far stands in tables of its own, so that it can be cut off, and
// so that its memory doesn't grow with the archive.

// StagedManifest is a manifest's clear header with where its bytes lie.
type StagedManifest struct {
	Name              string
	Subject           string
	Kind              string
	Object            record.ObjectID
	Sequence          int
	Digest            record.Digest // of its bytes
	Predecessor       string
	PredecessorDigest record.Digest
	Change            string
	CreatedAt         time.Time
	Class             string
	KeepUntil         string
	Cipher            record.Digest
	CipherSize        int64
	Version           string // of the object, where its name has several; "" otherwise
	Logged            bool   // an entry of the audit log names its digest
}

const stagedColumns = `m.name, m.subject, m.kind, m.object, m.sequence, m.digest, m.predecessor, m.predecessor_digest, m.change_kind,
	m.created_at, m.class, m.keep_until, m.cipher, m.cipher_size, m.version, m.logged`

func scanStaged(row *sql.Rows, more ...any) (StagedManifest, error) {
	var m StagedManifest
	var created int64
	err := row.Scan(append([]any{&m.Name, &m.Subject, &m.Kind, &m.Object, &m.Sequence, &m.Digest, &m.Predecessor, &m.PredecessorDigest, &m.Change,
		&created, &m.Class, &m.KeepUntil, &m.Cipher, &m.CipherSize, &m.Version, &m.Logged}, more...)...)
	m.CreatedAt = fromMicros(created)
	return m, err
}

// StageManifest notes a manifest; one of that name is left as it is.
func (t *Tx) StageManifest(m StagedManifest) error {
	_, err := t.exec("stage manifest", `INSERT INTO rebuild_manifest (name, subject, kind, object, sequence, digest, predecessor,
		predecessor_digest, change_kind, created_at, class, keep_until, cipher, cipher_size, version, logged)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0) ON CONFLICT DO NOTHING`,
		m.Name, m.Subject, m.Kind, m.Object, m.Sequence, m.Digest, m.Predecessor, m.PredecessorDigest, m.Change, toMicros(m.CreatedAt),
		m.Class, m.KeepUntil, m.Cipher, m.CipherSize, m.Version)
	return err
}

// StagedManifests lists manifests by subject, sequence and name, from behind
// after.
func (t *Tx) StagedManifests(after StagedManifest, limit int) ([]StagedManifest, error) {
	return t.staged(`SELECT `+stagedColumns+` FROM rebuild_manifest m WHERE (m.subject, m.sequence, m.name) > ($1, $2, $3)
		ORDER BY m.subject, m.sequence, m.name LIMIT $4`, after.Subject, after.Sequence, after.Name, limit)
}

// StagedOf lists a subject's manifests, the first one first.
func (t *Tx) StagedOf(subject string) ([]StagedManifest, error) {
	return t.staged("SELECT "+stagedColumns+" FROM rebuild_manifest m WHERE m.subject = $1 ORDER BY m.sequence, m.name", subject)
}

func (t *Tx) staged(query string, args ...any) ([]StagedManifest, error) {
	var out []StagedManifest
	err := t.each("staged manifests", query, args, func(row *sql.Rows) error {
		m, err := scanStaged(row)
		out = append(out, m)
		return err
	})
	return out, err
}

// StagedSubject is a document, file, person or house with its newest manifest.
type StagedSubject struct {
	Subject   string
	Kind      string
	CreatedAt time.Time // of the first manifest that is there
	Flaw      string    // what is wrong with its manifests; "" = nothing
	Head      StagedManifest
}

// StageSubject notes a subject, or changes it. Without a head, none of its
// manifests is there.
func (t *Tx) StageSubject(s StagedSubject) error {
	_, err := t.exec("stage subject", `INSERT INTO rebuild_subject (subject, kind, name, created_at, flaw) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject) DO UPDATE SET kind = excluded.kind, name = excluded.name, created_at = excluded.created_at, flaw = excluded.flaw`,
		s.Subject, s.Kind, s.Head.Name, toMicros(s.CreatedAt), s.Flaw)
	return err
}

// FlawSubject notes what is wrong with a subject's manifests, unless something
// was noted before; a subject that isn't there yet is added without a head.
func (t *Tx) FlawSubject(kind, subject, flaw string) error {
	_, err := t.exec("flaw subject", `INSERT INTO rebuild_subject (subject, kind, name, created_at, flaw) VALUES ($1, $2, '', 0, $3)
		ON CONFLICT (subject) DO UPDATE SET flaw = CASE WHEN rebuild_subject.flaw = '' THEN excluded.flaw ELSE rebuild_subject.flaw END`,
		subject, kind, flaw)
	return err
}

const subjectColumns = "s.subject, s.kind, s.created_at, s.flaw"

// StagedSubjects lists the subjects of a kind that have a manifest, by id from
// behind after.
func (t *Tx) StagedSubjects(kind, after string, limit int) ([]StagedSubject, error) {
	var out []StagedSubject
	err := t.each("staged subjects", "SELECT "+stagedColumns+", "+subjectColumns+` FROM rebuild_subject s
		JOIN rebuild_manifest m ON m.name = s.name WHERE s.kind = $1 AND s.subject > $2 ORDER BY s.subject LIMIT $3`,
		[]any{kind, after, limit}, func(row *sql.Rows) error {
			var s StagedSubject
			var created int64
			var err error
			s.Head, err = scanStaged(row, &s.Subject, &s.Kind, &created, &s.Flaw)
			s.CreatedAt = fromMicros(created)
			out = append(out, s)
			return err
		})
	return out, err
}

// LostSubjects lists the subjects of a kind of which no manifest is there, by
// id from behind after.
func (t *Tx) LostSubjects(kind, after string, limit int) ([]StagedSubject, error) {
	var out []StagedSubject
	err := t.each("lost subjects", `SELECT subject, kind, flaw FROM rebuild_subject WHERE name = '' AND kind = $1 AND subject > $2
		ORDER BY subject LIMIT $3`, []any{kind, after, limit}, func(row *sql.Rows) error {
		var s StagedSubject
		err := row.Scan(&s.Subject, &s.Kind, &s.Flaw)
		out = append(out, s)
		return err
	})
	return out, err
}

// StagedCounts counts what is noted: manifests, and subjects that have one, by kind.
func (t *Tx) StagedCounts() (manifests int64, subjects map[string]int64, err error) {
	if _, err = t.one("staged counts", "SELECT COUNT(*) FROM rebuild_manifest", nil, &manifests); err != nil {
		return 0, nil, err
	}
	subjects = map[string]int64{}
	err = t.each("staged counts", "SELECT kind, COUNT(*) FROM rebuild_subject WHERE name <> '' GROUP BY kind", nil, func(row *sql.Rows) error {
		var kind string
		var n int64
		err := row.Scan(&kind, &n)
		subjects[kind] = n
		return err
	})
	return manifests, subjects, err
}

// MarkLogged notes that the audit log names manifests by these digests, and
// gives those that no manifest has.
func (t *Tx) MarkLogged(digests []record.Digest) (unknown []record.Digest, err error) {
	for part := range chunks(digests) {
		var p params
		in := list(&p, part)
		have, err := column[record.Digest](t, "mark logged", "SELECT digest FROM rebuild_manifest WHERE digest IN ("+in+")", p.args...)
		if err != nil {
			return nil, err
		}
		if _, err := t.exec("mark logged", "UPDATE rebuild_manifest SET logged = 1 WHERE logged = 0 AND digest IN ("+in+")", p.args...); err != nil {
			return nil, err
		}
		known := make(map[record.Digest]bool, len(have))
		for _, d := range have {
			known[d] = true
		}
		for _, d := range part {
			if !known[d] {
				unknown = append(unknown, d)
			}
		}
	}
	return unknown, nil
}

// StageDead notes what a tombstone names: a subject, an object, or an object's name.
func (t *Tx) StageDead(id, tombstone string) error {
	_, err := t.exec("stage dead", "INSERT INTO rebuild_dead (id, tombstone) VALUES ($1, $2) ON CONFLICT DO NOTHING", id, tombstone)
	return err
}

// StagedDead says which of these a tombstone names, and which one.
func (t *Tx) StagedDead(ids []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range chunks(ids) {
		var p params
		err := t.each("staged dead", "SELECT id, tombstone FROM rebuild_dead WHERE id IN ("+list(&p, part)+")", p.args, func(row *sql.Rows) error {
			var id, stone string
			err := row.Scan(&id, &stone)
			out[id] = stone
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RebuildProblem is something that a rebuild could not bring back, or that is
// not as it should be. It holds ids, names of objects and columns.
type RebuildProblem struct {
	Kind    string
	Name    string // of the object in the store; may be empty
	Subject string // id; may be empty
	Detail  string
}

// StageProblem notes a problem once.
func (t *Tx) StageProblem(p RebuildProblem) error {
	_, err := t.exec("stage problem", "INSERT INTO rebuild_problem (kind, name, subject, detail) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
		p.Kind, p.Name, p.Subject, p.Detail)
	return err
}

// ProblemCounts counts the problems by their kind.
func (t *Tx) ProblemCounts() (map[string]int64, error) {
	out := map[string]int64{}
	err := t.each("problem counts", "SELECT kind, COUNT(*) FROM rebuild_problem GROUP BY kind", nil, func(row *sql.Rows) error {
		var kind string
		var n int64
		err := row.Scan(&kind, &n)
		out[kind] = n
		return err
	})
	return out, err
}

// StagedProblems lists problems of a kind, or of all if kind is "".
func (t *Tx) StagedProblems(kind string, limit int) ([]RebuildProblem, error) {
	var out []RebuildProblem
	err := t.each("staged problems", `SELECT kind, name, subject, detail FROM rebuild_problem WHERE $1 = '' OR kind = $1
		ORDER BY kind, name, subject LIMIT $2`, []any{kind, limit}, func(row *sql.Rows) error {
		var p RebuildProblem
		err := row.Scan(&p.Kind, &p.Name, &p.Subject, &p.Detail)
		out = append(out, p)
		return err
	})
	return out, err
}

// unstageBatch is how many rows of what was noted one transaction takes away.
const unstageBatch = 500

// Unstage takes away some of what a rebuild has noted; call it in
// transactions of its own until it says that nothing is left.
func (t *Tx) Unstage() (left bool, err error) {
	for _, q := range []string{
		"DELETE FROM rebuild_manifest WHERE name IN (SELECT name FROM rebuild_manifest LIMIT $1)",
		"DELETE FROM rebuild_subject WHERE subject IN (SELECT subject FROM rebuild_subject LIMIT $1)",
		"DELETE FROM rebuild_dead WHERE id IN (SELECT id FROM rebuild_dead LIMIT $1)",
		"DELETE FROM rebuild_problem WHERE name IN (SELECT name FROM rebuild_problem LIMIT $1)",
	} {
		n, err := t.exec("unstage", q, unstageBatch)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// Empty says whether the catalog holds nothing of an archive yet.
func (t *Tx) Empty() (bool, error) {
	used, err := t.one("empty", `SELECT 1 FROM (SELECT 1 AS x FROM document UNION ALL SELECT 1 FROM file UNION ALL SELECT 1 FROM person UNION ALL
		SELECT 1 FROM users UNION ALL SELECT 1 FROM audit_entry UNION ALL SELECT 1 FROM journal) AS used LIMIT 1`, nil, new(int))
	return !used, err
}

// OrdinalTaken says whether a file bears an ordinal.
func (t *Tx) OrdinalTaken(ordinal uint32) (bool, error) {
	return t.one("ordinal taken", "SELECT 1 FROM file WHERE ordinal = $1", []any{ordinal}, new(int))
}

// NumberTaken says whether a file bears a number now.
func (t *Tx) NumberTaken(number string) (bool, error) {
	return t.one("number taken", "SELECT 1 FROM file_number WHERE norm = $1 AND valid_to = ''", []any{NormalizeNumber(number)}, new(int))
}

// HasFile says whether there is a file of this id.
func (t *Tx) HasFile(id record.FileID) (bool, error) {
	return t.one("has file", "SELECT 1 FROM file WHERE id = $1", []any{id}, new(int))
}

// HasHold says whether there is a hold of this id.
func (t *Tx) HasHold(id string) (bool, error) {
	return t.one("has hold", "SELECT 1 FROM hold WHERE id = $1", []any{id}, new(int))
}

// RebuiltCounts counts the rows of documents, files and persons.
func (t *Tx) RebuiltCounts() (documents, files, persons int64, err error) {
	_, err = t.one("rebuilt counts", "SELECT (SELECT COUNT(*) FROM document), (SELECT COUNT(*) FROM file), (SELECT COUNT(*) FROM person)",
		nil, &documents, &files, &persons)
	return documents, files, persons, err
}
