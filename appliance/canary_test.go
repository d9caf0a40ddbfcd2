package main

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"eakte/appliance/sample"
	"eakte/appliance/upkeep"
)

// canaries are what a person could be told by. They are handed in by every way
// there is and must come out nowhere but in answers to those entitled.
var canaries = map[string]string{
	"name":     "Kanarienvogel-Öztürk",
	"first":    "Sabine",
	"customer": "031D123456",
	"number":   "03104//0077123",
	"joined":   "031040077123",
	"title":    "Kanarienschreiben",
	"file":     "kanari anlage ß.pdf",
	"query":    "Kanariensuche",
	"sign-in":  "kanari.mensch",
	"password": "kanari-passwort",
	"path":     "kanaripfad",
	"key":      "kanari-vorgang-1",
	"header":   "kanari-kopf",
	"display":  "k.sommer", // of whom the log may know the random id only
}

// TestCanaries: no log line at any level, no metric and no name or attribute
// of what lies in the data folder holds what a person could be told by.
func TestCanaries(t *testing.T) {
	t.Setenv("EAKTE_LOG_LEVEL", "debug")
	h := newHouse(t)
	h.setup()
	watched := h.watch(t, "web", "worker", "scheduler")
	s := h.serve()
	words := sing(t, s)
	s.drop(watched.path, canaries["file"])
	metrics := s.page(t, "/metrics")
	if !strings.Contains(metrics, "eakte_documents{state=") || !strings.Contains(metrics, "eakte_http_request_seconds_count") {
		t.Errorf("these are no metrics:\n%.500s", metrics)
	}
	s.stop()
	log := s.errs.String()
	if !strings.Contains(log, "level=DEBUG") || !strings.Contains(log, "route=/api/v1/search") {
		t.Fatalf("the log is not the one of every request:\n%.500s", log)
	}
	for what, c := range canaries {
		words[what] = c
	}
	silent(t, "the log", log, words)
	silent(t, "/metrics", metrics, words)
	silent(t, "the data folder's names", namesBelow(t, h.data), words)
}

