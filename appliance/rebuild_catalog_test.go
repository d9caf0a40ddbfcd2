package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/appliance/sample"
)

// TestRebuildSample makes catalog and index of the sample archive anew from its
// buckets: the same people get the same answers to the same questions, and the
// archive verifies.
func TestRebuildSample(t *testing.T) {
	ctx := t.Context()
	out := &bytes.Buffer{}
	command := func(args ...string) *cli {
		out.Reset()
		return &cli{stdout: out, stderr: out, env: os.Getenv, args: args}
	}
	cfg, err := command().config("", t.TempDir()+"/data", "")
	if err != nil {
		t.Fatal(err)
	}
	const files = 1
	if _, err := demoSetup(ctx, command(), cfg, files); err != nil {
		t.Fatal(err, out)
	}
	before := ask(t, cfg, func(a *app) {
		if err := a.renewOnce(ctx); err != nil { // as serve does: until then an answer says that it is partial
			t.Fatal(err)
		}
		if err := a.deliverSamples(ctx, &bytes.Buffer{}, 1); err != nil {
			t.Fatal(err)
		}
		readAll(t, a)
	})
	if len(before) < 20 || !strings.Contains(strings.Join(values(before), ""), `"total":1`) {
		t.Fatalf("the questions find too little: %v", before)
	}
	for _, what := range []string{"catalog", "index"} {
		if code := runRebuild(ctx, command("--data", cfg.Data, what)); code != exitDone {
			t.Fatalf("rebuild %s: exit %d\n%s", what, code, out)
		}
	}
	after := ask(t, cfg, func(a *app) { readAll(t, a) }) // the letters that could not be read are tried again
	for q, want := range before {
		if got := after[q]; got != want {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Errorf("%s:\nbefore …%.200s\nafter  …%.200s", q, want[max(0, at-40):], got[max(0, at-40):])
		}
	}
	if code := runVerify(ctx, command("--data", cfg.Data)); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
}

func values(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// readAll has all documents read and indexed that wait for it.
func readAll(t *testing.T, a *app) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.runner.Run(ctx) }()
	for deadline := time.Now().Add(5 * time.Minute); !idle(t, a); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the sample letters are not read in five minutes")
		}
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := a.outbox.Drain(t.Context()); err != nil { // reading writes manifests too
		t.Fatal(err)
	}
}

// idle says whether no job waits or runs.
func idle(t *testing.T, a *app) bool {
	t.Helper()
	var open []catalog.JobCount
	err := a.catalog.Read(t.Context(), func(tx *catalog.Tx) (err error) { open, err = tx.JobStats(); return err })
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range open {
		if s.Waiting+s.Leased > 0 {
			return false
		}
	}
	return true
}

// ask opens the archive, prepares it, and puts a fixed list of questions to it
// as users of each role. Work that waits is not asked for: a backup holds it.
func ask(t *testing.T, cfg config.Config, prepare func(*app)) map[string]string {
	t.Helper()
	ctx := t.Context()
	a, err := assemble(ctx, cfg, newLogger(cfg, &bytes.Buffer{}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()
	prepare(a)
	answers := map[string]string{}
	for _, user := range sample.Jobcenter(demoSeed, 1).Users {
		var u catalog.User
		err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) { u, err = tx.UserByName(user.Name); return err })
		if err != nil {
			t.Fatal(err)
		}
		put(t, a, record.Actor{User: u.ID, Name: user.Name, Via: "api", Request: record.NewID()}, answers)
	}
	return answers
}

// put asks one user's questions.
func put(t *testing.T, a *app, who record.Actor, answers map[string]string) {
	t.Helper()
	ctx := t.Context()
	for _, q := range []string{"heizkosten", "miete", "kontoauszug", "lohn bescheid", "\"sehr geehrte\"", "wiederspruch"} {
		r, err := a.archive.Search(ctx, who, archive.SearchRequest{Q: q, Limit: 100})
		answers[who.Name+" searches "+q] = said(t, r, err)
	}
	for _, f := range sample.Jobcenter(demoSeed, 1).Plan() {
		if f.Make == nil {
			continue
		}
		v, err := a.archive.File(ctx, who, f.Make.Number)
		answers[who.Name+" opens "+f.Make.Number] = said(t, v, err)
		if err != nil {
			continue
		}
		d, err := a.archive.FileDocuments(ctx, who, v.ID, "", 100)
		d.Pending = slices.DeleteFunc(d.Pending, func(p archive.Pending) bool { return p.Kind == archive.PendingTransit }) // announcements are not in the store
		answers[who.Name+" lists "+f.Make.Number] = said(t, d, err)
	}
}

func said(t *testing.T, answer any, err error) string {
	t.Helper()
	if err != nil {
		return "refused: " + record.CategoryOf(err).Error()
	}
	b, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
