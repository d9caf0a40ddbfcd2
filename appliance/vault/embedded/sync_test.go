package embedded

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
)

// TestRooted shows which directories a put syncs: all up to the root at first,
// then only its own, and all again once something was removed there.
func TestRooted(t *testing.T) {
	var synced []string
	gone := map[string]bool{}
	r := &rooted{to: func(path string) error {
		synced = append(synced, path)
		if gone[path] {
			return fs.ErrNotExist
		}
		return nil
	}}
	step := func(what, path string, want ...string) {
		t.Helper()
		synced = nil
		if err := r.sync("/r", path); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(synced, want) {
			t.Errorf("%s: synced %v, want %v", what, synced, want)
		}
	}
	all := []string{"/r/b/o/ab", "/r/b/o", "/r/b", "/r"}
	step("the first", "/r/b/o/ab/1", all...)
	step("the second", "/r/b/o/ab/2", all[0])
	step("another directory", "/r/b/o/cd/1", "/r/b/o/cd", "/r/b/o", "/r/b", "/r")
	r.forget("/r/b/o/ab/1")
	step("after a removal", "/r/b/o/ab/3", all...)
	gone["/r/b/o/ab"] = true
	r.forget("/r/b/o/ab/3")
	step("a directory that went", "/r/b/o/ab/3", all...)
	delete(gone, "/r/b/o/ab")
	step("and came again", "/r/b/o/ab/4", all...)

	failed := errors.New("disk")
	r = &rooted{to: func(string) error { return failed }}
	for range 2 { // what failed is not known afterwards
		if err := r.sync("/r", "/r/b/o/ab/1"); !errors.Is(err, failed) {
			t.Errorf("a failed sync: %v", err)
		}
	}
	if err := r.sync("/r", "/other/x"); err == nil {
		t.Error("a path outside the root was taken")
	}
}
