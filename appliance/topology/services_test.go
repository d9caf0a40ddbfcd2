package topology

import (
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// PostgreSQL is Debian's here and the official image in compose.yaml, so what
// that image does at its first start is done by hand.
func (s *stand) startPostgres() {
	s.t.Helper()
	service := s.d.Services["postgres"]
	word := s.words(service)
	data, env := word("/var/lib/postgresql/data"), service.Environment
	init := append([]string{postgresBin() + "/initdb", "-D", data, "-U", *env["POSTGRES_USER"],
		"--pwfile", word(*env["POSTGRES_PASSWORD_FILE"]), "--no-sync"}, strings.Fields(*env["POSTGRES_INITDB_ARGS"])...)
	if out, err := s.as("postgres", init...).CombinedOutput(); err != nil {
		s.t.Fatalf("initdb: %v\n%s", err, out)
	}
	c := s.command("postgres", append(service.Command, "-D", data, "-p", s.ports["5432"], "-c", "unix_socket_directories=")...)
	s.run("postgres", c)
	secret, err := os.ReadFile(word(*env["POSTGRES_PASSWORD_FILE"]))
	s.must(err)
	psql := exec.Command("psql", "-q", "-h", "127.0.0.1", "-p", s.ports["5432"], "-U", *env["POSTGRES_USER"], "-c", "CREATE DATABASE "+*env["POSTGRES_DB"], "postgres")
	psql.Env = append(os.Environ(), "PGPASSWORD="+strings.TrimSpace(string(secret)))
	if out, err := psql.CombinedOutput(); err != nil {
		s.t.Fatalf("create database: %v\n%s", err, out)
	}
}

const provider = "provider"

// sftpd is the running sshd as a provider sees it.
type sftpd struct {
	*stand
	login, key, hosts string
	incoming          string
}

// startSFTP starts OpenSSH with the shipped script and settings. By root it
// runs as in the container: in a root folder of its own, with the providers'
// accounts, each locked into its folder. Anybody else can't lock a user into a
// folder; sshd then serves the account that runs the tests.
func (s *stand) startSFTP() *sftpd {
	s.t.Helper()
	d := &sftpd{stand: s, login: provider, key: s.path("client"), hosts: s.path("hosts")}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", d.key).CombinedOutput(); err != nil {
		s.t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	d.incoming = filepath.Join(s.volume("drop"), provider, "incoming")
	if asRoot {
		d.startInJail()
	} else {
		d.startUnjailed()
	}
	host, err := os.ReadFile(filepath.Join(s.path("jail"), "etc/ssh/keys/ssh_host_ed25519_key.pub"))
	s.must(err)
	s.must(os.WriteFile(d.hosts, []byte("[127.0.0.1]:"+s.ports["2222"]+" "+string(host)), 0o600))
	return d
}

func sshd(s *stand) string {
	if p, err := exec.LookPath("sshd"); err == nil {
		return p
	}
	s.t.Fatal("sshd is not on the path; .ci/sshd unpacks one")
	return ""
}

// jail is the container's root folder.
func (s *stand) jail(parts ...string) string {
	return s.path(append([]string{"jail"}, parts...)...)
}

func (d *sftpd) startInJail() {
	for _, dir := range []string{"dev", "etc/ssh/keys", "etc/ssh/authorized", "run", "tmp", "usr/bin", "usr/sbin", "usr/lib", "usr/local/bin", "srv/sftp"} {
		d.must(os.MkdirAll(d.jail(dir), 0o755))
	}
	for link, to := range map[string]string{"bin": "usr/bin", "lib": "usr/lib", "sbin": "usr/sbin"} {
		d.must(os.Symlink(to, d.jail(link)))
	}
	d.must(syscall.Mknod(d.jail("dev/null"), syscall.S_IFCHR|0o666, 1<<8|3))
	d.must(os.Chmod(d.jail("dev/null"), 0o666))
	for _, p := range []string{"bash", "mkdir", "chown", "getent", "cut", "ssh-keygen"} {
		found, err := exec.LookPath(p)
		d.must(err)
		d.transplant(found, d.jail("usr/bin", p))
	}
	d.transplant(sshd(d.stand), d.jail("usr/sbin/sshd"))
	im := d.d.image(d.d.Services["sftp"])
	for at, from := range im.runtime().copies {
		if strings.HasSuffix(at, "/") {
			d.t.Fatalf("%s is copied as a folder", from)
		}
		d.copy(filepath.Join(root, from), d.jail(at), 0o755)
	}
	d.write("etc/passwd", "root:x:0:0::/:/bin/bash\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"+provider+":*:10001:10001::/:/usr/sbin/nologin\n")
	d.write("etc/group", "root:x:0:\nnogroup:x:65534:\neakte-sftp:x:10001:\n")
	d.write("usr/sbin/nologin", "#!/bin/bash\nexit 1\n")
	d.must(os.Chmod(d.jail("usr/sbin/nologin"), 0o755))
	d.copy(d.key+".pub", d.jail("etc/ssh/authorized", provider), 0o644)
	c := d.as("sftp", append([]string{"chroot", d.jail()}, append(im.entrypoint, "-p", d.ports["2222"], "-o", "ListenAddress=127.0.0.1")...)...)
	c.Env = []string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	d.run("sftp", c)
}

func (d *sftpd) startUnjailed() {
	u, err := user.Current()
	d.must(err)
	d.login = u.Username
	for _, dir := range []string{d.jail("etc/ssh/keys"), d.incoming} {
		d.must(os.MkdirAll(dir, 0o755))
	}
	key := d.jail("etc/ssh/keys/ssh_host_ed25519_key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		d.t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	config, err := filepath.Abs(filepath.Join(root, "compose/sftp/sshd_config"))
	d.must(err)
	c := exec.Command(sshd(d.stand), "-D", "-e", "-f", config, "-p", d.ports["2222"], "-h", key, "-o", "ListenAddress=127.0.0.1",
		"-o", "AllowGroups=*", "-o", "ChrootDirectory=none", "-o", "AuthorizedKeysFile="+d.key+".pub",
		"-o", "ForceCommand=internal-sftp -d "+d.incoming+" -u 0077 -l ERROR")
	c.Env = append(os.Environ(), besides(c.Path))
	d.run("sftp", c)
}

func (d *sftpd) write(name, text string) {
	d.must(os.WriteFile(d.jail(name), []byte(text), 0o644))
}

func (d *sftpd) copy(from, to string, mode fs.FileMode) {
	b, err := os.ReadFile(from)
	d.must(err)
	d.must(os.WriteFile(to, b, mode))
}

var library = regexp.MustCompile(`(?:=> )?(/[^ ]+) \(0x`)

// transplant copies a program and the libraries that it links into the jail.
func (d *sftpd) transplant(from, to string) {
	d.copy(from, to, 0o755)
	ldd := exec.Command("ldd", from)
	ldd.Env = append(os.Environ(), besides(from))
	out, err := ldd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("ldd %s: %v\n%s", from, err, out)
	}
	for _, m := range library.FindAllStringSubmatch(string(out), -1) {
		at := d.jail("usr/lib", filepath.Base(m[1]))
		if strings.HasPrefix(filepath.Base(m[1]), "ld-linux") {
			at = d.jail(m[1])
			d.must(os.MkdirAll(filepath.Dir(at), 0o755))
		}
		d.copy(m[1], at, 0o755)
	}
}

// besides names the libraries that were unpacked with a program.
func besides(program string) string {
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(program), "..", "lib", "*-linux-gnu")) // the pattern is right
	return "LD_LIBRARY_PATH=" + strings.Join(found, ":")
}

// client makes a command of OpenSSH's client.
func (d *sftpd) client(program string, args ...string) *exec.Cmd {
	return exec.Command(program, append([]string{"-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10",
		"-i", d.key, "-o", "UserKnownHostsFile=" + d.hosts, "-o", "StrictHostKeyChecking=yes", "-o", "Port=" + d.ports["2222"]}, args...)...)
}

// put hands a file in as a scan provider does: under a name of its own until
// it is whole, then renamed.
func (d *sftpd) put(local, name string) {
	d.t.Helper()
	c := d.client("sftp", "-b", "-", d.login+"@127.0.0.1")
	c.Stdin = strings.NewReader("put " + local + " " + name + ".part\nrename " + name + ".part " + name + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		d.t.Fatalf("sftp: %v\n%s\n%s", err, out, d.running["sftp"].said)
	}
}
