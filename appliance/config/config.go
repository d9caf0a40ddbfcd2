// Package config is the one configuration of the appliance: defaults, then a
// JSON file, then the environment, then flags. It is validated before anything
// starts, and an error names the field that is wrong.
package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Config is all that can be set. Durations are seconds, sizes bytes.
type Config struct {
	Data    string `json:"data"`     // folder of the archive, absolute once loaded
	KeyFile string `json:"key_file"` // the appliance's key, by default DATA.key
	Listen  string `json:"listen"`   // address of the pages and the API
	// TrustedProxies are addresses or networks whose X-Forwarded-For names the client.
	TrustedProxies []string `json:"trusted_proxies"`
	Roles          []string `json:"roles"` // what this process does: web, worker, scheduler
	Node           string   `json:"node"`  // name of this machine in leases and journal

	Catalog Catalog  `json:"catalog"`
	Store   Store    `json:"store"`
	Search  Search   `json:"search"`
	Folders []Folder `json:"folders"`
	// Schedules lays cron expressions (UTC, five fields) over the built-in ones, by name.
	Schedules map[string]string `json:"schedules"`
	Metrics   Metrics           `json:"metrics"`
	Scrub     Scrub             `json:"scrub"`
	Backup    Backup            `json:"backup"`
	Worker    Worker            `json:"worker"`
	Malware   Malware           `json:"malware"`
	Upload    Upload            `json:"upload"`
	Session   Session           `json:"session"`
	Log       Log               `json:"log"`
}

// Catalog says where rows live: empty means SQLite in the data folder.
type Catalog struct {
	DSN string `json:"dsn"` // "", or "postgres://…"
}

// Store says where objects live.
type Store struct {
	Kind      string `json:"kind"` // embedded, s3
	Endpoint  string `json:"endpoint"`
	Region    string `json:"region"`
	Prefix    string `json:"prefix"` // of the four buckets' names
	AccessKey string `json:"access_key"`
	SecretKey Secret `json:"secret_key"`
	// DispositionKeyFile holds the second key, access key and secret on a line
	// each (0600): it may destroy what no lock protects, and lift holds. It is
	// read when a job needs it. The embedded store has its own.
	DispositionKeyFile string  `json:"disposition_key_file"`
	Replica            Replica `json:"replica"`
}

// Replica is another store that holds the same objects under the same names,
// kept so by the stores themselves. It is only read, where the first one fails.
type Replica struct {
	Endpoint  string `json:"endpoint"` // http(s)://host:port; "" = none
	Region    string `json:"region"`
	Prefix    string `json:"prefix"`
	AccessKey string `json:"access_key"`
	SecretKey Secret `json:"secret_key"`
}

// Scrub says how fast everything that is kept is read again and hashed.
type Scrub struct {
	Days           int   `json:"days"`             // in which all is read once
	BytesPerSecond int64 `json:"bytes_per_second"` // at most
}

// Backup says what a backup means for what was erased.
type Backup struct {
	KeepDays int `json:"keep_days"` // after which the oldest copy is gone
}

// Search says which engine finds words.
type Search struct {
	Kind        string `json:"kind"`         // embedded, meili
	URL         string `json:"url"`          // of Meilisearch, http(s)://host:port
	Prefix      string `json:"prefix"`       // of the indexes' names
	SearchKey   Secret `json:"search_key"`   // may only search
	DocumentKey Secret `json:"document_key"` // may change documents and see tasks
	AdminKey    Secret `json:"admin_key"`    // may make indexes and change settings
}

// Folder is a watched folder: what is put there is handed in as User.
type Folder struct {
	Path          string `json:"path"`           // absolute
	User          string `json:"user"`           // sign-in name
	SettleSeconds int    `json:"settle_seconds"` // how long a file must not have changed; 0: 5
}

// Metrics says who may read /metrics: programs on this machine, and those that
// bring the token.
type Metrics struct {
	Token Secret `json:"token"`
}

// Worker bounds what reading one document may cost.
type Worker struct {
	Processes       int   `json:"processes"` // 0: one a core
	MemoryBytes     int64 `json:"memory_bytes"`
	PageSeconds     int   `json:"page_seconds"`
	DocumentSeconds int   `json:"document_seconds"`
	MaxPixels       int64 `json:"max_pixels"`
	MaxPages        int   `json:"max_pages"`
}

