package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"eakte/appliance/install"
	"eakte/appliance/sample"
)

// browser walks through the setup by its forms, as a browser without script.
type browser struct {
	t     *testing.T
	s     *server
	token string
	http  *http.Client
	page  string // the last one
	at    string // its path
}

// serveSetup starts the server on a folder that is not set up and gives the
// token of its console.
func (h *house) serveSetup() *browser {
	h.t.Helper()
	s := &server{house: h, cmd: h.program("serve", "--data", h.data, "--listen", "127.0.0.1:0"), errs: &bytes.Buffer{}}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	s.cmd.Stderr = s.errs
	if err := s.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(s.kill)
	lines := bufio.NewScanner(out)
	line := regexp.MustCompile(`^eAkte is not set up yet\. Open (http://\S+)/setup and enter this one-time token: ([A-Z2-7-]{19})$`)
	for lines.Scan() {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			s.base = m[1]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			jar, err := cookiejar.New(nil)
			if err != nil {
				h.t.Fatal(err)
			}
			return &browser{t: h.t, s: s, token: m[2], http: &http.Client{Jar: jar, Timeout: time.Minute}}
		}
	}
	_ = s.cmd.Wait()
	h.t.Fatalf("the setup did not start:\n%s", s.errs)
	return nil
}

func (b *browser) take(res *http.Response, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%v\n%s", err, b.s.errs)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.page, b.at = string(body), res.Request.URL.Path
}

func (b *browser) get(path string) {
	b.t.Helper()
	b.take(b.http.Get(b.s.base + path))
}

func (b *browser) csrf() string {
	m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(b.page)
	if m == nil {
		return ""
	}
	return m[1]
}

