package faults

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// How often the appliance is killed, and after how many kills it is looked at:
// at what is new, and at everything.
const (
	killsWhole   = 1000
	killsPart    = 16
	lookEvery    = 4
	lookAllEvery = 40
	freshEvery   = 200 // a new archive, so that looking at everything stays short
)

// TestKilled kills the appliance with SIGKILL while it takes in, files,
// changes, grants, reads, purges and seals: half the times at a random moment
// (while it starts, too), half at a random call to catalog, store or spool.
// Whatever was acknowledged must be there, and nothing half.
func TestKilled(t *testing.T) {
	kills := killsPart
	if *whole {
		kills = killsWhole
	}
	s := seed(t)
	r := rand.New(rand.NewPCG(s, 0))
	var total killTally
	for total.kills < kills {
		total.add(killOne(t, r, s, min(freshEvery, kills-total.kills), total.kills))
		t.Logf("%s", total)
	}
	if total.answered < kills {
		t.Errorf("%d things were acknowledged over %d kills: the test shows nothing", total.answered, kills)
	}
}

type killTally struct{ kills, atStart, atCall, answered, documents, sent int }

func (k *killTally) add(o killTally) {
	k.kills, k.atStart, k.atCall = k.kills+o.kills, k.atStart+o.atStart, k.atCall+o.atCall
	k.answered, k.documents, k.sent = k.answered+o.answered, k.documents+o.documents, k.sent+o.sent
}

func (k killTally) String() string {
	return fmt.Sprintf("%d kills (%d at a call, %d before it had settled), %d answers, of them %d documents of %d sent: all kept, none double",
		k.kills, k.atCall, k.atStart, k.answered, k.documents, k.sent)
}

// killOne kills the appliance so many times over one archive.
func killOne(t *testing.T, r *rand.Rand, s uint64, times, before int) (sum killTally) {
	t.Chdir(t.TempDir()) // the embedded store goes elsewhere; this brings it back
	h := build(t, realSite(t))
	h.remember()
	h.close()
	place, g := h.writePlace(), newLedger()
	for sum.kills < times {
		sum.kills++
		n := before + sum.kills
		env := []string{fmt.Sprintf("%s=%d", childSeed, s+uint64(n))}
		m := moment{after: time.Duration(r.IntN(500)) * time.Millisecond, starting: r.IntN(4) == 0}
		if r.IntN(2) == 0 {
			sum.atCall++
			m = moment{after: 10 * time.Second}
			env = append(env, fmt.Sprintf("%s=%d", childKill, 1+r.IntN(1200)))
		}
		if ready := killAt(t, g, place, m, env); !ready {
			sum.atStart++
		}
		if t.Failed() {
			t.Fatalf("kill %d", n)
		}
		if sum.kills%lookEvery == 0 || sum.kills == times {
			look(t, h, g, sum.kills%lookAllEvery == 0 || sum.kills == times, n)
		}
	}
	sum.answered, sum.documents, sum.sent = g.answered, len(g.documents), len(g.sent)
	h.ok(h.open())
	h.ok(h.settle(t.Context()))
	h.ok(h.resend(g))
	h.ok(h.keeps(g, true))
	h.close()
	return sum
}

// moment is when a child is killed: so long after it began, or after it had
// settled.
type moment struct {
	after    time.Duration
	starting bool
}

// killAt lets a child work until a moment, kills it unless it has done so
// itself, and enters what it said. It says whether the child had settled.
func killAt(t *testing.T, g *ledger, place string, m moment, env []string) (ready bool) {
	t.Helper()
	p := begin(t, place, env...)
	arm := func() *time.Timer {
		return time.AfterFunc(m.after, func() { p.Process.Kill() }) // it can only fail if the child is gone
	}
	if m.starting {
		defer arm().Stop()
	}
	for {
		l, err := p.next()
		if err != nil {
			break
		}
		if !ready && !m.starting {
			defer arm().Stop()
		}
		ready = true
		if err := g.note(l); err != nil {
			t.Error(err)
		}
	}
	if err := p.ended(); err != nil {
		t.Error(err)
	}
	return ready
}

// look opens the archive as the next start does, and checks.
func look(t *testing.T, h *house, g *ledger, all bool, n int) {
	t.Helper()
	h.ok(h.open())
	h.ok(h.settle(t.Context()))
	if err := h.keeps(g, all); err != nil {
		t.Fatalf("after kill %d: %v", n, err)
	}
	h.close()
}
