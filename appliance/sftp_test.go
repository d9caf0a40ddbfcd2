package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/config"
)

// sftpd is compose/sftp running: OpenSSH with the shipped script and settings,
// in a root folder of its own as in its container, with two providers.
type sftpd struct {
	t    *testing.T
	jail string
	port string
	keys map[string]string // of the providers' clients
	said bytes.Buffer
}

var sftpProviders = []string{"nord", "sued"}

// sftpUID is the user that the appliance and all providers are in compose.
const sftpUID = 10001

// handTo gives the archive to another user, as whom everything runs from now on.
func (h *house) handTo(uid uint32) {
	h.t.Helper()
	err := filepath.WalkDir(filepath.Dir(h.data), func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, int(uid), int(uid))
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.uid = uid
}

// sftpRights are those that compose.yaml leaves to the container.
const sftpRights = "-all,+chown,+kill,+setuid,+setgid,+sys_chroot"

func startSFTPD(t *testing.T) *sftpd {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	skip := func(why string) {
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	if os.Getuid() != 0 {
		skip("only root can lock a provider into its folder")
	}
	for _, p := range []string{"sshd", "sftp", "ssh", "ssh-keygen", "setpriv", "chroot", "ldd"} {
		if _, err := exec.LookPath(p); err != nil {
			skip(err.Error() + "; .ci/sshd unpacks OpenSSH's server, .ci/tools puts it on the path")
		}
	}
	d := &sftpd{t: t, jail: filepath.Join(t.TempDir(), "jail"), keys: map[string]string{}}
	d.furnish()
	d.start()
	return d
}

// furnish makes the root folder: the programs that start.sh calls, what the
// Dockerfile copies and the accounts it makes.
func (d *sftpd) furnish() {
	d.t.Helper()
	for _, dir := range []string{"dev", "etc/ssh/keys", "etc/ssh/authorized", "run", "tmp", "usr/bin", "usr/sbin", "usr/lib", "usr/local/bin", "srv/sftp"} {
		d.must(os.MkdirAll(d.at(dir), 0o755))
	}
	for _, open := range []string{filepath.Dir(d.jail), filepath.Dir(filepath.Dir(d.jail))} { // others work here too
		d.must(os.Chmod(open, 0o755))
	}
	for link, to := range map[string]string{"bin": "usr/bin", "lib": "usr/lib", "sbin": "usr/sbin"} {
		d.must(os.Symlink(to, d.at(link)))
	}
	d.must(syscall.Mknod(d.at("dev/null"), syscall.S_IFCHR|0o666, 1<<8|3))
	d.must(os.Chmod(d.at("dev/null"), 0o666))
	for _, p := range []string{"bash", "mkdir", "chown", "getent", "cut", "ssh-keygen"} {
		d.transplant(p, "usr/bin/"+p)
	}
	d.transplant("sshd", "usr/sbin/sshd")
	shipped := filepath.Join(sources, "../compose/sftp")
	d.copy(filepath.Join(shipped, "sshd_config"), "etc/ssh/sshd_config", 0o644)
	d.copy(filepath.Join(shipped, "start.sh"), "usr/local/bin/start.sh", 0o755)
	passwd := "root:x:0:0::/:/bin/bash\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"
	for _, p := range sftpProviders {
		passwd += p + ":*:10001:10001::/:/usr/sbin/nologin\n"
		d.keys[p] = filepath.Join(d.t.TempDir(), p)
		d.run(exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", d.keys[p]))
		d.copy(d.keys[p]+".pub", "etc/ssh/authorized/"+p, 0o644)
	}
	d.write("etc/passwd", passwd, 0o644)
	d.write("etc/group", "root:x:0:\nnogroup:x:65534:\neakte-sftp:x:10001:\n", 0o644)
	d.write("usr/sbin/nologin", "#!/bin/bash\nexit 1\n", 0o755)
}

func (d *sftpd) at(name string) string { return filepath.Join(d.jail, name) }

func (d *sftpd) incoming(provider string) string { return d.at("srv/sftp/" + provider + "/incoming") }

func (d *sftpd) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *sftpd) run(c *exec.Cmd) {
	d.t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		d.t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
}

func (d *sftpd) write(name, text string, mode fs.FileMode) {
	d.t.Helper()
	d.must(os.WriteFile(d.at(name), []byte(text), mode))
}

func (d *sftpd) copy(from, to string, mode fs.FileMode) {
	d.t.Helper()
	b, err := os.ReadFile(from)
	d.must(err)
	d.must(os.MkdirAll(filepath.Dir(d.at(to)), 0o755))
	d.must(os.WriteFile(d.at(to), b, mode))
}

var sharedLibrary = regexp.MustCompile(`(?:=> )?(/[^ ]+) \(0x`)

// transplant copies a program and the libraries that it links. Those of the
// unpacked sshd lie beside it.
func (d *sftpd) transplant(program, to string) {
	d.t.Helper()
	from, err := exec.LookPath(program)
	d.must(err)
	d.copy(from, to, 0o755)
	beside, err := filepath.Glob(filepath.Join(filepath.Dir(from), "..", "lib", "*-linux-gnu"))
	d.must(err)
	ldd := exec.Command("ldd", from)
	ldd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(beside, ":"))
	out, err := ldd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("ldd %s: %v\n%s", from, err, out)
	}
	for _, m := range sharedLibrary.FindAllStringSubmatch(string(out), -1) {
		lib := "usr/lib/" + filepath.Base(m[1])
		if strings.HasPrefix(filepath.Base(m[1]), "ld-linux") {
			lib = m[1]
		}
		d.copy(m[1], lib, 0o755)
	}
}

