package fixity

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// checkpoint is what a signed note says.
type checkpoint struct {
	size uint64
	root []byte
	at   time.Time
	from string // where it lies
}

// origin is the name of a year's log.
func (v *verifier) origin(year int) string { return fmt.Sprintf("eakte/%s/%04d", v.cfg.Archive, year) }

// openCheckpoint checks the signature of a note and reads it.
func (v *verifier) openCheckpoint(year int, signed []byte) (checkpoint, error) {
	vkey, err := note.NewEd25519VerifierKey(v.origin(year), v.cfg.AuditKey)
	if err != nil {
		return checkpoint{}, err
	}
	known, err := note.NewVerifier(vkey)
	if err != nil {
		return checkpoint{}, err
	}
	n, err := note.Open(signed, note.VerifierList(known))
	if err != nil {
		return checkpoint{}, errors.New("bears no valid signature of this archive for this year")
	}
	for _, sig := range n.Sigs { // note takes a last letter whose unused bits are set
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return checkpoint{}, errors.New("bears a signature that somebody has rewritten")
		}
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 5 || lines[0] != v.origin(year) {
		return checkpoint{}, errors.New("is not one of this log")
	}
	size, err1 := strconv.ParseUint(lines[1], 10, 64)
	root, err2 := base64.StdEncoding.DecodeString(lines[2])
	at, err3 := time.Parse("at "+auditTime, lines[3])
	if err := errors.Join(err1, err2, err3); err != nil || len(root) != 32 {
		return checkpoint{}, errors.New("can't be read")
	}
	return checkpoint{size: size, root: root, at: at}, nil
}

// checkpoints reads all signed checkpoints of a year, from the bucket and from
// the catalog, ordered by size. Which fit the log is checked as it is replayed.
func (v *verifier) checkpoints(ctx context.Context, year int) ([]checkpoint, error) {
	var list []checkpoint
	kept := map[uint64][]byte{}
	for _, p := range v.places.checkpoints[year] {
		var f findings
		c, b, err := v.readCheckpoint(ctx, &f, year, p)
		if err != nil {
			return nil, err
		}
		if c != nil {
			kept[p.size] = b
			list = append(list, *c)
		}
		if err := v.flush(&f); err != nil {
			return nil, err
		}
	}
	notes, err := v.Log.Checkpoints(ctx, year)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		var f findings
		if c := v.checkNote(&f, year, n, kept); c != nil {
			list = append(list, *c)
		}
		if err := v.flush(&f); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b checkpoint) int { return cmp.Compare(a.size, b.size) })
	return list, nil
}

func (v *verifier) readCheckpoint(ctx context.Context, f *findings, year int, p checkpointPlace) (*checkpoint, []byte, error) {
	subject := "checkpoint " + p.object.Name
	o, b, err := f.fetch(ctx, v.audit, p.object.Name, subject, "The checkpoint")
	if b == nil {
		return nil, nil, err
	}
	v.checkAuditLock(f, subject, "The checkpoint", o)
	c, err := v.openCheckpoint(year, b)
	if err == nil && c.size != p.size {
		err = errors.New("lies under a name that is not its own")
	}
	if err != nil {
		f.add(AuditObject, subject, doAsk, "The checkpoint %v.", err)
		return nil, nil, nil
	}
	c.from = p.object.Name
	return &c, b, nil
}

// checkNote checks a checkpoint of the catalog. It gives it only if the bucket
// hasn't the same one.
func (v *verifier) checkNote(f *findings, year int, n Note, kept map[uint64][]byte) *checkpoint {
	from := fmt.Sprintf("catalog, checkpoint %d of %d", n.Size, year)
	if bytes.Equal(kept[n.Size], n.Text) {
		return nil
	}
	c, err := v.openCheckpoint(year, n.Text)
	if err != nil || c.size != n.Size {
		f.add(AuditObject, from, doAsk, "A checkpoint in the catalog is not one that this archive signed.")
		return nil
	}
	if kept[n.Size] == nil && v.now.Sub(c.at) >= v.cfg.Young {
		f.add(Missing, from, "eakte serve puts it into the audit bucket within a day; if it was there before, find out who removed it.",
			"A checkpoint of the catalog is not in the audit bucket.")
	}
	c.from = from
	return &c
}

func (v *verifier) checkAuditLock(f *findings, subject, what string, o Object) {
	var required time.Time
	if v.cfg.AuditAhead > 0 {
		required = v.now.Add(v.cfg.AuditAhead)
	}
	v.checkLock(f, subject, what, o, time.Time{}, required)
}
