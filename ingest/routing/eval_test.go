package routing_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/classify"
	"eakte/ingest/routing"
	"eakte/ingest/worker"
)

// judge decides on post as the product does, with the rules that ship.
type judge struct {
	house   *sample.House
	catalog *catalog.Catalog
	routes  routing.Rules
	types   classify.Rules
}

func newJudge(t testing.TB, files int) judge {
	t.Helper()
	h := sample.NewHouse(seed(t), files)
	j := judge{house: h, catalog: filled(t, h)}
	var err error
	if j.routes, err = routing.ParseRules(routing.DefaultRules()); err != nil {
		t.Fatal(err)
	}
	if j.types, err = classify.ParseRules(classify.DefaultRules()); err != nil {
		t.Fatal(err)
	}
	return j
}

// decide is what becomes of a piece of post that was read.
func (j judge) decide(t testing.TB, p sample.Piece, pages []routing.Page) verdict {
	t.Helper()
	v := verdict{piece: p}
	l := classify.Letter{}
	for _, pg := range pages {
		l.Pages = append(l.Pages, classify.Page(pg))
	}
	began := time.Now()
	v.kind = classify.Decide(j.types, 1, l)
	v.typing = time.Since(began)
	first := j.house.Sites[0].Code // the scan provider's post comes there
	began = time.Now()
	err := j.catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		v.routing, _, err = routing.Decide(tx, j.routes, 1, routing.Letter{Pages: pages, Sheet: p.Sheet, Manifest: p.Manifest,
			Received: p.Letter.Received, Site: first, Type: v.kind.Type})
		return err
	})
	v.took = time.Since(began)
	if err != nil {
		t.Error(err)
	}
	v.file = j.house.FileAt(v.routing.File)
	return v
}

// verdict is what was decided on a piece.
type verdict struct {
	n            int
	piece        sample.Piece
	routing      record.Routing
	kind         record.TypeGuess
	file         int
	took, typing time.Duration
	pages        []routing.Page
}

func (v verdict) filed() bool { return v.routing.Outcome == record.OutcomeFiled }
func (v verdict) right() bool { return v.filed() && v.file == v.piece.File && v.file >= 0 }

// all decides on the pieces from 0 to n, on every core.
func (j judge) all(t testing.TB, n int, read func(p sample.Piece, i int) []routing.Page) []verdict {
	t.Helper()
	out, before := make([]verdict, n), t.Failed() // a run before this one may have missed a mark
	var wait sync.WaitGroup
	for core := range runtime.NumCPU() {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := core; i < n && (before || !t.Failed()); i += runtime.NumCPU() {
				p := j.house.Post(i)
				pages := read(p, i)
				out[i] = j.decide(t, p, pages)
				out[i].n = i
				out[i].pages = pages
				if out[i].good() { // keep only what is looked at afterwards
					out[i].pages = nil
				}
			}
		}()
	}
	wait.Wait()
	return out
}

// good says that nothing of it has to be looked at.
func (v verdict) good() bool { return v.missed() == "" && v.mistyped() == "" }

// missed says what is wrong with where it went.
func (v verdict) missed() string {
	switch {
	case v.filed() && !v.right():
		return "WRONG FILE"
	case v.filed() && (v.piece.Want == sample.Unsure || v.piece.Want == sample.Torn):
		return "filed, though " + string(v.piece.Want)
	case !v.filed() && v.piece.Want == sample.Filed:
		return "not filed"
	case !v.filed() && v.piece.Site != "" && v.routing.Site != v.piece.Site:
		return "site " + v.routing.Site + ", not " + v.piece.Site
	}
	return ""
}

// mistyped says what is wrong with its type.
func (v verdict) mistyped() string {
	switch is := string(v.piece.Type); {
	case v.kind.Type == "" && is != "":
		return "not decided"
	case v.kind.Type != is:
		return "WRONG TYPE"
	}
	return ""
}

