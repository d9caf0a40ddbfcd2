package identity

import (
	"sync"
	"time"

	"eakte/appliance/catalog"
)

// Limits on guessing. A name, known or not, gets 5 failures a minute and 20 a
// quarter of an hour; then it waits until the windows have moved on. Tries that
// are refused for this don't count, so nobody can keep a colleague out for
// longer than that by going on. While the whole house has more than 500
// failures in a quarter of an hour, somebody tries many names: each then gets
// 2 in that time. Who has not failed is never refused, so the house is never
// locked out. The third limit is the number of hash slots.
const (
	shortWindow = time.Minute
	shortLimit  = 5
	longWindow  = 15 * time.Minute
	longLimit   = 20
	houseLimit  = 500
	tightLimit  = 2
	houseKey    = "house" // the key that every failure counts under; no fingerprint looks like it
)

// reserve counts a try as failed before it is known to be, so that many at
// once can't all pass; a success takes it back. It says no if the limit is
// reached.
func reserve(tx *catalog.Tx, key string, now time.Time) (bool, error) {
	short, err := tx.SignInFailures(key, now.Add(-shortWindow))
	if err != nil {
		return false, err
	}
	long, err := tx.SignInFailures(key, now.Add(-longWindow))
	if err != nil {
		return false, err
	}
	everybody, err := tx.SignInFailures(houseKey, now.Add(-longWindow))
	if err != nil {
		return false, err
	}
	if short >= shortLimit || long >= longLimit || everybody > houseLimit && long >= tightLimit {
		return false, nil
	}
	return true, tx.PutSignInFailure(key, now)
}

// silencer keeps bad tokens, which cost their sender nothing, from filling the
// audit log: so many a second get an entry each, and the next entry says how
// many had none.
type silencer struct {
	mu      sync.Mutex
	second  int64
	written int
	skipped int
}

const badTokensASecond = 5

// speak says whether this one gets an entry, and how many before it got none.
func (s *silencer) speak(now time.Time) (ok bool, skipped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sec := now.Unix(); sec != s.second {
		s.second, s.written = sec, 0
	}
	if s.written >= badTokensASecond {
		s.skipped++
		return false, 0
	}
	s.written++
	skipped, s.skipped = s.skipped, 0
	return true, skipped
}