// start runs the shipped script until the test ends.
func (d *sftpd) start() {
	d.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	d.must(err)
	_, d.port, err = net.SplitHostPort(l.Addr().String())
	d.must(err)
	d.must(l.Close())
	c := exec.Command("setpriv", "--clear-groups", "--bounding-set", sftpRights, "--inh-caps", "-all", "--no-new-privs", "--",
		"chroot", d.jail, "/usr/local/bin/start.sh", "-p", d.port, "-o", "ListenAddress=127.0.0.1")
	c.Env = []string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	c.Stdout, c.Stderr = &d.said, &d.said
	d.must(c.Start())
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	d.t.Cleanup(func() { _ = c.Process.Kill(); <-ended })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+d.port); err == nil {
			d.must(conn.Close())
			return
		}
		select {
		case <-ended:
			d.t.Fatalf("sshd has ended:\n%s", &d.said)
		default:
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("sshd does not answer:\n%s", &d.said)
		}
	}
}

// client makes a command of OpenSSH's own client for a provider's key.
func (d *sftpd) client(program, key string, args ...string) *exec.Cmd {
	host, err := os.ReadFile(d.at("etc/ssh/keys/ssh_host_ed25519_key.pub"))
	d.must(err)
	hosts := filepath.Join(filepath.Dir(d.jail), "hosts")
	d.must(os.WriteFile(hosts, []byte("[127.0.0.1]:"+d.port+" "+string(host)), 0o600))
	return exec.Command(program, append([]string{"-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10",
		"-i", d.keys[key], "-o", "UserKnownHostsFile=" + hosts, "-o", "StrictHostKeyChecking=yes", "-o", "Port=" + d.port}, args...)...)
}

// batch has the real sftp do some lines as a provider.
func (d *sftpd) batch(provider string, lines ...string) (string, error) {
	c := d.client("sftp", provider, "-b", "-", provider+"@127.0.0.1")
	c.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := c.CombinedOutput()
	return string(out), err
}

func (d *sftpd) mustBatch(provider string, lines ...string) string {
	d.t.Helper()
	out, err := d.batch(provider, lines...)
	if err != nil {
		d.t.Fatalf("sftp: %v\n%s\n%s", err, out, &d.said)
	}
	return out
}

// batchOf is a delivery on the provider's disk.
type batchOf struct {
	dir   string
	names []string
	sums  map[string]string
}

// newBatch makes n documents of some size and their manifest.
func newBatch(t *testing.T, number string, n, size int) batchOf {
	t.Helper()
	rnd := rand.New(rand.NewPCG(20261122, uint64(len(number))))
	b := batchOf{dir: t.TempDir(), sums: map[string]string{}}
	type doc struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
		Size   int    `json:"size"`
	}
	var list []doc
	for i := range n {
		body := make([]byte, size)
		for k := range body {
			body[k] = byte(rnd.Uint32())
		}
		copy(body, number)
		name := fmt.Sprintf("%04d.bin", i+1)
		sum := sha256.Sum256(body)
		b.names = append(b.names, name)
		b.sums["sha256-"+hex.EncodeToString(sum[:])] = name
		list = append(list, doc{name, hex.EncodeToString(sum[:]), size})
		if err := os.WriteFile(filepath.Join(b.dir, name), body, 0o644); err != nil { // whatever rights it has there
			t.Fatal(err)
		}
	}
	m, err := json.Marshal(map[string]any{"version": 1, "delivery_id": number, "provider": "Scandienst Nord", "bag_seal": number, "documents": list})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "manifest.json"), m, 0o644); err != nil {
		t.Fatal(err)
	}
	return b
}

