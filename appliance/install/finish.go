package install

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/appliance/record"
)

// Plan is what is to be made of the answers.
type Plan struct {
	Config config.Config // with store, search and folders as they were chosen
	Facts  admin.Setup
	// Settle is called when the archive is made and holds the facts: it writes
	// the configuration beside it and removes the state of the setup.
	Settle func() error
}

// Handout is a password to be handed to somebody. It is shown once.
type Handout struct{ Name, Display, Password string }

// passwordLetters of base32 are 80 bits.
const passwordLetters = 16

// Passwords makes a password for everybody who was not given one and gives the
// list. Only hashes are kept: asked again, it makes new ones, and the list
// given before is void.
func (in *Install) Passwords(_ context.Context, session string) ([]Handout, error) {
	if err := in.may(session, StepSummary); err != nil {
		return nil, err
	}
	in.mu.Lock()
	var people []NewPerson
	var out []Handout
	for _, u := range in.st.Users {
		if u.Hash == "" || u.Made {
			h := Handout{Name: u.Name, Display: u.Display, Password: strings.ToLower(rand.Text()[:passwordLetters])}
			people, out = append(people, NewPerson{Name: u.Name, Password: h.Password}), append(out, h)
		}
	}
	in.mu.Unlock()
	hashes := in.hashes(people)
	return out, in.change(StepSummary, func(st *state) error {
		for i, n := range people {
			if at := st.find(n.Name); at >= 0 {
				st.Users[at].Hash, st.Users[at].Made = hashes[i], true
			}
		}
		return nil
	})
}

// facts are the answers as a setup file would say them.
func (st *state) facts() admin.Setup {
	s := admin.Setup{Name: st.Name, Sites: st.Sites, Retention: st.Retention, Recovery: st.Recovery, Providers: []admin.Provider{}}
	for _, u := range append([]user{st.Administrator}, st.Users...) {
		s.Users = append(s.Users, admin.SetupUser{Name: u.Name, Display: u.Display, Roles: u.Roles, PasswordHash: u.Hash})
	}
	if s.Recovery == nil {
		s.Recovery = []string{}
	}
	return s
}

// SetupFile gives the answers as a setup.json: instead of a password it names
// a file that holds it (NAME.txt beside the setup file), to be written by hand.
func (in *Install) SetupFile(_ context.Context, session string) ([]byte, error) {
	if err := in.gate.check(session); err != nil {
		return nil, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	facts := in.st.facts()
	for i, u := range facts.Users {
		if u.PasswordHash != "" {
			facts.Users[i].PasswordFile = u.Name + ".txt"
		}
	}
	b, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("setup: %w", err)
	}
	return append(b, '\n'), nil
}

// Finish makes the archive. Doing it again after an error, or after the
// process was killed in the middle of it, goes on; when it is done, once more
// is no error. What fails its test by now is a *FailedStep.
func (in *Install) Finish(ctx context.Context, session string) error {
	if err := in.gate.check(session); err != nil {
		return err
	}
	in.finishing.Lock()
	defer in.finishing.Unlock()
	in.mu.Lock()
	finished, st := in.finished, in.st.clone()
	in.mu.Unlock()
	if finished {
		return nil
	}
	for _, s := range Steps() {
		if s != StepSummary && !st.Done[s] {
			return &record.Error{Category: record.Conflict, Message: "A step of the setup is not done yet.", Hint: "Go back to it."}
		}
	}
	facts := st.facts()
	if err := facts.Validate(); err != nil {
		return err
	}
	if err := in.testAgain(ctx, st); err != nil {
		return err
	}
	return in.build(ctx, facts)
}

// FailedStep is an error that says which step has to be answered again.
type FailedStep struct {
	Step string
	Err  error
}

// Error names the step.
func (f *FailedStep) Error() string { return f.Step + ": " + f.Err.Error() }

// Unwrap gives the cause.
func (f *FailedStep) Unwrap() error { return f.Err }

// testAgain tests what may have gone away since it was answered.
func (in *Install) testAgain(ctx context.Context, st state) error {
	if v := in.d.TestStore(ctx, st.Store.config(), nil); !v.OK {
		return &FailedStep{StepStore, &Untested{v}}
	}
	if v := in.d.TestSearch(ctx, st.Search.config()); !v.OK {
		return &FailedStep{StepSearch, &Untested{v}}
	}
	if st.Folder.Path != "" {
		if err := in.d.TestFolder(st.Folder.Path); err != nil {
			return &FailedStep{StepFolder, Problems{{Field: "path", Code: folderCode(err)}}}
		}
	}
	return nil
}

func (in *Install) build(ctx context.Context, facts admin.Setup) error {
	in.mu.Lock()
	in.st.Finishing = true // before anything is made: what is half made is not to be taken for an archive
	st := in.st.clone()
	err := st.save(in.d.Config.Data)
	in.mu.Unlock()
	if err != nil {
		return err
	}
	err = in.d.Finish(ctx, Plan{Config: in.planned(st), Facts: facts, Settle: func() error { return in.settle(st) }})
	in.mu.Lock()
	defer in.mu.Unlock()
	if err != nil {
		stage, serr := in.d.Stage(ctx)
		if serr == nil {
			in.stage = stage
		}
		return errors.Join(err, serr)
	}
	in.finished = true
	close(in.done)
	return nil
}

// planned is the configuration with what was chosen.
func (in *Install) planned(st state) config.Config {
	c := in.d.Config
	c.Store, c.Search = st.Store.config(), st.Search.config()
	same := func(f config.Folder) bool { return f.Path == st.Folder.Path }
	if st.Folder.Path != "" && !slices.ContainsFunc(c.Folders, same) {
		c.Folders = append(c.Folders[:len(c.Folders):len(c.Folders)], st.Folder)
	}
	return c
}

// own is the configuration that the setup leaves in the data folder. What
// configuration file or environment have laid down stays theirs.
type own struct {
	Listen  string          `json:"listen,omitempty"`
	Store   *ownStore       `json:"store,omitempty"`
	Search  *ownSearch      `json:"search,omitempty"`
	Folders []config.Folder `json:"folders,omitempty"`
}

func (in *Install) settle(st state) error {
	var o own
	if _, port, err := net.SplitHostPort(in.d.Config.Listen); err == nil && port != "0" {
		o.Listen = in.d.Config.Listen // asked for when it was set up: the next start answers there too
	}
	if !in.d.StoreGiven {
		o.Store = &st.Store
	}
	if !in.d.SearchGiven {
		o.Search = &st.Search
	}
	if st.Folder.Path != "" {
		o.Folders = append(o.Folders, st.Folder)
	}
	b, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if err := writeDurably(filepath.Join(in.d.Config.Data, config.OwnFile), append(b, '\n')); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	return Forget(in.d.Config.Data)
}