// sing hands the canaries in by every way, right and wrong, and gives some of
// the words that were read.
func sing(t *testing.T, s *server) map[string]string {
	show := sample.Showcase()
	scan, err := show.Heating.Render()
	if err != nil {
		t.Fatal(err)
	}
	c := s.as("k.sommer")
	file := c.makeFile(canaries["number"], canaries["name"], "03104")
	q := "&title=" + url.QueryEscape(canaries["title"])
	disposition := "attachment; filename*=UTF-8''" + url.PathEscape(canaries["file"])
	head := []string{"Content-Disposition", disposition, "Idempotency-Key", canaries["key"], "X-Note", canaries["header"], "User-Agent", canaries["header"]}
	var r receipt
	c.want(201, "POST", "/documents?file="+url.QueryEscape(canaries["number"])+q, scan.Body, head...).into(t, &r)
	d := c.until(r.Document, "ready")
	if d["title"] != canaries["title"] {
		t.Errorf("the title is %v", d["title"])
	}
	c.want(201, "POST", "/documents?title="+url.QueryEscape(canaries["title"]), []byte("%PDF-1.4 "+canaries["name"]), "Content-Disposition", disposition)
	c.want(409, "POST", "/documents?file="+url.QueryEscape(canaries["number"]), []byte("other"), "Idempotency-Key", canaries["key"])
	c.want(404, "POST", "/documents?file="+url.QueryEscape(canaries["path"])+q, []byte("x"))
	for _, path := range []string{"/search?q=", "/suggest?q=", "/files?q=", "/files?number=", "/audit/entries?actor=", "/" + canaries["path"] + "?x="} {
		for _, asked := range []string{canaries["query"], canaries["name"], canaries["number"], `"` + canaries["query"]} {
			c.do("GET", path+url.QueryEscape(asked), nil)
		}
	}
	c.want(200, "PATCH", "/documents/"+r.Document, []byte(`{"title":"`+canaries["title"]+` 2"}`), "Content-Type", "application/json")
	c.want(400, "POST", "/files", []byte(`{"number":"`+canaries["number"]+`","kind":"`+canaries["path"]+`"`), "Content-Type", "application/json")
	c.do("GET", "/files/"+file+"/documents", nil)
	c.want(201, "POST", "/follow-ups", []byte(`{"document":"`+r.Document+`","date":"2031-01-02","note":"`+canaries["title"]+`"}`), "Content-Type", "application/json")
	for _, path := range []string{"/inbox", "/inbox?user=" + canaries["sign-in"], "/follow-ups"} {
		c.do("GET", path, nil)
	}
	(&client{s, canaries["key"]}).do("GET", "/files", nil)
	form := url.Values{"name": {canaries["sign-in"]}, "password": {canaries["password"]}}
	if res, err := http.PostForm(s.base+"/sign-in", form); err != nil {
		t.Error(err)
	} else {
		res.Body.Close()
	}
	s.page(t, "/"+canaries["path"]+"/"+url.PathEscape(canaries["name"]))
	dir := filepath.Join(t.TempDir(), canaries["file"])
	if err := os.WriteFile(dir, scan.Body[:2000], 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("ingest", "--data", s.data, "--user", "k.sommer", "--file", canaries["number"], dir)
	return longWords(scan.Truth.Pages)
}

// drop puts a file into a watched folder and waits until it lies in done/.
func (s *server) drop(dir, name string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("%PDF-1.4 "+canaries["name"]), 0o600); err != nil {
		s.t.Fatal(err)
	}
	for range 300 {
		if found, err := filepath.Glob(filepath.Join(dir, "done", "*", name)); err == nil && len(found) == 1 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatal("the watched folder does not take the file")
}

// TestSampleCanaries: the same of the sample data, which carries canaries of
// its own, after the nightly work has run.
func TestSampleCanaries(t *testing.T) {
	t.Setenv("EAKTE_LOG_LEVEL", "debug")
	h := newHouse(t)
	s := h.start("demo", "--files", "2")
	words := map[string]string{}
	word, number := "", ""
	for i, c := range sample.Canaries() {
		for j, spelling := range c.Spellings() {
			words[fmt.Sprintf("%s %d.%d", c.What, i, j)] = spelling
		}
		switch c.What {
		case "word":
			word = c.Text
		case "number":
			number = c.Text
		}
	}
	user := s.as("o.kaeuzchen-77")
	found := func() bool {
		var r struct{ Total int }
		user.want(200, "GET", "/search?q="+url.QueryEscape(word), nil).into(t, &r)
		return r.Total > 0
	}
	for wait := 0; !found(); wait++ {
		if wait > 600 {
			t.Fatal("the letter with the canaries is not found")
		}
		time.Sleep(200 * time.Millisecond)
	}
	user.want(200, "GET", "/files?number="+url.QueryEscape(number), nil)
	admin := s.as("n.schloss")
	for _, name := range upkeep.Schedules() {
		admin.want(204, "POST", "/schedules/"+name.Name+"/run", nil)
	}
	admin.want(200, "GET", "/health", nil)
	time.Sleep(time.Second) // some of the nightly work is done meanwhile
	metrics := s.page(t, "/metrics")
	s.stop()
	silent(t, "the log", s.errs.String(), words)
	silent(t, "/metrics", metrics, words)
	silent(t, "the data folder's names", namesBelow(t, h.data), words)
}

// longWords are the longest words of a letter: no word of ours by accident.
func longWords(pages []sample.TruthPage) map[string]string {
	text := ""
	for _, p := range pages {
		text += p.Text + " "
	}
	all := strings.FieldsFunc(text, func(r rune) bool { return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r > 127) })
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	out := map[string]string{}
	for i, w := range all[:min(20, len(all))] {
		out["word "+strconv.Itoa(i)] = w
	}
	return out
}

func (s *server) page(t *testing.T, path string) string {
	t.Helper()
	res, err := http.Get(s.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// silent looks for each word as it is, escaped for an address, and quoted.
func silent(t *testing.T, where, text string, words map[string]string) {
	t.Helper()
	if len(text) < 100 {
		t.Errorf("%s: only %d bytes", where, len(text))
	}
	text = strings.ToLower(text)
	for what, w := range words {
		for _, form := range []string{w, url.QueryEscape(w), url.PathEscape(w), strings.Trim(strconv.QuoteToASCII(w), `"`)} {
			if at := strings.Index(text, strings.ToLower(form)); at >= 0 {
				t.Errorf("%s holds the %s: …%s…", where, what, text[max(0, at-120):min(len(text), at+80)])
				break
			}
		}
	}
}

// namesBelow are the names of all that lies below dir, and the attributes in
// which the embedded store keeps an object's metadata.
func namesBelow(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		b.WriteString(path + "\n")
		list, value := make([]byte, 4096), make([]byte, 64<<10)
		n, err := unix.Listxattr(path, list)
		if err != nil {
			return err
		}
		for _, name := range strings.Split(strings.TrimRight(string(list[:n]), "\x00"), "\x00") {
			if m, err := unix.Getxattr(path, name, value); err == nil {
				b.WriteString(name + "=" + string(value[:m]) + "\n")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