// Malware says who looks through each document before anything reads it.
type Malware struct {
	Address  string `json:"address"`   // of a clamd, unix:/path or tcp:127.0.0.1:port; "" = nobody does
	MaxBytes int64  `json:"max_bytes"` // of one document, no more than clamd's StreamMaxLength
}

// Upload bounds what is taken in.
type Upload struct {
	MaxBytes int64 `json:"max_bytes"`
}

// Session says how long a sign-in lasts.
type Session struct {
	IdleSeconds     int `json:"idle_seconds"`
	AbsoluteSeconds int `json:"absolute_seconds"`
}

// Log says how much is logged and how.
type Log struct {
	Level  string `json:"level"`  // debug, info, warn, error
	Format string `json:"format"` // text, json
}

// Secret is a value that no dump shows.
type Secret string

// MarshalJSON hides the value.
func (s Secret) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte(`""`), nil
	}
	return []byte(`"redacted"`), nil
}

// String hides the value.
func (s Secret) String() string { return "redacted" }

// Default is the configuration of one machine with nothing else installed.
func Default() Config {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "node"
	}
	return Config{
		Listen: "127.0.0.1:8080", Roles: []string{"web", "worker", "scheduler"}, Node: host,
		Store:  Store{Kind: "embedded", Region: "us-east-1", Prefix: "eakte"},
		Search: Search{Kind: "embedded", Prefix: "eakte"},
		Worker: Worker{MemoryBytes: 1 << 30, PageSeconds: 90, DocumentSeconds: 3600,
			MaxPixels: 60_000_000, MaxPages: 5000},
		Malware: Malware{MaxBytes: 100 << 20}, // as Debian's clamd is set
		Scrub:   Scrub{Days: 90, BytesPerSecond: 20 << 20},
		Backup:  Backup{KeepDays: 35},
		Upload:  Upload{MaxBytes: 2 << 30},
		Session: Session{IdleSeconds: 8 * 3600, AbsoluteSeconds: 12 * 3600},
		Log:     Log{Level: "info", Format: "text"},
	}
}

// OwnFile is the file in the data folder in which the setup in the browser
// keeps what it was told (0600).
const OwnFile = "eakte.json"

// Load reads over the defaults: the file that the setup left in the folder
// data, then file, then the environment; data and file may be empty. Flags are
// laid over the result by the caller, who then calls Validate.
func Load(file, data string, env func(string) string) (Config, error) {
	c := Default()
	if data != "" {
		err := c.fromFile(filepath.Join(data, OwnFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return c, err
		}
		c.Data = data
	}
	if file != "" {
		if err := c.fromFile(file); err != nil {
			return c, err
		}
	}
	return c, c.fromEnvironment(env)
}

func (c *Config) fromFile(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return fmt.Errorf("configuration file %s: %w", file, err)
	}
	return nil
}

// fromEnvironment lays EAKTE_… over c. A …_FILE variable names a file that
// holds the value, for secrets.
func (c *Config) fromEnvironment(env func(string) string) error {
	for name, dst := range map[string]*string{
		"EAKTE_LISTEN": &c.Listen, "EAKTE_NODE": &c.Node,
		"EAKTE_CATALOG_DSN": &c.Catalog.DSN, "EAKTE_STORE": &c.Store.Kind,
		"EAKTE_S3_ENDPOINT": &c.Store.Endpoint, "EAKTE_S3_REGION": &c.Store.Region,
		"EAKTE_S3_PREFIX": &c.Store.Prefix, "EAKTE_S3_ACCESS_KEY": &c.Store.AccessKey,
		"EAKTE_S3_SECRET_KEY":      (*string)(&c.Store.SecretKey),
		"EAKTE_REPLICA_ENDPOINT":   &c.Store.Replica.Endpoint,
		"EAKTE_REPLICA_REGION":     &c.Store.Replica.Region,
		"EAKTE_REPLICA_PREFIX":     &c.Store.Replica.Prefix,
		"EAKTE_REPLICA_ACCESS_KEY": &c.Store.Replica.AccessKey,
		"EAKTE_REPLICA_SECRET_KEY": (*string)(&c.Store.Replica.SecretKey),
		"EAKTE_SEARCH":             &c.Search.Kind, "EAKTE_MEILI_URL": &c.Search.URL,
		"EAKTE_MEILI_PREFIX":       &c.Search.Prefix,
		"EAKTE_MEILI_SEARCH_KEY":   (*string)(&c.Search.SearchKey),
		"EAKTE_MEILI_DOCUMENT_KEY": (*string)(&c.Search.DocumentKey),
		"EAKTE_MEILI_ADMIN_KEY":    (*string)(&c.Search.AdminKey),
		"EAKTE_METRICS_TOKEN":      (*string)(&c.Metrics.Token),
		"EAKTE_CLAMD":              &c.Malware.Address,
		"EAKTE_LOG_LEVEL":          &c.Log.Level, "EAKTE_LOG_FORMAT": &c.Log.Format,
	} {
		if v := env(name); v != "" {
			*dst = v
		}
		if f := env(name + "_FILE"); f != "" {
			b, err := os.ReadFile(f)
			if err != nil {
				return fmt.Errorf("%s_FILE: %w", name, err)
			}
			*dst = strings.TrimSpace(string(b))
		}
	}
	if v := env("EAKTE_KEY_FILE"); v != "" { // itself names a file, so it has no …_FILE_FILE
		c.KeyFile = v
	}
	if v := env("EAKTE_DISPOSITION_KEY_FILE"); v != "" { // likewise: it is read later
		c.Store.DispositionKeyFile = v
	}
	if v := env("EAKTE_ROLES"); v != "" {
		c.Roles = strings.Split(v, ",")
	}
	if v := env("EAKTE_TRUSTED_PROXIES"); v != "" {
		c.TrustedProxies = strings.Split(v, ",")
	}
	if v := env("EAKTE_WORKERS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			return errors.New("EAKTE_WORKERS: is not a number")
		}
		c.Worker.Processes = n
	}
	return nil
}

