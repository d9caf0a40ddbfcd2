package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/identity"
	"eakte/appliance/job"
	"eakte/appliance/metrics"
	"eakte/appliance/oversight"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
	"eakte/ingest/delivery"
	"eakte/ingest/inbox"
	"eakte/policy/access"
	"eakte/search/embedded"
	"eakte/search/indexer"
	"eakte/ui/assets"
)

const (
	password  = "Heizkosten-2026"
	maxUpload = 8 << 20
	number    = "03104//0012345"
)

// house is a small jobcenter behind the real doors, served on loopback. Only
// the store is in memory and only the reading of pages is done by hand.
type house struct {
	t       *testing.T
	url     string
	addr    string
	cat     *catalog.Catalog
	vault   *vault.Vault
	index   *indexer.Indexer
	engine  *embedded.Engine
	store   vault.Buckets
	actor   record.Actor // k.sommer
	file    record.FileID
	tokens  map[string]string
	stopped chan error
	stop    context.CancelFunc
}

func testAssets(t *testing.T) *assets.Set {
	t.Helper()
	set, err := assets.From(fstest.MapFS{
		"manifest.json": {Data: []byte(`{"app.css":"style-1.css","app.js":"app-1.js","icon.svg":"icon-1.svg"}`)},
		"style-1.css":   {Data: []byte("body{color:red}")}, "app-1.js": {Data: []byte("1")}, "icon-1.svg": {Data: []byte("<svg/>")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, store: vaulttest.NewBuckets(), tokens: map[string]string{}, stopped: make(chan error, 1)}
	ctx, dir, clock, log := t.Context(), t.TempDir(), record.SystemClock{}, slog.New(slog.DiscardHandler)
	h.cat = must(catalog.Open(ctx, "sqlite:"+filepath.Join(dir, "catalog.db"), clock))(t)
	t.Cleanup(func() { check(t, h.cat.Close()) })
	must(vault.NewKeyFile(filepath.Join(dir, "key"), clock.Now()))(t)
	recovery, _, _, err := vault.NewRecovery(nil)
	check(t, err)
	h.vault = vault.New(h.store, must(vault.LoadKeyring(filepath.Join(dir, "key"), recovery))(t), clock)
	policy := must(access.NewPolicy(access.Default()))(t)
	engine := must(embedded.Open(filepath.Join(dir, "index")))(t)
	t.Cleanup(func() { check(t, engine.Close()) })
	h.index, h.engine = indexer.New(h.cat, h.vault, engine), engine
	id := identity.New(h.cat, policy, clock, identity.Config{Hash: identity.HashParams{Memory: 8, Passes: 1, Lanes: 1}, Log: log})
	arch := archive.New(archive.Deps{Catalog: h.cat, Vault: h.vault, Engine: engine, Policy: policy, Clock: clock, Log: log, IndexKind: indexer.Kind, ReadKind: ingest.KindRead,
		Outbox: &upkeep.Outbox{Catalog: h.cat, Vault: h.vault, Log: log}})
	intake := ingest.New(ingest.Deps{Catalog: h.cat, Vault: h.vault, Policy: policy, Spool: must(ingest.OpenSpool(filepath.Join(dir, "spool")))(t),
		Clock: clock, Log: log, Node: "test", MaxBytes: maxUpload})
	adm := admin.New(admin.Deps{Catalog: h.cat, Policy: policy, Clock: clock, Checks: checks(), Plan: must(job.NewPlan(upkeep.Schedules(), nil, clock.Now()))(t)})
	h.people(ctx, id)
	app := must(assemble(Deps{Archive: arch, Intake: intake, Identity: id, Oversight: oversight.New(h.cat, policy, clock), Admin: adm, Logger: log,
		Inbox:    inbox.New(inbox.Deps{Catalog: h.cat, Policy: policy, Clock: clock}),
		Merger:   &ingest.Merger{Intake: intake},
		Delivery: delivery.New(delivery.Deps{Catalog: h.cat, Policy: policy, Intake: intake, Clock: clock}),
		Metrics:  metrics.New("test", func(context.Context) (metrics.State, error) { return metrics.State{}, nil }),
		Config:   Config{MetricsToken: "nur-fuer-programme", Name: "Jobcenter Musterkreis", Version: "test", MaxUpload: maxUpload, Grace: 5 * time.Second}}, testAssets(t)))(t)
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	h.addr, h.url = l.Addr().String(), "http://"+l.Addr().String()
	var serving context.Context
	serving, h.stop = context.WithCancel(context.Background())
	go func() { h.stopped <- app.Serve(serving, l) }()
	t.Cleanup(h.close)
	h.file = h.newFile(number, "Müller", "Anna", "1985-04-03")
	return h
}

func (h *house) close() {
	h.stop()
	select {
	case err := <-h.stopped:
		check(h.t, err)
		h.stopped <- nil
	case <-time.After(20 * time.Second):
		h.t.Error("the server did not stop")
	}
}

// people makes the users; each has a token.
func (h *house) people(ctx context.Context, id *identity.Identity) {
	h.t.Helper()
	check(h.t, h.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		for _, s := range []string{"03104", "03107"} {
			if err := tx.PutSite(record.Site{Code: s, Name: "Site " + s, Teams: []record.Team{{Code: "L1", Name: "Leistung 1"}}}); err != nil {
				return err
			}
		}
		return tx.PutRetentionClass(record.RetentionClass{Class: "leistung", Years: 10, From: "end_of_year_of_closing"})
	}))
	system := record.System("test")
	for _, u := range []struct{ name, role, site, team string }{
		{"k.sommer", record.RoleCaseworker, "03104", "L1"}, {"b.winter", record.RoleCaseworker, "03107", "L1"},
		{"a.admin", record.RoleSiteadmin, "03104", ""}, {"d.schutz", record.RoleDPO, "03104", ""}, {"t.lead", record.RoleTeamlead, "03104", "L1"},
		{"s.scan", record.RoleScan, "03104", ""}, {"s.other", record.RoleScan, "03104", ""}, {"e.tor", record.RoleReception, "03104", ""},
		{"c.klar", record.RoleClearing, "03104", ""}, {"r.ordner", record.RoleRecords, "03104", ""}, {"q.audit", record.RoleAuditor, "03104", ""},
	} {
		made := must(id.AddUser(ctx, system, identity.NewUser{Name: u.name, Display: u.name, Password: password,
			Roles: []record.RoleAt{{Role: u.role, Site: u.site, Team: u.team}}}))(h.t)
		h.tokens[u.name] = must(id.NewToken(ctx, system, u.name, time.Hour))(h.t)
		if u.name == "k.sommer" {
			h.actor = record.Actor{User: made.ID, Name: u.name, Via: "test", Request: record.NewID()}
		}
	}
}

