package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// State is what is asked for at each scrape.
type State struct {
	Documents map[string]int64 // by state
	Jobs      map[string]Queue // by kind
	Outbox    int              // manifests that wait for the store
	Pending   int              // audit entries without a number yet
	Parts     map[string]int   // health: 0 down, 1 degraded, 2 ok
	Schedules map[string]Last  // by name
	Folders   []Folder         // watched ones, in the order of the configuration
}

// Queue counts jobs of one kind.
type Queue struct {
	Waiting, Running, Buried int
	Oldest                   time.Duration // how long the oldest that is due has waited
}

// Last is how a schedule ran last.
type Last struct {
	At     time.Time // zero: never
	Failed bool
}

// Folder counts what lies in one watched folder.
type Folder struct {
	Waiting, Taken, Rejected int64
	Problem                  bool
}

// Ask reads the state. What it can't read it leaves out and says so.
type Ask func(ctx context.Context) (State, error)

// askTime bounds one scrape.
const askTime = 5 * time.Second

// asked turns a State into metrics.
type asked struct{ ask Ask }

var (
	documents = desc("eakte_documents", "Documents, by state.", "state")
	jobCount  = desc("eakte_jobs", "Jobs that wait, run, or were given up.", "kind", "state")
	jobOldest = desc("eakte_job_oldest_seconds", "How long the oldest due job has waited.", "kind")
	outbox    = desc("eakte_outbox_manifests", "Manifests that wait for the store.")
	pending   = desc("eakte_audit_pending", "Audit entries that have no number yet.")
	health    = desc("eakte_health", "2 ok, 1 degraded, 0 down.", "part")
	ranAt     = desc("eakte_schedule_last_seconds", "Unix time of the last run.", "schedule")
	ranFailed = desc("eakte_schedule_failed", "1 if the last run failed.", "schedule")
	folder    = desc("eakte_folder_files", "Files of watched folders, all together.", "state")
	folderBad = desc("eakte_folder_problems", "Watched folders that can't be worked on.")
	unread    = desc("eakte_scrape_error", "1 if a part of this could not be read.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (a asked) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{documents, jobCount, jobOldest, outbox, pending, health, ranAt, ranFailed, folder, folderBad, unread} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (a asked) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s, err := a.ask(ctx)
	gauge(unread, flag(err != nil))
	if err != nil {
		return // half a truth would read as a fall to zero
	}
	for state, n := range s.Documents {
		gauge(documents, float64(n), state)
	}
	for kind, q := range s.Jobs {
		gauge(jobCount, float64(q.Waiting), kind, "waiting")
		gauge(jobCount, float64(q.Running), kind, "running")
		gauge(jobCount, float64(q.Buried), kind, "given_up")
		gauge(jobOldest, q.Oldest.Seconds(), kind)
	}
	gauge(outbox, float64(s.Outbox))
	gauge(pending, float64(s.Pending))
	for part, level := range s.Parts {
		gauge(health, float64(level), part)
	}
	for name, l := range s.Schedules {
		if l.At.IsZero() {
			continue
		}
		gauge(ranAt, float64(l.At.Unix()), name)
		gauge(ranFailed, flag(l.Failed), name)
	}
	folders(s.Folders, gauge)
}

func folders(all []Folder, gauge func(*prometheus.Desc, float64, ...string)) {
	var sum Folder
	bad := 0
	for _, f := range all {
		sum.Waiting, sum.Taken, sum.Rejected = sum.Waiting+f.Waiting, sum.Taken+f.Taken, sum.Rejected+f.Rejected
		if f.Problem {
			bad++
		}
	}
	gauge(folder, float64(sum.Waiting), "waiting")
	gauge(folder, float64(sum.Taken), "taken")
	gauge(folder, float64(sum.Rejected), "rejected")
	gauge(folderBad, float64(bad))
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
