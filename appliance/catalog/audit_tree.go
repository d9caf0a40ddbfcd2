package catalog

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"eakte/appliance/audit"
)

const sequenceBatch = 500 // entries that one transaction numbers

// Sequence numbers up to max pending entries, in the order of their times, in
// one transaction: each gets the next number of its year's log, the log's tree
// grows by its leaf, and the head moves. It gives how many it numbered; call
// it again until that is 0. At most 500 are done at once.
func (c *Catalog) Sequence(ctx context.Context, max int) (int, error) {
	idle := false
	if err := c.Read(ctx, func(tx *Tx) error {
		pending, err := tx.one("sequence", "SELECT 1 FROM audit_pending LIMIT 1", nil, new(int))
		idle = !pending
		return err
	}); err != nil || idle {
		return 0, err
	}
	n := 0
	err := c.WithTx(ctx, func(tx *Tx) (err error) {
		n, err = tx.sequence(min(max, sequenceBatch))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

type pendingEntry struct {
	id     string
	log    int
	at     int64
	header string
}

func (t *Tx) sequence(max int) (int, error) {
	var pending []pendingEntry
	err := t.each("sequence", `SELECT e.id, e.log, p.at, e.header FROM audit_pending p JOIN audit_entry e ON e.id = p.entry_id
		ORDER BY p.at, p.entry_id LIMIT $1`, []any{max}, func(row *sql.Rows) error {
		var e pendingEntry
		if err := row.Scan(&e.id, &e.log, &e.at, &e.header); err != nil {
			return err
		}
		pending = append(pending, e)
		return nil
	})
	if err != nil {
		return 0, err
	}
	trees := map[int]*audit.Tree{}
	for _, e := range pending {
		tree, ok := trees[e.log]
		if !ok {
			if tree, err = t.auditTree(e.log); err != nil {
				return 0, err
			}
			trees[e.log] = tree
		}
		if err := t.number(e, tree); err != nil {
			return 0, err
		}
	}
	for log, tree := range trees {
		if _, err := t.exec("sequence", `INSERT INTO audit_head (log, size, frontier) VALUES ($1, $2, $3)
			ON CONFLICT (log) DO UPDATE SET size = excluded.size, frontier = excluded.frontier`,
			log, int64(tree.Size()), audit.FormatFrontier(tree.Frontier())); err != nil {
			return 0, err
		}
	}
	return len(pending), nil
}

// number gives one entry the next number of its log.
func (t *Tx) number(e pendingEntry, tree *audit.Tree) error {
	number := int64(tree.Size())
	nodes, err := tree.Append(audit.LeafHash([]byte(e.header)))
	if err != nil {
		return t.fail("sequence", err)
	}
	if _, err := t.exec("sequence", "INSERT INTO audit_number (log, number, entry_id) VALUES ($1, $2, $3)", e.log, number, e.id); err != nil {
		return err
	}
	for _, n := range nodes {
		if _, err := t.exec("sequence", "INSERT INTO audit_node (log, level, place, hash) VALUES ($1, $2, $3, $4)",
			e.log, int64(n.Level), int64(n.Index), hex.EncodeToString(n.Hash)); err != nil {
			return err
		}
	}
	return t.change("sequence", "pending entry", "DELETE FROM audit_pending WHERE at = $1 AND entry_id = $2", e.at, e.id)
}

// auditTree takes up a log's tree where its head stands.
func (t *Tx) auditTree(log int) (*audit.Tree, error) {
	var size int64
	var frontier string
	if _, err := t.one("audit head", "SELECT size, frontier FROM audit_head WHERE log = $1", []any{log}, &size, &frontier); err != nil {
		return nil, err
	}
	hashes, err := audit.ParseFrontier(frontier)
	if err != nil {
		return nil, t.fail("audit head", err)
	}
	tree, err := audit.NewTree(uint64(size), hashes)
	if err != nil {
		return nil, t.fail("audit head", err)
	}
	return tree, nil
}

// AuditHead is how far a log has got: its size and the root over all of it.
type AuditHead struct {
	Log  int
	Size uint64
	Root []byte
}

// AuditHead reads a log's head; a log that has no entry is of size 0.
func (t *Tx) AuditHead(log int) (AuditHead, error) {
	tree, err := t.auditTree(log)
	if err != nil {
		return AuditHead{}, err
	}
	root, err := tree.Root()
	if err != nil {
		return AuditHead{}, t.fail("audit head", err)
	}
	return AuditHead{log, tree.Size(), root}, nil
}

// AuditLogs lists the years that have a log with numbered entries.
func (t *Tx) AuditLogs() ([]int, error) {
	return column[int](t, "audit logs", "SELECT log FROM audit_head ORDER BY log")
}

// AuditPending counts the entries that have no number yet.
func (t *Tx) AuditPending() (int, error) {
	var n int
	_, err := t.one("audit pending", "SELECT COUNT(*) FROM audit_pending", nil, &n)
	return n, err
}

// AuditInclusion proves that entry number index is in a log at a size.
func (t *Tx) AuditInclusion(log int, index, size uint64) ([][]byte, error) {
	if err := t.sizeKnown(log, size); err != nil {
		return nil, err
	}
	return audit.Inclusion(index, size, t.auditNode(log))
}

// AuditConsistency proves that a log at one size is the beginning of itself at
// a larger one.
func (t *Tx) AuditConsistency(log int, from, to uint64) ([][]byte, error) {
	if err := t.sizeKnown(log, to); err != nil {
		return nil, err
	}
	return audit.Consistency(from, to, t.auditNode(log))
}

func (t *Tx) sizeKnown(log int, size uint64) error {
	tree, err := t.auditTree(log)
	if err == nil && size > tree.Size() {
		err = missing("audit log of that size")
	}
	return err
}

func (t *Tx) auditNode(log int) audit.NodeFunc {
	return func(level uint, index uint64) ([]byte, error) {
		var h string
		found, err := t.one("audit node", "SELECT hash FROM audit_node WHERE log = $1 AND level = $2 AND place = $3",
			[]any{log, int64(level), int64(index)}, &h)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, missing("audit node")
		}
		b, err := hex.DecodeString(h)
		if err != nil {
			return nil, t.fail("audit node", fmt.Errorf("node %d/%d: %w", level, index, err))
		}
		return b, nil
	}
}

// Checkpoint is a signed checkpoint of a log, as it was given out.
type Checkpoint struct {
	Log  int
	Size uint64
	At   time.Time
	Note []byte
}

// PutCheckpoint keeps a checkpoint; Conflict if there is one of that size.
func (t *Tx) PutCheckpoint(c Checkpoint) error {
	n, err := t.exec("put checkpoint", `INSERT INTO audit_checkpoint (log, size, at, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		c.Log, int64(c.Size), toMicros(c.At), string(c.Note))
	if err == nil && n == 0 {
		err = conflict("There is a checkpoint of this size already.")
	}
	return err
}

// LastCheckpoint reads a log's newest checkpoint; NotFound if there is none.
func (t *Tx) LastCheckpoint(log int) (Checkpoint, error) {
	cs, err := t.checkpoints("WHERE log = $1 ORDER BY size DESC LIMIT 1", log)
	if err != nil {
		return Checkpoint{}, err
	}
	if len(cs) == 0 {
		return Checkpoint{}, missing("checkpoint")
	}
	return cs[0], nil
}

// Checkpoints lists a log's checkpoints by size.
func (t *Tx) Checkpoints(log int) ([]Checkpoint, error) {
	return t.checkpoints("WHERE log = $1 ORDER BY size", log)
}

func (t *Tx) checkpoints(where string, log int) ([]Checkpoint, error) {
	var out []Checkpoint
	err := t.each("checkpoints", "SELECT log, size, at, note FROM audit_checkpoint "+where, []any{log}, func(row *sql.Rows) error {
		var c Checkpoint
		var at int64
		var note string
		if err := row.Scan(&c.Log, &c.Size, &at, &note); err != nil {
			return err
		}
		c.At, c.Note = fromMicros(at), []byte(note)
		out = append(out, c)
		return nil
	})
	return out, err
}
