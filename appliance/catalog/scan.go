package catalog

import (
	"database/sql"
	"encoding/hex"

	"eakte/appliance/record"
)

// What follows goes through the whole catalog in a fixed order, a bounded
// number of rows at a time: for the verifier and for rebuilds.

// DocumentCount counts all documents, disposed ones too.
func (t *Tx) DocumentCount() (int64, error) {
	var n int64
	_, err := t.one("document count", "SELECT COUNT(*) FROM document", nil, &n)
	return n, err
}

// ManifestHeads lists heads by ascending subject from behind after.
func (t *Tx) ManifestHeads(after string, limit int) ([]Head, error) {
	var out []Head
	err := t.each("manifest heads", "SELECT subject, name, sequence, digest FROM manifest_head WHERE subject > $1 ORDER BY subject LIMIT $2",
		[]any{after, limit}, func(row *sql.Rows) error {
			var h Head
			if err := row.Scan(&h.Subject, &h.Name, &h.Sequence, &h.Digest); err != nil {
				return err
			}
			out = append(out, h)
			return nil
		})
	return out, err
}

// NamesObject says whether a document, an unfinished journal row, a manifest
// head or the outbox names an object; id is the last part of its name.
func (t *Tx) NamesObject(name string, id record.ObjectID) (bool, error) {
	return t.one("names object", `SELECT 1 FROM (
		SELECT 1 AS x FROM document WHERE object_id = $1 UNION ALL
		SELECT 1 FROM journal WHERE object_id = $1 AND state = $3 UNION ALL
		SELECT 1 FROM journal WHERE manifest_name = $2 AND manifest_name <> '' UNION ALL
		SELECT 1 FROM manifest_head WHERE name = $2 UNION ALL
		SELECT 1 FROM manifest_head WHERE subject = $1 UNION ALL
		SELECT 1 FROM relocation WHERE old_object = $1 UNION ALL
		SELECT 1 FROM relocation WHERE new_object = $1 UNION ALL
		SELECT 1 FROM outbox WHERE name = $2) AS named LIMIT 1`, []any{id, name, JournalSpooled}, new(int))
}

// AuditLeaf is a leaf's hash as it was stored when it was numbered.
type AuditLeaf struct {
	Number uint64
	Hash   []byte
}

// AuditLeaves reads the stored leaf hashes of a log from a number on.
func (t *Tx) AuditLeaves(log int, from uint64, n int) ([]AuditLeaf, error) {
	var out []AuditLeaf
	err := t.each("audit leaves", "SELECT place, hash FROM audit_node WHERE log = $1 AND level = 0 AND place >= $2 ORDER BY place LIMIT $3",
		[]any{log, int64(from), n}, func(row *sql.Rows) error {
			var place int64
			var hash string
			if err := row.Scan(&place, &hash); err != nil {
				return err
			}
			b, err := hex.DecodeString(hash)
			if err != nil {
				return err
			}
			out = append(out, AuditLeaf{uint64(place), b})
			return nil
		})
	return out, err
}

// AuditFrontier reads a log's stored frontier, as audit.FormatFrontier wrote it.
func (t *Tx) AuditFrontier(log int) (size uint64, frontier string, err error) {
	var n int64
	_, err = t.one("audit frontier", "SELECT size, frontier FROM audit_head WHERE log = $1", []any{log}, &n, &frontier)
	return uint64(n), frontier, err
}

// AuditNumbered lists the numbered entries of a log with the numbers they
// bear: where numbers are missing the list has gaps.
func (t *Tx) AuditNumbered(log int, from uint64, n int) ([]AuditEntry, error) {
	return t.auditEntries("SELECT "+auditColumns+` FROM audit_number n JOIN audit_entry e ON e.id = n.entry_id
		LEFT JOIN audit_payload p ON p.entry_id = e.id WHERE n.log = $1 AND n.number >= $2 ORDER BY n.number LIMIT $3`,
		log, int64(from), n)
}
