package fixity

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"eakte/appliance/record"
)

// ScrubStore is one bucket as the scrub reads it: as everybody does, so that
// what somebody wrote over an object is found.
type ScrubStore interface {
	Stat(ctx context.Context, name string) (Object, error)
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// Scrub reads objects again and hashes them. It knows nothing of what it reads
// but names and hashes.
type Scrub struct {
	Store ScrubStore
	// Pace is called for each piece of some bytes and returns when the next may
	// be read; nil: at once.
	Pace func(ctx context.Context, bytes int) error
	// Readers is how many objects are read at once; at least 1.
	Readers int
}

// Wanted is an object to read, and the hash that its bytes must have: "" where
// only the store knows it.
type Wanted struct {
	Name   string
	Digest record.Digest
}

// Reading is what came of one object. Damage is empty if it is sound: its bytes
// have the wanted hash, or, where nobody else knows one, that which the store
// keeps.
type Reading struct {
	Name   string
	Bytes  int64
	Digest record.Digest // of the bytes
	Damage string        // what is wrong, English
	Gone   bool          // it isn't there (any more)
	// Before is, for a manifest that has the wanted hash, the one before it, by
	// what it says.
	Before Wanted
}

// scrubPiece is read at once, and scrubWhole is how large a manifest is looked
// into.
const (
	scrubPiece = 128 << 10
	scrubWhole = 4 << 20
)

// Read reads some objects; the answers are in their order. What is wrong with
// an object is in its reading. An error says that the store can't be read, and
// nothing about any object.
func (s Scrub) Read(ctx context.Context, wanted []Wanted) ([]Reading, error) {
	out := make([]Reading, len(wanted))
	errs := make([]error, len(wanted))
	next := make(chan int)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	for range max(1, s.Readers) {
		wg.Go(func() {
			piece := make([]byte, scrubPiece)
			for i := range next {
				if out[i], errs[i] = s.readTwice(ctx, wanted[i], piece); errs[i] != nil {
					stop()
				}
			}
		})
	}
	for i := range wanted {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	var first error
	for _, err := range errs {
		if err != nil && (first == nil || errors.Is(first, context.Canceled)) {
			first = err
		}
	}
	if first == nil {
		first = ctx.Err() // the caller's: nothing else stopped it
	}
	return out, first
}

// readTwice reads an object again before it is said to be damaged: a reading
// can go wrong on its way.
func (s Scrub) readTwice(ctx context.Context, w Wanted, piece []byte) (Reading, error) {
	r, err := s.read(ctx, w, piece)
	if err == nil && r.Damage == "" || ctx.Err() != nil {
		return r, err
	}
	r, err = s.read(ctx, w, piece)
	if err == nil || ctx.Err() != nil || !errors.Is(err, record.Unavailable) {
		return r, err
	}
	// Is it the object or the store? One that HEAD finds and GET doesn't give
	// twice is unreadable.
	if _, serr := s.Store.Stat(ctx, w.Name); serr != nil {
		return r, err
	}
	return Reading{Name: w.Name, Damage: "It is there, but can't be read."}, nil
}

// read reads one object once.
func (s Scrub) read(ctx context.Context, w Wanted, piece []byte) (Reading, error) {
	r := Reading{Name: w.Name}
	body, err := s.Store.Open(ctx, w.Name)
	if errors.Is(err, record.NotFound) {
		r.Gone = true
		return r, nil
	}
	if err != nil {
		return r, err
	}
	var whole []byte
	r.Digest, r.Bytes, whole, err = s.hash(ctx, body, w.Name[0] == 'm', piece)
	if err = errors.Join(err, body.Close()); err != nil {
		return r, record.Down("The object store", err)
	}
	if w.Digest == "" {
		return r, s.compare(ctx, &r)
	}
	if r.Digest != w.Digest {
		r.Damage = fmt.Sprintf("Its hash is %s; it was put with %s.", r.Digest, w.Digest)
		return r, nil
	}
	r.Before = before(whole)
	return r, nil
}

// compare holds an object whose hash nobody else knows against the store's.
func (s Scrub) compare(ctx context.Context, r *Reading) error {
	o, err := s.Store.Stat(ctx, r.Name)
	switch {
	case errors.Is(err, record.NotFound):
		r.Gone = true
	case err != nil:
		return err
	case r.Bytes != o.Size:
		r.Damage = fmt.Sprintf("It has %d bytes, and the store says %d.", r.Bytes, o.Size)
	case o.Digest == "":
		r.Damage = "Nobody knows its hash: the store keeps none."
	case r.Digest != o.Digest:
		r.Damage = fmt.Sprintf("Its hash is %s, and the store keeps %s for it.", r.Digest, o.Digest)
	}
	return nil
}

// hash reads a body to its end, and keeps it if it is wanted.
func (s Scrub) hash(ctx context.Context, body io.Reader, keep bool, piece []byte) (d record.Digest, size int64, whole []byte, err error) {
	h := sha256.New()
	for {
		n, err := io.ReadFull(body, piece)
		h.Write(piece[:n]) // never fails (hash.Hash)
		if size += int64(n); keep && size <= scrubWhole {
			whole = append(whole, piece[:n]...)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return record.FromHash(h), size, whole, s.pace(ctx, n)
		}
		if err != nil {
			return "", size, nil, err
		}
		if err := s.pace(ctx, n); err != nil {
			return "", size, nil, err
		}
	}
}

func (s Scrub) pace(ctx context.Context, n int) error {
	if s.Pace == nil {
		return nil
	}
	return s.Pace(ctx, n)
}

// before reads what a manifest says of the one before it.
func before(manifest []byte) Wanted {
	var m struct {
		Header struct {
			Predecessor       string        `json:"predecessor"`
			PredecessorDigest record.Digest `json:"predecessor_digest"`
		} `json:"header"`
	}
	if json.Unmarshal(manifest, &m) != nil {
		return Wanted{}
	}
	return Wanted{m.Header.Predecessor, m.Header.PredecessorDigest}
}

// Pacer lets bytes through at a rate, whoever asks. It is safe for concurrent
// use.
type Pacer struct {
	PerSecond int64

	mu   sync.Mutex
	free time.Time // when what was let through so far is paid for
}

// pacerBurst is how much may come at once after a pause.
const pacerBurst = 100 * time.Millisecond

// Wait returns when n more bytes were due at the rate.
func (p *Pacer) Wait(ctx context.Context, n int) error {
	p.mu.Lock()
	now := time.Now()
	if earliest := now.Add(-pacerBurst); p.free.Before(earliest) {
		p.free = earliest
	}
	p.free = p.free.Add(time.Duration(float64(n) / float64(p.PerSecond) * float64(time.Second)))
	wait := p.free.Sub(now)
	p.mu.Unlock()
	if wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
