package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest"
)

// ledger is what the outside of the appliance knows: what was asked for, and
// what was answered.
type ledger struct {
	documents map[string]record.DocumentID // answered, by key
	sent      map[string]string            // asked for: key and file
	values    map[string]possible          // what a thing says: by "what of"
	files     map[string]record.FileID     // answered, by key
	reads     []line
	fresh     []string // keys of documents not yet looked at
	answered  int
}

// possible are the values that a thing may have: the last one answered, and
// those that were asked for since and never answered. Before the first answer
// it may have none.
type possible struct {
	values   []string
	answered bool
}

func newLedger() *ledger {
	return &ledger{documents: map[string]record.DocumentID{}, sent: map[string]string{}, values: map[string]possible{}, files: map[string]record.FileID{}}
}

// note enters a line. A line that was cut off was not said.
func (g *ledger) note(l line) error {
	if l.Done && l.What != "ready" {
		g.answered++
	}
	about := l.What + " " + l.Of
	switch {
	case l.What == "document" && !l.Done:
		g.sent[l.Of] = l.Value
	case l.What == "document":
		id := record.DocumentID(l.Value)
		if was, ok := g.documents[l.Of]; ok && was != id {
			return fmt.Errorf("%s was acknowledged as %s and as %s", l.Of, was, id)
		} else if !ok {
			g.documents[l.Of] = id
			g.fresh = append(g.fresh, l.Of)
		}
		if _, moved := g.values["lies in "+l.Value]; !moved {
			g.values["lies in "+l.Value] = possible{[]string{g.sent[l.Of]}, true}
		}
	case l.What == "file" && l.Done:
		g.files[l.Of] = record.FileID(l.Value)
	case l.What == "read" && l.Done:
		g.reads = append(g.reads, l)
	case l.What == "title" || l.What == "lies in" || l.What == "grant":
		p := g.values[about]
		if l.Done {
			p = possible{answered: true}
		}
		p.values = append(p.values, l.Value)
		g.values[about] = p
	}
	return nil
}

// process is a running child.
type process struct {
	*exec.Cmd
	errs  bytes.Buffer
	lines *bufio.Reader
}

// begin starts a child on a place; env is NAME=value.
func begin(t testing.TB, place string, env ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("/proc/self/exe")}
	p.Env = append(append(os.Environ(), childPlace+"="+place), env...)
	p.Stderr = &p.errs
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReaderSize(out, 1<<16)
	return p
}

// next gives the child's next line; io.EOF when it has ended.
func (p *process) next() (l line, err error) {
	text, err := p.lines.ReadString('\n')
	if err != nil {
		return l, io.EOF // what was cut off was not said
	}
	return l, json.Unmarshal([]byte(text), &l)
}

// ended waits for a child that was killed. One that ended by itself has met an
// error that none of our faults explains.
func (p *process) ended() error {
	err := p.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == -1 {
		return nil
	}
	return fmt.Errorf("the child ended by itself: %w\n%s", err, p.errs.String())
}

// keeps says whether everything in the ledger that has come in since the last
// look is so, and with all everything that ever came in.
func (h *house) keeps(g *ledger, all bool) error {
	var wrong []error
	look := g.fresh
	if all {
		look = nil
		for key := range g.documents {
			look = append(look, key)
		}
	}
	for _, key := range look {
		if err := h.holds(g.documents[key], bodyOf(key)); err != nil {
			wrong = append(wrong, fmt.Errorf("document %s of %s: %w", g.documents[key], key, err))
		}
	}
	g.fresh = nil
	wrong = append(wrong, h.settled(), h.values(g), h.logged(g))
	if all {
		now := h.state()
		wrong = append(wrong, h.grown(now), h.chains(now), h.verify())
		h.before = now
	}
	return errors.Join(wrong...)
}

// values compares what documents and files say with the ledger.
func (h *house) values(g *ledger) error {
	var wrong []error
	h.read(func(tx *catalog.Tx) error {
		wrong = nil
		for about, want := range g.values {
			what, of := about[:strings.LastIndex(about, " ")], about[strings.LastIndex(about, " ")+1:]
			var got string
			if what == "grant" {
				grants, err := tx.Grants(record.FileID(of))
				if err != nil {
					return err
				}
				if len(grants) > 0 {
					got = grants[0].Reason
				}
			} else {
				d, err := tx.DocumentByID(record.DocumentID(of))
				if err != nil {
					return fmt.Errorf("%s: %w", about, err)
				}
				got = map[string]string{"title": d.Title, "lies in": string(d.File)}[what]
			}
			if !slices.Contains(want.values, got) && (got != "" || want.answered) {
				wrong = append(wrong, fmt.Errorf("%s is %q; it can be %q", about, got, want.values))
			}
		}
		for key, id := range g.files {
			if _, err := tx.FileByID(id); err != nil {
				wrong = append(wrong, fmt.Errorf("file %s of %s: %w", id, key, err))
			}
		}
		return nil
	})
	return errors.Join(wrong...)
}

// logged says whether whoever was given a byte stands in the log.
func (h *house) logged(g *ledger) error {
	if len(g.reads) == 0 {
		return nil
	}
	in := map[string]bool{}
	for _, e := range h.entries(audit.DocumentOriginal) {
		in[e.Request] = true
	}
	for _, l := range g.reads {
		if !in[l.Value] {
			return fmt.Errorf("document %s was read and nothing in the log says so", l.Of)
		}
	}
	g.reads = nil
	return nil
}

// resend sends everything that was asked for once more, with its key: each is
// one document, and an acknowledged one is the one that was acknowledged.
func (h *house) resend(g *ledger) error {
	for key, file := range g.sent {
		r, err := h.sendAgain(key, file)
		if err != nil {
			return fmt.Errorf("%s again: %w", key, err)
		}
		if first, ok := g.documents[key]; ok && first != r {
			return fmt.Errorf("%s was acknowledged as %s and is now %s", key, first, r)
		}
		g.documents[key] = r
	}
	if n := len(h.documents()); n != len(g.sent) {
		return fmt.Errorf("%d documents, %d were sent: lost or double", n, len(g.sent))
	}
	return nil
}

func (h *house) sendAgain(key, file string) (record.DocumentID, error) {
	body := bodyOf(key)
	r, err := h.intake.Accept(context.Background(), h.Users["sommer"], ingest.Submission{File: file, Name: "Brief.pdf", Channel: "api",
		IdempotencyKey: key, Body: newReader(body), Size: int64(len(body))})
	return r.Document, err
}

// realSite is a site on SQLite and the embedded store, in a folder.
func realSite(t testing.TB) site {
	t.Helper()
	dir := t.TempDir()
	return site{place: place{Dir: dir, DSN: "sqlite:" + filepath.Join(dir, "catalog.db"), Node: "one",
		Store: storeAt{Folder: filepath.Join(dir, "store")}}, clock: &realClock{}}
}
