package corpus_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"eakte/search"
)

// bareMeili asks the server itself, with one request, what is in the files of a
// scope: total, facets, and the newest 20, without any words. It is what an
// answer with this filter costs at the least.
type bareMeili struct {
	*testing.T
	url, key, index string
}

// newBareMeili finds the index that the engine has made below a prefix.
func newBareMeili(t *testing.T, prefix string) *bareMeili {
	t.Helper()
	b := &bareMeili{T: t, url: strings.TrimRight(os.Getenv("EAKTE_TEST_MEILI_URL"), "/"), key: os.Getenv("EAKTE_TEST_MEILI_KEY")}
	var list struct{ Results []struct{ UID string } }
	b.call(http.MethodGet, "/indexes?limit=1000", nil, &list)
	for _, x := range list.Results {
		if strings.HasPrefix(x.UID, prefix+"_documents_") {
			b.index = x.UID
		}
	}
	if b.index == "" {
		t.Fatalf("the server has no index %s_documents_…", prefix)
	}
	return b
}

func (b *bareMeili) ask(scopes []search.Scope) time.Duration {
	b.Helper()
	var clauses []string
	for _, s := range scopes {
		ordinals := make([]string, 0, s.Files.GetCardinality())
		s.Files.Iterate(func(o uint32) bool { ordinals = append(ordinals, fmt.Sprint(o)); return true })
		files := "file IN [" + strings.Join(ordinals, ",") + "]"
		if n := s.Files.Maximum() - s.Files.Minimum() + 1; uint64(n) == s.Files.GetCardinality() {
			files = fmt.Sprintf("file %d TO %d", s.Files.Minimum(), s.Files.Maximum())
		}
		clauses = append(clauses, fmt.Sprintf("(sensitivity <= %d AND %s)", s.MaxSensitivity, files))
	}
	began := time.Now()
	b.call(http.MethodPost, "/indexes/"+b.index+"/search", map[string]any{"filter": strings.Join(clauses, " OR "), "hitsPerPage": 20,
		"sort": []string{"date:desc"}, "facets": []string{"type", "site", "year", "section"}}, nil)
	return time.Since(began)
}

func (b *bareMeili) call(method, path string, body, answer any) {
	b.Helper()
	var r io.Reader
	if body != nil {
		j, err := json.Marshal(body)
		if err != nil {
			b.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, r)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	got, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		b.Fatal(err)
	}
	if err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("the server answers %s, %v", res.Status, err)
	}
	if answer != nil {
		if err := json.Unmarshal(got, answer); err != nil {
			b.Fatal(err)
		}
	}
}
