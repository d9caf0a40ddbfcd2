// Package folder is the watched folder as a channel: files that are put there
// are handed in one by one and then moved to done/, or to rejected/ beside a
// text that says why. It looks again and again instead of being told, since
// network shares tell nothing.
//
// A file is read twice: once for its hash, from which with folder and name the
// idempotency key is made, and once while it is handed in. A stop between the
// receipt and the move is healed by the next look: the same transmission is
// one document. Nothing in here logs a name.
package folder

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"eakte/appliance/record"
	"eakte/ingest"
)

// Intake is what a watcher needs of the archive; *ingest.Intake is one.
type Intake interface {
	// Accept takes one document in. Only after it has given a receipt is the
	// file moved.
	Accept(ctx context.Context, actor record.Actor, s ingest.Submission) (ingest.Receipt, error)
	// Kept says whether documents of these bytes are in the catalog and each of
	// them was read back from the store. Only then is a file in done/ removed.
	Kept(ctx context.Context, plain record.Digest) (bool, error)
}

// Config says what is watched and for whom.
type Config struct {
	Path     string // absolute; its identity in idempotency keys
	Name     string // in the log; nothing personal
	Intake   Intake
	Desk     Desk                                        // nil: deliveries are left where they are
	Actor    func(context.Context) (record.Actor, error) // asked for at each look: users are disabled
	Settle   time.Duration                               // how long a file must not have changed; 0: 5 s
	MaxBytes int64                                       // larger files are rejected unread; 0: no bound of ours
	Clock    record.Clock                                // for the days of done/
	Log      *slog.Logger
}

const (
	defaultSettle = 5 * time.Second
	pollMin       = 500 * time.Millisecond
	pollMax       = 2 * time.Second
	pauseMax      = 5 * time.Minute // between tries while the folder or the archive is in trouble
	parallel      = 4               // files on their way at once: the store's latency overlaps
	stopGrace     = 10 * time.Second
	hangAfter     = 2 * time.Minute
)

// Watcher watches one folder.
type Watcher struct {
	Config
	elapsed  func() time.Duration // monotonic: no clock that is set back delays anything
	openFile func(d *dir, name string) (source, error)
	sights   *sights
	lock     *lock
	mounted  bool // a share was mounted at the path once
	lying    int  // files in rejected/ when they were counted last
	recount  time.Duration

	busy    atomic.Bool  // a look is under way
	handing atomic.Int32 // files that the archive is taking in just now
	beat    atomic.Int64 // when the folder answered last, by elapsed

	mu       sync.Mutex
	state    State
	failures int // looks in a row that had to stop
}

// New makes a watcher; Run starts it.
func New(c Config) *Watcher {
	if c.Settle <= 0 {
		c.Settle = defaultSettle
	}
	c.Path = filepath.Clean(c.Path)
	start := time.Now()
	return &Watcher{Config: c, elapsed: func() time.Duration { return time.Since(start) }, openFile: openSource, sights: newSights()}
}

// Run watches until ctx ends. It gives no error: what is wrong with the folder
// stands in State and is tried again.
func (w *Watcher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { w.lookAgain(ctx) })
	wg.Go(func() { w.purgeAgain(ctx) })
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	<-ctx.Done()
	select {
	case <-ended:
	case <-time.After(stopGrace): // a hanging share must not keep the whole appliance from stopping
		w.Log.Warn("a watched folder does not answer; stopping without it", "folder", w.Name)
	}
	return nil
}

func (w *Watcher) lookAgain(ctx context.Context) {
	defer func() { w.lock.release() }()
	for ctx.Err() == nil {
		w.look(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(w.pause()):
		}
	}
}

// look goes through the folder once and notes what it found.
func (w *Watcher) look(ctx context.Context) {
	w.touch()
	w.busy.Store(true)
	s := &sweep{Watcher: w, ctx: ctx, day: w.Clock.Now().In(record.Berlin()).Format(time.DateOnly)}
	s.run()
	w.busy.Store(false)
	if ctx.Err() == nil {
		w.note(s)
	}
}

// pause is how long to wait before the next look.
func (w *Watcher) pause() time.Duration {
	poll := min(max(w.Settle/2, pollMin), pollMax)
	w.mu.Lock()
	defer w.mu.Unlock()
	return min(poll<<min(w.failures, 10), pauseMax)
}

// touch notes that the folder answers.
func (w *Watcher) touch() { w.beat.Store(int64(w.elapsed())) }
