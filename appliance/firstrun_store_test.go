package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/config"
	"eakte/appliance/install"
	"eakte/appliance/vault/vaulttest"
)

// TestFirstRunOnMinIO: the setup makes the buckets with a key that is typed
// once, proves the lock with the running key, and does not take buckets that
// hold another archive.
func TestFirstRunOnMinIO(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	h := newHouse(t)
	b := h.serveSetup()
	b.enter("/setup/name")
	s3 := func(prefix string, key vaulttest.Key, more ...string) []string {
		return append([]string{"kind", "s3", "endpoint", m.URL(), "prefix", prefix, "access_key", key.Access, "secret_key", key.Secret}, more...)
	}
	b.post("/setup/name", "/setup/administrator", "language", "de", "name", "X")
	b.post("/setup/administrator", "/setup/store", "name", "a.admin", "display", "A", "password", "ein langes Wort", "repeat", "ein langes Wort")
	m.MC(t, "mb", "store/plain-records", "store/plain-audit", "store/plain-keys", "store/plain-derived")
	for says, form := range map[string][]string{
		"kennt diesen Schlüssel nicht":        s3("eakte", vaulttest.Key{Access: m.Root.Access, Secret: "wrong"}),
		"hat keine Objektsperre":              s3("plain", m.Root),
		"darf den Bucket plain-records nicht": s3("plain", m.Running),
	} {
		b.post("/setup/store", "/setup/store", form...)
		if !strings.Contains(b.alert(), says) {
			t.Errorf("%s: %s", says, b.alert())
		}
	}
	for _, name := range []string{"records", "audit", "keys", "derived"} { // the running key may use them, and not make them
		m.MC(t, "rb", "store/eakte-"+name)
	}
	b.post("/setup/store", "/setup/store", s3("eakte", m.Running)...)
	if !strings.Contains(b.alert(), "Es fehlen Buckets") || !strings.Contains(b.page, `name="root_access_key"`) {
		t.Errorf("without buckets: %s", b.alert())
	}
	b.post("/setup/store", "/setup/store", s3("eakte", m.Running, "root_access_key", m.Root.Access, "root_secret_key", "wrong")...)
	if !strings.Contains(b.alert(), "kennt diesen Administrationsschlüssel nicht") {
		t.Errorf("a wrong administrator's key: %s", b.alert())
	}
	b.get("/setup/name")
	b.firstHalf(s3("eakte", m.Running, "root_access_key", m.Root.Access, "root_secret_key", m.Root.Secret)...)
	if state, err := os.ReadFile(filepath.Join(h.data, install.StateFile)); err != nil || strings.Contains(string(state), m.Root.Secret) {
		t.Errorf("the administrator's key is kept: %v", err)
	}
	b.secondHalf()
	b.get("/setup/summary")
	b.post("/setup/finish", "/sign-in")
	firstScan(t, b.s)
	b.s.stop()
	cfg, err := config.Load("", h.data, func(string) string { return "" })
	if err != nil || cfg.Store.Kind != "s3" || cfg.Store.AccessKey != m.Running.Access {
		t.Errorf("%+v, %v", cfg.Store, err)
	}
	if strings.Contains(b.s.errs.String(), m.Root.Secret) {
		t.Error("the log holds the secret key")
	}
	f := &first{cfg: config.Config{Data: t.TempDir()}, log: slog.New(slog.DiscardHandler)}
	if v := f.testStore(t.Context(), cfg.Store, nil); v.Code != "occupied" {
		t.Errorf("buckets of another archive: %+v", v)
	}
	f.cfg.Data = h.data
	if v := f.testStore(t.Context(), cfg.Store, nil); !v.OK {
		t.Errorf("our own buckets: %+v", v)
	}
}

// TestStoreVerdicts: what a store can answer has its verdict.
func TestStoreVerdicts(t *testing.T) {
	f := &first{cfg: config.Config{Data: t.TempDir()}, log: slog.New(slog.DiscardHandler)}
	answer := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	refusal := func(code string) string {
		return answer(403, fmt.Sprintf(`<?xml version="1.0"?><Error><Code>%s</Code><RequestId>1</RequestId></Error>`, code))
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	for at, want := range map[string]string{
		refusal("InvalidAccessKeyId"):                               "wrong_key",
		refusal("SignatureDoesNotMatch"):                            "wrong_key",
		refusal("AccessDenied"):                                     "denied",
		refusal("RequestTimeTooSkewed"):                             "clock",
		refusal("AuthorizationHeaderMalformed"):                     "region",
		answer(200, "<!doctype html><title>Hello</title>"):          "not_s3",
		answer(404, "not found"):                                    "not_s3",
		answer(200, `{"status":"available"}`):                       "not_s3",
		tls.URL:                                                     "tls_authority",
		"http://" + strings.TrimPrefix(tls.URL, "https://"):         "needs_tls",
		"https://" + strings.TrimPrefix(answer(200, ""), "http://"): "no_tls",
		"http://127.0.0.1:1":                                        "refused",
		"http://no-such-host.invalid":                               "no_host",
		"http://169.254.169.254":                                    "forbidden",
		"http://[::ffff:169.254.169.254]":                           "forbidden",
	} {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		v := f.testStore(ctx, config.Store{Kind: "s3", Endpoint: at, Prefix: "eakte", AccessKey: "a", SecretKey: "b"}, nil)
		stop()
		if v.Code != want || v.OK {
			t.Errorf("%s: %+v, want %s", at, v, want)
		}
	}
	if v := f.testStore(t.Context(), config.Store{Kind: "embedded"}, nil); !v.OK || v.Free == 0 {
		t.Errorf("embedded: %+v", v)
	}
	f.cfg.Data = filepath.Join(f.cfg.Data, "file", "data")
	if err := os.WriteFile(filepath.Dir(f.cfg.Data), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := f.testStore(t.Context(), config.Store{Kind: "embedded"}, nil); v.Code != "not_writable" {
		t.Errorf("a file where the folder should be: %+v", v)
	}
	if entries, err := os.ReadDir(filepath.Dir(filepath.Dir(f.cfg.Data))); err != nil || len(entries) != 1 {
		t.Errorf("the test left something: %v, %v", entries, err)
	}
}

// TestVerdictsHaveTexts: every code that a test can give is said in words.
func TestVerdictsHaveTexts(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sources, "../ui/locale/de.setup.json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, name := range []string{"firstrun_store.go", "install/dial.go", "vault/s3/check.go"} {
		src, err := os.ReadFile(filepath.Join(sources, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:Code: |Code = |return |Reason\w+ += )"([a-z0-9_]*[a-z0-9])"`).FindAllStringSubmatch(string(src), -1) {
			codes = append(codes, m[1])
		}
	}
	if len(codes) < 30 {
		t.Fatalf("only %d codes are seen", len(codes))
	}
	for _, c := range slices.Compact(slices.Sorted(slices.Values(codes))) {
		for _, end := range []string{".title", ".hint"} {
			if texts["setup.verdict."+c+end] == "" {
				t.Errorf("setup.verdict.%s%s has no text", c, end)
			}
		}
	}
}
