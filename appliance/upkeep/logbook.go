package upkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// Logbook numbers the entries of the audit log, keeps them as segments in the
// audit bucket, and signs checkpoints over them. An entry is durable before
// that; what the logbook adds is that nobody can change or remove one without
// being found out.
type Logbook struct {
	Catalog *catalog.Catalog
	Vault   *vault.Vault
	Clock   record.Clock
	Log     *slog.Logger
	Archive string // id of the archive, part of each log's origin
	Node    string // this one among those that share the catalog; "" = it is the only one
	// Believed dates locks and checkpoints, as Timekeeper does; nil: Clock. So a
	// clock that is off leaves no lock of years and no checkpoint of the future.
	Believed record.Clock

	mu   sync.Mutex
	next map[int]uint64 // by year: the first index that is in no segment yet
}

const (
	numberEvery   = time.Second
	sealEvery     = 10 * time.Minute
	sequenceBatch = 500
	segmentRows   = 5000
)

// Run numbers and seals until ctx ends. A failure is logged and tried again:
// entries wait safely in the catalog.
func (l *Logbook) Run(ctx context.Context) {
	number, seal := time.NewTicker(numberEvery), time.NewTicker(sealEvery)
	defer number.Stop()
	defer seal.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-number.C:
			err = l.Number(ctx)
		case <-seal.C:
			err = l.Seal(ctx)
		}
		if err != nil && ctx.Err() == nil {
			l.Log.Warn("the audit log waits", "error", err)
		}
	}
}

// Number gives every entry its place in its log.
func (l *Logbook) Number(ctx context.Context) error {
	for {
		n, err := l.Catalog.Sequence(ctx, sequenceBatch)
		if err != nil || n == 0 {
			return err
		}
	}
}

// Seal numbers what is pending, writes it as segments and signs a checkpoint
// of each log that has grown. While another node does so it leaves that to it.
func (l *Logbook) Seal(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.Number(ctx); err != nil {
		return err
	}
	ours, err := l.takeTurn(ctx)
	if err != nil || !ours {
		return err
	}
	return errors.Join(l.seal(ctx), l.endTurn(ctx))
}

func (l *Logbook) seal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sealTakes)
	defer cancel()
	var logs []int
	err := l.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		logs, err = tx.AuditLogs()
		return err
	})
	for _, year := range logs {
		err = errors.Join(err, l.sealYear(ctx, year))
	}
	return err
}

func (l *Logbook) sealYear(ctx context.Context, year int) error {
	var head catalog.AuditHead
	var last catalog.Checkpoint
	err := l.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if head, err = tx.AuditHead(year); err != nil {
			return err
		}
		last, err = tx.LastCheckpoint(year)
		if errors.Is(err, record.NotFound) {
			return nil
		}
		return err
	})
	if err != nil || head.Size == last.Size {
		return err
	}
	origin, err := audit.Origin(l.Archive, year)
	if err != nil {
		return err
	}
	if err := l.segments(ctx, origin, year, head.Size); err != nil {
		return fmt.Errorf("audit segments of %d: %w", year, err)
	}
	return l.checkpoint(ctx, origin, head)
}

// segments writes rows up to size. What lies in the bucket already is left as
// it is: after a crash the writing goes on behind it.
func (l *Logbook) segments(ctx context.Context, origin string, year int, size uint64) error {
	first, err := l.covered(ctx, year)
	if err != nil {
		return err
	}
	for first < size {
		var rows []audit.Row
		err := l.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.AuditRows(year, first, int(min(segmentRows, size-first)))
			return err
		})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return &record.Error{Category: record.Corrupt, Message: "Entries of the audit log are missing.", Hint: "Run eakte verify."}
		}
		if err := l.segment(ctx, origin, first, rows); err != nil {
			delete(l.next, year) // it may be there all the same: the bucket knows
			return err
		}
		first += uint64(len(rows))
		l.next[year] = first
	}
	return nil
}

// covered finds the first index that no segment in the bucket holds. Another
// node may have written since this one did.
func (l *Logbook) covered(ctx context.Context, year int) (uint64, error) {
	next, known := l.next[year]
	if known && l.Node == "" {
		return next, nil
	}
	after := ""
	if known {
		after = fmt.Sprintf("%04d/segment/%010d", year, next)
	}
	err := l.Vault.ListAudit(ctx, fmt.Sprintf("%04d/segment/", year), after, func(o vault.ObjectInfo) error {
		n, err := audit.ParseName(o.Name)
		if err == nil && !n.Checkpoint && n.Last+1 > next {
			next = n.Last + 1
		}
		return nil // what is not ours is for verify to name
	})
	if err != nil {
		return 0, err
	}
	if l.next == nil {
		l.next = map[int]uint64{}
	}
	l.next[year] = next
	return next, nil
}

// segment seals the personal part to a key of its own, so that it can be
// erased without the rest.
func (l *Logbook) segment(ctx context.Context, origin string, first uint64, rows []audit.Row) error {
	key, err := l.Vault.NewKey(record.ObjectID(record.NewID()))
	if err != nil {
		return err
	}
	if err := l.Vault.PutKey(ctx, key); err != nil {
		return err
	}
	s := audit.Segment{Origin: origin, Edition: 1, Key: string(key.Object()), First: first, Rows: rows}
	body, err := audit.EncodeSegment(s, func(plain []byte) ([]byte, error) {
		var b bytes.Buffer
		w, err := key.Encrypt(&b)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(plain); err != nil {
			return nil, err
		}
		err = w.Close()
		return b.Bytes(), err
	})
	if err != nil {
		return err
	}
	name, err := s.Name()
	if err != nil {
		return err
	}
	return l.Vault.PutAudit(ctx, name, body, l.lockUntil())
}

// checkpoint signs the head and keeps the note in the bucket and the catalog.
func (l *Logbook) checkpoint(ctx context.Context, origin string, head catalog.AuditHead) error {
	signer, err := audit.NewSigner(origin, l.Vault.Keyring().AuditSeed())
	if err != nil {
		return err
	}
	now := l.believed()
	note, err := signer.Sign(head.Size, head.Root, now)
	if err != nil {
		return err
	}
	name, err := audit.CheckpointName(head.Log, head.Size)
	if err != nil {
		return err
	}
	err = l.Vault.PutAudit(ctx, name, note, l.lockUntil())
	if errors.Is(err, record.Conflict) { // a crash came between bucket and catalog: the one in the bucket counts
		if note, err = l.Vault.GetAudit(ctx, name); err != nil {
			return err
		}
		signed, oerr := audit.OpenCheckpoint(note, signer.Verifier())
		if oerr != nil || signed.Size != head.Size || !bytes.Equal(signed.Root, head.Root) {
			return &record.Error{Category: record.Corrupt, Message: "A checkpoint in the audit bucket is not that of this log.",
				Hint: "Run eakte verify; somebody may have changed the log.", Cause: oerr}
		}
		now = signed.At
	}
	if err != nil {
		return err
	}
	err = l.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return tx.PutCheckpoint(catalog.Checkpoint{Log: head.Log, Size: head.Size, At: now, Note: note})
	})
	if errors.Is(err, record.Conflict) {
		return nil
	}
	return err
}

func (l *Logbook) lockUntil() time.Time {
	return retention.LockUntil(record.RetentionClass{}, "", l.believed(), time.Time{})
}

func (l *Logbook) believed() time.Time {
	if l.Believed == nil {
		return l.Clock.Now()
	}
	return l.Believed.Now()
}
