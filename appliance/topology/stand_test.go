package topology

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// stand is compose.yaml as plain processes on this machine. What a container
// would see is translated word by word: addresses of services to ports of
// loopback, targets of volumes and secrets to folders, files of an image to
// those that its Dockerfile copies. Run by root, each process gets the user
// and the capabilities that compose.yaml gives it, and only the secrets that
// it is given.
type stand struct {
	t       *testing.T
	d       *deployment
	base    string
	ports   map[string]string // container's port → port here
	bin     map[string]string // program → path
	running map[string]*process
}

// process is a service that runs.
type process struct {
	cmd   *exec.Cmd
	said  *bytes.Buffer
	ended chan struct{}
}

var asRoot = os.Geteuid() == 0

// newStand finds the programs and lays the folders out.
func newStand(t *testing.T, d *deployment) *stand {
	t.Helper()
	base, err := os.MkdirTemp("", "eakte-topology-") // not t.TempDir: too long for a socket
	s := &stand{t: t, d: d, base: base, ports: map[string]string{}, bin: map[string]string{}, running: map[string]*process{}}
	s.must(err)
	t.Cleanup(func() { s.must(os.RemoveAll(base)) })
	s.must(os.Chmod(base, 0o755))
	for _, p := range []string{"8080", "9000", "5432", "7700", "2222"} {
		s.ports[p] = freePort(t)
	}
	for _, dir := range []string{"bin", "volumes", "secrets", "home"} {
		s.must(os.Mkdir(s.path(dir), 0o755))
	}
	s.must(os.Chmod(s.path("home"), 0o777)) // the image's /tmp
	s.makeSecrets()
	return s
}

func (s *stand) path(parts ...string) string {
	return filepath.Join(append([]string{s.base}, parts...)...)
}

func (s *stand) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// makeSecrets runs the script that makes them in production.
func (s *stand) makeSecrets() {
	all := s.path("secrets", "all")
	if out, err := exec.Command("bash", filepath.Join(root, "compose/secrets/make.sh"), all).CombinedOutput(); err != nil {
		s.t.Fatalf("secrets: %v\n%s", err, out)
	}
	for name, service := range s.d.Services {
		dir := s.path("secrets", name)
		s.must(os.Mkdir(dir, 0o755))
		for _, x := range service.Secrets {
			b, err := os.ReadFile(filepath.Join(all, x.Source))
			s.must(err)
			s.must(os.WriteFile(filepath.Join(dir, x.Source), []byte(s.addresses().Replace(string(b))), 0o444))
		}
	}
}

// program is the path of a copy that every user may run.
func (s *stand) program(name string) string {
	if p := s.bin[name]; p != "" {
		return p
	}
	from := ""
	switch found, err := exec.LookPath(name); {
	case name == "eakte":
		from = eakte(s.t)
	case strings.Contains(name, "/"):
		from = name
	case err == nil:
		from = found
	}
	b, err := os.ReadFile(from)
	s.must(err)
	s.bin[name] = s.path("bin", filepath.Base(name))
	s.must(os.WriteFile(s.bin[name], b, 0o755))
	return s.bin[name]
}

