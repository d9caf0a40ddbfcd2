package backup_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"eakte/appliance/backup"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// seed is printed, and can be given by EAKTE_SEED to do a run once more.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	n := rand.Uint64()
	if s := os.Getenv("EAKTE_SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("EAKTE_SEED=%d", n)
	return rand.New(rand.NewPCG(n, 0))
}

// Cut off at any call of the store or of the database, a rebuild goes on and
// comes to the same. One call in some ten is tried; with EAKTE_FULL=1, each.
func TestRebuildGoesOn(t *testing.T) {
	step := 13
	if os.Getenv("EAKTE_FULL") == "1" {
		step = 1
	}
	r := seed(t)
	h := newHouse(t, catalogtest.SQLite, memory())
	h.fill()
	want := dump(t, h.Catalog)
	calls, statements := cutOff(t, h, want, 0, 0)
	tried := 0
	for n := 1 + r.IntN(step); n <= calls; n += 1 + r.IntN(2*step-1) {
		tried++
		cutOff(t, h, want, n, 0)
	}
	for n := 1 + r.IntN(6*step); n <= statements; n += 1 + r.IntN(12*step) {
		tried++
		cutOff(t, h, want, 0, n)
	}
	t.Logf("cut off %d times at one of %d calls and %d statements", tried, calls, statements)
}

// cutOff rebuilds with a store that fails from a call on, or a statement that
// fails (0: none), and then once more without.
func cutOff(t *testing.T, h *house, want map[string]string, store, statement int) (calls, statements int) {
	t.Helper()
	rows := &catalogtest.Faults{}
	cat := catalogtest.SQLite(t, h.clock, catalog.WithConnector(rows.Wrap))
	faults := &vaulttest.Faults{From: store, To: 1 << 30, Category: record.Denied} // denied: not tried again
	d := h.deps(vault.New(faults.Wrap(h.store), h.ring, h.clock), cat)
	d.Batch = 2 // so that a stage is many transactions
	rows.FailAt(statement)
	first, err := backup.Rebuild(context.Background(), d)
	if fails := store > 0 || statement > 0; fails != (err != nil) {
		t.Fatalf("store from %d, statement %d: %v", store, statement, err)
	}
	calls, statements = faults.Calls(), rows.Count()
	rows.FailAt(0)
	d.Vault = vault.New(h.store, h.ring, h.clock)
	second, err := backup.Rebuild(context.Background(), d)
	if err != nil {
		t.Fatalf("store from %d, statement %d: going on: %v", store, statement, err)
	}
	if got := differences(want, dump(t, cat)); len(got) > 0 || second.Counts.Problems != 0 || !second.Sound() {
		t.Fatalf("store from %d, statement %d: %d rows differ, report %+v\n%s", store, statement, len(got), second, got)
	}
	if store == 0 && statement == 0 && second.EndedAt != first.EndedAt {
		t.Errorf("a rebuild that was done gives another report: %+v %+v", first, second)
	}
	return calls, statements
}

// A rebuild that is told to stop stops, and goes on later.
func TestRebuildStops(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, memory())
	h.fill()
	for _, stage := range backup.Stages()[1:9] {
		cat := catalogtest.SQLite(t, h.clock)
		d := h.deps(vault.New(h.store, h.ring, h.clock), cat)
		ctx, cancel := context.WithCancel(context.Background())
		d.Progress = func(at string, _, _ int64) {
			if at == stage {
				cancel()
			}
		}
		if _, err := backup.Rebuild(ctx, d); err == nil {
			t.Fatalf("%s: it went on", stage)
		}
		d.Progress = nil
		r, err := backup.Rebuild(context.Background(), d)
		if err != nil || !r.Resumed || !r.Sound() {
			t.Fatalf("%s: %v %+v", stage, err, r)
		}
		if got := differences(dump(t, h.Catalog), dump(t, cat)); len(got) > 0 {
			t.Errorf("%s: %d rows differ:\n%s", stage, len(got), got)
		}
	}
}

// Into a catalog that holds something nothing is rebuilt.
func TestRebuildIntoFull(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, memory())
	_, err := backup.Rebuild(context.Background(), h.deps(h.Vault, h.Catalog))
	if record.CategoryOf(err) != record.Conflict {
		t.Errorf("%v", err)
	}
}
