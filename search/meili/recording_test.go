package meili_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/search/meili"
)

var recording = flag.Bool("record", false, "make testdata anew at the server that EAKTE_TEST_MEILI_URL and EAKTE_TEST_MEILI_KEY name")

// exchange is a request and what a real Meilisearch answered to it. There are
// no headers in it, and so no keys.
type exchange struct {
	Request string // method, path and query
	Body    string `json:",omitempty"`
	Status  int
	Answer  string
}

// parallel says whether the request may come earlier or later than recorded.
func (x *exchange) parallel() bool { return strings.HasSuffix(x.Request, "/facet-search") }

// normal gives a request as it is compared: without times, and of documents
// without what is packed.
func normal(r *http.Request) (exchange, []byte, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil {
			return exchange{}, nil, err
		}
	}
	query := r.URL.Query()
	query.Del("beforeFinishedAt")
	path := url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
	x := exchange{Request: r.Method + " " + path.String(), Body: string(body)}
	var documents []map[string]any
	if json.Unmarshal(body, &documents) == nil {
		for _, d := range documents {
			delete(d, "body")
			delete(d, "kept")
		}
		b, err := json.Marshal(documents)
		x.Body = string(b)
		return x, body, err
	}
	return x, body, nil
}

// recorder keeps what goes to a real server and comes back.
type recorder struct {
	prefix string
	mu     sync.Mutex
	kept   []exchange
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	x, body, err := normal(req)
	if err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	x.Status, x.Answer = resp.StatusCode, string(r.ours(x.Request, answer))
	r.mu.Lock()
	defer r.mu.Unlock()
	var task struct{ Status string }
	waits := strings.HasPrefix(x.Request, "GET /tasks/") && json.Unmarshal(answer, &task) == nil && (task.Status == "enqueued" || task.Status == "processing")
	if !waits { // how often a task is asked for is chance
		r.kept = append(r.kept, x)
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	return resp, nil
}

// ours leaves the indexes of others out of a list.
func (r *recorder) ours(request string, answer []byte) []byte {
	var list struct {
		Results []map[string]any `json:"results"`
		Total   int              `json:"total"`
	}
	if !strings.HasPrefix(request, "GET /indexes?") || json.Unmarshal(answer, &list) != nil {
		return answer
	}
	list.Results = slices.DeleteFunc(list.Results, func(x map[string]any) bool { return !strings.HasPrefix(x["uid"].(string), r.prefix+"_") })
	list.Total = len(list.Results)
	b, err := json.Marshal(list)
	if err != nil {
		return answer
	}
	return b
}

// replay answers as the real server did, to the same requests in the same
// order, and to no others.
type replay struct {
	t    *testing.T
	mu   sync.Mutex
	left []exchange
}

// RoundTrip implements http.RoundTripper.
func (r *replay) RoundTrip(req *http.Request) (*http.Response, error) {
	x, _, err := normal(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, known := range r.left {
		if known.Request == x.Request && known.Body == x.Body {
			r.left = slices.Delete(slices.Clone(r.left), i, i+1)
			return &http.Response{StatusCode: known.Status, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(known.Answer)), Request: req, ProtoMajor: 1, ProtoMinor: 1}, nil
		}
		if !known.parallel() {
			r.t.Errorf("a request that is not recorded:\n%s %s\nrecorded is:\n%s %s", x.Request, x.Body, known.Request, known.Body)
			return nil, errors.New("not recorded")
		}
	}
	r.t.Errorf("a request behind the recorded ones:\n%s %s", x.Request, x.Body)
	return nil, errors.New("not recorded")
}

// taped gives a configuration that answers from testdata, or with -record one
// for the real server whose answers are written there.
func taped(t *testing.T) meili.Config {
	t.Helper()
	_, name, _ := strings.Cut(t.Name(), "/")
	cfg := meili.Config{Prefix: "taped" + strings.ToLower(name)}
	path := filepath.Join("testdata", name+".json.gz")
	if *recording {
		cfg = real(t)
		cfg.Prefix = "taped" + strings.ToLower(name)
		dropped(t, cfg.Prefix+"_")
		r := &recorder{prefix: cfg.Prefix}
		cfg.HTTP = &http.Client{Transport: r}
		t.Cleanup(func() {
			drop(t, cfg.Prefix+"_")
			keep(t, path, r.kept)
		})
		return cfg
	}
	r := &replay{t: t, left: kept(t, path)}
	cfg.URL, cfg.SearchKey, cfg.DocumentKey, cfg.AdminKey = "http://recorded.invalid:7700", "s", "d", "a"
	cfg.HTTP = &http.Client{Transport: r}
	t.Cleanup(func() {
		for _, x := range r.left {
			t.Errorf("not asked: %s %s", x.Request, x.Body)
		}
	})
	return cfg
}

// settled is for how long the notes hold in a recording: to look again is a
// matter of time.
const settled = time.Hour

func keep(t *testing.T, path string, all []exchange) {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	b, err := json.MarshalIndent(all, "", "\t")
	if err == nil {
		_, err = z.Write(b)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(os.Getenv("EAKTE_TEST_MEILI_KEY"))) {
		t.Fatal("the recording has the key in it")
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, out.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func kept(t *testing.T, path string) (all []exchange) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}
