package faults

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"eakte/appliance/catalog"
)

// whole is the full run of `make faults`; otherwise a seeded part runs.
var whole = flag.Bool("whole", false, "run everything, not a seeded part")

// seed is EAKTE_SEED, or one of this moment. It is printed, to be replayed.
func seed(t testing.TB) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv("EAKTE_SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("EAKTE_SEED: %v", err)
		}
	}
	t.Logf("EAKTE_SEED=%d", n)
	return n
}

// TestEveryCall lets each kind of fault happen to the n-th call of each action,
// for every n, on SQLite and a store in memory. Time is the test's own: a
// store that takes thirty seconds takes none. A run that is not whole takes
// every n of an intake and a seeded part of the rest.
func TestEveryCall(t *testing.T) {
	if _, err := policy(); err != nil { // made outside of the tests' own time
		t.Fatal(err)
	}
	s := seed(t)
	for i, a := range actions() {
		r := rand.New(rand.NewPCG(s, uint64(i)))
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				template := build(t, memorySite(t))
				template.ok(a.prepare(template))
				template.remember()
				template.close()
				for _, kind := range everyFault {
					t.Logf("%s: %s", kind, eachCall(t, a, kind, template, r))
				}
			})
		})
	}
}

// tally is what came of one kind of fault.
type tally struct{ calls, injected, answered, failed int }

func (t tally) String() string {
	return fmt.Sprintf("%d calls, %d injected, %d answered, %d refused", t.calls, t.injected, t.answered, t.failed)
}

// note enters the n-th call; the first run has no fault and counts the calls.
func (t *tally) note(counted, n int, hit call, first error) {
	switch {
	case n == 0:
		t.calls = counted
	case hit == (call{}):
	case first == nil:
		t.injected, t.answered = t.injected+1, t.answered+1
	default:
		t.injected, t.failed = t.injected+1, t.failed+1
	}
}

// eachCall lets a fault happen to the n-th call, for every n. The first run
// has none and counts the calls.
func eachCall(t *testing.T, a action, kind fault, template *house, r *rand.Rand) (sum tally) {
	for n := 0; n <= sum.calls; n++ {
		if n > 0 && a.part > 1 && !some(r, a.part) {
			continue
		}
		h := template.copyOf(t)
		h.before, h.promises = template.before, append([]promise{}, template.promises...)
		h.i.pause = 30 * time.Second
		first, hit, err := oneFault(h, a, kind, n, n%2 == 1)
		if err != nil {
			t.Errorf("%s, %s at call %d (%s), it said %v: %v", a.name, kind, n, hit, first, err)
		}
		sum.note(h.i.counted(), n, hit, first)
	}
	return sum
}

// oneFault lets one call fail and checks what is left: after a restart, and
// after the action was done again. One that was not answered is, at once, also
// done again before the restart.
func oneFault(h *house, a action, kind fault, n int, atOnce bool) (first error, hit call, err error) {
	defer func() { err = errors.Join(err, h.shut()) }()
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	h.i.arm(kind, n, leave)
	if first = a.act(ctx, h); first != nil && atOnce && ctx.Err() == nil {
		second := a.act(ctx, h)
		hit = h.i.disarm()
		err = h.toldWhole(second)
	} else {
		hit = h.i.disarm()
		err = h.toldWhole(first)
	}
	if hit == (call{}) && first != nil {
		err = errors.Join(err, errors.New("it fails without a fault"))
	}
	if err != nil {
		return first, hit, err
	}
	h.restart()
	if err := h.check(); err != nil {
		return first, hit, fmt.Errorf("after a restart: %w", err)
	}
	if bent := hit == (call{"spool", "read"}) && (kind == truncated || kind == otherBytes); h.lost > 0 && !bent {
		return first, hit, errors.New("a start gave a document up whose spool item was whole")
	}
	if err := h.again(a); err != nil {
		return first, hit, fmt.Errorf("done again: %w", err)
	}
	return first, hit, nil
}

// toldWhole asks right after an answer, before any restart: success is
// answered only when the manifests are in the store.
func (h *house) toldWhole(answer error) error {
	if answer != nil {
		return nil
	}
	var waiting int
	h.read(func(tx *catalog.Tx) (err error) { waiting, err = tx.OutboxSize(); return err })
	if waiting > 0 {
		return fmt.Errorf("it was answered with %d manifests still in the outbox", waiting)
	}
	return nil
}

// again does the action once more, and asks everybody.
func (h *house) again(a action) error {
	if err := a.act(context.Background(), h); err != nil {
		return err
	}
	if err := h.toldWhole(nil); err != nil {
		return err
	}
	if a.after != nil {
		if err := a.after(h); err != nil {
			return err
		}
	}
	return errors.Join(h.check(), h.verify())
}

// some says whether a seeded run takes the n-th of many.
func some(r *rand.Rand, oneIn int) bool { return *whole || r.IntN(oneIn) == 0 }

func (h *house) advance(days int) { h.clock.Advance(time.Duration(days) * 24 * time.Hour) }
