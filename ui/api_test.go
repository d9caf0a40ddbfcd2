package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/ingest"
)

func TestErrorsAreJSON(t *testing.T) {
	h := open(t)
	h.call("", "GET", "/files", "", nil).failure(401, "unauthenticated")
	h.call("", "GET", "/files", "", map[string]string{"Authorization": "Bearer eakte_wrong"}).failure(401, "unauthenticated")
	h.call("", "GET", "/files", "", map[string]string{"Authorization": "Basic a:b"}).failure(401, "unauthenticated")
	h.call("k.sommer", "GET", "/nothing", "", nil).failure(404, "not_found")
	h.call("", "GET", "/nothing", "", nil).failure(404, "not_found")
	h.call("k.sommer", "PUT", "/files", "", nil).failure(405, "invalid")
	h.call("k.sommer", "GET", "/files/"+record.NewID(), "", nil).failure(404, "not_found")
	h.call("k.sommer", "GET", "/files/..%2f..%2fetc", "", nil).failure(404, "not_found")
	h.call("k.sommer", "POST", "/files", "{", nil).failure(400, "invalid")
	h.call("k.sommer", "POST", "/files", `{"number":7}`, nil).failure(400, "invalid")
	h.call("k.sommer", "GET", "/search?q=a&limit=many", "", nil).failure(400, "invalid")
	h.call("k.sommer", "GET", "/files?q=a&limit=501", "", nil).failure(400, "invalid")
	if res := h.request(http.DefaultClient, "GET", h.url+"/api", nil, nil); !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		t.Errorf("/api answers with %s", res.Header.Get("Content-Type"))
	}
}

// TestLongQueries: a query that is too long is told so; nothing breaks off.
func TestLongQueries(t *testing.T) {
	h := open(t)
	for _, q := range []string{strings.Repeat("x", 10_000), strings.Repeat("ä", 10_000), `"`, `a "b`, strings.Repeat("a ", 600)} {
		h.call("k.sommer", "GET", "/search?q="+url.QueryEscape(q), "", nil).failure(400, "invalid")
	}
	h.call("k.sommer", "GET", "/suggest?q="+strings.Repeat("y", 10_000), "", nil).failure(400, "invalid")
	h.call("k.sommer", "GET", "/search?q="+strings.Repeat("z", 300_000), "", nil).failure(431, "too_large")
	h.call("k.sommer", "GET", "/search?q=fine", "", nil).want(200)
}

// TestRightsBeforeParameters: who may not know of a thing learns nothing
// about what is wrong with the question.
func TestRightsBeforeParameters(t *testing.T) {
	h := open(t)
	file, doc := "/files/"+string(h.file), "/documents/"+string(h.document("Auszug", "Miete"))
	for _, c := range []struct{ method, path, body string }{
		{"GET", file, ""}, {"GET", file + "/documents?limit=x", ""}, {"GET", file + "/grants", ""}, {"POST", file + "/grants", "{"},
		{"POST", file + "/denials", `{"user":7}`}, {"DELETE", file + "/grants", ""}, {"GET", doc, ""}, {"PATCH", doc, "{"},
		{"PATCH", doc, `{"received":"never"}`}, {"GET", doc + "/original", ""}, {"GET", doc + "/pages/0/image", ""},
		{"GET", doc + "/pages/x/words", ""}, {"POST", "/documents?direction=up&file=" + string(h.file), "x"},
	} {
		h.call("b.winter", c.method, c.path, c.body, nil).failure(404, "not_found")
		h.call("a.admin", c.method, c.path, c.body, nil).failure(404, "not_found")
	}
	h.call("d.schutz", "POST", "/files", "{", nil).failure(403, "denied")
	for _, c := range []struct{ method, path, allowed string }{
		{"POST", "/deliveries", "s.scan"}, {"POST", "/mailroom/posts", "s.scan"}, {"POST", "/documents/merge", "c.klar"}, {"PUT", "/delivery-plans", "a.admin"},
	} {
		for _, who := range []string{"s.scan", "c.klar", "a.admin", "d.schutz"} {
			if a := h.call(who, c.method, c.path, "{", nil); who == c.allowed {
				a.failure(400, "invalid")
			} else if who != "c.klar" || c.path != "/mailroom/posts" { // who clears keeps the post book too
				a.failure(403, "denied")
			}
		}
	}
	h.call("k.sommer", "GET", "/audit/entries?limit=x", "", nil).failure(403, "denied")
	h.call("k.sommer", "PATCH", doc, `{"received":"never"}`, nil).failure(400, "invalid")
	h.call("k.sommer", "GET", doc+"/pages/x/words", "", nil).failure(404, "not_found")
}

