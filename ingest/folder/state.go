package folder

import (
	"fmt"
	"time"
)

// State is what health and metrics say of a watched folder. It names no file.
type State struct {
	Waiting    int // files that were seen and are not taken in yet
	Deliveries int // deliveries in which something is missing or wrong
	Left       int // links, devices, pipes: not opened, left where they are
	Lying      int // files in rejected/
	Kept       int // old files in done/ that the archive does not hold: not removed

	// Since the start.
	Taken     int64 // documents taken in, or known already, and moved to done/
	Repeated  int64 // of these, known already: the same transmission again
	Delivered int64 // deliveries taken in; their documents count in Taken
	Rejected  int64 // moved to rejected/; a delivery counts as one
	Purged    int64 // removed from done/

	Code    string    // of what is wrong, the same in any language; empty: nothing
	Message string    // what is wrong, one sentence
	Hint    string    // what to do about it
	Since   time.Time // when it began; zero if nothing is wrong
	Stopped bool      // it holds for the whole folder: nothing is taken in
	Files   int       // otherwise: how many files it is about, if that is known
}

// State gives the newest state. It never waits for the folder.
func (w *Watcher) State() State {
	w.mu.Lock()
	st := w.state
	w.mu.Unlock()
	silent := w.elapsed() - time.Duration(w.beat.Load())
	if w.busy.Load() && w.handing.Load() == 0 && silent > hangAfter {
		st.say(&hanging, w.Clock.Now().Add(-silent))
		st.Stopped = true
	}
	return st
}

// say puts trouble into the state; since is when it was found, if it is new.
func (s *State) say(t *trouble, since time.Time) (anew bool) {
	if t == nil {
		s.Code, s.Message, s.Hint, s.Since, s.Stopped, s.Files = "", "", "", time.Time{}, false, 0
		return false
	}
	if anew = s.Code != t.code; anew {
		s.Since = since
	}
	s.Code, s.Message, s.Hint, s.Stopped, s.Files = t.code, t.message, t.hint, false, 0
	return anew
}

// note keeps what a look found: what stopped it, or else what troubles most of
// the files, or else a sub-folder.
func (w *Watcher) note(s *sweep) {
	stop := s.stopped()
	wait, why, n := w.sights.prune(stop == nil)
	t := stop
	if t == nil {
		t = why
	}
	if t == nil {
		t = s.trouble
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Waiting = wait
	if w.state.say(t, w.Clock.Now()) {
		w.Log.Warn("a watched folder needs a look", "folder", w.Name, "what", t.message, "cause", t.cause)
	}
	if stop != nil {
		w.failures++
		w.state.Stopped = true
		return
	}
	w.failures = 0
	w.state.Deliveries, w.state.Left, w.state.Lying = int(s.deliveries.Load()), s.left, w.lying
	if why != nil {
		w.state.Files, w.state.Message = n, fmt.Sprintf("Files that wait: %d: %s", n, why.message)
	}
}

func (w *Watcher) count(change func(*State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.state)
}
