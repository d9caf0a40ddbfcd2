package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image/jpeg"
	"net/url"
	"strings"
	"testing"
	"time"

	"eakte/appliance/sample"
)

// TestWayByHTTP follows docs/api.md alone: set up from a file, make a file,
// post a scan, find it by misspelled words, open it; then everybody who must
// not see it tries.
func TestWayByHTTP(t *testing.T) { wholeWay(t, newHouse(t)) }

// wholeWay goes the way on whatever the house's configuration names beneath it.
func wholeWay(t *testing.T, h *house) {
	h.setup()
	s := h.serve()
	sommer := s.as("k.sommer")
	show := sample.Showcase()
	scan, err := show.Heating.Render()
	if err != nil {
		t.Fatal(err)
	}
	file := sommer.makeFile("03104//0012345", "Grünwiese", "03104")
	r := sommer.post("03104BG0012345", scan.Body, "Content-Type", "application/pdf", "Idempotency-Key", "one",
		"Content-Disposition", `attachment; filename="heizung.pdf"`)
	if sum := sha256.Sum256(scan.Body); r.SHA256 != "sha256-"+hex.EncodeToString(sum[:]) || r.Size != int64(len(scan.Body)) || r.Repeated {
		t.Errorf("the receipt does not name the bytes: %+v", r)
	}
	d := sommer.until(r.Document, "ready")
	if d["pages"].(float64) != float64(len(scan.Truth.Pages)) {
		t.Errorf("%v pages, want %d", d["pages"], len(scan.Truth.Pages))
	}

	queries := []string{}
	for _, q := range show.Searches {
		queries = append(queries, q.Query)
	}
	query := "/search?q=" + url.QueryEscape(strings.Join(queries, " "))
	type result struct {
		Total int
		Items []struct {
			Document, Snippet string
			Page              int
			File              struct{ ID, Number string }
			Hits              []struct{ X, Y, W, H int }
		}
	}
	var found result
	sommer.want(200, "GET", query, nil).into(t, &found)
	if found.Total != 1 || len(found.Items) != 1 || found.Items[0].Document != r.Document || found.Items[0].File.ID != file || len(found.Items[0].Hits) == 0 {
		t.Fatalf("three misspelled words: %+v", found)
	}

	if got := sommer.want(200, "GET", "/documents/"+r.Document+"/original", nil); !bytes.Equal(got.body, scan.Body) {
		t.Error("the original is not what was handed in")
	}
	part := sommer.want(206, "GET", "/documents/"+r.Document+"/original", nil, "Range", "bytes=100-199")
	if !bytes.Equal(part.body, scan.Body[100:200]) {
		t.Error("a range of the original is not what was handed in")
	}
	img := sommer.want(200, "GET", "/documents/"+r.Document+"/pages/1/image?width=1000", nil)
	if _, err := jpeg.DecodeConfig(bytes.NewReader(img.body)); err != nil {
		t.Errorf("the page image: %v", err)
	}
	var words struct {
		Width, Height int
		Words         []struct {
			Text       string
			X, Y, W, H int
		}
	}
	sommer.want(200, "GET", "/documents/"+r.Document+"/pages/1/words", nil).into(t, &words)
	if len(words.Words) < 50 || words.Width < 2000 {
		t.Errorf("%d words on a page %d wide", len(words.Words), words.Width)
	}

	t.Run("same transmission", func(t *testing.T) { sameTransmission(t, sommer, r, scan.Body) })
	t.Run("refused", func(t *testing.T) { refusedToOthers(t, s, r.Document, file, query, queries[0]) })
	t.Run("audit", func(t *testing.T) { officerSees(t, s, r.Document) })
	t.Run("bad queries", func(t *testing.T) { badQueries(t, sommer) })
	s.stop()
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
}

func sameTransmission(t *testing.T, c *client, first receipt, body []byte) {
	var again receipt
	c.want(200, "POST", "/documents?file=03104BG0012345", body, "Content-Type", "application/pdf", "Idempotency-Key", "one",
		"Content-Disposition", `attachment; filename="heizung.pdf"`).into(t, &again)
	if again.Document != first.Document || !again.Repeated {
		t.Errorf("the same transmission: %+v", again)
	}
	if a := c.do("POST", "/documents?file=03104BG0012345", []byte("another"), "Idempotency-Key", "one"); a.code != 409 || a.errorCode() != "conflict" {
		t.Errorf("the same key with other bytes: %d %s", a.code, a.body)
	}
	anew := c.post("03104//0012345", body)
	if anew.Document == first.Document || anew.Repeated || len(anew.IdenticalTo) != 1 || anew.IdenticalTo[0] != first.Document {
		t.Errorf("the same bytes handed in anew: %+v", anew)
	}
}

