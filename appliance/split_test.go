package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eakte/appliance/sample"
)

// TestBatchInTheFolder drops a batch of three letters with separators into the
// watched folder: clearing shows the letters, each names the batch and the batch
// names them, and so it is after a rebuild from the buckets.
func TestBatchInTheFolder(t *testing.T) {
	h := newHouse(t)
	h.setup()
	drop := h.watch(t, "web", "worker", "scheduler")
	s := h.serve()
	o := sample.Jobcenter(1, 6)
	var sheets []sample.Sheet
	for i, sep := range []sample.Separator{{QR: "eakte:sep:1:file:03104//0012345"}, {PatchT: true}, {Code39: "PATCHT"}} {
		l := o.Letter(o.Files[i], sample.Slip, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), i)
		sheets = append(sheets, sample.Sheet{Separator: sep}, sample.Sheet{Letter: &l})
	}
	batch, err := o.Batch("stapel.pdf", sample.Form{Container: sample.PDF, DPI: 150, Compression: sample.DCT, Quality: 60}, sheets...)
	if err != nil {
		t.Fatal(err)
	}
	sommer := s.as("k.sommer")
	sommer.makeFile("03104//0012345", "Grünwiese", "03104")
	if err := os.WriteFile(filepath.Join(drop.path, "stapel.pdf"), batch.Body, 0o600); err != nil {
		t.Fatal(err)
	}
	scan, clearing := s.as("s.scan"), s.as("k.klein")
	waiting := clearing.letters(t, 2) // the first is filed by what its sheet says
	var whole string
	for i, id := range waiting {
		d := clearing.until(id, "clearing")
		from := linked(d, "split_from")
		if len(from) != 1 || d["pages"].(float64) != 1 || d["split"] != nil || whole != "" && from[0]["document"] != whole {
			t.Fatalf("letter %d: %v", i, d)
		}
		whole = from[0]["document"].(string)
		if d["sheet"] != nil || from[0]["place"].(float64) == 1 {
			t.Errorf("letter %v: its sheet says %v", from[0]["place"], d["sheet"])
		}
	}
	first := sommer.filedBySheet(t, "03104//0012345")
	if own := scan.want(200, "GET", "/documents/"+first, nil); bytes.Contains(own.body, []byte("0012345")) {
		t.Errorf("who scans is told what the sheet says: %s", own.body)
	}
	look := func(s *server) {
		t.Helper()
		c := s.as("k.klein")
		var d struct {
			State string
			Split struct{ Parts int }
			Links []struct {
				Kind, Document string
				Place          int
			}
		}
		c.want(200, "GET", "/documents/"+whole, nil).into(t, &d)
		if d.State != "clearing" || d.Split.Parts != 3 || len(d.Links) != 2 || d.Links[0].Kind != "splits" || d.Links[1].Place != 3 {
			t.Errorf("the batch: %+v", d)
		}
		if got := c.want(200, "GET", "/documents/"+whole+"/original", nil); !bytes.Equal(got.body, batch.Body) {
			t.Error("the batch is not as it came")
		}
		if got := c.letters(t, 2); !sameSet(got, waiting) {
			t.Errorf("in clearing: %v, want %v", got, waiting)
		}
		s.as("b.winter").want(404, "GET", "/documents/"+whole, nil)
	}
	look(s)
	s.stop()
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
	h.must("rebuild", "--data", h.data, "catalog") // from the buckets alone
	s = h.serve()
	look(s)
	s.stop()
}

// letters waits until n documents lie in clearing, all of them read.
func (c *client) letters(t *testing.T, n int) (ids []string) {
	t.Helper()
	var said []byte
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		said = c.want(200, "GET", "/inbox?queue=clearing", nil).body
		var list struct {
			Items []struct{ Document struct{ ID, State string } }
		}
		if err := json.Unmarshal(said, &list); err != nil {
			t.Fatal(err)
		}
		ids = ids[:0]
		for _, i := range list.Items {
			if i.Document.State == "clearing" {
				ids = append(ids, i.Document.ID)
			}
		}
		if len(ids) == n && len(list.Items) == n {
			return ids
		}
	}
	t.Fatalf("in clearing: %s", said)
	return nil
}

// filedBySheet waits until the letter behind the sheet that names a file is
// there, and says why it is.
func (c *client) filedBySheet(t *testing.T, number string) string {
	t.Helper()
	var files, docs struct{ Items []struct{ ID string } }
	c.want(200, "GET", "/files?number="+url.QueryEscape(number), nil).into(t, &files)
	for deadline := time.Now().Add(time.Minute); len(docs.Items) == 0 && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		c.want(200, "GET", "/files/"+files.Items[0].ID+"/documents", nil).into(t, &docs)
	}
	if len(docs.Items) != 1 {
		t.Fatalf("in the file: %v", docs.Items)
	}
	d := c.until(docs.Items[0].ID, "ready")
	why, _ := d["routing"].(map[string]any)
	sheet, _ := d["sheet"].(map[string]any)
	if why["outcome"] != "filed" || sheet["number"] != number {
		t.Errorf("filed by %v, its sheet says %v", why, sheet)
	}
	return docs.Items[0].ID
}
