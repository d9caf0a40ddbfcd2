package meili_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
	"eakte/search/meili"
	"eakte/search/searchtest"
)

// real gives a configuration for the server that the environment names, with a
// prefix of its own. What begins with it is deleted at the end.
func real(t *testing.T) meili.Config {
	t.Helper()
	url, key := os.Getenv("EAKTE_TEST_MEILI_URL"), os.Getenv("EAKTE_TEST_MEILI_KEY")
	if url == "" || key == "" {
		t.Skip("EAKTE_TEST_MEILI_URL and EAKTE_TEST_MEILI_KEY name no Meilisearch")
	}
	cfg := meili.Config{URL: url, SearchKey: key, DocumentKey: key, AdminKey: key, Prefix: "test" + record.NewID()[:12]}
	t.Cleanup(func() { drop(t, cfg.Prefix) })
	return cfg
}

// drop deletes the indexes that begin with a prefix, and says how many.
func drop(t *testing.T, prefix string) (n int) {
	t.Helper()
	var all struct{ Results []struct{ UID string } }
	admin(t, http.MethodGet, "/indexes?limit=10000", "", &all)
	for _, x := range all.Results {
		if strings.HasPrefix(x.UID, prefix) {
			admin(t, http.MethodDelete, "/indexes/"+x.UID, "", nil)
			n++
		}
	}
	return n
}

// dropped waits until they are gone.
func dropped(t *testing.T, prefix string) {
	t.Helper()
	for drop(t, prefix) > 0 {
		time.Sleep(50 * time.Millisecond)
	}
}