// Validate completes c and names the first field that is wrong.
func (c *Config) Validate() error {
	if c.Data == "" {
		return errors.New("data: is missing; name the folder of the archive with --data")
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	c.Data = abs
	if c.KeyFile == "" {
		c.KeyFile = c.Data + ".key"
	}
	if c.KeyFile, err = filepath.Abs(c.KeyFile); err != nil {
		return fmt.Errorf("key_file: %w", err)
	}
	if st, err := os.Stat(c.Data); err == nil && !st.IsDir() {
		return fmt.Errorf("data: %s is not a folder", c.Data)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data: %w", err)
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		return fmt.Errorf("listen: %q is not host:port", c.Listen)
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(p); err != nil {
			return fmt.Errorf("trusted_proxies: %q is neither an address nor a network", p)
		}
	}
	for _, r := range c.Roles {
		if !slices.Contains([]string{"web", "worker", "scheduler"}, r) {
			return fmt.Errorf("roles: %q is none of web, worker, scheduler", r)
		}
	}
	if len(c.Roles) == 0 {
		return errors.New("roles: name at least one of web, worker, scheduler")
	}
	return errors.Join(c.validateStore(), c.validateSearch(), c.validateFolders(), c.validateMalware(), c.validateBounds())
}

// validateMalware keeps documents on this machine: they go to clamd in clear.
func (c *Config) validateMalware() error {
	a := c.Malware.Address
	if a == "" || strings.HasPrefix(a, "unix:/") {
		return nil
	}
	if at, ok := strings.CutPrefix(a, "tcp:"); ok {
		if p, err := netip.ParseAddrPort(at); err == nil && p.Addr().IsLoopback() {
			return nil
		}
	}
	return fmt.Errorf("malware.address: %q is neither unix:/path nor tcp:127.0.0.1:port", a)
}

func (c *Config) validateStore() error {
	if d := c.Catalog.DSN; d != "" && !strings.HasPrefix(d, "postgres://") && !strings.HasPrefix(d, "postgresql://") {
		return errors.New("catalog.dsn: begins neither with postgres:// nor is it empty")
	}
	if f := c.Store.DispositionKeyFile; f != "" && !filepath.IsAbs(f) {
		return fmt.Errorf("store.disposition_key_file: %q is not an absolute path", f)
	}
	if err := c.Store.Replica.validate(); err != nil {
		return err
	}
	switch c.Store.Kind {
	case "embedded":
		return nil
	case "s3":
		u, err := url.Parse(c.Store.Endpoint)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("store.endpoint: %q is not http(s)://host:port", c.Store.Endpoint)
		}
		if c.Store.AccessKey == "" {
			return errors.New("store.access_key: is missing")
		}
		if c.Store.SecretKey == "" {
			return errors.New("store.secret_key: is missing; EAKTE_S3_SECRET_KEY_FILE names a file that holds it")
		}
		return nil
	}
	return fmt.Errorf("store.kind: %q is neither embedded nor s3", c.Store.Kind)
}

