package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/ingest/render"
	"eakte/ingest/torture"
)

var wholeTorture = flag.Bool("whole", false, "hand in many more hostile files")

// How long a hostile file may be read in the whole test; else as long as ever.
const (
	torturePage     = 20
	tortureDocument = 90
)

// handed is a hostile file that the server took in.
type handed struct {
	torture.File
	id string
}

// TestTorture hands hostile files in to the real server, follows each until it
// is read or set aside, and opens every door to it.
func TestTorture(t *testing.T) {
	asked, o := tortureTrap(t)
	o.Light = !*wholeTorture
	files := torture.Files(o)
	n := 20
	if *wholeTorture {
		n = 400
	}
	r := rand.New(rand.NewPCG(o.Seed, 7))
	r.Shuffle(len(files), func(i, k int) { files[i], files[k] = files[k], files[i] })
	if !*wholeTorture {
		files = slices.DeleteFunc(files, func(f torture.File) bool { return f.Heavy })
	}
	files = files[:min(n, len(files))]
	h := newHouse(t)
	h.setup()
	var config []string
	if *wholeTorture {
		config = []string{"--config", tortureConfig(t)}
	}
	s := h.start("serve", config...)
	c := s.as("k.sommer")
	c.makeFile("03104//0012345", "Grünwiese", "03104")
	var all []handed
	for _, f := range files {
		all = append(all, handed{f, c.handIn(t, f)})
	}
	outcomes, parts := map[string]int{}, 0
	for _, f := range all {
		d := c.settled(t, f.id)
		outcomes[outcomeOf(t, f.Family+": "+f.Label, d)]++
		c.doors(t, f, d)
		for _, l := range linked(d, "encloses") { // one level; the pool's test reads deeper ones as files of their own
			parts++
			id, _ := l["document"].(string)
			p := c.settled(t, id)
			outcomes[outcomeOf(t, "part of "+f.Label, p)]++
			c.doors(t, handed{torture.File{Label: "part of " + f.Label}, id}, p)
		}
	}
	t.Logf("%d files and %d parts of them: %v; %d connections", len(all), parts, outcomes, asked.Load())
	s.stop() // so it lived until now
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
	left, err := filepath.Glob(fmt.Sprintf("/dev/shm/eakte-worker-%d-*", s.cmd.Process.Pid))
	if err != nil || len(left) > 0 {
		t.Errorf("left in scratch: %q, %v", left, err)
	}
}

// tortureTrap is an address nobody may ask for and a file nobody may make.
func tortureTrap(t *testing.T) (*atomic.Int64, torture.Options) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano() % 1e6)
	if s := os.Getenv("EAKTE_SEED"); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("EAKTE_SEED=%d", seed)
	asked := &atomic.Int64{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			_ = c.Close()
		}
	}()
	o := torture.Options{Seed: seed, URL: "http://" + l.Addr().String() + "/", Canary: filepath.Join(t.TempDir(), "canary")}
	t.Cleanup(func() {
		_ = l.Close()
		if n := asked.Load(); n > 0 {
			t.Errorf("%d connections were made", n)
		}
		if _, err := os.Stat(o.Canary); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("something was run: %v", err)
		}
	})
	return asked, o
}

