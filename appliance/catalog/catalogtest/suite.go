// Package catalogtest holds the catalog to one suite on every database, and
// has what other tests need of it: a catalog in a temporary SQLite file, a
// private PostgreSQL server, a clock that is moved by hand, and a driver whose
// n-th call fails.
package catalogtest

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/job/jobtest"
	"eakte/appliance/record"
)

// Clock is a clock that a test moves by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at a fixed time.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }

// Now is the time it was moved to.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Opener opens an empty catalog that is closed when the test ends.
type Opener func(t testing.TB, clock record.Clock, opts ...catalog.Option) *catalog.Catalog

// SQLite opens an empty catalog in a temporary file. It is an Opener.
func SQLite(t testing.TB, clock record.Clock, opts ...catalog.Option) *catalog.Catalog {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "catalog.db"), clock, opts...)
}

func open(t testing.TB, dsn string, clock record.Clock, opts ...catalog.Option) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(context.Background(), dsn, clock, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Run holds the catalogs that open gives to the suite; if only is given, to
// those of its tests.
func Run(t *testing.T, open Opener, only ...string) {
	for _, test := range []struct {
		name string
		run  func(*suite)
	}{
		{"setup", (*suite).setup}, {"users", (*suite).users}, {"sessions", (*suite).sessions},
		{"files", (*suite).files}, {"file numbers", (*suite).fileNumbers}, {"rebuilt ordinals", (*suite).rebuiltOrdinals},
		{"persons", (*suite).persons}, {"grants", (*suite).grants}, {"substitutions", (*suite).substitutions},
		{"facts roles", (*suite).factsRoles}, {"facts relations", (*suite).factsRelations}, {"facts dates", (*suite).factsDates},
		{"facts documents", (*suite).factsDocuments}, {"facts many", (*suite).factsMany},
		{"keys", (*suite).keys}, {"sealed journal", (*suite).sealedJournal},
		{"visible", (*suite).visible}, {"visible equals facts", (*suite).visibleEqualsFacts},
		{"closed", (*suite).closed},
		{"find names", (*suite).findNames}, {"find why", (*suite).findWhy}, {"saved searches", (*suite).savedSearches}, {"find numbers", (*suite).findNumbers}, {"find rights", (*suite).findRights},
		{"find pages", (*suite).findPages}, {"find forgets", (*suite).findForgets}, {"route lookups", (*suite).routeLookups},
		{"documents", (*suite).documents}, {"document lists", (*suite).documentLists}, {"identical", (*suite).identical}, {"links", (*suite).links}, {"families", (*suite).families}, {"held families", (*suite).heldFamilies},
		{"dirty", (*suite).dirty}, {"dirty file", (*suite).dirtyFile}, {"index rows", (*suite).indexRows}, {"scan", (*suite).scan},
		{"items", (*suite).items}, {"item takers", (*suite).itemTakers}, {"item lists", (*suite).itemLists},
		{"item rights", (*suite).itemRights}, {"item route", (*suite).itemRoute}, {"unfiled count", (*suite).unfiledCount},
		{"journal", (*suite).journal}, {"outbox", (*suite).outbox}, {"answers", (*suite).answers},
		{"jobs commit", (*suite).jobsCommit}, {"jobs bury", (*suite).jobsBury}, {"jobs race", (*suite).jobsRace},
		{"schedules", (*suite).schedules}, {"findings", (*suite).findings}, {"keeping", (*suite).keeping}, {"purge", (*suite).purge},
		{"scrub", (*suite).scrub}, {"relocation", (*suite).relocation}, {"page deaths", (*suite).pageDeaths}, {"split", (*suite).split}, {"deliveries", (*suite).deliveries}, {"delivery objects", (*suite).deliveryObjects}, {"delivery clues", (*suite).deliveryClues}, {"pending", (*suite).pending}, {"kept", (*suite).kept}, {"by clue", (*suite).byClue}, {"orphans", (*suite).orphans}, {"in transit", (*suite).inTransit}, {"missing deliveries", (*suite).missingDeliveries}, {"mailroom", (*suite).mailroom}, {"rules", (*suite).rules},
		{"throughput", (*suite).throughput}, {"queued", (*suite).queued},
		{"holds", (*suite).holds}, {"held not due", (*suite).heldNotDue}, {"held objects", (*suite).heldObjects},
		{"audit append", (*suite).auditAppend}, {"audit query", (*suite).auditQuery}, {"audit tree", (*suite).auditTree},
		{"audit concurrent", (*suite).auditConcurrent}, {"audit years", (*suite).auditYears}, {"checkpoints", (*suite).checkpoints},
		{"audit closed", (*suite).auditClosed},
		{"rollback", (*suite).rollback}, {"goes on after answers", (*suite).goesOn}, {"stops after failures", (*suite).stops},
		{"texts", (*suite).texts}, {"snapshot", (*suite).snapshot}, {"context", (*suite).contexts},
		{"same number twice", (*suite).sameNumber}, {"counters", (*suite).counters}, {"faults", (*suite).faults},
		{"commit fails", (*suite).commitFails}, {"append fails", (*suite).appendFails},
		{"answer of a commit lost", (*suite).commitAnswerLost}, {"order of names", (*suite).orderOfNames}, {"undescribed", (*suite).undescribed},
	} {
		if len(only) > 0 && !slices.Contains(only, test.name) {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			clock := NewClock()
			test.run(&suite{T: t, open: open, clock: clock, c: open(t, clock)})
		})
	}
	if len(only) > 0 {
		return
	}
	t.Run("job store", func(t *testing.T) {
		jobtest.Run(t, func(t *testing.T, clock record.Clock) jobtest.Harness {
			c := open(t, clock)
			return jobtest.Harness{Store: c, Buried: c.Buried,
				Enqueue: func(ctx context.Context, s job.Spec) error { return c.Enqueue(ctx, s) }}
		})
	})
	t.Run("schedule store", func(t *testing.T) {
		jobtest.RunSchedules(t, func(t *testing.T, clock record.Clock) jobtest.ScheduleHarness {
			c := open(t, clock)
			return jobtest.ScheduleHarness{Schedules: c, Jobs: c}
		})
	})
}

type suite struct {
	*testing.T
	open  Opener
	clock *Clock
	c     *catalog.Catalog
}

// write runs fn in a transaction that must succeed; read likewise.
func (s *suite) write(fn func(tx *catalog.Tx) error) {
	s.Helper()
	s.ok(s.c.WithTx(s.Context(), fn))
}

func (s *suite) read(fn func(tx *catalog.Tx) error) {
	s.Helper()
	s.ok(s.c.Read(s.Context(), fn))
}

func (s *suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// is insists on an error of a category.
func (s *suite) is(err, category error) {
	s.Helper()
	if !errors.Is(err, category) {
		s.Errorf("error %v, want %v", err, category)
	}
}

// get reads one value in a transaction of its own.
func get[T any](s *suite, fn func(tx *catalog.Tx) (T, error)) T {
	s.Helper()
	var out T
	s.read(func(tx *catalog.Tx) (err error) {
		out, err = fn(tx)
		return err
	})
	return out
}

// fails reads in a transaction of its own and gives the error.
func fails[T any](s *suite, fn func(tx *catalog.Tx) (T, error)) error {
	return s.c.Read(s.Context(), func(tx *catalog.Tx) error {
		_, err := fn(tx)
		return err
	})
}