func (h *house) newFile(number, name, first, born string) record.FileID {
	h.t.Helper()
	res := h.call("k.sommer", "POST", "/files", fmt.Sprintf(`{"number":%q,"kind":"leistung","site":"03104","team":"L1","retention_class":"leistung",
		"customer":{"name":%q,"first_name":%q,"birth_date":%q,"role":"applicant"}}`, number, name, first, born), nil)
	res.want(201)
	var f struct{ ID record.FileID }
	res.json(&f)
	return f.ID
}

// document hands one in and makes it readable, with a page for each text.
func (h *house) document(title string, texts ...string) record.DocumentID {
	h.t.Helper()
	res := h.call("k.sommer", "POST", "/documents?file="+string(h.file)+"&type=kontoauszug&title="+title+"&received=2026-11-18", title+strings.Join(texts, ""), nil)
	res.want(201)
	var r ingest.Receipt
	res.json(&r)
	h.readable(r.Document, texts)
	return r.Document
}

func (h *house) readable(id record.DocumentID, texts []string) {
	h.t.Helper()
	ctx := h.t.Context()
	var doc record.Document
	check(h.t, h.cat.Read(ctx, func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(id); return err }))
	key := must(h.vault.OpenKey(ctx, doc.Object))(h.t)
	var img bytes.Buffer
	check(h.t, jpeg.Encode(&img, image.NewGray(image.Rect(0, 0, 620, 877)), nil))
	check(h.t, h.vault.PutPack(ctx, key, func(w io.Writer) error {
		pw := vault.WritePack(w)
		for i, text := range texts {
			words := record.PageWords{Width: 620, Height: 877}
			at := 0
			for _, word := range strings.Fields(text) {
				start := at + strings.Index(text[at:], word)
				at = start + len(word)
				words.Words = append(words.Words, record.Word{Text: word, Raw: word, Confidence: 90, X: 10 + 5*start, Y: 100, W: 5 * len(word), H: 12, Start: start, Len: len(word)})
			}
			err := pw.AddPage(vault.PackPage{Number: i + 1, Width: 620, Height: 877, DPI: 75, Source: "ocr", Confidence: 90}, text, text, words, img.Bytes(), nil, img.Bytes())
			if err != nil {
				return err
			}
		}
		return pw.Close()
	}))
	doc.State, doc.Pages = record.StateReady, len(texts)
	check(h.t, h.cat.WithTx(ctx, func(tx *catalog.Tx) error { return tx.UpdateDocument(doc) }))
	check(h.t, h.index.Bring(ctx, id))
}

// answer is an HTTP answer, read whole.
type answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Body   string
}

func (a answer) want(status int) {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
}

func (a answer) json(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.Body)
	}
}

// failure checks the shape of an API error.
func (a answer) failure(status int, code string) {
	a.t.Helper()
	a.want(status)
	var f struct {
		Error struct{ Code, Message, Hint, Field, Reference string }
	}
	a.json(&f)
	if f.Error.Code != code || f.Error.Message == "" || f.Error.Reference == "" || f.Error.Reference != a.Header.Get("X-Request-Id") {
		a.t.Fatalf("want %s: %s", code, a.Body)
	}
	if ct := a.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
		a.t.Fatalf("an API error as %s", ct)
	}
}

// call asks the API as a user, "" for nobody.
func (h *house) call(user, method, path, body string, headers map[string]string) answer {
	h.t.Helper()
	all := map[string]string{}
	if user != "" {
		all["Authorization"] = "Bearer " + h.tokens[user]
	}
	for k, v := range headers {
		all[k] = v
	}
	return h.request(http.DefaultClient, method, h.url+"/api/v1"+path, strings.NewReader(body), all)
}

func (h *house) request(client *http.Client, method, url string, body io.Reader, headers map[string]string) answer {
	h.t.Helper()
	req := must(http.NewRequestWithContext(h.t.Context(), method, url, body))(h.t)
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	res, err := client.Do(req)
	if err != nil {
		h.t.Fatalf("%s %.100s: %v", method, url, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatalf("%s %.100s: %v", method, url, err)
	}
	return answer{h.t, res.StatusCode, res.Header, string(b)}
}

// browser is a client with cookies that does not follow redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	return &http.Client{Jar: must(cookiejar.New(nil))(t), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
}
