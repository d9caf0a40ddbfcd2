package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest"
)

// A child is this test binary as the appliance: it opens the archive at a
// place, settles, and works until it is killed. What it was asked for and what
// was answered are lines on its standard output, one JSON each.
const (
	childPlace = "EAKTE_FAULTS_PLACE" // file with a place
	childSeed  = "EAKTE_FAULTS_SEED"
	childKill  = "EAKTE_FAULTS_KILL" // it kills itself at its n-th call, 0: never
	childRace  = "EAKTE_FAULTS_RACE" // only documents, under keys that another child uses, too
)

// line is what a child says: before it asks for something (Done false) and
// when it was answered.
type line struct {
	Done  bool   `json:"done"`
	What  string `json:"what"` // ready, document, file, title, lies in, grant, seal, read
	Of    string `json:"of"`   // idempotency key of a document or file, or the id that is changed
	Value string `json:"value"`
}

func TestMain(m *testing.M) {
	if path := os.Getenv(childPlace); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(3)
		}
	}
	os.Exit(m.Run())
}

func number64(name string) uint64 {
	n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// child works in three goroutines until it ends itself or is ended.
func child(path string) error {
	p, err := readPlace(path)
	if err != nil {
		return err
	}
	if p.Store.Folder != "" { // the embedded store goes into its folder
		if err := os.MkdirAll(p.Store.Folder, 0o700); err != nil {
			return err
		}
	}
	h := &house{site: site{place: p, clock: &realClock{}}, i: &injector{}, t: quiet{}}
	h.i.kill = int64(number64(childKill))
	if err := h.open(); err != nil {
		return err
	}
	ctx := context.Background()
	if err := h.settle(ctx); err != nil {
		return err
	}
	lines, failed := make(chan line), make(chan error, 4)
	go func() {
		enc := json.NewEncoder(os.Stdout)
		for l := range lines {
			if err := enc.Encode(l); err != nil {
				failed <- err
			}
		}
	}()
	lines <- line{Done: true, What: "ready"}
	for i := range uint64(3) {
		w := &worker{house: h, r: rand.New(rand.NewPCG(number64(childSeed), i)), name: fmt.Sprint(number64(childSeed), "/", i), lines: lines}
		go func() { failed <- w.run(ctx) }()
	}
	go func() { failed <- h.background(ctx) }()
	return <-failed
}

func readPlace(path string) (p place, err error) {
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err
}

func (h *house) writePlace() string {
	h.t.Helper()
	b, err := json.Marshal(h.place)
	h.ok(err)
	path := filepath.Join(h.Dir, "place.json")
	h.ok(os.WriteFile(path, b, 0o600))
	return path
}

// quiet is what a child has for a test: whatever it finds ends it.
type quiet struct{ testing.TB }

func (quiet) Helper() {}
func (quiet) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(3)
}

