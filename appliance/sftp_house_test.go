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