// refusedToOthers tries every call as somebody of another site, as the
// administrator and as the officer.
func refusedToOthers(t *testing.T, s *server, doc, file, query, word string) {
	for _, user := range []string{"b.winter", "a.admin", "d.schutz", "s.scan"} {
		c := s.as(user)
		var found struct {
			Total  int
			Items  []any
			Facets map[string][]any
		}
		c.want(200, "GET", query, nil).into(t, &found)
		if found.Total != 0 || len(found.Items) != 0 {
			t.Errorf("%s finds %d", user, found.Total)
		}
		for name, f := range found.Facets {
			if len(f) != 0 {
				t.Errorf("%s learns of facet %s", user, name)
			}
		}
		if a := c.want(200, "GET", "/suggest?q="+url.QueryEscape(word[:6]), nil); strings.Contains(strings.ToLower(string(a.body)), strings.ToLower(word[:6])) {
			t.Errorf("%s gets a suggestion: %s", user, a.body)
		}
		for _, call := range []struct{ method, path, body string }{
			{"GET", "/files/" + file, ""}, {"GET", "/files/" + file + "/documents", ""}, {"GET", "/documents/" + doc, ""},
			{"GET", "/documents/" + doc + "/original", ""}, {"GET", "/documents/" + doc + "/pages/1/image", ""},
			{"GET", "/documents/" + doc + "/pages/1/words", ""}, {"PATCH", "/documents/" + doc, `{"title":"x"}`},
			{"GET", "/files/" + file + "/grants", ""}, {"POST", "/documents?file=" + file, "x"}, {"GET", "/search?q=Heizung&file=" + file, ""},
		} {
			a := c.do(call.method, call.path, []byte(call.body), "Content-Type", "application/json")
			if a.code != 404 || a.errorCode() != "not_found" {
				t.Errorf("%s: %s %s: %d %.200s", user, call.method, call.path, a.code, a.body)
			}
			// what is not there looks the same
			b := c.do(call.method, strings.ReplaceAll(strings.ReplaceAll(call.path, doc, strings.Repeat("ab", 16)), file, strings.Repeat("cd", 16)),
				[]byte(call.body), "Content-Type", "application/json")
			if b.code != a.code || b.errorCode() != a.errorCode() {
				t.Errorf("%s: %s %s tells that the thing exists: %d and %d", user, call.method, call.path, a.code, b.code)
			}
		}
	}
	nobody := &client{s: s}
	if a := nobody.do("GET", "/documents/"+doc, nil); a.code != 401 || a.errorCode() != "unauthenticated" {
		t.Errorf("without sign-in: %d %s", a.code, a.body)
	}
}

func officerSees(t *testing.T, s *server, doc string) {
	officer := s.as("d.schutz")
	got := map[string]bool{}
	cursor := ""
	for {
		var page struct {
			Items []struct{ Action, Outcome string }
			Next  string
		}
		officer.want(200, "GET", "/audit/entries?limit=500&document="+doc+"&cursor="+url.QueryEscape(cursor), nil).into(t, &page)
		for _, e := range page.Items {
			got[e.Action+" "+e.Outcome] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, want := range []string{"document.create done", "document.original allowed", "document.page allowed", "document.words allowed",
		"document.state allowed", "search allowed", "document.original denied", "document.page denied", "document.words denied", "document.state denied"} {
		if !got[want] {
			t.Errorf("the officer misses %q among %v", want, got)
		}
	}
	if a := s.as("k.sommer").do("GET", "/audit/entries", nil); a.code != 403 {
		t.Errorf("a caseworker reads the audit log: %d", a.code)
	}
}

func badQueries(t *testing.T, c *client) {
	for name, q := range map[string]string{"long": strings.Repeat("ä", 10_000), "unbalanced": `"Heizkosten`, "empty": "", "nothing": "-- !!"} {
		a := c.do("GET", "/search?q="+url.QueryEscape(q), nil)
		if a.code != 400 || a.errorCode() != "invalid" {
			t.Errorf("%s: %d %.200s", name, a.code, a.body)
		}
	}
}

// kept is how a name is kept: as it is, but as text of at most 1,000 bytes.
func kept(name string) string {
	s := strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "\uFFFD")
	return strings.ToValidUTF8(s[:min(len(s), 1000)], "")
}

// TestBadInput hands in everything that must harm nobody. Each is quarantined
// with its reason or read in bounds, its bytes are kept, and the next document
// is unharmed.
func TestBadInput(t *testing.T) {
	h := newHouse(t)
	h.setup()
	s := h.serve()
	c := s.as("k.sommer")
	file := c.makeFile("03104//0000007", "Probe", "03104")
	posted := map[string]sample.HostileDocument{}
	bodies := map[string][]byte{}
	for _, d := range sample.Hostile() {
		b, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		r := c.post(file, b, "Content-Disposition", "attachment; filename*=UTF-8''"+strings.ReplaceAll(url.QueryEscape(d.Name), "+", "%20"))
		posted[r.Document], bodies[r.Document] = d, b
	}
	good, err := sample.Showcase().Heating.Render()
	if err != nil {
		t.Fatal(err)
	}
	after := c.post(file, good.Body)
	for id, d := range posted {
		got := c.until(id, "ready", "quarantined")
		switch {
		case d.Outcome == sample.OutcomeRendered && got["state"] != "ready":
			t.Errorf("%s: %v %v, want it read", d.Label, got["state"], got["reason"])
		case d.Outcome != sample.OutcomeRendered && (got["state"] != "quarantined" || got["reason"] != d.Outcome):
			t.Errorf("%s: %v %v, want quarantined for %s", d.Label, got["state"], got["reason"], d.Outcome)
		}
		if want := kept(d.Name); got["name"] != want {
			t.Errorf("%s: the name is %q, want %q as data", d.Label, got["name"], want)
		}
		if b := c.want(200, "GET", "/documents/"+id+"/original", nil); !bytes.Equal(b.body, bodies[id]) {
			t.Errorf("%s: the bytes are not kept", d.Label)
		}
	}
	c.until(after.Document, "ready")
	began := time.Now()
	s.stop()
	if d := time.Since(began); d > 40*time.Second {
		t.Errorf("stopping took %v", d)
	}
}
