package upkeep

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Fallbacks notes the reads that another place than an object's own had to
// serve, and has put anew what they found damaged or missing. Note returns at
// once: the reader may be in the middle of anything.
type Fallbacks struct {
	Catalog *catalog.Catalog
	Clock   record.Clock
	Log     *slog.Logger
	Wake    func() // tells the job runner that something was enqueued; may be nil

	once  sync.Once
	queue chan record.ObjectID
	mu    sync.Mutex
	n     int64
	last  time.Time
}

// waiting is how many may wait to be enqueued. What is more is found by the
// next reader, or by the scrub.
const waiting = 256

func (f *Fallbacks) waits() chan record.ObjectID {
	f.once.Do(func() { f.queue = make(chan record.ObjectID, waiting) })
	return f.queue
}

// Note takes what the vault tells (Vault.OnFallback).
func (f *Fallbacks) Note(b vault.Fallback) {
	f.mu.Lock()
	f.n, f.last = f.n+1, f.Clock.Now()
	f.mu.Unlock()
	f.Log.Warn("a read was served from another place", "object", b.Name, "place", b.Place, "error", b.Err)
	if !errors.Is(b.Err, record.NotFound) && !errors.Is(b.Err, record.Corrupt) {
		return // the store did not answer; nothing says that the object is damaged
	}
	if letter := b.Name[:1]; letter != "o" && letter != "k" {
		return // a manifest: the scrub names it
	}
	select {
	case f.waits() <- idOf(b.Name):
	default:
	}
}

// Served says how many reads since the start another place had to serve, and
// when the last one was.
func (f *Fallbacks) Served() (n int64, last time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n, f.last
}

// Run enqueues the repairs until ctx ends.
func (f *Fallbacks) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-f.waits():
			err := f.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.Enqueue(relocateSpec(id)) })
			if err != nil && ctx.Err() == nil {
				f.Log.Warn("a repair could not be enqueued; the scrub will", "object", id, "error", err)
			} else if f.Wake != nil {
				f.Wake()
			}
		}
	}
}
