package meili_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
	"eakte/search/meili"
)

// recorded answers as Meilisearch 1.50 was seen to, but for what a test puts
// in its way.
type recorded struct {
	*httptest.Server
	mu       sync.Mutex
	version  string
	allow    func(key, method, path string) bool
	first    map[string]reply // what to give first to a method and path
	task     string           // the answer to questions for a task
	asked    func()           // called when a task is asked for
	requests []request
}

type request struct{ line, body string }

type reply struct {
	status int
	body   string
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	r := &recorded{version: "1.50.0", first: map[string]reply{}, allow: func(key, _, _ string) bool { return key != "" }}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *recorded) config() meili.Config {
	return meili.Config{URL: r.URL, SearchKey: "s", DocumentKey: "d", AdminKey: "a", Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// ServeHTTP implements http.Handler.
func (r *recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	line := req.Method + " " + req.URL.Path
	r.requests = append(r.requests, request{line, string(body)})
	w.Header().Set("Content-Type", "application/json")
	if f, ok := r.first[line]; ok {
		delete(r.first, line)
		w.WriteHeader(f.status)
		_, _ = io.WriteString(w, f.body)
		return
	}
	key := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if req.URL.Path != "/health" && !r.allow(key, req.Method, req.URL.Path) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message":"The provided API key is invalid.","code":"invalid_api_key","type":"auth"}`)
		return
	}
	status, answer := r.answer(line, string(body))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

const enqueued = `{"taskUid":7,"indexUid":"x","status":"enqueued","type":"documentAdditionOrUpdate"}`

func (r *recorded) answer(line, body string) (int, string) {
	path := line[strings.Index(line, " ")+1:]
	switch {
	case path == "/health":
		return 200, `{"status":"available"}`
	case path == "/version":
		return 200, `{"pkgVersion":"` + r.version + `"}`
	case line == "GET /indexes":
		return 200, `{"results":[],"total":0}`
	case strings.HasPrefix(path, "/tasks/"):
		if r.asked != nil {
			r.asked()
		}
		if r.task != "" {
			return 200, r.task
		}
		return 200, `{"uid":7,"status":"succeeded","error":null}`
	case strings.HasPrefix(path, "/tasks"):
		return 200, `{"results":[]}`
	case body == "{":
		return 400, `{"code":"malformed_payload"}`
	case strings.HasSuffix(line, "/documents/"+index) && line[:3] == "GET":
		return 404, `{"message":"Document not found.","code":"document_not_found"}`
	case line == "GET /indexes/"+index+"/settings":
		return 200, `{"facetSearch":true}`
	case strings.HasSuffix(path, "/documents/fetch"):
		return 200, `{"results":[],"total":0}`
	case path == "/multi-search":
		var asked struct{ Queries []any }
		if err := json.Unmarshal([]byte(body), &asked); err != nil {
			return 400, `{"code":"malformed_payload"}`
		}
		answers := strings.Repeat(`,{"hits":[],"totalHits":0}`, len(asked.Queries))
		return 200, `{"results":[` + answers[1:] + `]}`
	case strings.HasSuffix(path, "/facet-search"):
		return 200, `{"facetHits":[]}`
	case strings.HasSuffix(path, "/search"):
		return 200, `{"hits":[],"totalHits":0}`
	}
	return 202, enqueued
}

var index = "eakte_documents_" + search.AnalyzerFingerprint() + "_2"

// sent gives the bodies of the requests of a method and path.
func (r *recorded) sent(line string) (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range r.requests {
		if q.line == line {
			out = append(out, q.body)
		}
	}
	return out
}

var letter = []search.Entry{{Document: "d1", Ordinal: 1, Sensitivity: 1, Pages: []string{"Kosten der Unterkunft"}}}

// TestRetryKeepsBody: the server is asked again after a passing failure, with
// the whole request.
func TestRetryKeepsBody(t *testing.T) {
	for _, status := range []int{502, 503, 504} {
		r := newRecorded(t)
		e := open(t, r.config())
		line := "POST /indexes/" + index + "/documents"
		r.first[line] = reply{status, ""}
		if err := e.Index(context.Background(), letter); err != nil {
			t.Fatalf("%d: %v", status, err)
		}
		bodies := r.sent(line)
		if len(bodies) != 2 || bodies[0] != bodies[1] || !strings.Contains(bodies[1], `"unterkunft.."`) {
			t.Errorf("%d: %d requests, the second with %q", status, len(bodies), bodies[len(bodies)-1])
		}
	}
}

// TestFailedTask: a change that the server took and then failed at is an
// error, and is told apart from one that waits.
func TestFailedTask(t *testing.T) {
	for _, status := range []string{"failed", "canceled"} {
		r := newRecorded(t)
		e := open(t, r.config())
		r.task = `{"uid":7,"status":"` + status + `","error":{"message":"secret term","code":"internal","type":"internal"}}`
		err := e.Index(context.Background(), letter)
		if !errors.Is(err, record.Unavailable) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: Index gives %v", status, err)
		}
		r.task = ""
		if err := e.Index(context.Background(), letter); err != nil {
			t.Errorf("%s: the call can't be repeated: %v", status, err)
		}
	}
}

// TestAbandonedChange: a change whose caller gave up is waited for before the
// index is asked what it holds.
func TestAbandonedChange(t *testing.T) {
	r := newRecorded(t)
	e := open(t, r.config())
	ctx, cancel := context.WithCancel(context.Background())
	r.asked, r.task = cancel, `{"uid":7,"status":"processing"}`
	if err := e.Index(ctx, letter); !errors.Is(err, context.Canceled) {
		t.Fatalf("Index gives %v", err)
	}
	r.mu.Lock()
	r.asked, r.task = nil, ""
	before := len(r.requests)
	r.mu.Unlock()
	if err := e.Index(context.Background(), letter); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.requests[before].line; first != "GET /tasks/7" {
		t.Errorf("the next change begins with %s", first)
	}
}

// TestTaskStoreFull: a server without room for tasks is freed of ours, and the
// change sent again.
func TestTaskStoreFull(t *testing.T) {
	r := newRecorded(t)
	e := open(t, r.config())
	line := "POST /indexes/" + index + "/documents"
	r.first[line] = reply{422, `{"code":"no_space_left_on_device"}`}
	if err := e.Index(context.Background(), letter); err != nil {
		t.Fatal(err)
	}
	if deleted, sent := len(r.sent("DELETE /tasks")), len(r.sent(line)); deleted != 1 || sent != 2 {
		t.Errorf("tasks deleted %d times, documents sent %d times", deleted, sent)
	}
}

// TestSettingsAreWhole: false, empty and zero values reach the server.
func TestSettingsAreWhole(t *testing.T) {
	r := newRecorded(t)
	open(t, r.config())
	bodies := r.sent("PATCH /indexes/" + index + "/settings")
	if len(bodies) != 1 {
		t.Fatalf("settings were sent %d times", len(bodies))
	}
	for _, want := range []string{`"searchableAttributes": []`, `"comparison": false`, `"stopWords": []`, `"distinctAttribute": null`,
		`"twoTypos": 255`, `"disableOnAttributes": ["suggest"]`} {
		if !strings.Contains(bodies[0], want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func ask(e *meili.Engine, text string) (search.Result, error) {
	p, err := search.Parse(text)
	if err != nil {
		return search.Result{}, err
	}
	files := roaring.BitmapOf(1, 3, 5, 7, 8, 9, 10)
	return e.Search(context.Background(), search.Query{Parsed: p, Scopes: []search.Scope{{Files: files, MaxSensitivity: 2}}})
}

// TestAccessIsAlwaysSent: every question carries the filter of who asks, in
// the body, with files as integers.
func TestAccessIsAlwaysSent(t *testing.T) {
	r := newRecorded(t)
	e := open(t, r.config())
	before := len(r.requests)
	for _, text := range []string{`unterkunft "kosten der unterkunft" 03104//0012345`, "unterkunft"} {
		if _, err := ask(e, text); err != nil {
			t.Fatal(err)
		}
	}
	scopes := []search.Scope{{Files: roaring.BitmapOf(1, 3, 5, 7, 8, 9, 10), MaxSensitivity: 2}}
	if _, err := e.Suggest(context.Background(), "unter", scopes, nil, nil, 5); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, q := range r.requests[before:] {
		var one struct {
			FacetName, Filter string
			Queries           []struct{ Filter string }
		}
		if err := json.Unmarshal([]byte(q.body), &one); err != nil {
			t.Fatalf("%s: %v", q.line, err)
		}
		if one.FacetName == "words" {
			continue // words only; what they find is asked for with the filter
		}
		filters := []string{one.Filter}
		if len(one.Queries) > 0 {
			filters = nil
			for _, s := range one.Queries {
				filters = append(filters, s.Filter)
			}
		}
		for _, f := range filters {
			asked++
			if !strings.Contains(f, "sensitivity <= 2 AND (file 7 TO 10 OR file IN [1,3,5])") {
				t.Errorf("%s asks with the filter %s", q.line, f)
			}
		}
	}
	if asked < 3 {
		t.Errorf("only %d questions were asked", asked)
	}
	before = len(r.requests)
	if res, err := e.Search(context.Background(), search.Query{}); err != nil || res.Total != 0 || len(r.requests) != before {
		t.Errorf("without a scope the server is asked %d times: %+v, %v", len(r.requests)-before, res, err)
	}
}

// TestServerGone: everything is answered by Unavailable while the server is
// away, nothing of the question is repeated, and it works when it is back.
func TestServerGone(t *testing.T) {
	r := newRecorded(t)
	r.version = "1.50.0"
	cfg := r.config()
	r.Close()
	e := open(t, cfg) // no error: the rest of the appliance goes on
	_, err := ask(e, "unterkunft")
	if !errors.Is(err, record.Unavailable) || strings.Contains(err.Error(), "unterkunft") {
		t.Errorf("Search gives %v", err)
	}
	_, listErr := e.List(context.Background(), "", 10)
	for name, err := range map[string]error{
		"List":   listErr,
		"Index":  e.Index(context.Background(), letter),
		"Delete": e.Delete(context.Background(), []record.DocumentID{"d1"}),
		"Reset":  e.Reset(context.Background()),
	} {
		if !errors.Is(err, record.Unavailable) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if _, err := meili.Check(context.Background(), cfg); !errors.Is(err, record.Unavailable) {
		t.Errorf("Check gives %v", err)
	}
}

// TestServerComesBack: an engine that was opened without a server finds it.
func TestServerComesBack(t *testing.T) {
	r := newRecorded(t)
	r.first["GET /version"] = reply{500, ""}
	e := open(t, r.config())
	if res, err := ask(e, "unterkunft"); err != nil || res.Total != 0 {
		t.Errorf("Search gives %+v, %v", res, err)
	}
}

// TestFilterNotRepeated: an error message of the server, which holds the
// filter, goes nowhere.
func TestFilterNotRepeated(t *testing.T) {
	r := newRecorded(t)
	e := open(t, r.config())
	r.first["POST /multi-search"] = reply{400, `{"message":"filter unterkunft.. is wrong","code":"invalid_search_filter"}`}
	_, err := ask(e, "unterkunft")
	if !errors.Is(err, record.Unavailable) || strings.Contains(err.Error(), "unterkunft") {
		t.Errorf("Search gives %v", err)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*recorded, *meili.Config)
		field string
		want  error
		says  string
	}{
		{"another version", func(r *recorded, _ *meili.Config) { r.version = "1.12.8" }, "", record.Unavailable, "version"},
		{"a later version", func(r *recorded, _ *meili.Config) { r.version = "1.51.0" }, "", record.Unavailable, "version"},
		{"everybody", func(r *recorded, _ *meili.Config) { r.allow = func(string, string, string) bool { return true } },
			"url", record.Invalid, "everybody"},
		{"wrong search key", func(r *recorded, _ *meili.Config) {
			r.allow = func(k, _, _ string) bool { return k == "a" || k == "d" }
		}, "search_key", record.Invalid, "search key"},
		{"document key that reads only", func(r *recorded, _ *meili.Config) {
			r.allow = func(k, method, path string) bool {
				return k != "" && !(k == "d" && method == "POST" && strings.HasSuffix(path, "/documents"))
			}
		}, "document_key", record.Invalid, "documents.add"},
		{"admin key without tasks", func(r *recorded, _ *meili.Config) {
			r.allow = func(k, method, path string) bool {
				return k != "" && !(k == "a" && method == "DELETE" && path == "/tasks")
			}
		}, "admin_key", record.Invalid, "tasks.delete"},
		{"no key", func(_ *recorded, c *meili.Config) { c.AdminKey = "" }, "admin_key", record.Invalid, "admin key"},
		{"no address", func(_ *recorded, c *meili.Config) { c.URL = "localhost:7700" }, "url", record.Invalid, "http://"},
		{"address with a password", func(_ *recorded, c *meili.Config) { c.URL = "http://a:b@localhost:7700" }, "url", record.Invalid, "http://"},
		{"prefix", func(_ *recorded, c *meili.Config) { c.Prefix = "../x" }, "prefix", record.Invalid, "prefix"},
	} {
		r := newRecorded(t)
		cfg := r.config()
		c.spoil(r, &cfg)
		_, err := meili.Check(context.Background(), cfg)
		var e *record.Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Field != c.field || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: Check gives %v", c.name, err)
		}
		for _, q := range r.requests {
			if strings.HasSuffix(q.line, "/documents") && q.line[:4] == "POST" && q.body != "{" {
				t.Errorf("%s: Check writes %q", c.name, q.body)
			}
		}
	}
	r := newRecorded(t)
	if v, err := meili.Check(context.Background(), r.config()); v != "1.50.0" || err != nil {
		t.Errorf("Check gives %q, %v", v, err)
	}
}
