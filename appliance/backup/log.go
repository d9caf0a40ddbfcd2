package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// entryBatch is how many entries one transaction brings back; each is some
// seven rows with its places in the tree.
const entryBatch = 60

// segment is one range of a log with its editions, the newest first.
type segment struct {
	first, last uint64
	editions    []object
}

// logYear is what the audit bucket holds of one year.
type logYear struct {
	year        int
	segments    []segment
	checkpoints []checkpoint // by size
}

type checkpoint struct {
	size uint64
	at   object
}

// auditLog brings the log back: entries with their numbers, the tree, and the
// signed checkpoints, each of which the tree must fit. On the way it marks the
// manifests that entries name, and whose named manifests are not there.
func (r *rebuild) auditLog(ctx context.Context, _ string) error {
	archive, err := r.archive(ctx)
	if err != nil {
		return err
	}
	years, err := r.listLog(ctx)
	if err != nil {
		return err
	}
	for _, y := range years {
		l := logRebuild{rebuild: r, logYear: y, archive: archive}
		if err := l.run(ctx); err != nil {
			return fmt.Errorf("%d: %w", y.year, err)
		}
		archive = l.archive
	}
	return nil
}

func (r *rebuild) listLog(ctx context.Context) ([]logYear, error) {
	years := map[int]*logYear{}
	var problems [][]catalog.RebuildProblem
	err := objects(ctx, r.Vault.Buckets().Audit, "", "", 1000, func(batch []object) error {
		for _, o := range batch {
			n, err := audit.ParseName(o.name)
			if err != nil {
				if _, probe := idOf(o.name, "p"); !probe {
					problems = append(problems, foreign(o))
				}
				continue
			}
			y := years[n.Year]
			if y == nil {
				y = &logYear{year: n.Year}
				years[n.Year] = y
			}
			y.add(n, o)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []logYear
	for _, year := range slices.Sorted(maps.Keys(years)) {
		out = append(out, *years[year])
	}
	return out, r.commit(ctx, "", func(tx *catalog.Tx) error { return stageProblems(tx, problems) })
}

// add files an object under its range. Names come in ascending order, so a
// range's editions stand together; the tenth comes before the second.
func (y *logYear) add(n audit.Name, o object) {
	if n.Checkpoint {
		y.checkpoints = append(y.checkpoints, checkpoint{n.Size, o})
		return
	}
	if i := len(y.segments) - 1; i >= 0 && y.segments[i].first == n.First && y.segments[i].last == n.Last {
		s := &y.segments[i]
		s.editions = append(s.editions, o)
		slices.SortFunc(s.editions, func(a, b object) int { return cmp.Compare(edition(b), edition(a)) })
		return
	}
	y.segments = append(y.segments, segment{n.First, n.Last, []object{o}})
}

func edition(o object) int {
	n, _ := audit.ParseName(o.name) // it was parsed before
	return n.Edition
}

type logRebuild struct {
	*rebuild
	logYear
	archive string
	size    uint64 // entries that are back
	broken  bool
}

func (l *logRebuild) run(ctx context.Context) error {
	err := l.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		head, err := tx.AuditHead(l.year)
		l.size = head.Size
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range l.segments {
		if s.last < l.size {
			continue
		}
		if err := l.segment(ctx, s); err != nil {
			return err
		}
	}
	for _, c := range l.checkpoints { // signed, and more than there is
		if c.size > l.size {
			return l.bad(ctx, c.at.name, "A checkpoint is signed over more entries than there are.")
		}
	}
	return nil
}

func (l *logRebuild) bad(ctx context.Context, name, detail string) error {
	return l.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return l.stageBad(tx, name, detail) })
}

func (l *logRebuild) stageBad(tx *catalog.Tx, name, detail string) error {
	return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemLog, Name: name, Subject: strconv.Itoa(l.year), Detail: detail})
}

// segment brings one range back, from where the log stands.
func (l *logRebuild) segment(ctx context.Context, s segment) error {
	rows, err := l.rows(ctx, s)
	if err != nil || rows == nil {
		return err
	}
	at := s.first
	if at < l.size {
		rows, at = rows[l.size-at:], l.size
	}
	if at > l.size || l.broken {
		if !l.broken {
			l.broken = true
			if err := l.bad(ctx, s.editions[0].name, fmt.Sprintf("Entries are missing from %d on; what follows is kept without numbers.", l.size)); err != nil {
				return err
			}
		}
		for part := range slices.Chunk(rows, l.batch(entryBatch)) {
			if err := l.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return l.keep(tx, part, (*catalog.Tx).KeepEntries) }); err != nil {
				return err
			}
		}
		return nil
	}
	for len(rows) > 0 {
		n := min(len(rows), l.batch(entryBatch))
		var signed *checkpoint
		for i, c := range l.checkpoints {
			if c.size > l.size && c.size <= l.size+uint64(n) {
				n, signed = int(c.size-l.size), &l.checkpoints[i]
				break
			}
		}
		if err := l.bring(ctx, rows[:n], signed); err != nil {
			return err
		}
		rows = rows[n:]
		l.say(StageLog, n, 0)
	}
	return nil
}

