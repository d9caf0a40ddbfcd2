package embedded_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
)

func TestConformance(t *testing.T) {
	s := start(t, t.TempDir())
	running, root := open(t, s)
	second := openDisposal(t, s)
	vaulttest.Run(t, vaulttest.Store{Buckets: running, Second: &second, Root: &root})
}

// TestStartAndStop keeps objects over a restart, gives the folder free, and
// logs what the server costs.
func TestStartAndStop(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	body, name := []byte("kept"), vault.OriginalName(record.ObjectID(record.NewID()))
	goroutines, keys := runtime.NumGoroutine(), embedded.Credentials{}
	for i := range 4 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began := time.Now()
		s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		runtime.GC()
		runtime.ReadMemStats(&after)
		t.Logf("start %d: %s, %d goroutines, heap %+d KB", i, took, runtime.NumGoroutine()-goroutines, (int64(after.HeapAlloc)-int64(before.HeapAlloc))/1024)
		if i > 0 && s.Credentials() != keys {
			t.Error("the keys are others after a restart")
		}
		keys = s.Credentials()
		b, _ := open(t, s)
		if i == 0 {
			err := b.Records.Put(t.Context(), vault.PutRequest{Name: name, Size: int64(len(body)), Digest: record.Sum(body),
				Body: bytes.NewReader(body), LockUntil: time.Now().Add(time.Hour).Truncate(time.Second)})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := read(t, b.Records, name); !bytes.Equal(got, body) {
			t.Errorf("%q came back", got)
		}
		if _, err := embedded.Start(t.Context(), embedded.Config{Dir: dir}); !errors.Is(err, record.Busy) {
			t.Errorf("a second server on the folder: %v", err)
		}
		began = time.Now()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("stop %d: %s", i, time.Since(began))
		if _, err := b.Records.Stat(t.Context(), name); !errors.Is(err, record.Unavailable) {
			t.Errorf("after the stop: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing again: %v", err)
		}
	}
}

// TestFilesArePrivate: nothing in the folder can be read by others.
func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	b, _ := open(t, start(t, dir))
	body := []byte("kept")
	if err := b.Keys.Put(t.Context(), vault.PutRequest{Name: "k/00/x", Size: 4, Digest: record.Sum(body), Body: bytes.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"keys.json", "s3.sock", "objects/eakte-keys", "objects/eakte-keys/k/00", "objects/eakte-keys/k/00/x"} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %s", path, info.Mode())
		}
	}
}

// TestBadConfig: what can't work is refused, and names the field.
func TestBadConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	damaged := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(damaged, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  embedded.Config
		want error
	}{
		"relative":       {embedded.Config{Dir: "store"}, record.Invalid},
		"for all to see": {embedded.Config{Dir: t.TempDir(), Listen: "0.0.0.0:0"}, record.Invalid},
		"a name":         {embedded.Config{Dir: t.TempDir(), Listen: "example.org:80"}, record.Invalid},
		"damaged keys":   {embedded.Config{Dir: t.TempDir(), CredentialsFile: damaged}, record.Corrupt},
		"no attributes":  {embedded.Config{Dir: "/proc/self/task"}, nil},
	} {
		s, err := embedded.Start(t.Context(), c.cfg)
		if err == nil {
			t.Errorf("%s: started", name)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestListening serves on a loopback port, and on a socket where the folder's
// name is too long for one.
func TestListening(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	for _, cfg := range []embedded.Config{{Dir: t.TempDir(), Listen: port}, {Dir: long}} {
		t.Chdir(t.TempDir())
		s, err := embedded.Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Listen != "" && s.Endpoint() != port {
			t.Errorf("endpoint %s, want %s", s.Endpoint(), port)
		}
		b, _ := open(t, s)
		if _, err := b.Records.Stat(t.Context(), "o/00/x"); !errors.Is(err, record.NotFound) {
			t.Errorf("%s: %v", s.Endpoint(), err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestQuiet: standard output belongs to the command.
func TestQuiet(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	b, _ := open(t, start(t, t.TempDir()))
	if _, err := b.Records.Stat(t.Context(), "o/00/x"); !errors.Is(err, record.NotFound) {
		t.Error(err)
	}
	os.Stdout = stdout
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if printed, err := io.ReadAll(r); err != nil || len(printed) > 0 {
		t.Errorf("printed %q, %v", printed, err)
	}
}

// TestRunningMakesNoBuckets: making buckets is root's alone.
func TestRunningMakesNoBuckets(t *testing.T) {
	s := start(t, t.TempDir())
	if err := s3.Create(t.Context(), config(s, s.Credentials())); err == nil {
		t.Error("the running account made the buckets")
	}
}

// TestWorkingDirectory: after Close the process is where it was.
func TestWorkingDirectory(t *testing.T) {
	before, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	s, err := embedded.Start(t.Context(), embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if now, err := os.Getwd(); err != nil || now != before {
		t.Errorf("in %s, %v; it was in %s", now, err, before)
	}
}
