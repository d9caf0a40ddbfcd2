package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What lies in the engine's folder, beside the indexes.
const (
	stateFile  = "state"
	lockFile   = "lock"
	damagedDir = "damaged" // the last index that could not be opened
	folderName = "index-*" // an index; those that the state doesn't name are remains
)

// state says which indexes there are. It is replaced in one go: after a crash
// either all of a change has happened or nothing.
type state struct {
	Layout  int    `json:"layout"`
	Answers place  `json:"answers"`           // the index that is asked
	Whole   bool   `json:"whole"`             // it has had every document
	Next    *place `json:"next,omitempty"`    // the one that is made beside it
	Rebuild string `json:"rebuild,omitempty"` // why one is needed
}

// place is where an index lies and which analyzer makes its words.
type place struct {
	Folder   string `json:"folder"`
	Analyzer string `json:"analyzer"`
}

// newest is the index that gets every document.
func (s *state) newest() place {
	if s.Next != nil {
		return *s.Next
	}
	return s.Answers
}

// leave forgets the index that is asked: from then on the one beside it is.
func (s *state) leave() { s.Answers, s.Whole, s.Next = *s.Next, false, nil }

var errState = errors.New("search index: its state can't be read")

// readState gives what is noted below dir; fs.ErrNotExist if nothing is.
func readState(dir string) (state, error) {
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return state{}, fmt.Errorf("search index: %w", err)
	}
	var s state
	if json.Unmarshal(b, &s) != nil || !s.Answers.sound() || s.Next != nil && !s.Next.sound() {
		return state{}, errState
	}
	return s, nil
}

// sound says whether the folder is one of the engine's.
func (p place) sound() bool {
	ok, err := filepath.Match(folderName, p.Folder)
	return ok && err == nil && filepath.Base(p.Folder) == p.Folder
}

func (s *state) save(dir string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return writeDurably(filepath.Join(dir, stateFile), b)
}

// writeDurably replaces a small file; it and its name are on disk on return.
func writeDurably(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("search index: %w", err), os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// firstLayout is what the first layout left: it kept no state.
var firstLayout = [...]string{"index", "version", "rebuild"}

// beginning says why the folder without a usable state begins empty.
func beginning(dir string, err error) (reason string, fatal error) {
	if errors.Is(err, errState) {
		return reasonDamaged, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, firstLayout[0])); err == nil {
		return reasonVersion, nil
	}
	if left, err := filepath.Glob(filepath.Join(dir, folderName)); err == nil && len(left) > 0 {
		return reasonDamaged, nil
	}
	return reasonNew, nil
}

// tidy removes what a crash or an older layout left below dir.
func (s *state) tidy(dir string) error {
	left := make([]string, 0, len(firstLayout))
	for _, name := range firstLayout {
		left = append(left, filepath.Join(dir, name))
	}
	for _, pattern := range [...]string{folderName, stateFile + ".*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return fmt.Errorf("search index: %w", err)
		}
		left = append(left, found...)
	}
	for _, path := range left {
		if name := filepath.Base(path); name == s.Answers.Folder || name == s.newest().Folder {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
	}
	return nil
}

// wants changes the state to what the analyzer now needs. beside says that an
// index has to be made beside the one that is asked, anew that the whole index
// has to begin empty.
func (s *state) wants(now string) (beside, anew bool) {
	switch {
	case s.Layout != layoutVersion:
		return false, true
	case s.Answers.Analyzer == now:
		if s.Next != nil { // back to the version before: its index has had every change
			s.Next, s.Rebuild = nil, ""
		}
		return false, false
	case s.Next != nil && s.Next.Analyzer == now:
		return false, false
	}
	s.Next = nil
	return s.Whole, !s.Whole
}
