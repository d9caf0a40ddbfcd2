package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/image/tiff"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/ingest/malware"
	"eakte/ingest/malware/malwaretest"
	"eakte/ingest/worker"
)

// TestMain lets the test binary be the worker's child, also one that dies of
// some pages.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(mortal(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// mortal is the product's child, killed as soon as it has read one of the pages.
func mortal(pages []string) int {
	r, w, err := os.Pipe()
	if err != nil {
		return 3
	}
	go func() {
		in := bufio.NewReader(r)
		for { // frame by frame; see ingest/worker/frame.go
			head, err := in.Peek(2)
			if err != nil {
				return
			}
			start, err := in.Peek(2 + 4*int(head[1]))
			if err != nil {
				return
			}
			size := int64(len(start))
			for at := 2; at < len(start); at += 4 {
				size += int64(binary.BigEndian.Uint32(start[at:]))
			}
			frame := make([]byte, size)
			if _, err := io.ReadFull(in, frame); err != nil {
				return
			}
			for _, n := range pages {
				if frame[0] == 'P' && bytes.Contains(frame, []byte(`"number":`+n+",")) {
					_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				}
			}
			if _, err := os.Stdout.Write(frame); err != nil {
				return
			}
		}
	}()
	return worker.Main(os.Stdin, w)
}

// reader is a Reader whose children die of some pages.
func (d *desk) reader(log *slog.Logger, deadly ...string) *Reader {
	pool := worker.NewPool(worker.Config{Args: append([]string{"worker"}, deadly...), Pause: time.Millisecond})
	d.t.Cleanup(pool.Close)
	deps := d.intake.Deps
	if log != nil {
		deps.Log = log
	}
	return &Reader{Deps: deps, Pool: pool, Index: job.Spec{Kind: "index"}}
}

// readJob is the job that reads a document, leased.
func (d *desk) readJob(id record.DocumentID) job.Job {
	d.t.Helper()
	jobs, err := d.cat.Lease(d.t.Context(), "test", []string{KindRead}, 100, time.Minute)
	if err != nil {
		d.t.Fatal(err)
	}
	i := slices.IndexFunc(jobs, func(j job.Job) bool { return j.Key == string(id) })
	if i < 0 {
		d.t.Fatalf("no job reads %s", id)
	}
	return jobs[i]
}