// admin asks the real server with its admin key.
func admin(t *testing.T, method, path, body string, answer any) {
	t.Helper()
	req, err := http.NewRequest(method, os.Getenv("EAKTE_TEST_MEILI_URL")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("EAKTE_TEST_MEILI_KEY"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if answer != nil {
		if err := json.Unmarshal(b, answer); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, cfg meili.Config) *meili.Engine {
	t.Helper()
	e, err := meili.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestConformance runs the whole suite; nothing of it is left out.
func TestConformance(t *testing.T) {
	real(t)
	searchtest.Run(t, func(t *testing.T) search.Engine { return open(t, real(t)) })
}

// TestOpenAgain: what was indexed, and that a rebuild is needed, stay.
func TestOpenAgain(t *testing.T) {
	cfg, ctx := real(t), context.Background()
	if v, err := meili.Check(ctx, cfg); err != nil || !strings.HasPrefix(v, "1.50.") {
		t.Errorf("Check: %q, %v", v, err)
	}
	e := open(t, cfg)
	if why, err := e.NeedsRebuild(ctx); why != "new" || err != nil {
		t.Errorf("a new index needs a rebuild because of %q, %v", why, err)
	}
	if err := e.Index(ctx, []search.Entry{{Document: "d1", Ordinal: 1, Sensitivity: 1, Pages: []string{"Kosten"}}}); err != nil {
		t.Fatal(err)
	}
	var tasks struct{ Total int }
	defer func() {
		admin(t, http.MethodGet, "/tasks?types=settingsUpdate&indexUids="+cfg.Prefix+"_documents_"+search.AnalyzerFingerprint()+"_2", "", &tasks)
		if tasks.Total != 1 {
			t.Errorf("settings were sent %d times", tasks.Total)
		}
	}()
	for _, why := range []string{"under way", ""} {
		err := e.SetRebuild(ctx, why)
		if why == "" {
			err = e.Rebuilt(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		again := open(t, cfg)
		if got, err := again.NeedsRebuild(ctx); got != why || err != nil {
			t.Errorf("opened again the reason is %q, %v; want %q", got, err, why)
		}
		if n, _, err := again.Count(ctx); n != 1 || err != nil {
			t.Errorf("opened again it holds %d documents, %v", n, err)
		}
	}
}

// makeKey makes a key with only these rights.
func makeKey(t *testing.T, indexes, rights string) string {
	t.Helper()
	var made struct{ Key, UID string }
	admin(t, http.MethodPost, "/keys", `{"indexes":["`+indexes+`"],"actions":["`+strings.ReplaceAll(rights, " ", `","`)+`"],"expiresAt":null}`, &made)
	if made.Key == "" {
		t.Fatalf("no key with the rights %s was made", rights)
	}
	t.Cleanup(func() { admin(t, http.MethodDelete, "/keys/"+made.UID, "", nil) })
	return made.Key
}

// TestLeastRights: three keys with no right but those that Check names do for
// everything; one right less and Check says which.
func TestLeastRights(t *testing.T) {
	cfg, ctx := real(t), context.Background()
	cfg.SearchKey = makeKey(t, cfg.Prefix+"*", "search")
	cfg.DocumentKey = makeKey(t, cfg.Prefix+"*", "documents.get documents.add documents.delete tasks.get")
	cfg.AdminKey = makeKey(t, "*", "version indexes.get indexes.create indexes.delete settings.get settings.update tasks.get tasks.delete")
	if _, err := meili.Check(ctx, cfg); err != nil {
		t.Errorf("Check gives %v", err)
	}
	e := open(t, cfg)
	for name, err := range map[string]error{
		"Index":   e.Index(ctx, letter),
		"Delete":  e.Delete(ctx, []record.DocumentID{"d1"}),
		"Reset":   e.Reset(ctx),
		"Rebuilt": e.Rebuilt(ctx),
	} {
		if err != nil {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if _, err := ask(e, `unterkumft "kosten der unterkunft"`); err != nil {
		t.Errorf("Search gives %v", err)
	}
	for _, c := range []struct {
		field, right string
		spoil        func(*meili.Config)
	}{
		{"search_key", "search", func(c *meili.Config) { c.SearchKey = cfg.AdminKey }},
		{"document_key", "documents.add", func(c *meili.Config) {
			c.DocumentKey = makeKey(t, cfg.Prefix+"*", "documents.get documents.delete tasks.get")
		}},
		{"document_key", "documents.get", func(c *meili.Config) { c.DocumentKey = "nonsense" }},
		{"admin_key", "settings.update", func(c *meili.Config) {
			c.AdminKey = makeKey(t, "*", "version indexes.* settings.get tasks.get tasks.delete")
		}},
		{"admin_key", "indexes.delete", func(c *meili.Config) {
			c.AdminKey = makeKey(t, "*", "version indexes.get indexes.create settings.* tasks.get tasks.delete")
		}},
		{"admin_key", "version", func(c *meili.Config) { c.AdminKey = cfg.SearchKey }},
	} {
		other := cfg
		c.spoil(&other)
		_, err := meili.Check(ctx, other)
		var e *record.Error
		if !errors.As(err, &e) || e.Field != c.field || !strings.Contains(e.Message, c.right) {
			t.Errorf("without %s Check gives %v", c.right, err)
		}
	}
}

// TestMorePhrasesThanAreRead: of more documents than are read for a phrase all
// that have it are found, and the answer says that it may be too many.
func TestMorePhrasesThanAreRead(t *testing.T) {
	e := open(t, real(t))
	var in []search.Entry
	has := map[record.DocumentID]bool{}
	for i := range 600 {
		n := search.Entry{Document: record.DocumentID(fmt.Sprintf("d%03d", i)), Ordinal: 3, Sensitivity: 1, Date: "2026-11-18",
			Pages: []string{"Bescheid bewilligt Unterkunft, dann Leistung"}}
		if has[n.Document] = i%2 == 0; !has[n.Document] {
			n.Pages[0] = "Bescheid bewilligt Leistung, wonach bewilligt Unterkunft"
		}
		in = append(in, n)
	}
	if err := e.Index(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	p, err := search.Parse(`"bescheid bewilligt unterkunft"`)
	if err != nil {
		t.Fatal(err)
	}
	q := search.Query{Parsed: p, Scopes: []search.Scope{{Files: roaring.BitmapOf(3), MaxSensitivity: 1}}, Limit: search.MaxLimit}
	r, err := e.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, h := range r.Hits {
		if has[h.Document] {
			found++
		}
	}
	if r.Exact || found != 300 || r.Total != len(r.Hits) || r.Total > 350 {
		t.Errorf("%d of 300 found, total %d, exact %v", found, r.Total, r.Exact)
	}
	q.Scopes[0].Files = roaring.BitmapOf(4)
	if r, err := e.Search(context.Background(), q); err != nil || r.Total != 0 || !r.Exact {
		t.Errorf("in another file: %+v, %v", r, err)
	}
}
