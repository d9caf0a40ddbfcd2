package job

import (
	"math/rand/v2"
	"time"
)

// The pauses between attempts: they double from firstPause to longestPause.
const (
	firstPause   = 5 * time.Second
	longestPause = 4 * time.Hour
)

// pause is how long to wait after the given failed attempt (1 is the first):
// between half and the whole of the doubled pause, so that jobs which failed
// together don't come back together.
func pause(attempt int, random func() float64) time.Duration {
	full := longestPause
	if n := max(attempt, 1) - 1; n < 12 { // 5 s · 2^12 is more than the longest
		full = min(firstPause<<n, longestPause)
	}
	return full/2 + time.Duration(random()*float64(full/2))
}

func randomFraction() float64 { return rand.Float64() }
