package ingest

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/ingest/worker"
)

func TestEstimate(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 30, 0, time.UTC)
	at := func(ago time.Duration) time.Time { return now.Add(-ago).Truncate(time.Minute) }
	pages := func(ago time.Duration, n int64) catalog.Count {
		return catalog.Count{At: at(ago), Kind: catalog.CountPages, N: n}
	}
	ready := func(ago time.Duration, n int64) catalog.Count {
		return catalog.Count{At: at(ago), Kind: catalog.CountReady, N: n}
	}
	stage := func(ago time.Duration, ms int64) catalog.Count {
		return catalog.Count{At: at(ago), Kind: catalog.CountStage, Name: StageRecognise, N: ms}
	}
	waiting := func(documents, known, unread int) catalog.Queue {
		return catalog.Queue{Documents: documents, Known: known, Unread: unread, Oldest: now.Add(-time.Minute)}
	}
	since := func(q catalog.Queue, ago time.Duration) catalog.Queue { q.Oldest = now.Add(-ago); return q }
	running := func(q catalog.Queue) catalog.Queue { q.Running = true; return q }
	held := func(q catalog.Queue) catalog.Queue { q.Held = heldForRoom; q.Later = true; return q }
	steady := []catalog.Count{pages(4*time.Minute, 40), pages(3*time.Minute, 40), pages(2*time.Minute, 40), ready(2*time.Minute, 60), pages(time.Minute, 40)}
	for name, c := range map[string]struct {
		queue   []catalog.Queue
		day     []catalog.Count
		workers int
		pages   int
		minutes float64 // until it is empty; 0: nobody says
		basis   string
		why     string
	}{
		"nothing waits":                  {nil, steady, 2, 0, 0, BasisRecent, WhyEmpty},
		"nothing was ever read":          {[]catalog.Queue{waiting(5, 0, 5)}, nil, 0, 0, 0, "", WhyUnmeasured},
		"pages known, pace not":          {[]catalog.Queue{waiting(5, 50, 0)}, nil, 0, 50, 0, "", WhyUnmeasured},
		"pages of unread ones are meant": {[]catalog.Queue{waiting(30, 0, 30)}, steady, 2, 80, 2, BasisRecent, ""},
		"what is being read counts":      {[]catalog.Queue{waiting(1, 100, 0), running(waiting(1, 60, 0))}, steady, 2, 160, 4, BasisRecent, ""},
		"a rest does not slow it down": {[]catalog.Queue{waiting(1, 80, 0)},
			[]catalog.Count{pages(25*time.Minute, 40), pages(24*time.Minute, 40), ready(24*time.Minute, 9), pages(3*time.Minute, 40), pages(2*time.Minute, 40)}, 2, 80, 2, BasisRecent, ""},
		"a long page does": {[]catalog.Queue{waiting(1, 20, 0)}, []catalog.Count{pages(6*time.Minute, 8), pages(3*time.Minute, 8)}, 2, 20, 5, BasisRecent, ""},
		"too few pages lately: what one took": {[]catalog.Queue{waiting(1, 120, 0)},
			[]catalog.Count{pages(5*time.Hour, 100), stage(5*time.Hour, 100_000), {At: at(time.Hour), Kind: catalog.CountStage, Name: StageIndex, N: 1 << 40}, pages(time.Minute, 2), stage(time.Minute, 2000)}, 2, 120, 1, BasisDay, ""},
		"held ones are not reckoned": {[]catalog.Queue{waiting(1, 40, 0), held(waiting(9, 900, 0))}, steady, 2, 40, 1, BasisRecent, ""},
		"all are held":               {[]catalog.Queue{held(waiting(9, 900, 0))}, steady, 2, 0, 0, BasisRecent, WhyHeld},
		"nobody works": {[]catalog.Queue{since(waiting(3, 9, 0), time.Hour)},
			[]catalog.Count{pages(time.Hour, 60), stage(time.Hour, 60_000)}, 2, 9, 0, BasisDay, WhyStopped},
		"long due but one reads": {[]catalog.Queue{since(waiting(3, 60, 0), time.Hour), running(waiting(1, 60, 0))},
			[]catalog.Count{pages(time.Hour, 60), stage(time.Hour, 60_000)}, 2, 120, 1, BasisDay, ""},
	} {
		e := estimate(now, c.queue, c.day, c.workers)
		minutes := 0.0
		if e.EmptyAt != nil {
			minutes = e.EmptyAt.Sub(now).Minutes()
		}
		if e.Pages != c.pages || math.Abs(minutes-c.minutes) > 0.001 || e.Basis != c.basis || e.Why != c.why {
			t.Errorf("%s: %+v, %.3f minutes", name, e, minutes)
		}
	}
}

