package folder

import (
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// stamp tells one state of a file from another.
type stamp struct {
	dev, ino    uint64
	size        int64
	mtim, ctime int64 // nanoseconds of the file system's own clock: only compared, never read as a time
}

func stampOf(st *unix.Stat_t) stamp {
	return stamp{dev: uint64(st.Dev), ino: st.Ino, size: st.Size, mtim: st.Mtim.Nano(), ctime: st.Ctim.Nano()}
}

// sight is what is remembered of a file that is not taken yet.
type sight struct {
	stamp
	since time.Duration // first seen like this, by our own clock
	retry time.Duration // not tried again before
	tries int
	round uint32 // last look that saw it
	aside bool   // a temporary name, or a delivery: seen, but no file that waits to be taken
	stuck bool   // a delivery in which something is missing or wrong
	why   *trouble
}

// maxSights bounds the memory: about ten megabytes. More files than this are
// looked at when the first of them are gone.
const maxSights = 100_000

// How long a file is left alone after a try that failed: doubling.
const (
	retryMin = 2 * time.Second
	retryMax = pauseMax
)

// longInUse is how long a file may be open elsewhere before somebody is told.
const longInUse = 10 * time.Minute

// sights are the files that were seen and not taken, by a hash of their path.
type sights struct {
	mu    sync.Mutex
	seed  maphash.Seed
	round uint32
	m     map[uint64]*sight
}

func newSights() *sights { return &sights{seed: maphash.MakeSeed(), m: map[uint64]*sight{}} }

// next begins a look.
func (s *sights) next() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round++
}

// see notes a file as it is now. It says since when it has been so and whether
// it may be tried; known is false if no more files can be remembered.
func (s *sights) see(path string, st stamp, aside bool, now time.Duration) (since time.Duration, due, known bool) {
	key := maphash.String(s.seed, path)
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.m[key]
	if g == nil {
		if len(s.m) >= maxSights {
			return 0, false, false
		}
		g = &sight{stamp: st, since: now, aside: aside}
		s.m[key] = g
	}
	if g.stamp != st {
		*g = sight{stamp: st, since: now, aside: aside}
	}
	g.round = s.round
	return g.since, now >= g.retry, true
}

// forget drops a file that is taken or gone.
func (s *sights) forget(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.m, maphash.String(s.seed, path))
}

// later notes that a try failed. Without a reason the file is in use, which
// ends soon, or else is a reason.
func (s *sights) later(path string, why *trouble, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.m[maphash.String(s.seed, path)]
	if g == nil {
		return
	}
	g.retry, g.why = now+retryMin, why
	if why != nil {
		g.retry = now + min(retryMin<<min(g.tries, 12), retryMax)
		g.tries++
	} else if now-g.since > longInUse {
		g.why = stillOpen
	}
}

// wait notes that a delivery stays where it is until something changes; it is
// looked at again now and then, one whose manifest is broken when it is certain
// that no more of it comes.
func (s *sights) wait(path string, w *waiting, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.m[maphash.String(s.seed, path)]
	if g == nil {
		return
	}
	g.retry, g.why, g.stuck = now+min(waitMin<<min(g.tries, 12), waitMax), nil, w.wrong()
	if w.broken {
		g.retry = g.since + brokenAfter
	}
	g.tries++
}

// stuck says whether a delivery waits for somebody to do something.
func (s *sights) stuck(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.m[maphash.String(s.seed, path)]
	return g != nil && g.stuck
}

// prune drops what a look that went through to its end did not see, and says
// how many files wait and what troubles most of those that were tried.
func (s *sights) prune(complete bool) (wait int, why *trouble, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	type tally struct {
		t *trouble
		n int
	}
	by := map[string]tally{}
	for key, g := range s.m {
		if complete && g.round != s.round {
			delete(s.m, key)
			continue
		}
		if !g.aside {
			wait++
		}
		if g.why != nil {
			by[g.why.code] = tally{g.why, by[g.why.code].n + 1}
		}
	}
	for _, c := range by {
		if c.n > n || c.n == n && c.t.code < why.code {
			why, n = c.t, c.n
		}
	}
	return wait, why, n
}
