package folder

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"eakte/appliance/record"
)

func TestFolderInTrouble(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "eins")
	moved := h.root + ".weg"
	if err := os.Rename(h.root, moved); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.says("is not there", "goes on by itself")
	since := h.w.State().Since
	h.clock.now = h.clock.now.Add(time.Hour)
	if h.look(settle); h.w.State().Since != since {
		t.Error("the trouble begins anew with each look")
	}
	if err := os.WriteFile(h.root, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.look(settle)
	h.says("is a file")
	if err := errors.Join(os.Remove(h.root), os.Rename(moved, h.root)); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.says()
	h.holds("eins")

	h.put("b.pdf", "zwei")
	h.who = record.Bad("--user", "there is no such user")
	h.settled()
	h.says("missing or disabled")
	h.who = nil
	h.settled()
	h.holds("eins", "zwei")
}

// Two appliances on one folder: one works, the other says why it does not, and
// takes over when the first has ended.
func TestTwoWatchers(t *testing.T) {
	h := newHouse(t)
	h.look(0)
	other := h.watcher()
	t.Cleanup(func() { other.lock.release() })
	other.look(context.Background())
	if st := other.State(); !strings.Contains(st.Message, "Another appliance") {
		t.Errorf("%+v", st)
	}
	h.w.lock.release()
	h.w.lock = nil
	other.look(context.Background())
	if st := other.State(); st.Message != "" {
		t.Errorf("%+v", st)
	}
	h.look(0)
	h.says("Another appliance")
}

// done/ can't be used: nothing is taken in that could not be moved afterwards.
func TestDoneInTheWay(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "eins")
	h.put("done", "eine Datei")
	h.settled()
	h.says("done/ is a folder")
	if len(h.in.given) > 0 {
		t.Error("it was handed in all the same")
	}
	elsewhere := t.TempDir()
	if err := errors.Join(os.Remove(h.at("done")), os.Symlink(elsewhere, h.at("done"))); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.says("done/ is a folder")
	if err := os.Remove(h.at("done")); err != nil {
		t.Fatal(err)
	}
	h.put("b.pdf", "")
	if err := os.Symlink(elsewhere, h.at(rejectedName)); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.look(minEmpty)
	h.says("rejected/")
	h.holds("eins")
	if found, err := os.ReadDir(elsewhere); err != nil || len(found) > 0 {
		t.Errorf("through a link came %v, %v", found, err)
	}
}

// mount makes the watched folder a file system of its own.
func mount(t *testing.T, at string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, "size=16m"); err != nil {
		if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
			t.Skip("mounting needs root")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) }) // it may be gone already
}

// The share goes away under the watcher and comes back: the empty mount point
// is not taken for an empty share, and nothing is put into it.
func TestShareComesBack(t *testing.T) {
	h := newHouse(t)
	mount(t, h.root)
	h.put("a.pdf", "eins")
	h.in.after = func() error { return syscall.Unmount(h.root, syscall.MNT_DETACH) }
	h.settled() // lost between receipt and move
	h.in.after = nil
	h.settled()
	h.says("no longer connected", "Mount the share again")
	if left, err := os.ReadDir(h.root); err != nil || len(left) > 0 {
		t.Errorf("in the mount point lie %v, %v", left, err)
	}
	mount(t, h.root)
	h.put("a.pdf", "eins") // as the share still has it
	h.put("b.pdf", "zwei")
	h.settled()
	h.says()
	h.holds("eins", "zwei")
	h.lies(h.day()+"a.pdf", "eins", h.day()+"b.pdf", "zwei")
}