// TestReadingIsCounted: what a document took is in the catalog with its end,
// and nowhere if it does not come to one.
func TestReadingIsCounted(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	told := map[string]int64{}
	read := func(sides []int, fail bool, deadly ...string) {
		t.Helper()
		receipt, err := d.accept(pages(t, sides...), "")
		if err != nil {
			t.Fatal(err)
		}
		r := d.reader(nil, deadly...)
		r.Count = func(c catalog.Count) { told[c.Kind] += c.N }
		j := d.readJob(receipt.Document)
		j.Attempt = 2
		if fail {
			d.store.From, d.store.To, d.store.Category = 1, 1000, record.Denied
		}
		if err := r.Read(t.Context(), j); (err != nil) != fail {
			t.Fatal(err)
		}
		d.store.From = 0
	}
	read([]int{10, 10, 10}, false, "2")
	read([]int{10, 10}, false, "1", "2")
	read([]int{10}, true)
	got, err := d.intake.Throughput(t.Context(), d.watcher(), "")
	if err != nil {
		t.Fatal(err)
	}
	s := got.Sum
	// One page that kills is left out of the first document, all of the second.
	if s.Pages < 3 || s.Ready != 1 || s.Quarantined != 1 || s.Reasons["crashed"] != 1 || s.Retries != 2 || s.Deaths < 6 {
		t.Errorf("counted: %+v", s)
	}
	for kind, n := range map[string]int64{catalog.CountPages: s.Pages, catalog.CountReady: 1, catalog.CountQuarantined: 1, catalog.CountDeaths: s.Deaths} {
		if told[kind] != n {
			t.Errorf("told of %d %s, want %d", told[kind], kind, n)
		}
	}
	q := got.Queue
	if q.Running != 3 || q.Waiting != 0 || q.Aside != 1 || q.Workers != 1 || len(q.Node) != 1 || q.Node[0].Running != 3 || len(got.Buckets) != 24 {
		t.Errorf("queue: %+v, %d buckets", q, len(got.Buckets))
	}
}

// TestStagesOfAPage: what a worker says of a page is counted stage by stage,
// whole pages and their parts of a millisecond apart.
func TestStagesOfAPage(t *testing.T) {
	clock := catalogtest.NewClock()
	m := (&Reader{Deps: Deps{Clock: clock}}).meter(job.Job{Attempt: 1})
	for range 2 {
		m.page(worker.Page{Took: worker.Took{Open: 1, Render: 2, Care: 3, Recognise: 4, Codes: 5}})
		clock.Advance(40 * time.Second)
	}
	clock.Advance(time.Minute)
	m.page(worker.Page{Took: worker.Took{Encode: 6}})
	_, sum := intervals(m.all(), clock.Now().Add(-time.Hour), clock.Now(), 60, time.Minute)
	want := map[string]int64{StageOpen: 2, StageRender: 4, StageCare: 6, StageRecognise: 8, StageCodes: 10, StageEncode: 6}
	if sum.Pages != 3 || !maps.Equal(sum.Stages, want) || len(m.all()) != 8 {
		t.Errorf("%+v of %d counts", sum, len(m.all()))
	}
}

// watcher may see the throughput.
func (d *desk) watcher() record.Actor {
	d.t.Helper()
	u := catalog.User{ID: record.UserID(record.NewID()), Name: "scan.watcher"}
	if err := d.cat.WithTx(d.t.Context(), func(tx *catalog.Tx) error {
		if err := tx.PutUser(u); err != nil {
			return err
		}
		return tx.PutRoles(u.ID, []record.RoleAt{{Role: record.RoleScan, Site: "03104"}})
	}); err != nil {
		d.t.Fatal(err)
	}
	return record.Actor{User: u.ID, Name: u.Name, Via: "web", Request: record.NewID()}
}

func TestThroughputHasADoor(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	watcher := d.watcher()
	for _, c := range []struct {
		actor record.Actor
		span  string
		want  error
	}{{watcher, "48h", nil}, {watcher, "90d", nil}, {watcher, "1y", record.Invalid}, {d.actor, "", record.Denied}, {d.actor, "1y", record.Denied},
		{record.Actor{User: "nobody", Request: record.NewID()}, "", record.Denied}} {
		got, err := d.intake.Throughput(t.Context(), c.actor, c.span)
		if !errors.Is(err, c.want) || c.want == nil && (got.Range != c.span || len(got.Buckets) == 0 || got.Estimate.Why != WhyEmpty) {
			t.Errorf("%s asks for %q: %v, %+v", c.actor.Name, c.span, err, got.Estimate)
		}
		if c.want != nil && len(got.Buckets) != 0 {
			t.Errorf("%s is refused and gets %+v", c.actor.Name, got)
		}
	}
	outcomes := map[string]int{}
	err := d.cat.Read(t.Context(), func(tx *catalog.Tx) error {
		entries, _, err := tx.AuditEntries(catalog.AuditQuery{Actions: []string{audit.ThroughputRead}, Limit: 100})
		for _, e := range entries {
			for _, o := range []string{audit.Allowed, audit.Denied} {
				if strings.Contains(string(e.Header), `"`+o+`"`) {
					outcomes[o]++
				}
			}
		}
		return err
	})
	if err != nil || outcomes[audit.Allowed] != 2 || outcomes[audit.Denied] != 3 {
		t.Errorf("audited: %v, %v", outcomes, err)
	}
	d.rows.FailNext("exec") // no log, no answer
	if got, err := d.intake.Throughput(t.Context(), watcher, ""); err == nil || len(got.Buckets) != 0 || strings.Contains(err.Error(), "nil") {
		t.Errorf("without a log: %+v, %v", got, err)
	}
}