// post sends a form of the page that is open, as pairs, and insists on where
// it leads.
func (b *browser) post(path, want string, pairs ...string) {
	b.t.Helper()
	form := url.Values{"csrf": {b.csrf()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	b.take(b.http.PostForm(b.s.base+path, form))
	if b.at != want {
		b.t.Fatalf("POST %s leads to %s, want %s\n%s\n%s", path, b.at, want, b.alert(), b.s.errs)
	}
}

// alert is what the page complains about.
func (b *browser) alert() string {
	_, after, _ := strings.Cut(b.page, `role="alert"`)
	text := regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(after, " ")
	return strings.Join(strings.Fields(text[:min(len(text), 600)]), " ")
}

// enter opens the setup with the console's token.
func (b *browser) enter(want string) {
	b.t.Helper()
	b.get("/files?q=x") // every address leads to the setup
	if b.at != "/setup" {
		b.t.Fatalf("at first: %s", b.at)
	}
	b.post("/setup", want, "token", b.token)
}

// table sends a list of users as a file.
func (b *browser) table(list string) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{"csrf": b.csrf(), "do": "import"} {
		if err := w.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", "users.csv")
	if err == nil {
		_, err = io.WriteString(f, list)
	}
	if err != nil || w.Close() != nil {
		b.t.Fatal(err)
	}
	b.take(b.http.Post(b.s.base+"/setup/users", w.FormDataContentType(), &body))
}

// firstHalf answers up to the sites, secondHalf from there to the summary.
func (b *browser) firstHalf(store ...string) {
	b.t.Helper()
	b.post("/setup/name", "/setup/administrator", "language", "de", "name", "Jobcenter Musterkreis")
	b.post("/setup/administrator", "/setup/store", "name", "a.admin", "display", "Anna Admin", "password", "ein langes Wort", "repeat", "ein langes Wort")
	b.post("/setup/store", "/setup/search", store...)
	b.post("/setup/search", "/setup/sites", "kind", "embedded")
	b.post("/setup/sites", "/setup/users", "do", "next", "sites[0].code", "03104", "sites[0].name", "Neustadt", "sites[0].postcodes", "17033, 17034",
		"sites[0].teams[0].code", "L1", "sites[0].teams[0].name", "Leistung 1", "sites[0].teams[0].first_letters", "A-K")
}

// scans is the folder that the setup is told to watch.
func (h *house) scans() string { return filepath.Join(filepath.Dir(h.data), "scans") }

func (b *browser) secondHalf() {
	b.t.Helper()
	b.post("/setup/users", "/setup/users", "do", "save", "name", "k.sommer", "display", "Katrin Sommer", "password", "ein langes Wort",
		"roles[0].role", "caseworker", "roles[0].place", "03104/L1")
	b.table("name;display;roles\ns.scan;Scanstelle;scan@03104\nv.schutz;Vera Schutz;dpo@*\n")
	if b.at != "/setup/users" || !strings.Contains(b.page, "v.schutz") {
		b.t.Fatalf("the list was not taken: %s", b.alert())
	}
	b.post("/setup/users", "/setup/retention", "do", "next")
	b.post("/setup/retention", "/setup/folder", "do", "next", "retention[0].class", "leistung", "retention[0].years", "10", "retention[0].from", "end_of_year_of_closing", "retention[0].lock", "")
	folder := b.s.scans()
	b.post("/setup/folder", "/setup/folder", "path", folder, "user", "s.scan")
	if !strings.Contains(b.page, "Diesen Ordner gibt es nicht") {
		b.t.Errorf("a folder that is not there: %s", b.alert())
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		b.t.Fatal(err)
	}
	b.post("/setup/folder", "/setup/recovery", "path", folder, "user", "s.scan")
	b.post("/setup/recovery", "/setup/summary")
}

// signIn signs in at the appliance that the setup has made.
func (b *browser) signIn(name, password string) {
	b.t.Helper()
	b.get("/sign-in")
	b.post("/sign-in", "/", "name", name, "password", password, "next", "/")
	b.get("/sign-out") // no such page: only the session of this browser ends
	b.http.Jar, _ = cookiejar.New(nil)
}

// TestFirstRun goes from an empty folder through the setup, with a restart in
// the middle, to the first scan that is found, on one address and without
// another start.
func TestFirstRun(t *testing.T) {
	h := newHouse(t)
	b := h.serveSetup()
	for path, want := range map[string]int{"/livez": 200, "/readyz": 503, "/metrics": 503, "/api/v1/files": 503, "/api/v1/openapi.json": 503} {
		res, err := http.Get(b.s.base + path)
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			Error struct{ Code, Message, Hint string } `json:"error"`
		}
		err = json.NewDecoder(res.Body).Decode(&e)
		res.Body.Close()
		if res.StatusCode != want || want == 503 && (err != nil || e.Error.Code != "unavailable" || e.Error.Hint == "") {
			t.Errorf("%s: %d %+v", path, res.StatusCode, e)
		}
	}
	b.enter("/setup/name")
	b.firstHalf("kind", "embedded")
	old := b.token
	b.s.kill()

	b = h.serveSetup()
	if b.token == old {
		t.Error("the next start shows the same token")
	}
	b.enter("/setup/users")
	b.secondHalf()
	b.get("/setup/setup.json")
	if !strings.Contains(b.page, `"password_file": "k.sommer.txt"`) || strings.Contains(b.page, "argon2") {
		t.Errorf("the setup file: %s", b.page)
	}
	b.get("/setup/summary")
	b.post("/setup/passwords", "/setup/passwords", "as", "page")
	m := regexp.MustCompile(`(?s)s\.scan</th>.*?<code>([a-z2-7]{16})</code>`).FindStringSubmatch(b.page)
	if m == nil {
		t.Fatalf("no password for the scan service:\n%s", b.page)
	}
	b.get("/setup/summary")
	b.post("/setup/finish", "/sign-in")
	if !strings.Contains(b.page, "Die eAkte ist eingerichtet") {
		t.Errorf("the sign-in page does not say that it is set up:\n%s", b.page)
	}
	for name, password := range map[string]string{"a.admin": "ein langes Wort", "k.sommer": "ein langes Wort", "s.scan": m[1]} {
		b.signIn(name, password)
	}
	if _, err := os.Stat(filepath.Join(h.data, install.StateFile)); !os.IsNotExist(err) {
		t.Errorf("the state is still there: %v", err)
	}
	firstScan(t, b.s)
	b.s.stop()
	s := h.serve() // an everyday start
	defer s.stop()
	if err := os.WriteFile(filepath.Join(h.scans(), "brief.txt"), []byte("kein Bild"), 0o600); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if taken, err := filepath.Glob(filepath.Join(h.scans(), "done", "*", "*brief*")); err == nil && len(taken) > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the watched folder was not watched\n%s", s.errs)
		}
	}
}

// firstScan makes a file, posts a letter and finds it by its words.
func firstScan(t *testing.T, s *server) {
	t.Helper()
	c := s.as("k.sommer")
	c.makeFile("03104//0012345", "Grünwiese", "03104")
	scan, err := sample.Showcase().Heating.Render()
	if err != nil {
		t.Fatal(err)
	}
	id := c.post("03104//0012345", scan.Body).Document
	c.until(id, "ready")
	var found struct{ Items []struct{ Document string } }
	c.want(200, "GET", "/search?q=heizkosten", nil).into(t, &found)
	if len(found.Items) != 1 || found.Items[0].Document != id {
		t.Errorf("found %v", found.Items)
	}
}

