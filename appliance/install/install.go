// Package install is the door for the first setup in the browser: it asks step
// by step for the facts that a setup file would say and for where objects and
// words are kept, tests each answer before it goes on, and keeps what it has
// been told in the data folder, so that it can go on where it stood after a
// restart or a kill.
//
// There is no user yet whom policy could be asked about, and no log to write
// to. Who asks is who read the one-time token on the appliance's console: it
// opens one session, bound to this process, and every other method takes that
// session and refuses without it. What the setup does to the archive in the
// end is in its log as the system's doing.
//
// Passwords are kept only as their hashes. The keys of an outside store or
// search engine have to be kept until the end (0600), and then stand in the
// configuration that the setup leaves behind.
package install

import (
	"context"
	"maps"
	"slices"
	"sync"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/appliance/record"
)

// Stage is how far the archive itself has come.
type Stage int

// The stages. What a stage has made can't be asked for anew.
const (
	StageNone     Stage = iota // nothing of the archive is there
	StageRecovery              // key and recovery identity are made
	StageApplied               // sites, users and classes are in the catalog
)

// Deps are what main hands in.
type Deps struct {
	Config config.Config // as it was read; its Data names the folder
	// Given says what configuration file or environment have laid down; the
	// setup tests and shows it but can't change it.
	StoreGiven, SearchGiven bool
	Clock                   record.Clock
	Hash                    func(password string) string // makes the stored form of a password

	// TestStore looks at a store. root may be nil, or name a key that may make
	// the buckets; it is used for nothing else.
	TestStore  func(ctx context.Context, store config.Store, root *RootKey) Verdict
	TestSearch func(ctx context.Context, search config.Search) Verdict
	TestFolder func(path string) error
	// TestRecovery says whether a text can be a custodian's recipient.
	TestRecovery func(recipient string) error
	// Stage looks how far the archive has come.
	Stage func(ctx context.Context) (Stage, error)
	// Finish makes the archive of a plan and calls its Settle last. It may be
	// called again after an error or in another process.
	Finish func(ctx context.Context, p Plan) error
}

// What the pages answer with; they don't see the rest of the configuration.
type (
	Store  = config.Store
	Search = config.Search
	Folder = config.Folder
	Secret = config.Secret
)

// RootKey is a key of the store that may make buckets. It is never kept.
type RootKey struct{ AccessKey, SecretKey string }

// Install is the setup. It is safe for concurrent use.
type Install struct {
	d     Deps
	gate  *gate
	stage Stage
	done  chan struct{}

	finishing sync.Mutex // one Finish at a time
	mu        sync.Mutex
	st        state
	finished  bool
}

// Open goes on with the setup of a data folder, or begins it. token is to be
// shown on the console and is kept nowhere else.
func Open(ctx context.Context, d Deps) (in *Install, token string, err error) {
	in = &Install{d: d, done: make(chan struct{})}
	in.gate, token = newGate(d.Clock)
	if in.st, err = load(d.Config.Data); err != nil {
		return nil, "", err
	}
	in.prefill()
	if in.stage, err = d.Stage(ctx); err != nil {
		return nil, "", err
	}
	return in, token, nil
}

// prefill gives sensible answers to what has not been asked yet.
func (in *Install) prefill() {
	c, st := in.d.Config, &in.st
	if st.Store.Kind == "" || in.d.StoreGiven {
		st.Store = storeOf(c.Store)
	}
	if st.Search.Kind == "" || in.d.SearchGiven {
		st.Search = searchOf(c.Search)
	}
	if !st.Done[StepRetention] && len(st.Retention) == 0 {
		st.Retention = []record.RetentionClass{{Class: "leistung", Years: 10, From: "end_of_year_of_closing"},
			{Class: "vermittlung", Years: 5, From: "end_of_year_of_closing"}, {Class: "unterhalt", Years: 10, From: "end_of_year_of_closing"}}
	}
}

// Done is closed when the archive has been made.
func (in *Install) Done() <-chan struct{} { return in.done }

// View is what the pages may know: everything but secrets.
type View struct {
	Language, Name          string
	Administrator           Person
	Store                   config.Store  // without SecretKey
	Search                  config.Search // without keys
	HasStoreKey             bool          // a secret key is kept
	HasSearchKeys           bool
	StoreGiven, SearchGiven bool
	StoreVerdict            Verdict
	SearchVerdict           Verdict
	Sites                   []record.Site
	Users                   []Person // without the administrator
	Retention               []record.RetentionClass
	Folder                  config.Folder // Path "": none
	Recovery                []string
	Done                    map[string]bool
	Next                    string // the first step that is not done
	Stage                   Stage
	Interrupted             bool // finishing was begun
}

