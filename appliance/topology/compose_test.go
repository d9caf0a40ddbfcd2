package topology

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"eakte/appliance/config"
)

// known gathers the facts from where they are.
func known(t *testing.T) facts {
	t.Helper()
	f := facts{}
	_, err := config.Load("", "", func(name string) string { f.settings = append(f.settings, name); return "" })
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\| put ([a-z_]+)`).FindAllStringSubmatch(string(read(t, "compose/secrets/make.sh")), -1) {
		f.secrets = append(f.secrets, m[1])
	}
	deps := string(read(t, ".ci/deps"))
	_, list, _ := strings.Cut(deps, "packages=(")
	list, _, _ = strings.Cut(list, ")")
	f.packages = strings.Fields(list)
	f.needed = runtimeLibraries(t, f.packages)
	return f
}

// runtimeLibraries asks Debian which library each -dev package is the
// development half of.
func runtimeLibraries(t *testing.T, packages []string) []string {
	t.Helper()
	var libs []string
	next := slices.DeleteFunc(slices.Clone(packages), func(p string) bool { return !strings.HasSuffix(p, "-dev") })
	for _, dev := range next {
		out, err := exec.Command("dpkg-query", "-W", "-f", "${Depends}", dev).Output()
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("dpkg-query %s: %v", dev, err)
			}
			t.Skipf("not a Debian with %s: %v", dev, err)
		}
		for d := range strings.SplitSeq(string(out), ",") {
			name := strings.Fields(d)[0]
			stem := strings.TrimRight(name, "0123456789.-")
			if dev == "libzxingcore-dev" && name == "libzxing-dev" { // its own transitional name
				out, err := exec.Command("dpkg-query", "-W", "-f", "${Depends}", name).Output()
				if err != nil {
					t.Fatal(err)
				}
				libs = append(libs, strings.Fields(string(out))[0])
			} else if stem != name && strings.HasPrefix(name, "lib") && strings.Contains(d, "(=") {
				libs = append(libs, name)
			}
		}
	}
	return libs
}

// TestComposeKeepsTheRules is make compose-check.
func TestComposeKeepsTheRules(t *testing.T) {
	for _, breach := range judge(loaded(t, nil), known(t)) {
		t.Error(breach)
	}
}

// TestSchemaRefuses shows that the specification's schema is really asked.
func TestSchemaRefuses(t *testing.T) {
	text := string(read(t, "compose/compose.yaml"))
	for name, spoilt := range map[string]string{
		"unknown field":   strings.Replace(text, "    stop_grace_period:", "    stop_grace:", 1),
		"wrong type":      strings.Replace(text, "pids_limit: 2048", "pids_limit: [many]", 1),
		"unknown secret":  strings.Replace(text, "    secrets: [postgres_password]", "    secrets: [postgres_passwort]", 1),
		"unknown network": strings.Replace(text, "    networks: [catalog]", "    networks: [katalog]", 1),
		"unknown volume":  strings.Replace(text, "    volumes: [objects:/data]", "    volumes: [objekte:/data]", 1),
		"unknown service": strings.Replace(text, "      postgres: {condition", "      postgresql: {condition", 1),
	} {
		if spoilt == text {
			t.Errorf("%s: nothing was spoilt", name)
		}
		if _, err := load(t, []byte(spoilt), nil); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestRulesFind plants a breach of every rule.
func TestRulesFind(t *testing.T) {
	f, sound := known(t), loaded(t, nil)
	type service = types.ServiceConfig
	on := func(name string, change func(*service)) func(*deployment) {
		return func(d *deployment) {
			s := d.Services[name]
			change(&s)
			d.Services[name] = s
		}
	}
	env := func(k, v string) func(*service) { return func(s *service) { s.Environment[k] = &v } }
	for want, plant := range map[string]func(*deployment){
		"minio: user must be numbers":                            on("minio", func(s *service) { s.User = "" }),
		"postgres: runs as root":                                 on("postgres", func(s *service) { s.User = "0:0" }),
		"appliance: its root is not read-only":                   on("appliance", func(s *service) { s.ReadOnly = false }),
		"appliance: cap_drop is not ALL":                         on("appliance", func(s *service) { s.CapDrop = nil }),
		"minio: cap_add is [SYS_ADMIN]":                          on("minio", func(s *service) { s.CapAdd = []string{"SYS_ADMIN"} }),
		"sftp: cap_add is":                                       on("sftp", func(s *service) { s.CapAdd = append(s.CapAdd, "DAC_OVERRIDE") }),
		"meilisearch: no-new-privileges is missing":              on("meilisearch", func(s *service) { s.SecurityOpt = nil }),
		"postgres: shares something of the machine":              on("postgres", func(s *service) { s.NetworkMode = "host" }),
		"appliance: core files are allowed":                      on("appliance", func(s *service) { delete(s.Ulimits, "core") }),
		"appliance: pids_limit is missing":                       on("appliance", func(s *service) { s.PidsLimit, s.Deploy = 0, nil }),
		"sftp: healthcheck is missing":                           on("sftp", func(s *service) { s.HealthCheck = nil }),
		"store-setup: restart is":                                on("store-setup", func(s *service) { s.Restart = "always" }),
		"sftp: /etc/ssh/authorized is bound":                     on("sftp", func(s *service) { s.Volumes[2].ReadOnly = false }),
		`postgres: image "postgres:latest" is not pinned`:        on("postgres", func(s *service) { s.Image = "postgres:latest" }),
		`postgres: image "postgres" is not pinned`:               on("postgres", func(s *service) { s.Image = "postgres" }),
		`postgres: image "postgres:17" is not pinned`:            on("postgres", func(s *service) { s.Image = "postgres:17" }),
		"minio: compose/minio/Dockerfile: FROM debian:stable":    func(d *deployment) { d.images["compose/minio/Dockerfile"].stages[1].from = "debian:stable-slim" },
		"minio: compose/minio/Dockerfile: USER is":               func(d *deployment) { d.images["compose/minio/Dockerfile"].user = "" },
		"appliance: depends_on minio has the condition":          on("appliance", func(s *service) { s.DependsOn["minio"] = types.ServiceDependency{Condition: "service_started"} }),
		"appliance: EAKTE_S3_ENDPOINT names minio, but depends":  on("appliance", func(s *service) { delete(s.DependsOn, "minio") }),
		"appliance: EAKTE_S3_ENDPOINT names s3, which is no":     on("appliance", env("EAKTE_S3_ENDPOINT", "http://s3:9000")),
		"appliance: EAKTE_MEILI_URL names meilisearch, but no":   on("appliance", func(s *service) { delete(s.Networks, "search") }),
		"appliance: EAKTE_S3_SECRET_KEY holds a secret":          on("appliance", env("EAKTE_S3_SECRET_KEY", "x")),
		"postgres: POSTGRES_PASSWORD holds a secret":             on("postgres", env("POSTGRES_PASSWORD", "x")),
		"store-setup: MINIO_URL has a password in its address":   on("store-setup", env("MINIO_URL", "http://a:b@minio:9000")),
		"appliance: reads the secret meili_config":               on("appliance", env("EAKTE_X_FILE", "/run/secrets/meili_config")),
		"meilisearch: is given the secret catalog_dsn":           on("meilisearch", func(s *service) { s.Secrets = append(s.Secrets, types.ServiceSecretConfig{Source: "catalog_dsn"}) }),
		"meilisearch: secret meili_config lies under another":    on("meilisearch", func(s *service) { s.Secrets[0].Target = "/run/secrets/x" }),
		"secret stray: secrets/make.sh does not make it":         func(d *deployment) { d.Secrets["stray"] = types.SecretConfig{File: "/compose/secrets/stray"} },
		"secret catalog_dsn: is made by secrets/make.sh and not": func(d *deployment) { delete(d.Secrets, "catalog_dsn") },
		"secret metrics_token: is no file of its name":           func(d *deployment) { d.Secrets["metrics_token"] = types.SecretConfig{Environment: "TOKEN"} },
		"minio: publishes a port":                                on("minio", func(s *service) { s.Ports = []types.ServicePortConfig{{Target: 9000}} }),
		"appliance: publishes beyond this machine":               on("appliance", func(s *service) { s.Ports[0].HostIP = "" }),
		"postgres: is in the network front":                      on("postgres", func(s *service) { s.Networks["front"] = nil }),
		"postgres: is in the default network":                    on("postgres", func(s *service) { s.Networks = nil }),
		"appliance: appliance/config knows no EAKTE_STORAGE":     on("appliance", env("EAKTE_STORAGE", "s3")),
		"compose/Dockerfile: debian:13.1-slim is not Debian 12":  func(d *deployment) { d.images["compose/Dockerfile"].stages[2].from = "debian:13.1-slim" },
		"compose/Dockerfile: .ci/deps does not know curl":        func(d *deployment) { d.add("curl") },
		"compose/Dockerfile: poppler-utils is missing":           func(d *deployment) { d.remove("poppler-utils") },
		"compose/Dockerfile: tesseract-ocr-deu is missing":       func(d *deployment) { d.remove("tesseract-ocr-deu") },
		"compose/Dockerfile: libtesseract5 is missing":           func(d *deployment) { d.remove("libtesseract5") },
	} {
		fresh, err := sound.WithProfiles([]string{"*"}) // a deep copy
		if err != nil {
			t.Fatal(err)
		}
		d := deployed(t, fresh)
		plant(d)
		if got := judge(d, f); !slices.ContainsFunc(got, func(b string) bool { return strings.HasPrefix(b, want) }) {
			t.Errorf("not found: %s\namong %q", want, got)
		}
	}
}

func (d *deployment) add(p string) {
	st := &d.images["compose/Dockerfile"].stages[2]
	st.packages = append(st.packages, p)
}

func (d *deployment) remove(p string) {
	st := &d.images["compose/Dockerfile"].stages[2]
	st.packages = slices.DeleteFunc(st.packages, func(q string) bool { return q == p })
}

// TestSecrets: the script makes each secret once, and Meilisearch's keys are
// what Meilisearch will compute.
func TestSecrets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "secrets")
	content := func() map[string]string {
		if out, err := exec.Command("bash", filepath.Join(root, "compose/secrets/make.sh"), dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		all := map[string]string{}
		for _, name := range known(t).secrets {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all[name] = strings.TrimSpace(string(b))
		}
		return all
	}
	first := content()
	for name, v := range content() {
		if v != first[name] || v == "" {
			t.Errorf("%s is not the same the second time", name)
		}
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open to others: %v %v", st.Mode(), err)
	}
	master, ok := strings.CutPrefix(strings.TrimSuffix(first["meili_config"], `"`), `master_key = "`)
	if !ok || len(master) < 16 {
		t.Fatalf("the master key is %d long", len(master))
	}
	script := string(read(t, "compose/meilisearch/keys.sh"))
	uids := regexp.MustCompile(`(?m)^key ([0-9a-f-]{36}) "eakte ([a-z]+)"`).FindAllStringSubmatch(script, -1)
	if len(uids) != 3 {
		t.Fatalf("%d keys in keys.sh", len(uids))
	}
	for _, u := range uids {
		mac := hmac.New(sha256.New, []byte(master))
		mac.Write([]byte(u[1]))
		name := "meili_" + strings.TrimSuffix(u[2], "s") + "_key"
		if want := hex.EncodeToString(mac.Sum(nil)); first[name] != want {
			t.Errorf("%s is %q, Meilisearch will say %q", name, first[name], want)
		}
	}
	if dsn := first["catalog_dsn"]; !strings.Contains(dsn, ":"+first["postgres_password"]+"@postgres:5432/eakte") {
		t.Error("the catalog's address has another password than PostgreSQL")
	}
}
