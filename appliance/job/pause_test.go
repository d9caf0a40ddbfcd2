package job

import (
	"testing"
	"time"
)

func TestPause(t *testing.T) {
	low, high := func() float64 { return 0 }, func() float64 { return 0.999999 }
	full := 5 * time.Second
	for attempt := 1; attempt <= 40; attempt++ {
		if got := pause(attempt, low); got != full/2 {
			t.Errorf("after %d attempts at least %v, want %v", attempt, got, full/2)
		}
		if got := pause(attempt, high); got > full || got < full*9/10 {
			t.Errorf("after %d attempts at most %v, want nearly %v", attempt, got, full)
		}
		full = min(2*full, 4*time.Hour)
	}
	if pause(0, low) != 2500*time.Millisecond {
		t.Error("no attempt counts as one")
	}
}
