package ingest

import (
	"sync"
	"testing"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestRouteFaults: whichever call of the catalog or the store fails, the letter
// is filed once, wholly, when the job is done again.
func TestRouteFaults(t *testing.T) {
	fails := map[string]func(*desk, int){
		"catalog": func(d *desk, n int) { d.rows.FailAt(n) },
		"store":   func(d *desk, n int) { d.store.From = d.store.Calls() + n },
	}
	for name, fail := range fails {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, catalogtest.SQLite)
			r := d.router()
			for n := 1; ; n++ {
				id := d.letter(clearLetter, Submission{})
				j := RouteJob(t, id)
				calls := d.store.Calls()
				fail(d, n)
				err := r.Route(t.Context(), j)
				fired := name == "catalog" && d.rows.Count() >= n || name == "store" && d.store.Calls() >= calls+n
				d.rows.FailAt(0)
				d.store.From = 0
				if fired && err == nil && name == "catalog" { // the store is asked again
					t.Errorf("call %d fails, and nobody notices", n)
				}
				if doc, _, _ := d.now(id); err != nil && (doc.File != "" || doc.State != record.StateProcessing || d.item(id)) {
					t.Errorf("call %d: half done: %s in %q", n, doc.State, doc.File)
				}
				if err := r.Route(t.Context(), j); err != nil {
					t.Fatal(err)
				}
				d.filed(id, 2)
				if !fired {
					return
				}
			}
		})
	}
}

// TestRouteTwice: two workers on one letter, and one of them against a person.
func TestRouteTwice(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	for range 5 {
		id := d.letter(clearLetter, Submission{})
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if err := r.Route(t.Context(), RouteJob(t, id)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		d.filed(id, 2)
	}
}

// TestRouteBury: what can't be routed waits in clearing, not in work for ever.
func TestRouteBury(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	id := d.letter(clearLetter, Submission{})
	r.Bury(t.Context(), RouteJob(t, id), "the store is gone")
	doc, _, _ := d.now(id)
	if why, _ := d.routing(id); doc.State != record.StateClearing || why.Reason != reasonFailed {
		t.Errorf("%s, %+v", doc.State, why)
	}
	if err := r.Route(t.Context(), RouteJob(t, id)); err != nil { // a person lets the job run again
		t.Fatal(err)
	}
	d.filed(id, 2)
}