func TestFiles(t *testing.T) {
	h := open(t)
	h.call("k.sommer", "POST", "/files", `{"number":"03104 BG 0012345","kind":"leistung","site":"03104","team":"L1","customer":{"name":"X"}}`, nil).failure(409, "conflict")
	res := h.call("k.sommer", "GET", "/files?q=M%C3%BCller", "", nil)
	res.want(200)
	var list struct {
		Items []struct {
			ID     record.FileID
			Number string
		}
		Next *string
	}
	res.json(&list)
	if len(list.Items) != 1 || list.Items[0].ID != h.file || list.Next == nil {
		t.Errorf("found %s", res.Body)
	}
	if res := h.call("b.winter", "GET", "/files?q=M%C3%BCller", "", nil); !strings.Contains(res.Body, `"items":[]`) {
		t.Errorf("another site finds %s", res.Body)
	}
	body := `{"number":"03104//0099999","kind":"leistung","site":"03104","team":"L1","retention_class":"leistung","customer":{"name":"Neu"}}`
	key := map[string]string{"Idempotency-Key": "k1"}
	first := h.call("k.sommer", "POST", "/files", body, key)
	first.want(201)
	again := h.call("k.sommer", "POST", "/files", body, key)
	again.want(200)
	if first.Body != again.Body {
		t.Errorf("the same again: %s, first %s", again.Body, first.Body)
	}
}

// TestUploadAndOriginal: what goes in comes out, whole and by range.
func TestUploadAndOriginal(t *testing.T) {
	h := open(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 300_000) // 4.8 MB: more than any buffer on the way
	sum := sha256.Sum256(content)
	headers := map[string]string{"Content-Disposition": `attachment; filename*=UTF-8''M%C3%BCller.pdf`, "Idempotency-Key": "t1"}
	res := h.call("k.sommer", "POST", "/documents?type=kontoauszug&file="+url.QueryEscape(number), string(content), headers)
	res.want(201)
	var r ingest.Receipt
	res.json(&r)
	if r.SHA256 != record.Digest("sha256-"+hex.EncodeToString(sum[:])) || r.Size != int64(len(content)) || r.Repeated {
		t.Fatalf("receipt %s", res.Body)
	}
	h.call("k.sommer", "POST", "/documents?type=kontoauszug&file="+url.QueryEscape(number), string(content), headers).want(200)
	h.call("k.sommer", "POST", "/documents?type=kontoauszug&file="+url.QueryEscape(number), "another", headers).failure(409, "conflict")

	path := "/documents/" + string(r.Document) + "/original"
	whole := h.call("k.sommer", "GET", path, "", nil)
	whole.want(200)
	etag := whole.Header.Get("ETag")
	if whole.Body != string(content) || etag != `"`+string(r.SHA256)+`"` || whole.Header.Get("Accept-Ranges") != "bytes" ||
		!strings.Contains(whole.Header.Get("Content-Disposition"), "M%C3%BCller.pdf") {
		t.Errorf("whole: %v", whole.Header)
	}
	for _, c := range []struct {
		rng, ifRange string
		status       int
		from, to     int
	}{
		{"bytes=0-0", "", 206, 0, 1}, {"bytes=1000-4499999", "", 206, 1000, 4_500_000}, {"bytes=-16", "", 206, len(content) - 16, len(content)},
		{"bytes=0-1,5-6", "", 200, 0, len(content)}, {"bytes=5-", etag, 206, 5, len(content)}, {"bytes=5-", `"other"`, 200, 0, len(content)},
	} {
		got := h.call("k.sommer", "GET", path, "", map[string]string{"Range": c.rng, "If-Range": c.ifRange})
		got.want(c.status)
		if got.Body != string(content[c.from:c.to]) {
			t.Errorf("%s: %d bytes", c.rng, len(got.Body))
		}
		if want := fmt.Sprintf("bytes %d-%d/%d", c.from, c.to-1, len(content)); c.status == 206 && got.Header.Get("Content-Range") != want {
			t.Errorf("%s: %s", c.rng, got.Header.Get("Content-Range"))
		}
	}
	if got := h.call("k.sommer", "GET", path, "", map[string]string{"Range": "bytes=99999999-"}); got.Status != 416 || got.Header.Get("Content-Range") != fmt.Sprintf("bytes */%d", len(content)) {
		t.Errorf("416: %d %v", got.Status, got.Header)
	}
	h.call("k.sommer", "GET", path, "", map[string]string{"If-None-Match": etag}).want(304)
	head := h.call("k.sommer", "HEAD", path, "", nil)
	if head.Status != 200 || head.Header.Get("Content-Length") != fmt.Sprint(len(content)) || head.Body != "" {
		t.Errorf("HEAD: %d %v", head.Status, head.Header)
	}
}

