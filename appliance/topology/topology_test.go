package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/config"
	"eakte/appliance/sample"
)

// TestTopology puts compose.yaml up as plain processes and goes the whole way:
// a scan comes in by sftp, is kept in MinIO, read, filed, found and proved.
func TestTopology(t *testing.T) {
	needed(t)
	began := time.Now()
	s := newStand(t, loaded(t, map[string]string{"MINIO_ROOT_ACCESS": "on"}))

	s.start("minio")
	s.once("store-setup")
	s.once("store-setup") // it may be run again
	s.stop("minio")
	s.d = loaded(t, nil)
	s.start("minio")
	rootIsAway(s)
	step(began, "MinIO: buckets, running key with its policy; root's key is switched off")

	s.startPostgres()
	step(began, "PostgreSQL")
	startSearch(s, began)

	s.mustSetUp()
	step(began, "eakte setup: an archive in PostgreSQL and MinIO")
	s.start("appliance")
	step(began, "eakte serve: web, worker, scheduler")

	d := s.startSFTP()
	d.refuses()
	step(began, "sshd: a provider's key opens sftp and nothing else")

	scan, err := sample.Showcase().Heating.Render()
	s.must(err)
	local := s.path("scan.pdf")
	s.must(os.WriteFile(local, scan.Body, 0o600)) // whatever rights it has there
	d.put(local, "Scan-0001.pdf")
	step(began, "sftp put: %d bytes", len(scan.Body))

	sommer, klein := s.signedIn("k.sommer"), s.signedIn("k.klein")
	document := klein.arrives()
	step(began, "the document is in the archive, in clearing")
	klein.becomes(document, "clearing") // until it is read it is processing
	step(began, "it is read")
	number := sommer.file()
	klein.want(200, "PATCH", "/documents/"+document, map[string]any{"file": number}, nil)
	sommer.becomes(document, "ready")
	sommer.finds(document, sample.Showcase().Searches[0].Query)
	if got := sommer.bytes("/documents/" + document + "/original"); !bytes.Equal(got, scan.Body) {
		t.Error("the original is not what was put")
	}
	if _, err := os.Stat(filepath.Join(d.incoming, "Scan-0001.pdf")); !os.IsNotExist(err) {
		t.Errorf("the file still lies in the folder: %v", err)
	}
	step(began, "it is filed, found by a misspelled word, and the original is the same")

	said := s.eakte("verify", "--data", "/var/lib/eakte")
	step(began, "eakte verify: %s", lastLine(said))
	s.stop("sftp")
	p := s.running["appliance"]
	s.stop("appliance")
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the appliance ended with %d:\n%s", code, p.said)
	}
	s.stop("postgres")
	s.stop("minio")
	step(began, "all ended")
}