// TestFirstRunTwoBrowsers: the token opens one browser; forms of others, and
// forms without their token, change nothing.
func TestFirstRunTwoBrowsers(t *testing.T) {
	h := newHouse(t)
	b := h.serveSetup()
	b.enter("/setup/name")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	other := &browser{t: t, s: b.s, token: b.token, http: &http.Client{Jar: jar}}
	other.get("/setup")
	other.post("/setup", "/setup", "token", b.token)
	if !strings.Contains(other.alert(), "anderen Browser") {
		t.Errorf("a second browser is told: %s", other.alert())
	}
	for _, path := range []string{"/setup/name", "/setup/summary", "/setup/setup.json"} {
		if other.get(path); other.at != "/setup" {
			t.Errorf("%s without session leads to %s", path, other.at)
		}
	}
	other.post("/setup/name", "/setup", "language", "de", "name", "Fremd")
	b.page = "" // no token of a form
	b.post("/setup/name", "/setup/name", "language", "de", "name", "Fremd")
	if b.get("/setup"); b.at != "/setup/name" || strings.Contains(b.page, "Fremd") {
		t.Errorf("a form without token was taken; at %s", b.at)
	}
	if _, err := os.Stat(filepath.Join(h.data, install.StateFile)); !os.IsNotExist(err) {
		t.Errorf("something was kept: %v", err)
	}
}

// TestFirstRunWithoutPages: a worker can't ask, and says that there is no
// archive; the folder is not made.
func TestFirstRunWithoutPages(t *testing.T) {
	h := newHouse(t)
	_, errs, code := h.run("serve", "--data", h.data, "--roles", "worker")
	if code != exitUnavailable || !strings.Contains(errs, "no archive") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if _, err := os.Stat(h.data); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
}

// TestSetupCommandMeanwhile: eakte setup does not get between a browser's setup.
func TestSetupCommandMeanwhile(t *testing.T) {
	h := newHouse(t)
	h.serveSetup()
	file := filepath.Join(t.TempDir(), "setup.json")
	if err := os.WriteFile(file, []byte(`{"name":"X","sites":[{"code":"1","name":"S"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs, code := h.run("setup", "--data", h.data, "--from", file)
	if code != exitNo || !strings.Contains(errs, "in a browser") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// TestFirstRunKilled: killed at any moment of finishing, the next start either
// serves the archive, or asks for the setup and finishes it.
func TestFirstRunKilled(t *testing.T) {
	template := newHouse(t)
	b := template.serveSetup()
	b.enter("/setup/name")
	b.firstHalf("kind", "embedded")
	b.secondHalf()
	state, err := os.ReadFile(filepath.Join(template.data, install.StateFile))
	if err != nil {
		t.Fatal(err)
	}
	b.s.kill()
	outcomes := map[string]int{}
	for i := range 8 {
		h := newHouse(t)
		if err := os.MkdirAll(h.data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.data, install.StateFile), state, 0o600); err != nil {
			t.Fatal(err)
		}
		b := h.serveSetup()
		b.enter("/setup/summary")
		form := url.Values{"csrf": {b.csrf()}}
		go func() {
			if res, err := b.http.PostForm(b.s.base+"/setup/finish", form); err == nil { // mostly it is cut off
				res.Body.Close()
			}
		}()
		time.Sleep(time.Duration(i*i*12) * time.Millisecond)
		b.s.kill()
		outcomes[finishAgain(t, h)]++
		h.must("verify", "--data", h.data)
		if n := strings.Count(h.must("user", "--data", h.data, "list"), "\n"); n != 4 {
			t.Errorf("%d users", n)
		}
	}
	t.Logf("after %d kills: %v", 8, outcomes)
}

// finishAgain brings a house whose setup was killed to its end.
func finishAgain(t *testing.T, h *house) string {
	t.Helper()
	_, err := os.Stat(filepath.Join(h.data, install.StateFile))
	if os.IsNotExist(err) {
		h.serve().stop()
		return "was done"
	}
	if err != nil {
		t.Fatal(err)
	}
	b := h.serveSetup()
	b.enter("/setup/summary")
	outcome := "had not begun"
	if strings.Contains(b.page, "wurde unterbrochen") {
		outcome = "was interrupted"
	}
	b.post("/setup/finish", "/sign-in")
	b.s.stop()
	return outcome
}
