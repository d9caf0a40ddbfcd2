package ingest

import (
	"context"
	"testing"
	"time"

	"eakte/appliance/record"
)

// What was not read back yet, or was never taken in, is not kept.
func TestKept(t *testing.T) {
	for name, open := range openers(t) {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, open)
			ask := func(body string, want bool) {
				t.Helper()
				got, err := d.intake.Kept(context.Background(), record.Sum([]byte(body)))
				if err != nil || got != want {
					t.Errorf("kept %q: %v %v, want %v", body, got, err, want)
				}
			}
			ask("eins", false)
			if _, err := d.accept("eins", ""); err != nil {
				t.Fatal(err)
			}
			ask("eins", false)
			finishReadBack(t, d)
			ask("eins", true)
			if _, err := d.accept("eins", ""); err != nil { // the same bytes anew, not read back
				t.Fatal(err)
			}
			ask("eins", false)
			finishReadBack(t, d)
			ask("eins", true)
			ask("zwei", false)
		})
	}
}

// finishReadBack runs the waiting read-backs as the runner does.
func finishReadBack(t *testing.T, d *desk) {
	t.Helper()
	ctx := context.Background()
	jobs, err := d.cat.Lease(ctx, "test", []string{KindReadBack}, 100, time.Minute)
	if err != nil || len(jobs) == 0 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	for _, j := range jobs {
		if err := d.intake.ReadBack(ctx, j); err != nil {
			t.Fatal(err)
		}
		if err := d.cat.Finish(ctx, j.ID, "test"); err != nil {
			t.Fatal(err)
		}
	}
}
