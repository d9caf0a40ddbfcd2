package catalogtest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Postgres is a private PostgreSQL server without durability, on a socket in a
// temporary folder.
type Postgres struct {
	bin    string
	dir    string // data, and the socket
	as     *syscall.Credential
	opened int
	stop   func() // ends the server and waits until it has
}

const postgresUser = "eakte"

// StartPostgres starts a server that ends with the test. Without the binaries
// of PostgreSQL the test is skipped; in CI it fails.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	bin, err := postgresBinaries()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	// Not t.TempDir: its path is too long for a socket.
	dir, err := os.MkdirTemp("", "eakte-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	p := &Postgres{bin: bin, dir: dir}
	if err := p.becomePostgres(); err != nil {
		t.Fatal(err)
	}
	p.run(t, "initdb", "-D", p.data(), "-U", postgresUser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	p.start(t)
	return p
}

func postgresBinaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		path, err := exec.LookPath("initdb")
		if err != nil {
			return "", fmt.Errorf("PostgreSQL is not installed: %w", err)
		}
		found = []string{path}
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for what isn't Debian's
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// becomePostgres lets the server run as user postgres when we are root, which
// it refuses to run as.
func (p *Postgres) becomePostgres() error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(p.dir, uid, gid)
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

func (p *Postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	return cmd
}

func (p *Postgres) run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := p.command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// start starts the server and waits until it answers.
func (p *Postgres) start(t testing.TB) {
	t.Helper()
	var log strings.Builder
	cmd := p.command("postgres", "-D", p.data(), "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB")
	cmd.Stderr = io.Writer(&log)
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT // so that it doesn't outlive a test that is killed
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the signal comes when the thread that started it ends
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() // how it ends is of no interest: it is told to
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	p.stop = sync.OnceFunc(func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		<-ended
	})
	t.Cleanup(p.stop)
	for tries := 0; p.command("pg_isready", "-h", p.dir, "-U", postgresUser).Run() != nil; tries++ {
		select {
		case <-ended:
			t.Fatalf("postgres has ended:\n%s", log.String())
		case <-time.After(50 * time.Millisecond):
		}
		if tries > 600 {
			t.Fatal("postgres doesn't answer")
		}
	}
}

// Stop ends the server at once, in the middle of whatever it does; Start starts
// it again on what it has kept.
func (p *Postgres) Stop() { p.stop() }

// Start starts the server after Stop.
func (p *Postgres) Start(t *testing.T) {
	t.Helper()
	p.start(t)
}

// SQL runs a statement as the server's owner, in the database postgres.
func (p *Postgres) SQL(t testing.TB, statement string) {
	t.Helper()
	p.run(t, "psql", "-h", p.dir, "-U", postgresUser, "-q", "-c", statement, "postgres")
}

// DSN makes room for an empty catalog, a schema of its own, and gives its
// address. A database of its own would cost a second each.
func (p *Postgres) DSN(t testing.TB) string {
	t.Helper()
	return p.dsn(t, "postgres")
}

func (p *Postgres) dsn(t testing.TB, database string) string {
	t.Helper()
	p.opened++
	name := fmt.Sprintf("test%d", p.opened)
	p.run(t, "psql", "-h", p.dir, "-U", postgresUser, "-q", "-c", "CREATE SCHEMA "+name, database)
	return fmt.Sprintf("postgres:///%s?host=%s&user=%s&sslmode=disable&search_path=%s", database, p.dir, postgresUser, name)
}

// Open opens an empty catalog. It is an Opener, for tests that run one after
// the other.
func (p *Postgres) Open(t testing.TB, clock record.Clock, opts ...catalog.Option) *catalog.Catalog {
	t.Helper()
	return open(t, p.DSN(t), clock, opts...)
}

// German makes a database that sorts texts as German dictionaries do, and gives
// an Opener of catalogs in it that uses no prepared statements, as behind a
// pooler that gives out a connection for a transaction.
func (p *Postgres) German(t testing.TB) Opener {
	t.Helper()
	p.SQL(t, "CREATE DATABASE german TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'")
	return func(t testing.TB, clock record.Clock, opts ...catalog.Option) *catalog.Catalog {
		t.Helper()
		return open(t, p.dsn(t, "german")+"&default_query_exec_mode=exec", clock, opts...)
	}
}