// now is a document as it stands in the catalog, with its unreadable pages and
// the deaths that are counted.
func (d *desk) now(id record.DocumentID) (doc record.Document, unreadable []int, deaths map[int]int) {
	d.t.Helper()
	err := d.cat.Read(d.t.Context(), func(tx *catalog.Tx) (err error) {
		if doc, err = tx.DocumentByID(id); err != nil {
			return err
		}
		marks, err := tx.Marks(id)
		if err != nil {
			return err
		}
		for _, m := range marks {
			if m.Kind == record.MarkUnreadable {
				unreadable = append(unreadable, m.Page)
			}
		}
		deaths, err = tx.PageDeaths(id)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return doc, unreadable, deaths
}

// pages is a TIFF with a page of each of these sides.
func pages(t *testing.T, sides ...int) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-c", "zip"}
	for i, side := range sides {
		g := image.NewGray(image.Rect(0, 0, side, side))
		draw.Draw(g, g.Rect, image.NewUniform(color.Gray{Y: uint8(100 + i)}), image.Point{}, draw.Src)
		name := filepath.Join(dir, strconv.Itoa(i)+".tif")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tiff.Encode(f, g, &tiff.Options{Compression: tiff.Deflate}), f.Close()); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	out := filepath.Join(dir, "out.tif")
	if said, err := exec.Command("tiffcp", append(args, out)...).CombinedOutput(); err != nil {
		t.Fatalf("tiffcp: %v %s", err, said)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOnePageKillsTheOthersGoOn(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	for _, c := range []struct {
		sides  []int
		deadly []string
		state  record.State
		reason string
		lost   []int
	}{
		{sides: []int{10, 10}, state: record.StateReady},
		{sides: []int{10, 10, 10}, deadly: []string{"2"}, state: record.StateReady, lost: []int{2}},
		{sides: []int{10, 10}, deadly: []string{"1", "2"}, state: record.StateQuarantined, reason: "crashed"},
	} {
		receipt, err := d.accept(pages(t, c.sides...), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.reader(nil, c.deadly...).Read(t.Context(), d.readJob(receipt.Document)); err != nil {
			t.Fatal(err)
		}
		doc, lost, deaths := d.now(receipt.Document)
		if doc.State != c.state || doc.Reason != c.reason || !slices.Equal(lost, c.lost) || len(deaths) != 0 {
			t.Errorf("%v: %s %s, lost %v, deaths %v", c.sides, doc.State, doc.Reason, lost, deaths)
		}
		if c.state != record.StateReady {
			continue
		}
		p, err := d.vault.OpenPack(t.Context(), doc.Object)
		if err != nil || doc.Pages != len(c.sides) || len(p.Info().Pages) != len(c.sides) {
			t.Fatalf("%v: %d pages, %v", c.sides, doc.Pages, err)
		}
		for _, page := range p.Info().Pages {
			if lost := slices.Contains(c.lost, page.Number); lost != (page.Source == worker.SourceUnreadable) {
				t.Errorf("%v: page %d comes from %s", c.sides, page.Number, page.Source)
			}
		}
	}
}

// TestDeathsAreKnownAfterARestart: a page that has killed three children of an
// earlier process is not tried by this one.
func TestDeathsAreKnownAfterARestart(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	receipt, err := d.accept(pages(t, 10, 10, 10), "")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { return tx.PageDied(receipt.Document, 3, "crashed") }); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.reader(nil).Read(t.Context(), d.readJob(receipt.Document)); err != nil {
		t.Fatal(err)
	}
	doc, lost, deaths := d.now(receipt.Document)
	if doc.State != record.StateReady || doc.Pages != 3 || !slices.Equal(lost, []int{3}) || len(deaths) != 0 {
		t.Errorf("%s, %d pages, lost %v, deaths %v", doc.State, doc.Pages, lost, deaths)
	}
}

// TestMalwareIsNotRead: what clamd finds is set aside before any child sees it,
// and its name stands in the audit log and nowhere else.
func TestMalwareIsNotRead(t *testing.T) {
	clamd := malwaretest.Start(t)
	d := newDesk(t, catalogtest.SQLite)
	var log bytes.Buffer
	r := d.reader(slog.New(slog.NewTextHandler(&log, nil)))
	var err error
	if r.Malware, err = malware.New(clamd.Unix, 500<<10); err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]struct {
		state  record.State
		reason string
	}{
		pages(t, 10, 10): {record.StateReady, ""},
		"II*\x00 a TIFF by its first bytes " + malwaretest.Pattern: {record.StateQuarantined, "malware"},
		strings.Repeat("large ", 100<<10):                          {record.StateQuarantined, "unchecked"},
	} {
		receipt, err := d.accept(body, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Read(t.Context(), d.readJob(receipt.Document)); err != nil {
			t.Fatal(err)
		}
		if doc, _, _ := d.now(receipt.Document); doc.State != want.state || doc.Reason != want.reason {
			t.Errorf("%.30q: %s %s, want %v", body, doc.State, doc.Reason, want)
		}
		d.flush()
		d.holds(receipt.Document, body)
	}
	told := 0
	err = d.cat.Read(t.Context(), func(tx *catalog.Tx) error {
		entries, _, err := tx.AuditEntries(catalog.AuditQuery{Limit: 500})
		for _, e := range entries {
			if strings.Contains(string(e.Payload), `"signature":"`+malwaretest.Signature) {
				told++
			}
		}
		return err
	})
	if err != nil || told != 1 {
		t.Errorf("%d audit entries name the signature, %v", told, err)
	}
	if strings.Contains(log.String(), "Eakte.Test") {
		t.Errorf("the log names the signature: %s", &log)
	}

	clamd.Stop()
	receipt, err := d.accept(pages(t, 10), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Read(t.Context(), d.readJob(receipt.Document)); !errors.Is(err, record.Unavailable) || !strings.Contains(err.Error(), heldForVerdict) {
		t.Errorf("without a scanner: %v", err)
	}
	if doc, _, _ := d.now(receipt.Document); doc.State != record.StateProcessing {
		t.Errorf("without a scanner the document is %s", doc.State)
	}
}

// TestReadAgainLosesNothing: a document that was read keeps its pages when it
// is read again and every child dies of it.
func TestReadAgainLosesNothing(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	receipt, err := d.accept(pages(t, 10, 20), "")
	if err != nil {
		t.Fatal(err)
	}
	j := d.readJob(receipt.Document)
	if err := d.reader(nil).Read(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	before, _, _ := d.now(receipt.Document)
	if err := d.reader(nil, "1", "2").Read(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	d.reader(nil).Bury(t.Context(), j, "nobody knows")
	if now, _, _ := d.now(receipt.Document); before.State != record.StateReady || now.State != before.State || now.Reason != "" || now.Pages != 2 {
		t.Errorf("%+v was %+v", now, before)
	}
}

// TestSignedIsNoted: the mark of a signature is set by reading, and only where
// there is one.
func TestSignedIsNoted(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.reader(nil)
	mail := "From: a@example.org\r\nSubject: Vollmacht\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHiermit\r\n--x--\r\n"
	for kind, want := range map[string]bool{`multipart/signed; protocol="application/pkcs7-signature"; boundary=x`: true, "multipart/mixed; boundary=x": false} {
		receipt, err := d.accept(fmt.Sprintf(mail, kind), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Read(t.Context(), d.readJob(receipt.Document)); err != nil {
			t.Fatal(err)
		}
		var marks []record.Mark
		if err := d.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) {
			marks, err = tx.Marks(receipt.Document)
			return err
		}); err != nil || slices.Contains(marks, record.Mark{Kind: record.MarkSigned}) != want {
			t.Errorf("%s: %v %v", kind, marks, err)
		}
	}
}
