package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/metrics"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

func written(t *testing.T, s *metrics.Set) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains(text, l+"\n") {
			t.Errorf("%q is missing in\n%s", l, text)
		}
	}
}

func TestState(t *testing.T) {
	at := time.Unix(1_795_000_000, 0)
	s := metrics.New("1.2", func(context.Context) (metrics.State, error) {
		return metrics.State{Documents: map[string]int64{"ready": 3}, Outbox: 2, Pending: 4, Parts: map[string]int{"store": 0},
			Jobs:      map[string]metrics.Queue{"document.read": {Waiting: 5, Running: 1, Buried: 2, Oldest: 90 * time.Second}},
			Schedules: map[string]metrics.Last{"locks": {At: at, Failed: true}, "due": {}},
			Folders:   []metrics.Folder{{Waiting: 1, Taken: 2}, {Waiting: 2, Rejected: 1, Problem: true}}}, nil
	})
	s.Request("GET", "/files/:id", 200, 3*time.Millisecond)
	s.Request("BREW", "/", 404, time.Millisecond)
	s.Pages(7)
	s.Retries(1)
	s.Deaths(2)
	s.Documents("ready", 3)
	s.Stage("recognise", 1500*time.Millisecond)
	text := written(t, s)
	has(t, text, `eakte_read_pages_total 7`, `eakte_read_retries_total 1`, `eakte_read_deaths_total 2`, `eakte_read_documents_total{outcome="ready"} 3`,
		`eakte_read_stage_seconds_total{stage="recognise"} 1.5`, `eakte_build_info{version="1.2"} 1`, `eakte_documents{state="ready"} 3`, `eakte_outbox_manifests 2`, `eakte_audit_pending 4`,
		`eakte_health{part="store"} 0`, `eakte_jobs{kind="document.read",state="waiting"} 5`, `eakte_jobs{kind="document.read",state="given_up"} 2`,
		`eakte_job_oldest_seconds{kind="document.read"} 90`, `eakte_schedule_last_seconds{schedule="locks"} 1.795e+09`,
		`eakte_schedule_failed{schedule="locks"} 1`, `eakte_folder_files{state="waiting"} 3`, `eakte_folder_problems 1`, `eakte_scrape_error 0`,
		`eakte_http_request_seconds_count{method="GET",route="/files/:id",status="2xx"} 1`,
		`eakte_http_request_seconds_count{method="other",route="/",status="4xx"} 1`)
	if strings.Contains(text, `schedule="due"`) {
		t.Error("a schedule that never ran has a time")
	}
}

// TestUnreadable: what can't be read is missing, not zero.
func TestUnreadable(t *testing.T) {
	s := metrics.New("", func(context.Context) (metrics.State, error) { return metrics.State{}, errors.New("gone") })
	text := written(t, s)
	has(t, text, `eakte_scrape_error 1`)
	if strings.Contains(text, "eakte_outbox_manifests 0") {
		t.Error("an unread state reads as an empty one")
	}
}

func TestBuckets(t *testing.T) {
	s := metrics.New("", func(context.Context) (metrics.State, error) { return metrics.State{}, nil })
	b := s.Buckets(vaulttest.NewBuckets())
	body := []byte("x")
	put := vault.PutRequest{Name: "o/ab/cd", Size: 1, Digest: record.Sum(body), Body: bytes.NewReader(body)}
	if err := b.Keys.Put(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	if err := b.Keys.Put(t.Context(), put); !errors.Is(err, vault.ErrExists) {
		t.Fatal(err)
	}
	if _, err := b.Keys.Stat(t.Context(), "o/none"); !errors.Is(err, record.NotFound) {
		t.Fatal(err)
	}
	has(t, written(t, s), `eakte_store_seconds_count{bucket="keys",call="put",outcome="ok"} 2`,
		`eakte_store_seconds_count{bucket="keys",call="stat",outcome="ok"} 1`)
	if _, ok := b.Records.(vault.LockTester); !ok {
		t.Error("the probe can't test the lock of a measured bucket")
	}
}

func TestHandler(t *testing.T) {
	s := metrics.New("", func(context.Context) (metrics.State, error) { return metrics.State{}, nil })
	gone := errors.New("gone")
	if err := s.Handler("x", func(context.Context, job.Job) error { return gone })(t.Context(), job.Job{}); !errors.Is(err, gone) {
		t.Error(err)
	}
	has(t, written(t, s), `eakte_job_seconds_count{kind="x",outcome="error"} 1`)
}