// background is what nobody asks for: read-backs, numbering, sealing, purging.
func (h *house) background(ctx context.Context) error {
	for n := 0; ; n++ {
		time.Sleep(20 * time.Millisecond)
		err := h.work(ctx)
		if err == nil {
			err = h.logbook.Number(ctx)
		}
		if err == nil && n%10 == 9 {
			_, err = h.tasks.Purge(ctx)
		}
		if err == nil && n%3 == 1 && os.Getenv(childRace) != "" {
			err = h.logbook.Seal(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// worker does one thing after the other, as its seed says.
type worker struct {
	*house
	r     *rand.Rand
	name  string
	n     int
	lines chan<- line
	docs  []record.DocumentID
	files []record.FileID
}

// ask says what is asked for, does it, and says the answer.
func (w *worker) ask(l line, do func() (value string, err error)) error {
	w.lines <- l
	value, err := do()
	if os.Getenv(childRace) != "" && errors.Is(err, record.Busy) {
		return nil // the other node was killed with it: it answers when it is back
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", l.What, l.Of, err)
	}
	if value != "" {
		l.Value = value
	}
	l.Done = true
	w.lines <- l
	return nil
}

func (w *worker) run(ctx context.Context) error {
	for {
		w.n++
		var err error
		k := fmt.Sprint(w.name, "/", w.n)
		choice := w.r.IntN(100)
		switch {
		case os.Getenv(childRace) != "":
			err = w.document(ctx, fmt.Sprint("race/", w.name, "/", w.n), string(w.File))
		case choice < 45 || len(w.docs) == 0:
			err = w.document(ctx, k, w.somewhere())
		case choice < 55 || len(w.files) == 0:
			err = w.file(ctx, k)
		case choice < 68:
			err = w.title(ctx, k)
		case choice < 80:
			err = w.refile(ctx, k)
		case choice < 90:
			err = w.grant(ctx, k)
		case choice < 95:
			err = w.ask(line{What: "seal"}, func() (string, error) { return "", w.logbook.Seal(ctx) })
		default:
			err = w.readOne(ctx)
		}
		if err != nil {
			return err
		}
	}
}

func (w *worker) somewhere() string {
	if len(w.files) == 0 || w.r.IntN(2) == 0 {
		return string(w.File)
	}
	return string(w.files[w.r.IntN(len(w.files))])
}

// bodyOf gives the bytes that are sent under a key: 200 B to 60 KB.
func bodyOf(key string) []byte {
	f := fnv.New64a()
	f.Write([]byte(key)) // never fails (hash.Hash)
	r := rand.New(rand.NewPCG(f.Sum64(), 0))
	b := make([]byte, 200+r.IntN(60_000))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func (w *worker) document(ctx context.Context, key, file string) error {
	return w.ask(line{What: "document", Of: key, Value: file}, func() (string, error) {
		body := bodyOf(key)
		r, err := w.intake.Accept(ctx, w.Users["sommer"], ingest.Submission{File: file, Name: "Brief.pdf", Channel: "api", IdempotencyKey: key,
			Body: newReader(body), Size: int64(len(body))})
		if err == nil {
			w.docs = append(w.docs, r.Document)
		}
		return string(r.Document), err
	})
}

// made counts the files of this process, for their numbers.
var made atomic.Int64

func (w *worker) file(ctx context.Context, key string) error {
	return w.ask(line{What: "file", Of: key}, func() (string, error) {
		f, err := w.archive.CreateFile(ctx, w.Users["sommer"], newFile(fmt.Sprintf("03104//%d-%d", number64(childSeed), made.Add(1)), key))
		if err == nil {
			w.files = append(w.files, f.ID)
		}
		return string(f.ID), err
	})
}

func (w *worker) title(ctx context.Context, key string) error {
	id := w.docs[w.r.IntN(len(w.docs))]
	return w.ask(line{What: "title", Of: string(id), Value: key}, func() (string, error) {
		_, err := w.archive.ChangeDocument(ctx, w.Users["sommer"], id, archive.DocumentChange{Title: &key, IdempotencyKey: key})
		return "", err
	})
}

func (w *worker) refile(ctx context.Context, key string) error {
	id, to := w.docs[w.r.IntN(len(w.docs))], w.somewhere()
	return w.ask(line{What: "lies in", Of: string(id), Value: to}, func() (string, error) {
		_, err := w.archive.ChangeDocument(ctx, w.Users["sommer"], id, archive.DocumentChange{File: &to, IdempotencyKey: key})
		return "", err
	})
}

// grant opens a file of this worker to a colleague, with a reason of its own.
func (w *worker) grant(ctx context.Context, key string) error {
	id := w.files[w.r.IntN(len(w.files))]
	return w.ask(line{What: "grant", Of: string(id), Value: key}, func() (string, error) {
		_, err := w.archive.AddGrant(ctx, w.Users["lead"], id, archive.Grant{User: "herbst", Reason: key, IdempotencyKey: key})
		return "", err
	})
}

// readOne reads a document; that it was read must be in the log.
func (w *worker) readOne(ctx context.Context) error {
	who := w.Users["herbst"]
	who.Request = record.NewID()
	id := w.docs[w.r.IntN(len(w.docs))]
	return w.ask(line{What: "read", Of: string(id), Value: who.Request}, func() (string, error) {
		c, err := w.archive.Original(ctx, who, id)
		if err == nil {
			_, err = c.ReadAt(make([]byte, 1), 0)
		}
		return "", err
	})
}

// die ends this process as a power cut does.
func die() { syscall.Kill(os.Getpid(), syscall.SIGKILL) }