func (r Replica) validate() error {
	if r.Endpoint == "" {
		return nil
	}
	u, err := url.Parse(r.Endpoint)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return fmt.Errorf("store.replica.endpoint: %q is not http(s)://host:port", r.Endpoint)
	case r.AccessKey == "":
		return errors.New("store.replica.access_key: is missing")
	case r.SecretKey == "":
		return errors.New("store.replica.secret_key: is missing; EAKTE_REPLICA_SECRET_KEY_FILE names a file that holds it")
	}
	return nil
}

func (c *Config) validateSearch() error {
	switch c.Search.Kind {
	case "embedded":
		return nil
	case "meili":
		if u, err := url.Parse(c.Search.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("search.url: %q is not http(s)://host:port", c.Search.URL)
		}
		for field, key := range map[string]Secret{"search_key": c.Search.SearchKey, "document_key": c.Search.DocumentKey, "admin_key": c.Search.AdminKey} {
			if key == "" {
				return fmt.Errorf("search.%s: is missing", field)
			}
		}
		return nil
	}
	return fmt.Errorf("search.kind: %q is neither embedded nor meili", c.Search.Kind)
}

func (c *Config) validateFolders() error {
	for i, f := range c.Folders {
		at := fmt.Sprintf("folders[%d]", i)
		switch {
		case !filepath.IsAbs(f.Path):
			return fmt.Errorf("%s.path: %q is not an absolute path", at, f.Path)
		case f.User == "":
			return fmt.Errorf("%s.user: is missing; name the user as whom documents are handed in", at)
		case f.SettleSeconds < 0:
			return fmt.Errorf("%s.settle_seconds: is negative", at)
		}
		for j, o := range c.Folders[:i] {
			if within(o.Path, f.Path) || within(f.Path, o.Path) {
				return fmt.Errorf("%s.path: is that of folders[%d] too, or one lies in the other", at, j)
			}
		}
		// What lies in a watched folder is moved away once it is taken in.
		if within(c.Data, f.Path) || within(f.Path, c.Data) || within(c.KeyFile, f.Path) {
			return fmt.Errorf("%s.path: %q must have nothing to do with the data folder or the key", at, f.Path)
		}
	}
	return nil
}

// within says whether a path is the folder or lies below it.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

func (c *Config) validateBounds() error {
	for _, b := range []struct {
		field    string
		got, min int64
	}{
		{"worker.processes", int64(c.Worker.Processes), 0},
		{"worker.memory_bytes", c.Worker.MemoryBytes, 256 << 20},
		{"worker.page_seconds", int64(c.Worker.PageSeconds), 5},
		{"worker.document_seconds", int64(c.Worker.DocumentSeconds), 10},
		{"worker.max_pixels", c.Worker.MaxPixels, 1_000_000},
		{"worker.max_pages", int64(c.Worker.MaxPages), 1},
		{"malware.max_bytes", c.Malware.MaxBytes, 1 << 20},
		{"scrub.days", int64(c.Scrub.Days), 1},
		{"scrub.bytes_per_second", c.Scrub.BytesPerSecond, 1 << 20},
		{"backup.keep_days", int64(c.Backup.KeepDays), 0},
		{"upload.max_bytes", c.Upload.MaxBytes, 1 << 20},
		{"session.idle_seconds", int64(c.Session.IdleSeconds), 60},
		{"session.absolute_seconds", int64(c.Session.AbsoluteSeconds), 60},
	} {
		if b.got < b.min {
			return fmt.Errorf("%s: %d is less than %d", b.field, b.got, b.min)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return fmt.Errorf("log.level: %q is none of debug, info, warn, error", c.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		return fmt.Errorf("log.format: %q is neither text nor json", c.Log.Format)
	}
	return nil
}

// Has says whether this process plays the role.
func (c *Config) Has(role string) bool { return slices.Contains(c.Roles, role) }

// Dump is the configuration as JSON, without secrets.
func (c *Config) Dump() string {
	d := *c
	if u, err := url.Parse(d.Catalog.DSN); err == nil && u.User != nil {
		u.User = url.User(u.User.Username())
		d.Catalog.DSN = u.String()
	}
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil { // a struct of strings and numbers always encodes
		return err.Error()
	}
	return string(b)
}
