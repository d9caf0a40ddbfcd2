package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/vault/vaulttest"
)

const (
	nodeRoundsWhole = 50
	nodeRoundsPart  = 2
)

// TestTwoNodes lets two processes take the same documents in at the same time,
// under the same keys, on one PostgreSQL and one MinIO. One is killed while the
// other goes on, then that one as well; both come back. Nothing is double,
// nothing is lost, and what the dead node had begun is finished when it
// returns.
func TestTwoNodes(t *testing.T) {
	rounds := nodeRoundsPart
	if *whole {
		rounds = nodeRoundsWhole
	}
	pg, m := catalogtest.StartPostgres(t), vaulttest.StartMinIO(t)
	if pg == nil {
		return
	}
	s := realSite(t)
	s.DSN, s.Store = pg.DSN(t), storeAt{Endpoint: m.Host, Access: m.Running.Access, Secret: m.Running.Secret}
	one := build(t, s)
	one.remember()
	one.close()
	two := otherNode(t, one)
	n := seed(t)
	r := rand.New(rand.NewPCG(n, 1))
	g, mu := newLedger(), sync.Mutex{}
	for round := range rounds {
		env := []string{fmt.Sprintf("%s=%d", childSeed, n+uint64(round)), childRace + "=1"}
		running := []*process{begin(t, one.writePlace(), env...), begin(t, two.writePlace(), env...)}
		r.Shuffle(2, func(i, j int) { running[i], running[j] = running[j], running[i] })
		first := time.Duration(100+r.IntN(1500)) * time.Millisecond
		race(t, g, &mu, running, first, first+time.Duration(r.IntN(1000))*time.Millisecond)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	bothBack(t, one, two, g)
	t.Logf("%d kills of 2 nodes, %d answers, %d documents of %d sent: none lost, none double", 2*rounds, g.answered, len(g.documents), len(g.sent))
	if g.answered < 2*rounds {
		t.Error("too few answers: the test shows nothing")
	}
}

// otherNode is another node of the same archive, with a spool of its own.
func otherNode(t *testing.T, one *house) *house {
	t.Helper()
	s := one.site
	s.Dir, s.Node = t.TempDir(), "two"
	two := &house{site: s, t: t, i: &injector{}}
	key, err := os.ReadFile(one.keyFile())
	two.ok(err)
	two.ok(os.WriteFile(filepath.Join(s.Dir, "key"), key, 0o600))
	return two
}

// race reads what both say, and kills each at its time from when it had settled.
func race(t *testing.T, g *ledger, mu *sync.Mutex, running []*process, after ...time.Duration) {
	t.Helper()
	var wg sync.WaitGroup
	for i, p := range running {
		wg.Go(func() {
			ready := false
			for {
				l, err := p.next()
				if err != nil {
					break
				}
				if !ready {
					defer time.AfterFunc(after[i], func() { p.Process.Kill() }).Stop() // it can only fail if the child is gone
				}
				ready = true
				mu.Lock()
				err = g.note(l)
				mu.Unlock()
				if err != nil {
					t.Error(err)
				}
			}
			if err := p.ended(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// bothBack opens both nodes as their next start does, and checks.
func bothBack(t *testing.T, one, two *house, g *ledger) {
	t.Helper()
	for _, h := range []*house{one, two} {
		h.ok(h.open())
		h.ok(h.settle(t.Context()))
	}
	err := errors.Join(two.settled(), one.keeps(g, true), one.resend(g), one.keeps(g, true))
	two.close()
	one.close()
	if err != nil {
		t.Error(err)
	}
}