// bring brings entries back; where a checkpoint was signed behind the last of
// them, the tree must have its root.
func (l *logRebuild) bring(ctx context.Context, rows []audit.Row, signed *checkpoint) error {
	var note []byte
	var c audit.Checkpoint
	var cerr error
	if signed != nil {
		if note, c, cerr = l.open(ctx, *signed); cerr != nil && !gone(cerr) {
			return cerr
		}
	}
	err := l.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		err := l.keep(tx, rows, func(tx *catalog.Tx, year int, rows []audit.Row) error { return tx.RestoreEntries(year, l.size, rows) })
		if err != nil || signed == nil {
			return err
		}
		head, err := tx.AuditHead(l.year)
		if err != nil {
			return err
		}
		switch {
		case cerr != nil:
			return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemLog, Name: signed.at.name, Subject: strconv.Itoa(l.year),
				Detail: "A checkpoint can't be read, or bears no valid signature of this log."})
		case c.Size != head.Size || !bytes.Equal(c.Root, head.Root):
			return l.stageBad(tx, signed.at.name, "The entries don't fit what was signed.")
		}
		if signed.at.touched() {
			if err := stageProblems(tx, [][]catalog.RebuildProblem{looked(signed.at, nil)}); err != nil {
				return err
			}
		}
		err = tx.PutCheckpoint(catalog.Checkpoint{Log: l.year, Size: c.Size, At: c.At, Note: note})
		if errors.Is(err, record.Conflict) {
			return nil
		}
		return err
	})
	if err == nil {
		l.size += uint64(len(rows))
	}
	return err
}

// rows reads a segment: the newest edition with its personal part, where its
// key still is; an older one, for its headers, where the newest can't be read.
// nil: nothing of it can be read.
func (l *logRebuild) rows(ctx context.Context, s segment) ([]audit.Row, error) {
	var problems [][]catalog.RebuildProblem
	var rows []audit.Row
	for i, o := range s.editions {
		body, seg, err := l.read(ctx, s, o)
		problems = append(problems, looked(o, err))
		if err != nil && !gone(err) {
			return nil, err
		}
		if err != nil {
			continue
		}
		if rows = seg.Rows; i == 0 {
			opened, err := audit.DecodeSegment(body, func(id string, sealed []byte) ([]byte, error) { return l.unseal(ctx, id, sealed) })
			switch {
			case err == nil:
				rows = opened.Rows
			case !gone(err):
				return nil, err
			default:
				problems = append(problems, []catalog.RebuildProblem{{Kind: ProblemKey, Name: o.name, Subject: seg.Key,
					Detail: "The segment's key is missing or doesn't open; its entries came back without what may name people."}})
			}
		}
		break
	}
	return rows, l.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return stageProblems(tx, problems) })
}

func (l *logRebuild) read(ctx context.Context, s segment, o object) (body []byte, seg audit.Segment, err error) {
	body, _, err = whole(ctx, l.Vault.Buckets().Audit, o, l.Vault.GetAudit, func(b []byte) (err error) {
		if seg, err = audit.DecodeSegment(b, nil); err != nil {
			return err
		}
		archive, year, err := audit.ParseOrigin(seg.Origin)
		if err != nil || year != l.year || seg.First != s.first || seg.Last() != s.last || l.archive != "" && archive != l.archive {
			return corrupt("It is not the segment that its name says.")
		}
		for _, row := range seg.Rows {
			if h, err := audit.ParseHeader(row.Header); err != nil || h.Year() != year {
				return corrupt("An entry of another year lies in the segment.")
			}
		}
		l.archive = archive
		return nil
	})
	return body, seg, err
}

func (l *logRebuild) unseal(ctx context.Context, id string, sealed []byte) ([]byte, error) {
	key, err := l.Vault.OpenKey(ctx, record.ObjectID(id))
	if err != nil {
		return nil, err
	}
	plain, err := key.Decrypt(bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

// open reads a checkpoint and checks its signature.
func (l *logRebuild) open(ctx context.Context, c checkpoint) (note []byte, signed audit.Checkpoint, err error) {
	origin, err := audit.Origin(l.archive, l.year)
	if err != nil {
		return nil, signed, err
	}
	signer, err := audit.NewSigner(origin, l.Vault.Keyring().AuditSeed())
	if err != nil {
		return nil, signed, err
	}
	note, _, err = whole(ctx, l.Vault.Buckets().Audit, c.at, l.Vault.GetAudit, func(b []byte) (err error) {
		signed, err = audit.OpenCheckpoint(b, signer.Verifier())
		return err
	})
	return note, signed, err
}

// years says of each year of the log how far it came back.
func (r *rebuild) years(tx *catalog.Tx, out *Report) error {
	logs, err := tx.AuditLogs()
	if err != nil {
		return err
	}
	broken, err := tx.StagedProblems(ProblemLog, 1<<20)
	if err != nil {
		return err
	}
	bad := map[string]bool{}
	for _, p := range broken {
		bad[p.Subject] = true
	}
	for _, year := range logs {
		head, err := tx.AuditHead(year)
		if err != nil {
			return err
		}
		y := LogYear{Year: year, Entries: head.Size, Fits: !bad[strconv.Itoa(year)]}
		last, err := tx.LastCheckpoint(year)
		if err != nil && !errors.Is(err, record.NotFound) {
			return err
		}
		y.SignedSize, y.SignedAt = last.Size, last.At
		out.Counts.Entries += int64(head.Size)
		out.Years = append(out.Years, y)
	}
	return nil
}
