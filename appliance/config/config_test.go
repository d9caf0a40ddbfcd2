package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidateNamesTheField(t *testing.T) {
	for field, spoil := range map[string]func(*Config){
		"data":                       func(c *Config) { c.Data = "" },
		"listen":                     func(c *Config) { c.Listen = "8080" },
		"roles":                      func(c *Config) { c.Roles = []string{"webb"} },
		"trusted_proxies":            func(c *Config) { c.TrustedProxies = []string{"proxy.example"} },
		"search.kind":                func(c *Config) { c.Search.Kind = "grep" },
		"search.url":                 func(c *Config) { c.Search = Search{Kind: "meili", URL: "meili:7700"} },
		"search.search_key":          func(c *Config) { c.Search = Search{Kind: "meili", URL: "http://m", DocumentKey: "b", AdminKey: "c"} },
		"catalog.dsn":                func(c *Config) { c.Catalog.DSN = "mysql://x" },
		"store.kind":                 func(c *Config) { c.Store.Kind = "tape" },
		"store.endpoint":             func(c *Config) { c.Store.Kind = "s3"; c.Store.Endpoint = "minio:9000" },
		"store.access_key":           func(c *Config) { c.Store = Store{Kind: "s3", Endpoint: "http://minio:9000"} },
		"store.secret_key":           func(c *Config) { c.Store = Store{Kind: "s3", Endpoint: "http://m", AccessKey: "a"} },
		"store.disposition_key_file": func(c *Config) { c.Store.DispositionKeyFile = "second" },
		"store.replica.endpoint":     func(c *Config) { c.Store.Replica.Endpoint = "minio:9000" },
		"store.replica.access_key":   func(c *Config) { c.Store.Replica.Endpoint = "http://minio:9000" },
		"store.replica.secret_key":   func(c *Config) { c.Store.Replica = Replica{Endpoint: "http://m", AccessKey: "a"} },
		"scrub.days":                 func(c *Config) { c.Scrub.Days = 0 },
		"scrub.bytes_per_second":     func(c *Config) { c.Scrub.BytesPerSecond = 1 },
		"backup.keep_days":           func(c *Config) { c.Backup.KeepDays = -1 },
		"worker.max_pixels":          func(c *Config) { c.Worker.MaxPixels = 1 },
		"worker.memory_bytes":        func(c *Config) { c.Worker.MemoryBytes = 1 },
		"malware.address":            func(c *Config) { c.Malware.Address = "tcp:10.0.0.1:3310" },
		"malware.max_bytes":          func(c *Config) { c.Malware.MaxBytes = 1 },
		"upload.max_bytes":           func(c *Config) { c.Upload.MaxBytes = 0 },
		"session.idle_seconds":       func(c *Config) { c.Session.IdleSeconds = 1 },
		"log.level":                  func(c *Config) { c.Log.Level = "loud" },
		"log.format":                 func(c *Config) { c.Log.Format = "xml" },
		"session.absolute_seconds":   func(c *Config) { c.Session.AbsoluteSeconds = -1 },
	} {
		c := Default()
		c.Data = t.TempDir()
		if err := c.Validate(); err != nil {
			t.Fatalf("default: %v", err)
		}
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

// A watched folder must not hold what the appliance itself lives in, nor be
// watched twice.
func TestFoldersKeepApart(t *testing.T) {
	at := func(paths ...string) (c Config) {
		c = Default()
		c.Data = "/srv/eakte/data"
		for _, p := range paths {
			c.Folders = append(c.Folders, Folder{Path: p, User: "s.scan"})
		}
		return c
	}
	for _, paths := range [][]string{{"scan"}, {"/srv/eakte/data"}, {"/srv/eakte/data/scan"}, {"/srv/eakte"}, {"/"}, {"/srv/eakte/data/../data"},
		{"/srv/scan", "/srv/scan/"}, {"/srv/scan", "/srv/scan/1"}, {"/srv/scan/1", "/srv/scan"}} {
		c := at(paths...)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), "folders[") {
			t.Errorf("%v: %v", paths, err)
		}
	}
	c := at("/srv/scan", "/srv/scan2", "/srv/eakte/data2")
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c = at("/srv/keys")
	c.KeyFile = "/srv/keys/eakte.key"
	if err := c.Validate(); err == nil {
		t.Error("the key lies in a watched folder")
	}
}

func TestOrderFileEnvironment(t *testing.T) {
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "c.json"), filepath.Join(dir, "s")
	for f, s := range map[string]string{file: `{"listen":"127.0.0.1:1","log":{"level":"warn"}}`, secret: "geheim\n"} {
		if err := os.WriteFile(f, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"EAKTE_LISTEN": "127.0.0.1:2", "EAKTE_S3_SECRET_KEY_FILE": secret, "EAKTE_KEY_FILE": "/k"}
	c, err := Load(file, "", func(k string) string { return env[k] })
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:2" || c.Log.Level != "warn" || c.Store.SecretKey != "geheim" || c.KeyFile != "/k" {
		t.Errorf("got %+v", c)
	}
	c.Catalog.DSN = "postgres://eakte:geheim@db/eakte"
	if d := c.Dump(); strings.Contains(d, "geheim") {
		t.Errorf("the dump shows a secret: %s", d)
	}
	if err := os.WriteFile(file, []byte(`{"lissten":""}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file, "", func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "lissten") {
		t.Errorf("a misspelled field is accepted: %v", err)
	}
}
