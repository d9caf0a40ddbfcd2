package fixity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"eakte/appliance/record"
)

// maxSmall is the most that is read of a manifest, tombstone, key or
// checkpoint, in bytes.
const maxSmall = 64 << 20

// objectName is <letter>/<2 hex>/<id>.
func objectName(letter string, id record.ObjectID) string {
	if !record.ValidID(string(id)) {
		return letter + "/!/" + string(id) // in no store
	}
	return letter + "/" + string(id[:2]) + "/" + string(id)
}

// parseObjectName is the way back; ok is false for any other name.
func parseObjectName(name string) (letter string, id record.ObjectID, ok bool) {
	letter, rest, _ := strings.Cut(name, "/")
	_, last, _ := strings.Cut(rest, "/")
	id = record.ObjectID(last)
	return letter, id, objectName(letter, id) == name && record.ValidID(last)
}

// readWhole reads a small object and holds it against the checksum the store
// says it has.
func readWhole(ctx context.Context, s Store, o Object) ([]byte, error) {
	r, err := s.Open(ctx, o.Name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxSmall+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxSmall || int64(len(b)) != o.Size || o.Digest != "" && record.Sum(b) != o.Digest {
		return nil, fmt.Errorf("%w: size or checksum", record.Corrupt)
	}
	return b, nil
}

// fetch looks at a small object and reads it. Where it is missing or damaged
// it adds a finding and gives nil.
func (f *findings) fetch(ctx context.Context, s Store, name, subject, what string) (Object, []byte, error) {
	o, err := s.Stat(ctx, name)
	if err != nil {
		return Object{}, nil, f.failed(ctx, subject, what, err)
	}
	b, err := readWhole(ctx, s, o)
	if err != nil {
		return o, nil, f.failed(ctx, subject, what, err)
	}
	return o, b, nil
}

// compliance is the only mode that nobody can take off.
const compliance = "COMPLIANCE"

// checkLock holds an object's lock against what was promised and against how
// far it must reach today.
func (v *verifier) checkLock(f *findings, subject, what string, o Object, promised, required time.Time) {
	const do = "Extend the lock now (eakte serve does it nightly); if it was shortened, find out how: the store must not allow it."
	promised = promised.Truncate(time.Second) // stores keep whole seconds
	switch {
	case o.Mode != compliance:
		f.add(Lock, subject, do, "%s has no COMPLIANCE lock.", what)
	case o.LockedUntil.Before(promised):
		f.add(Lock, subject, do, "%s is locked until %s, the catalog says %s.", what, day(o.LockedUntil), day(promised))
	case o.LockedUntil.Before(required):
		f.add(Lock, subject, do, "%s is locked until %s, today it must be locked until %s at least.", what, day(o.LockedUntil), day(required))
	}
}

// required is how far a lock must reach today: Ahead from now, but not beyond
// keep_until (less a day, whatever the time zone it was computed in).
func (v *verifier) required(keepUntil string) time.Time {
	if v.cfg.Ahead <= 0 {
		return time.Time{}
	}
	until := v.now.Add(v.cfg.Ahead)
	if end, err := time.Parse(time.DateOnly, keepUntil); err == nil && end.AddDate(0, 0, -1).Before(until) {
		return end.AddDate(0, 0, -1)
	}
	return until
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// hashes reads an original once and gives the digests and sizes of its
// ciphertext and, if sealed is not nil, of its plain bytes. readErr is the
// store's error, openErr the decryption's.
func (v *verifier) hashes(ctx context.Context, name string, id record.ObjectID, sealed []byte) (cipher, plain sum, readErr, openErr error) {
	r, err := v.records.Open(ctx, name)
	if err != nil {
		return sum{}, sum{}, err, nil
	}
	defer r.Close()
	outer := &counting{r: r, h: sha256.New()}
	if sealed != nil {
		p := &counting{h: sha256.New()}
		p.r, openErr = v.Key.Decrypt(ctx, id, sealed, outer)
		if openErr == nil {
			_, openErr = io.Copy(io.Discard, p)
			plain = p.sum()
		}
	}
	_, readErr = io.Copy(io.Discard, outer) // what decryption left unread
	readErr = errors.Join(readErr, outer.err)
	return outer.sum(), plain, readErr, openErr
}

// sum is a digest and how many bytes it is of.
type sum struct {
	digest record.Digest
	size   int64
}

// counting hashes and counts what is read through it, and keeps the first
// error of its source, which decryption would hide.
type counting struct {
	r io.Reader
	h interface {
		io.Writer
		Sum([]byte) []byte
	}
	n   int64
	err error
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.h.Write(p[:n]) // never fails (hash.Hash)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) && c.err == nil {
		c.err = err
	}
	return n, err
}

func (c *counting) sum() sum { return sum{record.DigestOf(c.h.Sum(nil)), c.n} }