// needed looks for the programs; without them the test is skipped, in CI it fails.
func needed(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin") // sshd, chroot
	for _, p := range []string{eakte(t), "minio", "mc", "sshd", "sftp", "ssh-keygen", "psql", "setpriv", postgresBin() + "/initdb"} {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

// rootIsAway: with the setting of every day, root's key opens nothing.
func rootIsAway(s *stand) {
	s.t.Helper()
	all := s.path("secrets", "all")
	value := func(name string) string {
		b, err := os.ReadFile(filepath.Join(all, name))
		s.must(err)
		return strings.TrimSpace(string(b))
	}
	for user, opens := range map[string]bool{"minio_root_user minio_root_password": false, "store_access_key store_secret_key": true} {
		name, secret, _ := strings.Cut(user, " ")
		c := exec.Command("mc", "--quiet", "--config-dir", s.path("home", "mc"), "ls", "store/eakte-keys")
		c.Env = append(os.Environ(), "MC_HOST_store=http://"+value(name)+":"+value(secret)+"@127.0.0.1:"+s.ports["9000"])
		if out, err := c.CombinedOutput(); (err == nil) != opens {
			s.t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// startSearch starts Meilisearch if MEILISEARCH names the program; else the
// appliance is told to search by itself.
func startSearch(s *stand, began time.Time) {
	program := os.Getenv("MEILISEARCH")
	if program == "" {
		service := s.d.Services["appliance"]
		embedded := "embedded"
		service.Environment["EAKTE_SEARCH"] = &embedded
		delete(service.DependsOn, "meilisearch")
		step(began, "no Meilisearch: MEILISEARCH names no program, so the embedded search stands in for it")
		return
	}
	c := s.as("meilisearch", s.program(program))
	c.Env = s.command("meilisearch").Env
	s.run("meilisearch", c)
	s.once("search-setup")
	s.once("search-setup")
	step(began, "Meilisearch: three keys")
}

// mustSetUp makes the archive with the appliance's own environment, and leaves
// the watched folder as the setup in the browser would.
func (s *stand) mustSetUp() {
	s.t.Helper()
	type m = map[string]any
	user := func(name string, roles ...m) m {
		return m{"name": name, "display": name, "password_file": "pw.txt", "roles": roles}
	}
	caseworker := m{"role": "caseworker", "site": "03104", "team": "L1"}
	dir := s.path("setup")
	s.must(os.Mkdir(dir, 0o755))
	s.write(filepath.Join(dir, "pw.txt"), "ein langes Wort\n")
	s.json(filepath.Join(dir, "setup.json"), m{"name": "Jobcenter Musterkreis",
		"sites": []m{{"code": "03104", "name": "Neustadt", "postcodes": []string{"17033"},
			"teams": []m{{"code": "L1", "name": "Leistung 1", "first_letters": "A-Z"}}}},
		"users": []m{user("k.sommer", caseworker), user("s.scan", m{"role": "scan", "site": "03104"}),
			user("k.klein", caseworker, m{"role": "clearing", "site": "03104"})},
		"retention": []m{{"class": "leistung", "years": 10, "from": "end_of_year_of_closing"}},
		"providers": []m{{"name": "Scandienst Nord", "user": "s.scan"}}})
	s.eakte("setup", "--data", "/var/lib/eakte", "--from", filepath.Join(dir, "setup.json"))
	own := filepath.Join(s.volume("data"), config.OwnFile)
	s.json(own, m{"folders": []m{{"path": filepath.Join(s.volume("drop"), provider, "incoming"), "user": "s.scan", "settle_seconds": 1}}})
	if asRoot {
		uid, gid := s.user(s.d.Services["appliance"])
		s.must(os.Chown(own, uid, gid))
	}
}

func (s *stand) write(path, text string) { s.must(os.WriteFile(path, []byte(text), 0o644)) }

func (s *stand) json(path string, v any) {
	b, err := json.Marshal(v)
	s.must(err)
	s.write(path, string(b))
}

// refuses tries what a provider must not be able to do.
func (d *sftpd) refuses() {
	d.t.Helper()
	for what, c := range map[string]*exec.Cmd{
		"a shell":         d.client("ssh", d.login+"@127.0.0.1", "echo", "let in"),
		"another's login": d.client("sftp", "-b", "/dev/null", "root@127.0.0.1"),
		"no key":          d.client("sftp", "-b", "/dev/null", "-o", "IdentityFile=none", "-o", "PubkeyAuthentication=no", d.login+"@127.0.0.1"),
		"a way through":   d.client("ssh", "-W", "127.0.0.1:"+d.ports["9000"], d.login+"@127.0.0.1"),
	} {
		if !asRoot && what == "another's login" {
			continue
		}
		out, err := c.CombinedOutput()
		if err == nil || strings.Contains(string(out), "let in") {
			d.t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
	if !asRoot {
		return
	}
	c := d.client("sftp", "-b", "-", d.login+"@127.0.0.1")
	c.Stdin = strings.NewReader("ls -1a /\n-mkdir /other\n-put /etc/hostname /hostname\n-ls /etc\n")
	out, err := c.CombinedOutput()
	if err != nil || strings.Contains(string(out), "passwd") || !strings.Contains(string(out), "incoming") {
		d.t.Errorf("a provider sees more than its folder: %v\n%s", err, out)
	}
	entries, err := os.ReadDir(filepath.Dir(d.incoming))
	d.must(err)
	if len(entries) != 1 {
		d.t.Errorf("a provider wrote beside its folder: %v", entries)
	}
}

// client speaks the API as one user.
type client struct {
	*stand
	token string
	last  []byte // answer, for when something does not happen
}

func (s *stand) signedIn(user string) *client {
	s.t.Helper()
	return &client{stand: s, token: strings.TrimSpace(s.eakte("token", "--data", "/var/lib/eakte", "--user", user))}
}

func (c *client) call(method, path string, body any) (int, []byte) {
	c.t.Helper()
	var r io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		c.must(err)
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://127.0.0.1:"+c.ports["8080"]+"/api/v1"+path, r)
	c.must(err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	c.must(err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	c.must(err)
	return answer.StatusCode, b
}

func (c *client) want(code int, method, path string, body, into any) {
	c.t.Helper()
	got, b := c.call(method, path, body)
	c.last = b
	if got != code {
		c.t.Fatalf("%s %s: %d, want %d\n%s\n%s", method, path, got, code, b, c.running["appliance"].said)
	}
	if into != nil {
		c.must(json.Unmarshal(b, into))
	}
}

func (c *client) bytes(path string) []byte {
	c.t.Helper()
	code, b := c.call("GET", path, nil)
	if code != 200 {
		c.t.Fatalf("GET %s: %d", path, code)
	}
	return b
}

// eventually asks again until the answer is yes.
func (c *client) eventually(what string, yes func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !yes(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("%s: not within three minutes, but %s\n%s", what, c.last, c.running["appliance"].said)
		}
	}
}

// arrives waits for a document in clearing.
func (c *client) arrives() (document string) {
	c.t.Helper()
	c.eventually("a document in clearing", func() bool {
		var page struct {
			Items []struct{ Document struct{ ID string } }
		}
		c.want(200, "GET", "/inbox?queue=clearing", nil, &page)
		if len(page.Items) == 1 {
			document = page.Items[0].Document.ID
		}
		return document != ""
	})
	return document
}

func (c *client) becomes(document, state string) {
	c.t.Helper()
	c.eventually("the document is "+state, func() bool {
		var d struct {
			State, Reason string
			Pages         int
		}
		c.want(200, "GET", "/documents/"+document, nil, &d)
		if d.State == "quarantined" {
			c.t.Fatalf("quarantined: %s", d.Reason)
		}
		return d.State == state && d.Pages > 0
	})
}

func (c *client) file() (number string) {
	c.t.Helper()
	number = "03104//0012345"
	c.want(201, "POST", "/files", map[string]any{"number": number, "kind": "leistung", "site": "03104", "team": "L1", "retention_class": "leistung",
		"customer": map[string]any{"name": "Grünwiese", "first_name": "Sabine", "birth_date": "1984-06-17", "customer_number": "031D123456"}}, nil)
	return number
}

func (c *client) finds(document, query string) {
	c.t.Helper()
	c.eventually(fmt.Sprintf("%q finds the document", query), func() bool {
		var found struct{ Items []struct{ Document string } }
		c.want(200, "GET", "/search?q="+url.QueryEscape(query), nil, &found)
		return len(found.Items) == 1 && found.Items[0].Document == document
	})
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
