package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/ingest/folder"
)

const (
	folderFiles = 1000
	folderKills = 5
	folderSeed  = 20261123
)

// drop is a watched folder of a house, and what was put into it.
type drop struct {
	t    testing.TB
	path string
	sent map[string]string // hash → name
}

// watch configures the house to watch a folder, in the file that the setup in
// the browser leaves.
func (h *house) watch(t testing.TB, roles ...string) *drop {
	t.Helper()
	d := &drop{t: t, path: filepath.Join(t.TempDir(), "scan"), sent: map[string]string{}}
	if err := os.Mkdir(d.path, 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"roles": roles,
		"folders": []map[string]any{{"path": d.path, "user": "s.scan", "settle_seconds": 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.data, config.OwnFile), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// put writes the n-th file in one of the ways in which programs do it: under a
// temporary name, at once, or in two pieces.
func (d *drop) put(n int, body []byte) {
	name := fmt.Sprintf("Scan %04d ä.png", n)
	if n%3 == 1 {
		name = fmt.Sprintf("Gerät %d/%s", n%7, name)
	}
	p := filepath.Join(d.path, name)
	err := os.MkdirAll(filepath.Dir(p), 0o700)
	switch {
	case err != nil:
	case n%2 == 0:
		if err = os.WriteFile(p+".part", body, 0o600); err == nil {
			err = os.Rename(p+".part", p)
		}
	default:
		err = writePieces(p, body)
	}
	if err != nil {
		d.t.Error(err)
	}
}

func writePieces(p string, body []byte) error {
	f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{body[:len(body)/2], body[len(body)/2:]} {
		if _, err := f.Write(part); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return f.Close()
}

// sample gives the n-th file: every tenth a picture, the others bytes that
// nobody can read, which are kept all the same.
func (d *drop) sample(rnd *rand.Rand, n int) []byte {
	var b bytes.Buffer
	if n%10 == 0 {
		m := image.NewGray(image.Rect(0, 0, 40, 40))
		for i := range m.Pix {
			m.Pix[i] = byte(rnd.Uint32())
		}
		m.SetGray(0, 0, color.Gray{Y: byte(n)})
		if err := png.Encode(&b, m); err != nil {
			d.t.Fatal(err)
		}
	} else {
		fmt.Fprintf(&b, "Schreiben %d\n", n)
		for range rnd.IntN(4000) {
			b.WriteByte(byte(rnd.Uint32()))
		}
	}
	sum := sha256.Sum256(b.Bytes())
	d.sent["sha256-"+hex.EncodeToString(sum[:])] = fmt.Sprint(n)
	return b.Bytes()
}

// lie counts the files of the folder: those in done/, and all others but the
// watcher's own.
func (d *drop) lie() (done int, others []string) {
	d.t.Helper()
	err := filepath.WalkDir(d.path, func(p string, e fs.DirEntry, err error) error {
		if os.IsNotExist(err) { // moved while we look
			return nil
		}
		rel, _ := filepath.Rel(d.path, p)
		switch {
		case err != nil, e.IsDir(), rel == ".eakte.lock":
		case strings.HasPrefix(rel, "done/"):
			done++
		default:
			others = append(others, rel)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return done, others
}

// TestWatchedFolderKilled puts a thousand files into a watched folder while
// the server is killed five times. In the end every file is in done/, and the
// archive holds every one of them once, byte for byte.
func TestWatchedFolderKilled(t *testing.T) {
	h := newHouse(t)
	h.setup()
	d := h.watch(t, "web", "scheduler") // nothing is recognised: that has its own tests
	rnd := rand.New(rand.NewPCG(folderSeed, 1))
	s := h.serve()
	n := 0
	for kill := range folderKills {
		after := time.Duration(1500+rnd.IntN(2500)) * time.Millisecond
		killed := make(chan bool)
		time.AfterFunc(after, func() { s.kill(); close(killed) })
		for ; n < folderFiles*(kill+1)/folderKills; n++ {
			d.put(n, d.sample(rnd, n))
		}
		<-killed
		done, rest := d.lie()
		t.Logf("kill %d after %v: %d put, %d in done/, %d not yet", kill+1, after, n, done, len(rest))
		s = h.serve()
	}
	d.wait(s, folderFiles)
	if done, others := d.lie(); done != folderFiles || len(others) > 0 {
		t.Errorf("%d in done/, %d elsewhere: %q", done, len(others), others)
	}
	d.holdsEach(s)
	s.stop()
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
}

// wait waits until done/ holds n files.
func (d *drop) wait(s *server, n int) {
	d.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		done, others := d.lie()
		if done >= n && len(others) == 0 {
			return
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("%d of %d in done/, %q elsewhere\n%s", done, n, others, s.errs)
		}
	}
}

// holdsEach asks the log which documents were taken in, reads each of them,
// and insists that each file that was sent is one of them, once.
func (d *drop) holdsEach(s *server) {
	d.t.Helper()
	officer, clerk := s.as("d.schutz"), s.as("k.klein")
	seen, documents, cursor := map[string]bool{}, 0, ""
	for {
		var page struct {
			Items []struct {
				Objects []struct{ Kind, ID string }
			}
			Next string
		}
		officer.want(200, "GET", "/audit/entries?action=document.create&limit=500&cursor="+url.QueryEscape(cursor), nil).into(s.t, &page)
		for _, e := range page.Items {
			for _, o := range e.Objects {
				if o.Kind != "document" {
					continue
				}
				documents++
				sum := sha256.Sum256(clerk.want(200, "GET", "/documents/"+o.ID+"/original", nil).body)
				hash := "sha256-" + hex.EncodeToString(sum[:])
				if d.sent[hash] == "" || seen[hash] {
					d.t.Errorf("document %s: sent as %q, there before: %v", o.ID, d.sent[hash], seen[hash])
				}
				seen[hash] = true
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if documents != folderFiles || len(seen) != len(d.sent) {
		d.t.Errorf("%d documents of %d different files, %d were sent", documents, len(seen), len(d.sent))
	}
}

// The health page says the gravest first.
func TestLookAtFolder(t *testing.T) {
	st := folder.State{Waiting: 3, Taken: 7}
	for _, c := range []struct {
		change      func()
		state, code string
	}{
		{func() {}, admin.OK, "folder.ok"},
		{func() { st.Left = 1 }, admin.Degraded, "folder.left"},
		{func() { st.Deliveries = 1 }, admin.Degraded, "folder.deliveries"},
		{func() { st.Kept = 1 }, admin.Degraded, "folder.kept"},
		{func() { st.Lying = 1 }, admin.Degraded, "folder.lying"},
		{func() { st.Code, st.Files = "unreadable", 2 }, admin.Degraded, "folder.unreadable"},
		{func() { st.Code, st.Stopped = "missing", true }, admin.Down, "folder.missing"},
	} {
		c.change()
		if f := lookAtFolder("/srv/scan", st); f.State != c.state || f.Code != c.code || f.Values["folder"] != "/srv/scan" {
			t.Errorf("%+v, want %s %s", f, c.state, c.code)
		}
	}
}