// puts are the lines that put these files into a folder.
func (b batchOf) puts(folder string, names ...string) []string {
	var lines []string
	for _, n := range names {
		lines = append(lines, fmt.Sprintf("put %s %s/%s", filepath.Join(b.dir, n), folder, n))
	}
	return lines
}

// TestSFTP: a provider delivers with the real client of sftp, and the delivery
// is in the archive; a second provider sees nothing of it, nobody gets a shell
// or a way through, and what broke off is healed by sending it again.
func TestSFTP(t *testing.T) {
	d := startSFTPD(t)
	for _, p := range sftpProviders {
		for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(d.incoming(p)); err == nil || time.Now().After(end) {
				break
			}
		}
	}
	h := newHouse(t)
	h.setup()
	h.watchAt(d.incoming("nord"))
	h.handTo(sftpUID)
	s := h.serve()

	d.deliversAtOnce(s)
	d.deliversManifestLast(s)
	d.breaksOff(s)
	d.keepsApart()
	s.stop()
}

// watchAt has the house watch a folder, and nothing read: that has its own tests.
func (h *house) watchAt(path string) {
	h.t.Helper()
	b, err := json.Marshal(map[string]any{"roles": []string{"web", "scheduler"},
		"folders": []map[string]any{{"path": path, "user": "s.scan", "settle_seconds": 1}}})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.data, config.OwnFile), b, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// deliversAtOnce fills a folder under a temporary name and renames it.
func (d *sftpd) deliversAtOnce(s *server) {
	b := newBatch(d.t, "SDN-0001", 5, 40_000)
	lines := append([]string{"mkdir L1.part"}, b.puts("L1.part", append(b.names, "manifest.json")...)...)
	d.mustBatch("nord", append(lines, "rename L1.part L1")...)
	d.arrives(s, "SDN-0001", "L1", b)
	done := d.mustBatch("nord", "ls -1 done/"+today()+"/L1")
	if !strings.Contains(done, "eakte-receipt.json") || !strings.Contains(done, "0005.bin") {
		d.t.Errorf("the provider sees in done/:\n%s", done)
	}
}

// deliversManifestLast leaves one document out first: the delivery waits, says
// so to the provider, and is healed.
func (d *sftpd) deliversManifestLast(s *server) {
	b := newBatch(d.t, "SDN-00002", 3, 40_000)
	last := []string{"rename L2/manifest.json.part L2/manifest.json"}
	manifest := []string{"put " + filepath.Join(b.dir, "manifest.json") + " L2/manifest.json.part"}
	lines := append(append([]string{"mkdir L2"}, manifest...), b.puts("L2", b.names[:2]...)...)
	d.mustBatch("nord", append(lines, last...)...)
	status := filepath.Join(d.incoming("nord"), "L2", "eakte-status.txt")
	d.until(s, "the status of the incomplete delivery", func() bool { _, err := os.Stat(status); return err == nil })
	local := filepath.Join(b.dir, "status.txt")
	d.mustBatch("nord", "get L2/eakte-status.txt "+local)
	if said, err := os.ReadFile(local); err != nil || !strings.Contains(string(said), "0003.bin: fehlt") {
		d.t.Errorf("the provider is told: %v\n%s", err, said)
	}
	if v := d.view(s, "SDN-00002"); v.State != "waiting" || v.Taken != 0 {
		d.t.Errorf("the incomplete delivery: %+v", v)
	}
	lines = append(b.puts("L2", b.names[2]), manifest...)
	d.mustBatch("nord", append(lines, last...)...)
	d.arrives(s, "SDN-00002", "L2", b)
}

// breaksOff kills the client in the middle of a document; then all comes again.
func (d *sftpd) breaksOff(s *server) {
	b := newBatch(d.t, "SDN-000003", 3, 400_000)
	slow := d.client("sftp", "nord", "-l", "800", "-b", "-", "nord@127.0.0.1") // 100 KB a second
	lines := append([]string{"mkdir L3.part"}, b.puts("L3.part", append(b.names, "manifest.json")...)...)
	slow.Stdin = strings.NewReader(strings.Join(append(lines, "rename L3.part L3"), "\n") + "\n")
	d.must(slow.Start())
	half := filepath.Join(d.incoming("nord"), "L3.part", b.names[0])
	d.until(s, "the first bytes", func() bool { st, err := os.Stat(half); return err == nil && st.Size() > 0 })
	d.must(slow.Process.Kill())
	_ = slow.Wait() // it was killed
	if st, err := os.Stat(half); err != nil || st.Size() >= 400_000 {
		d.t.Fatalf("the client was too fast to be stopped: %v", err)
	}
	lines = append(b.puts("L3.part", append(b.names, "manifest.json")...), "rename L3.part L3")
	d.mustBatch("nord", lines...)
	d.arrives(s, "SDN-000003", "L3", b)
}