func TestReadOnlyShare(t *testing.T) {
	h := newHouse(t)
	mount(t, h.root)
	h.put("a.pdf", "eins")
	remount := func(flags uintptr) {
		if err := syscall.Mount("tmpfs", h.root, "tmpfs", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	h.settled()
	h.says("read-only", "nothing is taken in")
	if len(h.in.given) > 0 || Check(h.root) == nil {
		t.Error("a share that can't be written is taken for a good one")
	}
	remount(0)
	h.settled()
	h.holds("eins")
	h.says()
}

// A share that hangs is told, though the watcher itself hangs with it.
func TestHangs(t *testing.T) {
	h := newHouse(t)
	var now atomic.Int64
	h.w.elapsed = func() time.Duration { return time.Duration(now.Load()) }
	h.put("a.pdf", "eins")
	h.look(0)
	now.Store(int64(settle))
	hang, hanging := make(chan bool), make(chan bool)
	h.w.openFile = func(d *dir, name string) (source, error) {
		hanging <- true
		<-hang
		return openSource(d, name)
	}
	ended := make(chan bool)
	go func() { h.w.look(context.Background()); close(ended) }()
	<-hanging
	h.says()
	now.Add(int64(hangAfter + time.Second))
	h.says("has not answered for minutes")
	close(hang)
	<-ended
	h.says()
	h.holds("eins")
}

const asNobody = "EAKTE_TEST_AS_NOBODY"

// TestRights runs itself again as a user without rights, since the rights do
// not bind root.
func TestRights(t *testing.T) {
	if os.Getenv(asNobody) != "" {
		rights(t, os.Getenv(asNobody))
		return
	}
	if os.Getuid() != 0 {
		rights(t, t.TempDir())
		return
	}
	dir := t.TempDir()
	for p := dir; p != "/tmp" && len(p) > 1; p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestRights$", "-test.count=1")
	cmd.Env = append(os.Environ(), asNobody+"="+dir, "TMPDIR="+dir)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func rights(t *testing.T, dir string) {
	h := newHouse(t)
	h.root = dir + "/scan"
	h.open()
	chmod := func(name string, mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(h.at(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	h.put("a.pdf", "eins")
	chmod("", 0)
	h.settled()
	h.says("can't be read: the rights are missing", "read, write and search")
	chmod("", 0o500)
	h.settled()
	h.says("right to write is missing")
	if len(h.in.given) > 0 || Check(h.root) == nil {
		t.Error("handed in, or checked as good, from a folder that can't be changed")
	}
	chmod("", 0o700)
	chmod("a.pdf", 0)
	h.put("b.pdf", "zwei")
	h.put("unter/c.pdf", "drei")
	chmod("unter", 0o500)
	h.put("zu/d.pdf", "vier")
	chmod("zu", 0)
	h.settled()
	h.holds("zwei")
	h.says("Files that wait: 1: the right to read them")
	chmod("a.pdf", 0o600)
	h.settled()
	h.says("A sub-folder can't be read or written")
	chmod("unter", 0o700)
	chmod("zu", 0o700)
	h.settled()
	h.says()
	h.holds("eins", "zwei", "drei", "vier")
	chmod("done", 0o500)
	h.put("e.pdf", "fünf")
	h.settled()
	h.says("done/")
	h.holds("eins", "zwei", "drei", "vier")
	chmod("done", 0o700)
	if err := Check(h.root); err != nil {
		t.Error(err)
	}
	if err := unix.Access(h.at(lockName), unix.R_OK); err != nil {
		t.Error(err)
	}
}

// Every trouble has its sentences in both languages, for the health page.
func TestTroublesHaveTexts(t *testing.T) {
	src, err := os.ReadFile("trouble.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`code: "([a-z_]+)"`).FindAllStringSubmatch(string(src), -1)
	if len(codes) < 20 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	for _, lang := range []string{"de", "en"} {
		b, err := os.ReadFile("../../ui/locale/" + lang + ".folder.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range codes {
			for _, key := range []string{"health.folder." + c[1], "health.folder." + c[1] + ".do"} {
				if !strings.Contains(string(b), `"`+key+`"`) {
					t.Errorf("%s has no text in %s", key, lang)
				}
			}
		}
	}
}
