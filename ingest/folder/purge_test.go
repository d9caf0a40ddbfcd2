package folder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/ingest"
)

// readBack runs the waiting read-backs as the job runner does.
func (h *house) readBack() {
	h.t.Helper()
	ctx := context.Background()
	jobs, err := h.cat.Lease(ctx, "test", []string{ingest.KindReadBack}, 100, time.Minute)
	if err != nil || len(jobs) == 0 {
		h.t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	for _, j := range jobs {
		if err := errors.Join(h.in.ReadBack(ctx, j), h.cat.Finish(ctx, j.ID, "test")); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *house) purge() {
	h.t.Helper()
	if err := h.w.Purge(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// done/ is emptied after seven days, and only of what the archive has proven
// to hold.
func TestPurge(t *testing.T) {
	h := newHouse(t)
	h.purge() // no done/ yet
	h.put("a.pdf", "eins")
	h.put("Team/b.pdf", "zwei")
	h.settled()
	day := h.day()
	h.put(day+"fremd.pdf", "nie übergeben")
	h.put(doneName+"/nicht von uns/x.pdf", "eins")
	h.put(rejectedName+"/alt.pdf", "eins")
	all := []string{day + "a.pdf", "eins", day + "Team/b.pdf", "zwei", day + "fremd.pdf", "nie übergeben",
		doneName + "/nicht von uns/x.pdf", "eins", rejectedName + "/alt.pdf", "eins"}

	later := func(d time.Duration) { h.clock.now = h.clock.now.Add(d) }
	later(9 * 24 * time.Hour)
	h.purge() // old enough, but not read back
	h.lies(all...)
	if st := h.w.State(); st.Kept != 3 || st.Purged != 0 {
		t.Errorf("%+v", st)
	}
	h.readBack()
	later(-4 * 24 * time.Hour) // read back, but not old enough
	h.purge()
	h.lies(all...)
	later(4 * 24 * time.Hour)
	h.put(day+"a.pdf", "eins und mehr") // a writer went on in done/
	h.purge()
	h.lies(append([]string{day + "a.pdf", "eins und mehr"}, all[4:]...)...)
	if st := h.w.State(); st.Kept != 2 || st.Purged != 1 {
		t.Errorf("%+v", st)
	}
	if _, err := os.Stat(h.at(day + "Team")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the emptied folder: %v", err)
	}
	h.put(day+"a.pdf", "eins")
	if err := os.Remove(h.at(day + "fremd.pdf")); err != nil {
		t.Fatal(err)
	}
	h.purge()
	h.lies(all[6:]...)
	if _, err := os.Stat(h.at(day)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the emptied day: %v", err)
	}
}

// A name of a day alone does not make a file old: the file system's own clock
// has to agree.
func TestPurgeNeedsBothClocks(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "eins")
	h.clock.now = h.clock.now.AddDate(0, 0, -30) // the machine's clock is wrong
	h.settled()
	day := h.day()
	h.readBack()
	h.clock.now = h.clock.now.AddDate(0, 0, 30)
	h.purge()
	h.lies(day+"a.pdf", "eins")
}

// The archive can't say: everything stays.
func TestPurgeWithoutAnswer(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "eins")
	h.settled()
	day := h.day()
	h.readBack()
	h.clock.now = h.clock.now.AddDate(0, 0, 9)
	h.w.Intake = mute{h.in}
	if err := h.w.Purge(context.Background()); !errors.Is(err, record.Unavailable) {
		t.Errorf("purge: %v", err)
	}
	h.lies(day+"a.pdf", "eins")
}

type mute struct{ *tap }

func (mute) Kept(context.Context, record.Digest) (bool, error) {
	return false, record.Down("The catalog", errors.New("no answer"))
}

func TestCheck(t *testing.T) {
	good := t.TempDir()
	if err := os.WriteFile(good+"/liegt.pdf", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Check(good); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(good); err != nil || len(left) != 1 {
		t.Errorf("the check leaves %v, %v", left, err)
	}
	if err := os.Mkdir(good+"/done", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Check(good); err != nil {
		t.Error(err)
	}
	link := t.TempDir()
	if err := os.Symlink(good, link+"/rejected"); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{"scan": "whole path", good + "/fehlt": "is not there", good + "/liegt.pdf": "is a file",
		link: "rejected is no folder"} {
		err := Check(path)
		var e *record.Error
		if !errors.As(err, &e) || !errors.Is(err, record.Invalid) || e.Hint == "" || !strings.Contains(e.Message+e.Hint, says) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