// TestRouting routes and types a few hundred pieces of post as recognition
// would have left them: no wrong file, nothing filed that must be looked at,
// and most of the rest filed.
func TestRouting(t *testing.T) {
	j, n := newJudge(t, 600), readNoise(t)
	vs := j.all(t, 500, func(p sample.Piece, i int) []routing.Page { return n.spoiled(t, p, uint64(i)) })
	s := tally(vs)
	for _, v := range vs {
		if m := v.missed(); strings.HasPrefix(m, "WRONG") || strings.HasPrefix(m, "filed") {
			t.Error(v.line(m))
		}
	}
	if got := s.want[sample.Filed]; share(got.filed, got.n) < 0.95 {
		t.Errorf("%d of %d with sufficient evidence filed", got.filed, got.n)
	}
	if share(s.typeRight, s.typeDecided) < 0.95 || share(s.typeDecided, len(vs)) < 0.7 {
		t.Errorf("types: %d decided of %d, %d right", s.typeDecided, len(vs), s.typeRight)
	}
	t.Logf("sufficient: %d of %d filed; types: %d of %d right, of %d", s.want[sample.Filed].filed, s.want[sample.Filed].n, s.typeRight, s.typeDecided, len(vs))
}

// TestEvalRouting prints the tables of docs/quality.md.
func TestEvalRouting(t *testing.T) {
	if *show >= 0 {
		explain(t, *show)
		return
	}
	if !*full {
		t.Skip("only with -routing-eval")
	}
	j := newJudge(t, *files)
	pool := worker.NewPool(worker.Config{Workers: runtime.NumCPU()})
	defer pool.Close()
	var routes, types []string
	n := readNoise(t)
	spoiled := func(p sample.Piece, i int) []routing.Page { return n.spoiled(t, p, uint64(i)) }
	for _, run := range []struct {
		name         string
		n            int
		read, unseen func(p sample.Piece, i int) []routing.Page
	}{
		{"real recognition", *letters, func(p sample.Piece, _ int) []routing.Page { return recognised(t, pool, p) }, nil},
		{"noise model", *noisy, spoiled, spoiled},
	} {
		if run.n == 0 {
			continue
		}
		began := time.Now()
		vs := j.all(t, run.n, run.read)
		s := tally(vs)
		s.print(fmt.Sprintf("%s: %d letters, %d files, %d persons, EAKTE_SEED=%d, %s, load %s", run.name, run.n, len(j.house.Files), len(j.house.Persons), seed(t),
			time.Since(began).Round(time.Second), loadavg()))
		if run.unseen != nil {
			j.unseen(t, min(run.n, 2000), run.unseen)
		}
		s.judge(t, run.name)
		for _, v := range vs {
			if m := v.missed(); m != "" {
				routes = append(routes, v.explained(run.name, m))
			}
			if m := v.mistyped(); m != "" {
				types = append(types, v.typed(run.name, m))
			}
		}
	}
	if *misses != "" {
		write(t, filepath.Join(*misses, "misses-routing.txt"), routes)
		write(t, filepath.Join(*misses, "misses-types.txt"), types)
	}
}

// unseen types letters headed by words that the rules were not written against.
func (j judge) unseen(t testing.TB, n int, read func(p sample.Piece, i int) []routing.Page) {
	t.Helper()
	var s typeRow
	for i := range n {
		p := j.house.Post(i)
		if !slices.Contains(sample.HeadedTypes(), p.Type) {
			continue
		}
		l := classify.Letter{}
		for _, pg := range read(p.Unseen(), i) {
			l.Pages = append(l.Pages, classify.Page(pg))
		}
		s.n++
		if g := classify.Decide(j.types, 1, l); g.Type != "" {
			s.decided++
			if g.Type == string(p.Type) {
				s.right++
			}
		}
	}
	fmt.Printf("\n| headed by words that the rules were not written against | decided | of those right |\n|---|---|---|\n| %d | %s | %s |\n", s.n, within(s.decided, s.n), within(s.right, s.decided))
}

func write(t testing.TB, name string, lines []string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func loadavg() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
