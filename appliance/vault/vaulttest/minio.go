package vaulttest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// MinIO is a real server on loopback, prepared by compose/minio/init.sh as a
// production one is: four buckets with the prefix eakte, a running key and a
// second one, each with its policy.
type MinIO struct {
	Host                       string // host:port
	Root, Running, Disposition Key
	dir                        string // of the keys' files
	drives                     []string
	process                    *os.Process
	ended                      chan struct{}
}

// Key is an access key and its secret.
type Key struct{ Access, Secret string }

// StartMinIO starts a server that ends with the test. Without the programs
// minio and mc on the path (.ci/minio builds them) the test is skipped; in CI
// it fails.
func StartMinIO(t testing.TB) *MinIO { t.Helper(); return StartMinIOOn(t, 1) }

// StartMinIOOn starts a server that spreads its objects over as many drives:
// folders here, of which it may lose half.
func StartMinIOOn(t testing.TB, drives int) *MinIO {
	t.Helper()
	for _, program := range []string{"minio", "mc"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	m := &MinIO{Host: FreePort(t), dir: t.TempDir(), Root: Key{"root-of-test", "root-secret-of-test"}, Running: Key{"running-key", "running-secret-of-test"},
		Disposition: Key{"disposition-key", "disposition-secret-of-test"}}
	for name, value := range map[string]string{"root": m.Root.Access, "root-secret": m.Root.Secret, "running": m.Running.Access, "running-secret": m.Running.Secret,
		"disposition": m.Disposition.Access, "disposition-secret": m.Disposition.Secret} {
		if err := os.WriteFile(m.file(name), []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range drives {
		m.drives = append(m.drives, t.TempDir())
	}
	m.start(t)
	m.prepare(t)
	return m
}

func (m *MinIO) file(name string) string { return filepath.Join(m.dir, name) }

// URL is http://host:port.
func (m *MinIO) URL() string { return "http://" + m.Host }

func (m *MinIO) start(t testing.TB) {
	t.Helper()
	args := append([]string{"server", "--quiet", "--address", m.Host}, m.drives...)
	cmd := exec.Command("minio", args...)
	cmd.Env = append(os.Environ(), "MINIO_ROOT_USER_FILE="+m.file("root"), "MINIO_ROOT_PASSWORD_FILE="+m.file("root-secret"),
		"MINIO_BROWSER=off", "MINIO_UPDATE=off", "MINIO_CI_CD=on") // several drives on one disk, which is for tests
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	m.process, m.ended = cmd.Process, ended
	go func() {
		defer close(ended)
		cmd.Wait() // told to end: how it does is of no interest
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-ended
	})
	for deadline := time.Now().Add(time.Minute); !answers(t.Context(), m.URL()+"/minio/health/ready"); time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("MinIO has ended:\n%s", said.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("MinIO does not answer")
		}
	}
}

// Freeze lets the server hang: it takes connections and answers nothing, until
// Thaw.
func (m *MinIO) Freeze(t testing.TB) { m.signal(t, syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (m *MinIO) Thaw(t testing.TB) { m.signal(t, syscall.SIGCONT) }

// Kill ends the server as a power cut does, until Again.
func (m *MinIO) Kill(t testing.TB) {
	t.Helper()
	m.signal(t, syscall.SIGKILL)
	<-m.ended
}

// Again starts a server that was killed, at its place and on its drives.
func (m *MinIO) Again(t testing.TB) { t.Helper(); m.start(t) }

func (m *MinIO) signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := m.process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// MC runs MinIO's own client as root; the server is called store.
func (m *MinIO) MC(t testing.TB, args ...string) {
	t.Helper()
	cmd := exec.Command("mc", append([]string{"--quiet", "--config-dir", m.file("mc")}, args...)...)
	cmd.Env = append(os.Environ(), "MC_HOST_store=http://"+m.Root.Access+":"+m.Root.Secret+"@"+m.Host)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mc %v: %v\n%s", args, err, said)
	}
}

var again sync.Once

// prepare runs the script that prepares a store in production.
func (m *MinIO) prepare(t testing.TB) {
	t.Helper()
	dir := filepath.Join(moduleRoot(t), "compose", "minio")
	runs := 1
	again.Do(func() { runs = 2 }) // it may be run again: shown once is enough
	for range runs {
		cmd := exec.Command("bash", filepath.Join(dir, "init.sh"))
		cmd.Env = append(os.Environ(), "MINIO_URL="+m.URL(), "POLICIES="+dir,
			"ROOT_USER_FILE="+m.file("root"), "ROOT_PASSWORD_FILE="+m.file("root-secret"),
			"RUNNING_USER_FILE="+m.file("running"), "RUNNING_SECRET_FILE="+m.file("running-secret"),
			"DISPOSITION_USER_FILE="+m.file("disposition"), "DISPOSITION_SECRET_FILE="+m.file("disposition-secret"))
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("init.sh: %v\n%s", err, said)
		}
	}
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			t.Fatalf("no go.mod above: %v", err)
		}
		dir = filepath.Dir(dir)
	}
}

// FreePort is host:port of loopback that nobody listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func answers(ctx context.Context, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