func tortureConfig(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.json")
	b := fmt.Sprintf(`{"worker":{"processes":2,"page_seconds":%d,"document_seconds":%d}}`, torturePage, tortureDocument)
	if err := os.WriteFile(name, []byte(b), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// handIn hands a file in and holds the receipt against it.
func (c *client) handIn(t *testing.T, f torture.File) string {
	t.Helper()
	var r receipt
	c.want(201, "POST", "/documents?file="+url.QueryEscape("03104//0012345"), f.Body,
		"Content-Disposition", "attachment; filename*=UTF-8''"+strings.ReplaceAll(url.QueryEscape(f.Name[:min(len(f.Name), 1000)]), "+", "%20"),
		"Content-Type", "text/html").into(t, &r)
	if r.SHA256 != string(record.Sum(f.Body)) || r.Size != int64(len(f.Body)) {
		t.Errorf("%s: %s: %+v", f.Family, f.Label, r)
	}
	return r.Document
}

// settled waits until nobody reads a document any more.
func (c *client) settled(t *testing.T, id string) (d map[string]any) {
	t.Helper()
	for by := time.Now().Add(20 * time.Minute); time.Now().Before(by); time.Sleep(50 * time.Millisecond) {
		c.want(200, "GET", "/documents/"+id, nil).into(t, &d)
		if s := d["state"]; s != string(record.StateReceived) && s != string(record.StateProcessing) {
			return d
		}
		d = nil
	}
	t.Fatalf("document %s is still being read", id)
	return nil
}

// outcomeOf is ready or a reason that has a name.
func outcomeOf(t *testing.T, what string, d map[string]any) string {
	t.Helper()
	reason, _ := d["reason"].(string)
	switch {
	case d["state"] == string(record.StateReady):
		return torture.Ready
	case d["state"] == string(record.StateQuarantined) && render.ValidReason(reason):
		return reason
	}
	t.Errorf("%s: %v, %v", what, d["state"], d["reason"])
	return fmt.Sprint(d["state"])
}

// active are what may not stand in a PDF that we make of somebody's document.
var active = regexp.MustCompile(`/(JavaScript|JS|Launch|SubmitForm|GoToR|ImportData|EmbeddedFile|XFA|RichMedia|OpenAction|URI)\b`)

// doors opens each door to a document and looks at what comes.
func (c *client) doors(t *testing.T, f handed, d map[string]any) {
	t.Helper()
	what := f.Family + ": " + f.Label
	a := c.want(200, "GET", "/documents/"+f.id+"/original", nil)
	passive(t, what, a)
	if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("%s: the original comes with %v", what, a.header)
	}
	if f.Family != "" && !bytes.Equal(a.body, f.Body) {
		t.Errorf("%s: other bytes came out", what)
	}
	code := 200
	if d["state"] != string(record.StateReady) {
		code = 409
	}
	base := "/documents/" + f.id
	for _, path := range []string{"/pages/1/image", "/pages/1/image?width=100", "/pages/1/image?width=5000", "/pages/1/words", "/pdf"} {
		a := c.do("GET", base+path, nil)
		passive(t, what+path, a)
		if a.code != code {
			t.Errorf("%s%s: %d, want %d: %.300s", what, path, a.code, code, a.body)
			continue
		}
		if code == 200 {
			ours(t, what+path, a)
		}
	}
}

// passive: nothing a browser would run, whatever it takes it for.
func passive(t *testing.T, what string, a answer) {
	t.Helper()
	typ, csp := a.header.Get("Content-Type"), a.header.Get("Content-Security-Policy")
	if a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(csp, "default-src 'none'") && !strings.Contains(csp, "sandbox") {
		t.Errorf("%s: %v", what, a.header)
	}
	media, _, _ := strings.Cut(typ, ";") // an openxmlformats type has "xml" in it and is no XML
	for _, bad := range []string{"html", "/xml", "+xml", "javascript", "ecmascript"} {
		if strings.HasSuffix(strings.TrimSpace(strings.ToLower(media)), bad) {
			t.Errorf("%s: comes as %q", what, typ)
		}
	}
}

// ours: a picture, words or PDF that we have made ourselves.
func ours(t *testing.T, what string, a answer) {
	t.Helper()
	switch a.header.Get("Content-Type") {
	case "image/jpeg":
		if _, err := jpeg.DecodeConfig(bytes.NewReader(a.body)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	case "application/pdf":
		if !bytes.HasPrefix(a.body, []byte("%PDF-")) || active.Match(a.body) {
			t.Errorf("%s: no PDF of ours: %q", what, active.Find(a.body))
		}
	default:
		if !json.Valid(a.body) {
			t.Errorf("%s: %q is not expected", what, a.header.Get("Content-Type"))
		}
	}
}
