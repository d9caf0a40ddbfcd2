package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/delivery"
)

// TestDemoGoesOn stops the delivery of the sample letters in the middle, and
// begins again: each letter is there once, the walk-through's first, and the
// work on the old ones is done.
func TestDemoGoesOn(t *testing.T) {
	ctx := t.Context()
	errs := &bytes.Buffer{}
	c := &cli{stdout: errs, stderr: errs, env: os.Getenv}
	cfg, err := c.config("", t.TempDir()+"/data", "")
	if err != nil {
		t.Fatal(err)
	}
	const files = 9
	password, err := demoSetup(ctx, c, cfg, files)
	if err != nil {
		t.Fatal(err, errs)
	}
	if again, err := demoSetup(ctx, c, cfg, 500); err != nil || again != password {
		t.Errorf("set up again: %q, %v, want the first password", again, err)
	}
	a, err := assemble(ctx, cfg, newLogger(cfg, errs))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()

	stopping, stop := context.WithCancel(ctx)
	first := &stopAt{line: "4 of ", stop: stop}
	if err := a.deliverSamples(stopping, first, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	found := heating(t, a)
	second := &stopAt{}
	if err := a.deliverSamples(ctx, second, 1); err != nil {
		t.Fatal(err)
	}
	plan := sample.Jobcenter(demoSeed, files).Plan()
	letters := len(plan) - files
	want := ""
	for n := range letters {
		want += fmt.Sprintf(demoLetters, n+1, letters)
	}
	if got := first.String() + second.String(); got != want {
		t.Errorf("progress:\n%s", got)
	}
	counted(t, a, plan)
	delivered(t, a)
	if again := heating(t, a); len(found) != 1 || len(again) < 1 {
		t.Errorf("the walk-through's letter: %d at the stop, %d in the end", len(found), len(again))
	}
	read, total, err := a.demoProgress(ctx)
	if err != nil || read != 0 || total != letters {
		t.Errorf("progress: %d of %d, %v; nothing was read yet", read, total, err)
	}
	last := &stopAt{}
	if err := a.deliverSamples(ctx, last, 1); err != nil || last.Len() > 0 {
		t.Errorf("once more: %v %s", err, last)
	}
	if err := errors.Join(a.setMeta(ctx, metaDemoPlan, "1/50"), a.setMeta(ctx, metaDemo, "3")); err != nil {
		t.Fatal(err)
	}
	if err := a.deliverSamples(ctx, last, 1); err != nil || last.Len() > 0 || !strings.Contains(errs.String(), "another version") {
		t.Errorf("a folder of another version: %v %s", err, last)
	}
}

// delivered sees the scan provider's three deliveries where each has to be.
func delivered(t *testing.T, a *app) {
	t.Helper()
	actor, err := a.actor(t.Context(), "sdn")
	if err != nil {
		t.Fatal(err)
	}
	page, err := a.delivery.List(t.Context(), actor, delivery.Query{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, v := range page.Items {
		states[v.State]++
	}
	if len(page.Items) != 3 || states[delivery.StateDone] != 1 || states[delivery.StateWaiting] != 1 || states[delivery.StateAnnounced] != 1 {
		t.Errorf("deliveries: %v", states)
	}
}

// stopAt stops when a line begins so.
type stopAt struct {
	bytes.Buffer
	line string
	stop func()
}

func (s *stopAt) Write(p []byte) (int, error) {
	if s.line != "" && bytes.HasPrefix(p, []byte(s.line)) {
		s.stop()
	}
	return s.Buffer.Write(p)
}

// heating lists the heating bills in the walk-through's file.
func heating(t *testing.T, a *app) (out []record.DocumentID) {
	t.Helper()
	show := sample.Showcase()
	for _, d := range documents(t, a, show.File.Number) {
		if d.Type == string(sample.Heating) && d.Dated == show.Heating.Dated {
			out = append(out, d.ID)
		}
	}
	return out
}

func documents(t *testing.T, a *app, number string) (out []record.Document) {
	t.Helper()
	err := a.catalog.Read(t.Context(), func(tx *catalog.Tx) error {
		f, err := tx.FileByIDOrNumber(number)
		if err != nil {
			return err
		}
		out, _, err = tx.DocumentsOfFile(f.ID, "", 500)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// counted holds every file's documents, and the work they left, against the plan.
func counted(t *testing.T, a *app, plan []sample.Delivery) {
	t.Helper()
	want, waits, later := map[string]int{}, 0, 0
	for _, d := range plan {
		if d.Make != nil {
			want[d.Make.Number] += 0
		} else if d.File != "" {
			want[d.File]++
			if !d.Settled {
				waits++
			} else if d.Later > 0 {
				later++
			}
		}
	}
	for number, n := range want {
		ds := documents(t, a, number)
		if len(ds) != n {
			t.Errorf("%d documents in %s, want %d", len(ds), number, n)
		}
		for _, d := range ds {
			switch due, open := itemOf(t, a, d.ID); {
			case open && due == "":
				waits--
			case open:
				later--
			}
		}
	}
	if waits != 0 || later != 0 {
		t.Errorf("%d too few wait, %d too few are put off", waits, later)
	}
}

func itemOf(t *testing.T, a *app, id record.DocumentID) (due string, open bool) {
	t.Helper()
	err := a.catalog.Read(t.Context(), func(tx *catalog.Tx) error {
		i, err := tx.OpenItemOf(id)
		due, open = i.Due, err == nil
		return err
	})
	if err != nil && !errors.Is(err, record.NotFound) {
		t.Fatal(err)
	}
	return due, open
}