// Person is somebody who will sign in.
type Person struct {
	Name, Display string
	Roles         []record.RoleAt
	HasPassword   bool // false: one is made when the list of passwords is asked for
	Made          bool // the password was made by the setup
}

// View gives what has been told so far.
func (in *Install) View(session string) (View, error) {
	if err := in.gate.check(session); err != nil {
		return View{}, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	st := in.st.clone()
	v := View{Language: st.Language, Name: st.Name, Administrator: st.Administrator.person(), Store: st.Store.config(), Search: st.Search.config(),
		HasStoreKey: st.Store.SecretKey != "", HasSearchKeys: st.Search.SearchKey != "",
		StoreGiven: in.d.StoreGiven, SearchGiven: in.d.SearchGiven, StoreVerdict: st.StoreVerdict, SearchVerdict: st.SearchVerdict,
		Sites: st.Sites, Retention: st.Retention, Folder: st.Folder, Recovery: st.Recovery, Done: st.Done, Next: st.next(),
		Stage: in.stage, Interrupted: st.Finishing}
	v.Store.SecretKey, v.Search.SearchKey, v.Search.DocumentKey, v.Search.AdminKey = "", "", "", ""
	for _, u := range st.Users {
		v.Users = append(v.Users, u.person())
	}
	return v, nil
}

// Language is the language chosen in the setup, "" if none is yet.
func (in *Install) Language() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.st.Language
}

// change lets f work on a copy of the state for a step, which must be open; it
// becomes the state only when f has no objection and it is on disk.
func (in *Install) change(step string, f func(*state) error) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.open(step); err != nil {
		return err
	}
	st := in.st.clone()
	if err := f(&st); err != nil {
		return err
	}
	if err := st.save(in.d.Config.Data); err != nil {
		return err
	}
	in.st = st
	return nil
}

// open says whether a step may be answered now.
func (in *Install) open(step string) error {
	switch {
	case in.finished:
		return &record.Error{Category: record.Conflict, Message: "The setup is finished.", Hint: "Sign in; what was set up is changed there."}
	case in.stage >= StageApplied, in.stage >= StageRecovery && step == StepRecovery:
		return &record.Error{Category: record.Conflict, Message: "The archive has already been made with this.",
			Hint: "Finish the setup; what was set up can be changed afterwards."}
	}
	for _, s := range Steps() {
		if s == step {
			return nil
		}
		if !in.st.Done[s] {
			return &record.Error{Category: record.Conflict, Message: "An earlier step of the setup is not done yet.", Hint: "Go back to it."}
		}
	}
	return record.Bad("step", "is no step of the setup")
}

// The steps, in the order in which they are asked.
const (
	StepName          = "name"
	StepAdministrator = "administrator"
	StepStore         = "store"
	StepSearch        = "search"
	StepSites         = "sites"
	StepUsers         = "users"
	StepRetention     = "retention"
	StepFolder        = "folder"
	StepRecovery      = "recovery"
	StepSummary       = "summary"
)

// Steps lists the steps in their order.
func Steps() []string {
	return []string{StepName, StepAdministrator, StepStore, StepSearch, StepSites, StepUsers, StepRetention, StepFolder, StepRecovery, StepSummary}
}

// Roles lists the roles that somebody can be given.
func Roles() []string {
	return []string{record.RoleCaseworker, record.RoleTeamlead, record.RoleReception, record.RoleClearing, record.RoleScan,
		record.RoleRecords, record.RoleDPO, record.RoleAuditor, record.RoleSiteadmin, record.RoleIntegration}
}

// RetentionEvents lists what a retention class may count from.
func RetentionEvents() []string { return admin.RetentionEvents() }

// clone copies the state deep enough to be changed.
func (st state) clone() state {
	st.Sites = slices.Clone(st.Sites)
	st.Users = slices.Clone(st.Users)
	st.Retention = slices.Clone(st.Retention)
	st.Recovery = slices.Clone(st.Recovery)
	if st.Done = maps.Clone(st.Done); st.Done == nil {
		st.Done = map[string]bool{}
	}
	return st
}

// next is the first step that is not done.
func (st state) next() string {
	for _, s := range Steps() {
		if !st.Done[s] {
			return s
		}
	}
	return StepSummary
}