// eakte is the program that make build leaves, or what EAKTE names.
func eakte(t *testing.T) string {
	t.Helper()
	path := os.Getenv("EAKTE")
	if path == "" {
		path = filepath.Join(root, "bin", "eakte")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// addresses translates every way in which a port is written.
func (s *stand) addresses() *strings.Replacer {
	var pairs []string
	for port, here := range s.ports {
		hosts := []string{"0.0.0.0", "127.0.0.1"}
		for name := range s.d.Services {
			hosts = append(hosts, name)
		}
		for _, h := range hosts {
			pairs = append(pairs, h+":"+port, "127.0.0.1:"+here)
		}
	}
	return strings.NewReplacer(append(pairs, "listen_addresses=*", "listen_addresses=127.0.0.1")...)
}

// words translates what a service of compose.yaml sees.
func (s *stand) words(service types.ServiceConfig) func(string) string {
	places := map[string]string{"/run/secrets": s.path("secrets", service.Name), "/tmp": s.path("home")}
	for _, v := range service.Volumes {
		places[v.Target] = s.volume(v.Source)
	}
	if im := s.d.image(service); im != nil {
		for at, from := range im.runtime().copies {
			if strings.Contains(from, "/") {
				from = filepath.Join(root, from)
			}
			if strings.HasPrefix(at, "/usr/local/bin/") {
				places[at] = s.program(from)
			} else {
				places[filepath.Dir(at)] = s.folderOf(from)
			}
		}
	}
	addresses := s.addresses()
	return func(word string) string {
		word = addresses.Replace(word)
		if strings.HasPrefix(word, s.base+"/") { // is translated
			return word
		}
		for at, here := range places {
			if word == at || strings.HasPrefix(word, at+"/") {
				return here + word[len(at):]
			}
		}
		return word
	}
}

// folderOf copies a file's whole folder, for every user to read.
func (s *stand) folderOf(file string) string {
	dir := s.path("etc", filepath.Base(filepath.Dir(file)))
	s.must(os.MkdirAll(dir, 0o755))
	b, err := os.ReadFile(file)
	s.must(err)
	s.must(os.WriteFile(filepath.Join(dir, filepath.Base(file)), b, 0o644))
	return dir
}

// volume is the folder of a volume; it belongs to the first service that has
// a user of its own, as the Dockerfiles say.
func (s *stand) volume(name string) string {
	dir := s.path("volumes", filepath.Base(name))
	if name == "drop" && asRoot {
		dir = s.jail("srv/sftp") // where sshd sees it
	}
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if name == "drop" {
		s.must(os.MkdirAll(dir, 0o755)) // start.sh makes what lies in it
		return dir
	}
	s.must(os.Mkdir(dir, 0o700))
	for _, service := range s.d.Services {
		for _, v := range service.Volumes {
			if v.Source == name && asRoot {
				uid, gid := s.user(service)
				s.must(os.Chown(dir, uid, gid))
			}
		}
	}
	return dir
}

func (s *stand) user(service types.ServiceConfig) (uid, gid int) {
	if service.Name == "postgres" { // initdb wants one that the machine knows
		return idOf(s.t, "-u", "postgres"), idOf(s.t, "-g", "postgres")
	}
	u, g, _ := strings.Cut(service.User, ":")
	uid, _ = strconv.Atoi(u) // the rules have looked at it
	gid, _ = strconv.Atoi(g)
	return uid, gid
}

func idOf(t *testing.T, flag, name string) int {
	t.Helper()
	out, err := exec.Command("id", flag, name).Output()
	if err != nil {
		t.Fatalf("there is no user %s: %v", name, err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// command is a service's own command, or the one given instead of it.
func (s *stand) command(name string, args ...string) *exec.Cmd {
	service := s.d.Services[name]
	word := s.words(service)
	var argv []string
	entry, cmd := service.Entrypoint, service.Command
	env := []string{"PATH=" + s.path("bin") + ":" + postgresBin() + ":" + os.Getenv("PATH"), "HOME=" + s.path("home"), "LANG=C.UTF-8"}
	if im := s.d.image(service); im != nil {
		if entry == nil {
			entry = im.entrypoint
		}
		if cmd == nil {
			cmd = im.cmd
		}
		for k, v := range im.env {
			env = append(env, k+"="+word(v))
		}
	}
	if args != nil {
		cmd = args
	}
	for _, w := range slices.Concat([]string(entry), []string(cmd)) {
		argv = append(argv, word(w))
	}
	for k, v := range service.Environment {
		env = append(env, k+"="+word(*v))
	}
	c := s.as(name, argv...)
	c.Env = env
	return c
}

// as makes a command that runs with a service's user and rights.
func (s *stand) as(name string, argv ...string) *exec.Cmd {
	service := s.d.Services[name]
	if asRoot {
		uid, gid := s.user(service)
		caps := "-all"
		for _, c := range service.CapAdd {
			caps += ",+" + strings.ToLower(c)
		}
		argv = append([]string{"setpriv", "--reuid", strconv.Itoa(uid), "--regid", strconv.Itoa(gid), "--clear-groups",
			"--bounding-set", caps, "--inh-caps", "-all", "--no-new-privs", "--"}, argv...)
	}
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir = s.path("home")
	return c
}

// start starts a service after those that it depends on, and waits until its
// own health check says so.
func (s *stand) start(name string) {
	s.t.Helper()
	for on := range s.d.Services[name].DependsOn {
		if s.running[on] == nil {
			s.t.Fatalf("%s is to start after %s", name, on)
		}
	}
	s.run(name, s.command(name))
}

// run starts a command as the service and waits until it is healthy.
func (s *stand) run(name string, c *exec.Cmd) {
	s.t.Helper()
	p := &process{cmd: c, said: &bytes.Buffer{}, ended: make(chan struct{})}
	c.Stdout, c.Stderr = p.said, p.said
	s.must(c.Start())
	go func() {
		defer close(p.ended)
		c.Wait() // how it ends is looked at by stop
	}()
	s.running[name] = p
	s.t.Cleanup(func() { s.end(name, p, syscall.SIGKILL) })
	check := s.d.Services[name].HealthCheck.Test[1:]
	word := s.words(s.d.Services[name])
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		argv := []string{}
		for _, w := range check {
			argv = append(argv, word(w))
		}
		health := s.as(name, argv...)
		health.Env = []string{"PATH=" + postgresBin() + ":" + os.Getenv("PATH")}
		if health.Run() == nil {
			return
		}
		select {
		case <-p.ended:
			s.t.Fatalf("%s has ended:\n%s", name, p.said)
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s is not healthy:\n%s", name, p.said)
		}
	}
}

// once runs a service that ends by itself.
func (s *stand) once(name string) {
	s.t.Helper()
	if out, err := s.command(name).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// stop ends a service by its pid, as docker stop does.
func (s *stand) stop(name string) {
	s.t.Helper()
	s.end(name, s.running[name], syscall.SIGTERM)
	delete(s.running, name)
}

func (s *stand) end(name string, p *process, sig syscall.Signal) {
	select {
	case <-p.ended:
		return
	default:
	}
	s.must(p.cmd.Process.Signal(sig))
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		s.t.Errorf("%s does not end", name)
		s.must(p.cmd.Process.Kill())
	}
}

// eakte runs a subcommand as the appliance's service would.
func (s *stand) eakte(args ...string) string {
	s.t.Helper()
	out, err := s.command("appliance", args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("eakte %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func postgresBin() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	if len(found) == 0 {
		return "/usr/bin"
	}
	return found[len(found)-1]
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// step prints one line, at once.
func step(began time.Time, format string, args ...any) {
	fmt.Fprintf(io.Writer(os.Stderr), "%6.1f s  "+format+"\n", append([]any{time.Since(began).Seconds()}, args...)...)
}