func TestTooLarge(t *testing.T) {
	h := open(t)
	big := io.LimitReader(zeros{}, maxUpload+1)
	auth := map[string]string{"Authorization": "Bearer " + h.tokens["k.sommer"]}
	h.request(http.DefaultClient, "POST", h.url+"/api/v1/documents?file="+string(h.file), big, auth).failure(413, "too_large") // chunked
	h.call("k.sommer", "POST", "/documents?file="+string(h.file), strings.Repeat("x", maxUpload+1), nil).failure(413, "too_large")
	h.call("k.sommer", "POST", "/files", `{"number":"`+strings.Repeat("9", 2<<20)+`"}`, nil).failure(413, "too_large")
	if n := h.documents(); n != 0 {
		t.Errorf("%d documents were taken in", n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func (h *house) documents() int {
	h.t.Helper()
	var list struct{ Items []json.RawMessage }
	h.call("k.sommer", "GET", "/files/"+string(h.file)+"/documents", "", nil).json(&list)
	return len(list.Items)
}

func TestSearchAndPages(t *testing.T) {
	h := open(t)
	id := h.document("Abrechnung", "Die Heizkosten für März", "Noch einmal Heizkosten und Miete")
	res := h.call("k.sommer", "GET", "/search?q=heizkosten", "", nil)
	res.want(200)
	var found struct {
		Total int
		Exact bool
		Items []struct {
			Document record.DocumentID
			Page     int
			Snippet  string
			Hits     []record.Box
			File     struct{ Number string }
		}
		Facets map[string][]struct {
			Value string
			Count int
		}
	}
	res.json(&found)
	if found.Total != 1 || len(found.Items) != 1 || found.Items[0].Document != id || len(found.Items[0].Hits) != 1 || found.Items[0].File.Number != number ||
		!strings.Contains(found.Items[0].Snippet, "Heizkosten") || len(found.Facets["type"]) != 1 {
		t.Errorf("found %s", res.Body)
	}
	if res := h.call("b.winter", "GET", "/search?q=heizkosten", "", nil); !strings.Contains(res.Body, `"total":0`) {
		t.Errorf("another site finds %s", res.Body)
	}
	words := h.call("k.sommer", "GET", "/documents/"+string(id)+"/pages/2/words", "", nil)
	var pw record.PageWords
	words.json(&pw)
	if pw.Width != 620 || len(pw.Words) != 5 {
		t.Errorf("words %s", words.Body)
	}
	img := h.call("k.sommer", "GET", "/documents/"+string(id)+"/pages/1/image?width=200", "", nil)
	if img.Status != 200 || img.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(img.Body, "\xff\xd8") {
		t.Errorf("image: %d %v", img.Status, img.Header)
	}
	h.call("k.sommer", "GET", "/documents/"+string(id)+"/pages/3/image", "", nil).failure(404, "not_found")
	h.call("k.sommer", "PATCH", "/documents/"+string(id), `{"title":"Neuer Titel"}`, nil).want(200)
	if res := h.call("k.sommer", "GET", "/documents/"+string(id), "", nil); !strings.Contains(res.Body, `"title":"Neuer Titel"`) {
		t.Errorf("after PATCH: %s", res.Body)
	}
	h.call("k.sommer", "GET", "/suggest?q=heizk", "", nil).want(200)
}

func TestGrantsAndAudit(t *testing.T) {
	h := open(t)
	grants := "/files/" + string(h.file) + "/grants"
	h.call("t.lead", "POST", grants, `{"user":"b.winter"}`, nil).failure(400, "invalid") // a reason is required
	h.call("t.lead", "POST", grants, `{"user":"b.winter","reason":"Umzug"}`, nil).want(201)
	h.call("b.winter", "GET", "/files/"+string(h.file), "", nil).want(200)
	if res := h.call("t.lead", "GET", grants, "", nil); !strings.Contains(res.Body, `"reason":"Umzug"`) || !strings.Contains(res.Body, `"next":""`) {
		t.Errorf("grants: %s", res.Body)
	}
	h.call("t.lead", "DELETE", grants+"?user=b.winter", "", nil).want(204)
	h.call("b.winter", "GET", "/files/"+string(h.file), "", nil).failure(404, "not_found")

	res := h.call("d.schutz", "GET", "/audit/entries?file="+string(h.file), "", nil)
	res.want(200)
	if !strings.Contains(res.Body, `"action":"grant.change"`) {
		t.Errorf("the log says %s", res.Body)
	}
}
