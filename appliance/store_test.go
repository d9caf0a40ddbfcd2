package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
)

// inFront puts a server before a real MinIO that changes some of its answers.
func inFront(t *testing.T, m *vaulttest.MinIO, change func(*http.Response)) string {
	t.Helper()
	target, err := url.Parse(m.URL())
	if err != nil {
		t.Fatal(err)
	}
	p := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }, // the host is signed
		ModifyResponse: func(r *http.Response) error { change(r); return nil },
	}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return s.URL
}

// TestStartIsRefused: a store whose clock is far off, and one that does not
// keep to its locks, are refused by eakte serve and by the setup.
func TestStartIsRefused(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	h := onMinIO(t, m, m.Running)
	h.setup()
	off := func(by time.Duration) func(*http.Response) {
		return func(r *http.Response) { r.Header.Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat)) }
	}
	for name, c := range map[string]struct {
		change  func(*http.Response)
		says    []string // eakte serve
		verdict string   // the setup
	}{
		"ahead":  {off(6 * time.Minute), []string{"more than five minutes apart", "time server"}, "clock"},
		"behind": {off(-6 * time.Minute), []string{"more than five minutes apart", "time server"}, "clock"},
		"deletes what is locked": {func(r *http.Response) {
			if r.Request.Method == http.MethodDelete {
				r.StatusCode, r.Status = http.StatusNoContent, "204 No Content"
				r.Body, r.ContentLength = http.NoBody, 0
				r.Header.Del("Content-Length")
			}
		}, []string{"does not protect documents", "a locked version can be deleted", "COMPLIANCE"}, "no_protection"},
		"forgets the lock": {func(r *http.Response) {
			for _, name := range []string{"Mode", "Retain-Until-Date"} {
				r.Header.Del("X-Amz-Object-Lock-" + name)
			}
		}, []string{"does not protect documents", "an object can't be locked", "COMPLIANCE"}, "no_protection"},
	} {
		t.Run(name, func(t *testing.T) {
			at := inFront(t, m, c.change)
			bad := &house{t: t, data: h.data, env: append(h.env, "EAKTE_S3_ENDPOINT="+at)}
			_, said, code := bad.run("serve", "--data", bad.data, "--listen", "127.0.0.1:0")
			if code != exitUnavailable {
				t.Errorf("exit %d, want %d:\n%s", code, exitUnavailable, said)
			}
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("%q is missing in:\n%s", want, said)
				}
			}
			f := &first{cfg: config.Config{Data: h.data}, log: slog.New(slog.DiscardHandler)}
			if v := f.testStore(t.Context(), config.Store{Kind: "s3", Endpoint: at, Prefix: "eakte", AccessKey: m.Running.Access,
				SecretKey: config.Secret(m.Running.Secret)}, nil); v.OK || v.Code != c.verdict {
				t.Errorf("in the setup: %+v, want %s", v, c.verdict)
			}
		})
	}
	near := inFront(t, m, off(4*time.Minute))
	if _, err := openS3(t.Context(), s3.Config{Endpoint: strings.TrimPrefix(near, "http://"), AccessKey: m.Running.Access, SecretKey: m.Running.Secret}, record.SystemClock{}); err != nil {
		t.Errorf("four minutes: %v", err)
	}
}

// destroyKey puts a key with the running key and removes it with the second.
func destroyKey(t *testing.T, b vault.Bucket, second vault.Disposal) {
	t.Helper()
	body := []byte("a sealed key")
	name := vault.KeyName(record.ObjectID(record.NewID()))
	if err := b.Put(t.Context(), vault.PutRequest{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	info, err := second.Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Remove(t.Context(), name, info.Version); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stat(t.Context(), name); !errors.Is(err, record.NotFound) {
		t.Errorf("afterwards: %v", err)
	}
}

// TestDisposalOnMinIO: the second key is read from its file at the moment of
// use, and a file that can't be it is refused with what to do.
func TestDisposalOnMinIO(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(content), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := m.Disposition.Access + "\n" + m.Disposition.Secret + "\n"
	a := &app{cfg: config.Config{Store: config.Store{Kind: "s3", Endpoint: m.URL(), Prefix: "eakte",
		AccessKey: m.Running.Access, SecretKey: config.Secret(m.Running.Secret)}}}
	for path, says := range map[string]string{
		"":                                "No second key is configured",
		filepath.Join(dir, "missing"):     "can't be read",
		file("open", whole, 0o644):        "Others can read",
		file("half", "only-one\n", 0o600): "two lines",
		file("same", m.Running.Access+"\n"+m.Running.Secret, 0o600): "is the running key",
	} {
		a.cfg.Store.DispositionKeyFile = path
		_, err := a.disposal(t.Context())
		var told *record.Error
		if !errors.As(err, &told) || told.Category != record.Unavailable || !strings.Contains(told.Message, says) || told.Hint == "" {
			t.Errorf("%s: %v, want %q", filepath.Base(path), err, says)
		}
		if err != nil && strings.Contains(err.Error(), m.Disposition.Secret) {
			t.Errorf("the secret is said: %v", err)
		}
	}
	a.cfg.Store.DispositionKeyFile = file("second", whole, 0o600)
	d, err := a.disposal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	running, err := s3.Open(s3Config(a.cfg.Store))
	if err != nil {
		t.Fatal(err)
	}
	destroyKey(t, running.Keys, d.Keys)
}

// TestDisposalInTheEmbeddedStore: it has a second key of its own.
func TestDisposalInTheEmbeddedStore(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	store, err := embedded.Start(t.Context(), embedded.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	a := &app{store: store}
	if err := s3.Create(t.Context(), a.embeddedConfig(store.RootCredentials())); err != nil {
		t.Fatal(err)
	}
	running, err := s3.Open(a.embeddedConfig(store.Credentials()))
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.disposal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	destroyKey(t, running.Keys, d.Keys)
}
