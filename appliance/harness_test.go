package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is eakte itself when it is started with this variable, and
// the worker's child whenever its first argument says so: the real program
// runs, without building it twice.
const asProgram = "EAKTE_TEST_AS_PROGRAM"

// sources is this package's folder: an embedded store in the process of a test
// changes the working directory.
var sources string

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "1" || len(os.Args) > 1 && os.Args[1] == "worker" {
		main()
	}
	var err error
	if sources, err = os.Getwd(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// house is one archive of the tests, with its data folder.
type house struct {
	t    *testing.T
	data string
	env  []string // over that of the test
	uid  uint32   // as whom it runs; 0: as the test
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return &house{t: t, data: filepath.Join(t.TempDir(), "data")}
}

func (h *house) program(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), h.env...)
	if h.uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: h.uid, Gid: h.uid}}
	}
	return cmd
}

// run runs a subcommand and gives output and exit code.
func (h *house) run(args ...string) (stdout, stderr string, code int) {
	h.t.Helper()
	cmd := h.program(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		h.t.Fatalf("eakte %v: %v", args, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// must runs a subcommand that has to succeed.
func (h *house) must(args ...string) string {
	h.t.Helper()
	out, errs, code := h.run(args...)
	if code != exitDone {
		h.t.Fatalf("eakte %v: exit %d\n%s%s", args, code, out, errs)
	}
	return out
}

// setup writes a setup file with two sites and a user of each role, and runs it.
func (h *house) setup() {
	h.t.Helper()
	dir := h.t.TempDir()
	type m = map[string]any
	role := func(r, site, team string) m { return m{"role": r, "site": site, "team": team} }
	users := []m{}
	for name, roles := range map[string][]m{
		"k.sommer":  {role("caseworker", "03104", "L1")},
		"b.winter":  {role("caseworker", "03107", "L1")},
		"l.herbst":  {role("teamlead", "03104", "L1")},
		"k.klein":   {role("clearing", "03104", "")},
		"s.scan":    {role("scan", "03104", "")},
		"d.schutz":  {role("dpo", "*", "")},
		"a.admin":   {role("siteadmin", "03104", "")},
		"r.empfang": {role("reception", "03104", "")},
	} {
		users = append(users, m{"name": name, "display": name, "password_file": "pw.txt", "roles": roles})
	}
	team := []m{{"code": "L1", "name": "Leistung 1", "first_letters": "A-Z"}}
	b, err := json.Marshal(m{"name": "Jobcenter Musterkreis", "users": users,
		"sites": []m{{"code": "03104", "name": "Neustadt", "postcodes": []string{"17033"}, "teams": team},
			{"code": "03107", "name": "Altenfurt", "postcodes": []string{"17034"}, "teams": team}},
		"retention": []m{{"class": "leistung", "years": 10, "from": "end_of_year_of_closing"}},
		"providers": []m{{"name": "Scandienst Nord", "user": "s.scan"}}})
	if err != nil {
		h.t.Fatal(err)
	}
	for name, content := range map[string][]byte{"setup.json": b, "pw.txt": []byte("ein langes Wort\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	h.must("setup", "--data", h.data, "--from", filepath.Join(dir, "setup.json"))
}

// server is a running eakte serve.
type server struct {
	*house
	cmd  *exec.Cmd
	base string
	errs *bytes.Buffer
}

// serve starts the server.
func (h *house) serve() *server {
	h.t.Helper()
	return h.start("serve")
}

// start starts a subcommand that serves, and waits until it says its address.
func (h *house) start(command string, more ...string) *server {
	h.t.Helper()
	args := append([]string{command, "--data", h.data, "--listen", "127.0.0.1:0"}, more...)
	s := &server{house: h, cmd: h.program(args...), errs: &bytes.Buffer{}}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	s.cmd.Stderr = s.errs
	if err := s.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { s.kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "http://"); ok {
			s.base = "http://" + strings.TrimSpace(at)
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s
		}
	}
	_ = s.cmd.Wait()
	h.t.Fatalf("the server did not start:\n%s", s.errs)
	return nil
}

func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// stop ends the server as an administrator would.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("the server did not stop cleanly: %v\n%s", err, s.errs)
	}
}

// client speaks the API as one user.
type client struct {
	s     *server
	token string
}

func (s *server) as(user string) *client {
	s.t.Helper()
	return &client{s, strings.TrimSpace(s.must("token", "--data", s.data, "--user", user))}
}

// answer is a response, read to its end.
type answer struct {
	code   int
	header http.Header
	body   []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("not the JSON that was expected: %v\n%s", err, a.body)
	}
}

// errorCode is the code of an error answer.
func (a answer) errorCode() string {
	var e struct {
		Error struct{ Code, Message, Hint, Reference string } `json:"error"`
	}
	if json.Unmarshal(a.body, &e) != nil || e.Error.Message == "" || e.Error.Reference == "" {
		return "not an error of the API: " + string(a.body)
	}
	return e.Error.Code
}

func (c *client) do(method, path string, body []byte, header ...string) answer {
	c.s.t.Helper()
	a, err := c.try(context.Background(), method, path, body, header...)
	if err != nil {
		c.s.t.Fatalf("%s %s: %v\n%s", method, path, err, c.s.errs)
	}
	return a
}

func (c *client) try(ctx context.Context, method, path string, body []byte, header ...string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.s.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

// want does a call and insists on its status.
func (c *client) want(code int, method, path string, body []byte, header ...string) answer {
	c.s.t.Helper()
	a := c.do(method, path, body, header...)
	if a.code != code {
		c.s.t.Fatalf("%s %s: %d, want %d\n%.600s\n%s", method, path, a.code, code, a.body, c.s.errs)
	}
	return a
}

// makeFile makes a file for one person and gives its id.
func (c *client) makeFile(number, name, site string) string {
	c.s.t.Helper()
	body := fmt.Sprintf(`{"number":%q,"kind":"leistung","site":%q,"team":"L1","retention_class":"leistung",
		"customer":{"name":%q,"first_name":"Sabine","birth_date":"1984-06-17","customer_number":"031D123456"}}`, number, site, name)
	var f struct{ ID string }
	c.want(201, "POST", "/files", []byte(body), "Content-Type", "application/json").into(c.s.t, &f)
	return f.ID
}

type receipt struct {
	Document    string   `json:"document"`
	SHA256      string   `json:"sha256"`
	Size        int64    `json:"size"`
	Repeated    bool     `json:"repeated"`
	IdenticalTo []string `json:"identical_to"`
}

func (c *client) post(file string, body []byte, header ...string) receipt {
	c.s.t.Helper()
	var r receipt
	c.want(201, "POST", "/documents?file="+url.QueryEscape(file), body, header...).into(c.s.t, &r)
	return r
}

// until waits for a document to reach a state, and gives it.
func (c *client) until(document string, states ...string) map[string]any {
	c.s.t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		var d map[string]any
		c.want(200, "GET", "/documents/"+document, nil).into(c.s.t, &d)
		for _, s := range states {
			if d["state"] == s {
				return d
			}
		}
		if time.Now().After(deadline) {
			c.s.t.Fatalf("the document is %v (%v), wanted %v\n%s", d["state"], d["reason"], states, c.s.errs)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