// keepsApart tries what a provider must not be able to do.
func (d *sftpd) keepsApart() {
	d.t.Helper()
	out := d.mustBatch("sued", "ls -1a /", "ls -1a /incoming", "-ls /srv/sftp/nord", "-ls /../nord/incoming", "-ls /nord", "-get /etc/passwd "+filepath.Join(d.t.TempDir(), "passwd"),
		"-mkdir /mine", "-ln -s / /incoming/up", "-ls /incoming/up/srv")
	for _, word := range []string{"done", "L1", "0001.bin", "root:x"} {
		if strings.Contains(out, word) {
			d.t.Errorf("the second provider sees %q:\n%s", word, out)
		}
	}
	if _, err := os.Stat(d.at("srv/sftp/sued/mine")); err == nil {
		d.t.Error("a provider wrote beside its folder")
	}
	for what, c := range map[string]*exec.Cmd{
		"another's folder":      d.client("sftp", "sued", "-b", "/dev/null", "nord@127.0.0.1"),
		"a shell":               d.client("ssh", "nord", "-tt", "nord@127.0.0.1"),
		"a command":             d.client("ssh", "nord", "nord@127.0.0.1", "echo", "let in"),
		"root":                  d.client("sftp", "nord", "-b", "/dev/null", "root@127.0.0.1"),
		"a way through":         d.client("ssh", "nord", "-W", "127.0.0.1:"+d.port, "nord@127.0.0.1"),
		"a forwarded port":      d.client("ssh", "nord", "-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:"+d.port, "nord@127.0.0.1"),
		"a password, or no key": d.client("sftp", "nord", "-o", "PubkeyAuthentication=no", "-b", "/dev/null", "nord@127.0.0.1"),
	} {
		out, err := c.CombinedOutput()
		if err == nil || strings.Contains(string(out), "let in") || strings.Contains(string(out), "SSH-2.0") {
			d.t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
}

// deliveryView is what the test looks at of a delivery.
type deliveryView struct {
	ID, State, Channel string
	DeliveryID         string `json:"delivery_id"`
	Taken              int
}

func (d *sftpd) view(s *server, number string) deliveryView {
	d.t.Helper()
	var page struct{ Items []deliveryView }
	s.as("s.scan").want(200, "GET", "/deliveries", nil).into(d.t, &page)
	for _, v := range page.Items {
		if v.DeliveryID == number {
			return v
		}
	}
	return deliveryView{}
}

// arrives waits until the folder lies in done/, and insists that the archive
// holds each document of the delivery once, byte for byte.
func (d *sftpd) arrives(s *server, number, folder string, b batchOf) {
	d.t.Helper()
	in := d.incoming("nord")
	d.until(s, folder+" in done/", func() bool {
		_, err := os.Stat(filepath.Join(in, "done", today(), folder, "eakte-receipt.json"))
		return err == nil
	})
	if _, err := os.Stat(filepath.Join(in, folder)); err == nil {
		d.t.Errorf("%s still lies in the folder", folder)
	}
	v := d.view(s, number)
	if v.State != "done" || v.Channel != "folder" || v.Taken != len(b.names) {
		d.t.Errorf("%+v", v)
	}
	var r struct {
		Documents []struct{ Name, Document, SHA256 string }
	}
	s.as("s.scan").want(200, "GET", "/deliveries/"+v.ID+"/receipt", nil).into(d.t, &r)
	if len(r.Documents) != len(b.names) {
		d.t.Errorf("the receipt names %d documents of %d", len(r.Documents), len(b.names))
	}
	clerk := s.as("k.klein")
	for _, doc := range r.Documents {
		sum := sha256.Sum256(clerk.want(200, "GET", "/documents/"+doc.Document+"/original", nil).body)
		if hash := "sha256-" + hex.EncodeToString(sum[:]); b.sums[hash] != doc.Name || hash != doc.SHA256 {
			d.t.Errorf("document %s: %s is not what was sent", doc.Name, hash)
		}
	}
}

// today is the folder of done/.
func today() string {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.Local
	}
	return time.Now().In(zone).Format(time.DateOnly)
}

func (d *sftpd) until(s *server, what string, ok func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("waited in vain for %s\n%s\n%s", what, s.errs, &d.said)
		}
	}
}
