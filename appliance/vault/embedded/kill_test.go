package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
)

// childDir tells the test binary to be the child of the kill test.
const childDir = "EAKTE_TEST_STORE_CHILD"

const (
	killRounds  = 5
	killWriters = 12
	killSeed    = 20261120
	killLock    = 24 * time.Hour
)

// child serves a store and writes into it until it is killed. Each object
// that was acknowledged is a line on standard output: name, digest, date, hold.
func child(dir string) int {
	ctx := context.Background()
	s, err := embedded.Start(ctx, embedded.Config{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	buckets, _, err := connect(ctx, s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	lines := make(chan string)
	failed := make(chan error)
	for w := range killWriters {
		go func() { failed <- write(ctx, buckets.Records, uint64(w), lines) }()
	}
	for {
		select {
		case line := <-lines:
			if _, err := os.Stdout.WriteString(line); err != nil {
				return 1
			}
		case err := <-failed:
			fmt.Fprintln(os.Stderr, "child:", err)
			return 1
		}
	}
}

func write(ctx context.Context, b vault.Bucket, worker uint64, lines chan<- string) error {
	r := rand.New(rand.NewPCG(killSeed, worker))
	for i := 0; ; i++ {
		id := record.NewID()
		body := bytes.Repeat([]byte(id), 1+r.IntN(4000)) // up to 128 KB
		digest, until := record.Sum(body), time.Now().UTC().Add(killLock).Truncate(time.Second)
		name := vault.OriginalName(record.ObjectID(id))
		err := b.Put(ctx, vault.PutRequest{Name: name, Size: int64(len(body)), Digest: digest, Body: bytes.NewReader(body), LockUntil: until})
		if err != nil {
			return err
		}
		if i%4 == 3 {
			until = until.AddDate(1, 0, 0)
			if err := b.ExtendLock(ctx, name, until); err != nil {
				return err
			}
		}
		held := i%5 == 2
		if held {
			if err := b.Hold(ctx, name); err != nil {
				return err
			}
		}
		lines <- fmt.Sprintf("%s %s %s %v\n", name, digest, until.Format(time.RFC3339), held)
	}
}

// TestKilled kills a process under its writers, again and again, over one
// folder. Whatever it acknowledged must be there, whole, locked to the
// date and held; whatever else is visible must be whole and locked, too.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	r := rand.New(rand.NewPCG(killSeed, 0))
	acknowledged := make(map[string]string) // name: digest, date and hold
	for round := range killRounds {
		killOnce(t, dir, time.Duration(150+r.IntN(350))*time.Millisecond, acknowledged)
		checkAll(t, dir, round, acknowledged)
	}
	if len(acknowledged) < killRounds {
		t.Errorf("only %d objects were written; the test shows nothing", len(acknowledged))
	}
	t.Logf("%d objects acknowledged over %d kills", len(acknowledged), killRounds)
}

// killOnce lets the child write for a while after its first object.
func killOnce(t *testing.T, dir string, after time.Duration, acknowledged map[string]string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first := true
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // a line that was cut off was not acknowledged
			break
		}
		if first {
			first = false
			time.AfterFunc(after, func() { cmd.Process.Kill() }) // SIGKILL; it can only fail if the child is gone
		}
		name, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			t.Fatalf("the child said %q", line)
		}
		acknowledged[name] = rest
	}
	if err := cmd.Wait(); err == nil || first {
		t.Fatalf("the child ended by itself: %v", err)
	}
}

func checkAll(t *testing.T, dir string, round int, acknowledged map[string]string) {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	buckets, _ := open(t, s)
	visible := make(map[string]bool)
	err = buckets.Records.List(t.Context(), "", "", func(listed vault.ObjectInfo) error {
		visible[listed.Name] = true
		info, err := buckets.Records.Stat(t.Context(), listed.Name)
		if err != nil {
			return err
		}
		body := read(t, buckets.Records, listed.Name)
		if record.Sum(body) != info.Digest || int64(len(body)) != info.Size {
			t.Errorf("round %d: %s is torn: %d of %d bytes", round, listed.Name, len(body), info.Size)
		}
		if info.Mode != vault.Compliance || info.LockedUntil.Before(time.Now().Add(killLock/2)) {
			t.Errorf("round %d: %s is visible without its lock: %q until %s", round, listed.Name, info.Mode, info.LockedUntil)
		}
		want, ok := acknowledged[listed.Name]
		if got := fmt.Sprintf("%s %s %v", info.Digest, info.LockedUntil.Format(time.RFC3339), info.Hold); ok && got != want {
			t.Errorf("round %d: %s is %s, acknowledged as %s", round, listed.Name, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range acknowledged {
		if !visible[name] {
			t.Errorf("round %d: %s was acknowledged and is gone", round, name)
		}
	}
}

func read(t *testing.T, b vault.Bucket, name string) []byte {
	t.Helper()
	r, err := b.Get(t.Context(), name, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestVisibleMeansLocked looks at the files themselves while objects are
// being put: a name that has appeared must carry the attribute of its lock.
// This fails when the lock is set after the link, without waiting for a kill
// to hit that moment.
func TestVisibleMeansLocked(t *testing.T) {
	dir := t.TempDir()
	buckets, _ := open(t, start(t, dir))
	done := make(chan error)
	go func() {
		var err error
		for range 60 {
			body := make([]byte, 50_000)
			id := "73" + record.NewID()[2:] // all in one folder, to be watched
			if err == nil {
				err = buckets.Records.Put(t.Context(), vault.PutRequest{Name: vault.OriginalName(record.ObjectID(id)), Size: int64(len(body)),
					Digest: record.Sum(body), Body: bytes.NewReader(body), LockUntil: time.Now().Add(killLock).Truncate(time.Second)})
			}
		}
		done <- err
	}()
	folder := filepath.Join(dir, "objects", "eakte-records", "o", "73")
	seen := make(map[string]bool)
	for {
		select {
		case err := <-done:
			if err != nil || len(seen) == 0 {
				t.Errorf("%d objects seen, %v", len(seen), err)
			}
			return
		default:
		}
		entries, err := os.ReadDir(folder)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, e := range entries {
			if seen[e.Name()] {
				continue
			}
			seen[e.Name()] = true
			if _, err := syscall.Getxattr(filepath.Join(folder, e.Name()), "user.object-retention", make([]byte, 200)); err != nil {
				t.Errorf("%s is visible without its lock: %v", e.Name(), err)
			}
		}
	}
}
