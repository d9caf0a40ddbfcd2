package install

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/appliance/record"
)

// clock is a clock that a test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// place is a data folder with the tests of connections as the test wants them.
type place struct {
	t      *testing.T
	data   string
	clock  *clock
	deps   Deps
	stage  Stage
	plans  []Plan
	broken func(p Plan) error // how finishing fails; nil: it does not
	roots  []*RootKey
}

func newPlace(t *testing.T) *place {
	p := &place{t: t, data: filepath.Join(t.TempDir(), "data"), clock: &clock{time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}}
	cfg := config.Default()
	cfg.Data, cfg.Listen = p.data, "127.0.0.1:8080"
	p.deps = Deps{Config: cfg, Clock: p.clock,
		Hash: func(s string) string { return "hash of " + s },
		TestStore: func(_ context.Context, s config.Store, root *RootKey) Verdict {
			p.roots = append(p.roots, root)
			if s.SecretKey == "wrong" {
				return Verdict{Code: "wrong_key"}
			}
			return Verdict{OK: true, Code: s.Kind + "_ok"}
		},
		TestSearch: func(_ context.Context, s config.Search) Verdict {
			return Verdict{OK: s.SearchKey != "wrong", Code: s.Kind}
		},
		TestFolder: func(path string) error {
			_, err := os.Stat(path)
			return err
		},
		TestRecovery: func(r string) error {
			if !strings.HasPrefix(r, "age1") {
				return record.Bad("recovery", "is none")
			}
			return nil
		},
		Stage: func(context.Context) (Stage, error) { return p.stage, nil },
		Finish: func(_ context.Context, plan Plan) error {
			p.plans = append(p.plans, plan)
			if p.broken != nil {
				return p.broken(plan)
			}
			p.stage = StageApplied
			return plan.Settle()
		}}
	return p
}

// start is a process: a new token and a browser that enters it.
func (p *place) start() (*Install, string) {
	p.t.Helper()
	in, token, err := Open(p.t.Context(), p.deps)
	if err != nil {
		p.t.Fatal(err)
	}
	session, err := in.Enter(token, "127.0.0.1")
	if err != nil {
		p.t.Fatal(err)
	}
	return in, session
}

var sites = []record.Site{{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033"}, Teams: []record.Team{{Code: "L1", Name: "Leistung 1", FirstLetters: "A-K"}}}}

// answers are good answers to every step, in order.
func (p *place) answers() []func(*Install, string) error {
	ctx := p.t.Context()
	folder := filepath.Join(filepath.Dir(p.data), "scans")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		p.t.Fatal(err)
	}
	return []func(*Install, string) error{
		func(in *Install, s string) error { return in.SetName(ctx, s, "de", "Jobcenter Musterkreis") },
		func(in *Install, s string) error {
			return in.SetAdministrator(ctx, s, NewPerson{Name: "a.admin", Display: "Anna Admin", Password: "ein langes Wort"})
		},
		func(in *Install, s string) error {
			_, err := in.SetStore(ctx, s, config.Store{Kind: "s3", Endpoint: "https://minio:9000", AccessKey: "key", SecretKey: "secret"}, &RootKey{"root", "root-secret"})
			return err
		},
		func(in *Install, s string) error {
			_, err := in.SetSearch(ctx, s, config.Search{Kind: "meili", URL: "http://meili:7700", SearchKey: "k1", DocumentKey: "k2", AdminKey: "k3"})
			return err
		},
		func(in *Install, s string) error { return in.SetSites(ctx, s, sites) },
		func(in *Install, s string) error {
			_, err := in.ImportUsers(ctx, s, []byte("name;display;roles\nk.sommer;Katrin Sommer;caseworker@03104/L1\ns.scan;Scan;scan@03104\n"))
			return errors.Join(err, in.ConfirmUsers(ctx, s))
		},
		func(in *Install, s string) error {
			return in.SetRetention(ctx, s, []record.RetentionClass{{Class: "leistung", Years: 10, From: "end_of_year_of_closing"}})
		},
		func(in *Install, s string) error {
			return in.SetFolder(ctx, s, config.Folder{Path: folder, User: "s.scan"})
		},
		func(in *Install, s string) error { return in.SetRecovery(ctx, s, []string{"age1a", "age1b", "age1c"}) },
	}
}

// ready answers every step.
func (p *place) ready() (*Install, string) {
	p.t.Helper()
	in, s := p.start()
	for i, answer := range p.answers() {
		if err := answer(in, s); err != nil {
			p.t.Fatalf("step %s: %v", Steps()[i], err)
		}
	}
	return in, s
}

// TestResume: after each step the process ends and another goes on where it stood.
func TestResume(t *testing.T) {
	p := newPlace(t)
	for i, answer := range p.answers() {
		in, s := p.start()
		v, err := in.View(s)
		if err != nil || v.Next != Steps()[i] {
			t.Fatalf("before step %s: next is %s, %v", Steps()[i], v.Next, err)
		}
		if err := answer(in, s); err != nil {
			t.Fatalf("step %s: %v", Steps()[i], err)
		}
	}
	in, s := p.start()
	v, err := in.View(s)
	if err != nil || v.Next != StepSummary || v.Name != "Jobcenter Musterkreis" || len(v.Users) != 2 || v.Store.SecretKey != "" || !v.HasStoreKey || v.Search.AdminKey != "" {
		t.Fatalf("%+v, %v", v, err)
	}
	st, err := os.Stat(filepath.Join(p.data, StateFile))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("the state is %v, %v", st.Mode(), err)
	}
	b, err := os.ReadFile(filepath.Join(p.data, StateFile))
	if err != nil || strings.Contains(string(b), `"ein langes Wort"`) || strings.Contains(string(b), "root-secret") {
		t.Errorf("the state holds a password or the administrator's key: %s", b)
	}
	if err := in.Finish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if len(p.roots) == 0 || p.roots[0] == nil || p.roots[len(p.roots)-1] != nil {
		t.Error("the key that makes buckets goes to the test once and never again")
	}
}

// TestOrder: no step before those before it, and none without the session.
func TestOrder(t *testing.T) {
	p := newPlace(t)
	in, s := p.start()
	for i, answer := range p.answers() {
		if err := answer(in, "another session"); !errors.Is(err, record.Unauthenticated) {
			t.Errorf("%s without session: %v", Steps()[i], err)
		}
		if err := answer(in, s); i > 0 && !errors.Is(err, record.Conflict) {
			t.Errorf("%s first: %v", Steps()[i], err)
		}
		if i == 0 {
			in, s = newPlace(t).start() // nothing is answered there
		}
	}
	if err := in.Finish(t.Context(), s); !errors.Is(err, record.Conflict) {
		t.Errorf("finish first: %v", err)
	}
	if _, err := in.SetupFile(t.Context(), ""); !errors.Is(err, record.Unauthenticated) {
		t.Errorf("setup file without session: %v", err)
	}
	if err := in.Finish(t.Context(), ""); !errors.Is(err, record.Unauthenticated) {
		t.Errorf("finish without session: %v", err)
	}
}

// TestToken: guessing is slowed down, a second browser is told, typing is easy.
func TestToken(t *testing.T) {
	p := newPlace(t)
	in, token, err := Open(t.Context(), p.deps)
	if err != nil || len(strings.ReplaceAll(token, "-", "")) != tokenLetters {
		t.Fatalf("token %q, %v", token, err)
	}
	for range triesByOne {
		if _, err := in.Enter("AAAA-AAAA-AAAA-AAAA", "10.0.0.1"); !errors.Is(err, record.Denied) {
			t.Fatalf("a wrong token: %v", err)
		}
	}
	if _, err := in.Enter(token, "10.0.0.1"); !errors.Is(err, record.Busy) {
		t.Fatalf("after %d wrong ones: %v", triesByOne, err)
	}
	session, err := in.Enter(" "+strings.ToLower(strings.ReplaceAll(token, "-", " ")), "10.0.0.2")
	if err != nil || in.gate.check(session) != nil {
		t.Fatalf("another address: %v", err)
	}
	if _, err := in.Enter(token, "10.0.0.3"); !errors.Is(err, record.Conflict) {
		t.Fatalf("a second browser: %v", err)
	}
	p.clock.now = p.clock.now.Add(tryWindow)
	if _, err := in.Enter("", "10.0.0.1"); !errors.Is(err, record.Denied) {
		t.Fatalf("a minute later: %v", err)
	}
	for i := range triesByAll {
		_, _ = in.Enter("B", "10.1.0."+string(rune(i))) // each from elsewhere
	}
	if _, err := in.Enter("B", "10.2.0.1"); !errors.Is(err, record.Busy) {
		t.Fatalf("all together: %v", err)
	}
	_, other, err := Open(t.Context(), p.deps)
	if err != nil || other == token {
		t.Fatalf("the next start shows %q again", other)
	}
	if _, err := in.View(""); !errors.Is(err, record.Unauthenticated) {
		t.Fatalf("no session: %v", err)
	}
}

// TestOwnFields: a field that config's store or search gets has to be kept here too.
func TestOwnFields(t *testing.T) {
	names := func(v any) (out []string) {
		for i := range reflect.TypeOf(v).NumField() {
			name, _, _ := strings.Cut(reflect.TypeOf(v).Field(i).Tag.Get("json"), ",")
			out = append(out, name)
		}
		return out
	}
	if a, b := names(ownStore{}), names(config.Store{}); !reflect.DeepEqual(a, b) {
		t.Errorf("store: %v, config has %v", a, b)
	}
	if a, b := names(ownReplica{}), names(config.Replica{}); !reflect.DeepEqual(a, b) {
		t.Errorf("replica: %v, config has %v", a, b)
	}
	if a, b := names(ownSearch{}), names(config.Search{}); !reflect.DeepEqual(a, b) {
		t.Errorf("search: %v, config has %v", a, b)
	}
	full := config.Store{Kind: "s3", Endpoint: "e", Region: "r", Prefix: "p", AccessKey: "a", SecretKey: "s", DispositionKeyFile: "/d",
		Replica: config.Replica{Endpoint: "e", Region: "r", Prefix: "p", AccessKey: "a", SecretKey: "s"}}
	if back := storeOf(full).config(); back != full {
		t.Errorf("%+v came back as %+v", full, back)
	}
}

// TestGiven: what file or environment lay down is tested, not changed, and not
// written down a second time.
func TestGiven(t *testing.T) {
	p := newPlace(t)
	p.deps.StoreGiven = true
	p.deps.Config.Store = config.Store{Kind: "s3", Endpoint: "http://given:9000", Prefix: "eakte", Region: "r", AccessKey: "given", SecretKey: "given-secret"}
	in, s := p.ready()
	if err := in.Finish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := p.plans[0].Config.Store; got != p.deps.Config.Store {
		t.Errorf("%+v", got)
	}
	b, err := os.ReadFile(filepath.Join(p.data, config.OwnFile))
	if err != nil || strings.Contains(string(b), "given") {
		t.Errorf("%s, %v", b, err)
	}
}

// TestFinishTestsAgain: a store that went away since stops finishing, and
// nothing has been made.
func TestFinishTestsAgain(t *testing.T) {
	p := newPlace(t)
	in, s := p.ready()
	in.d.TestStore = func(context.Context, config.Store, *RootKey) Verdict { return Verdict{Code: "refused"} }
	err := in.Finish(t.Context(), s)
	var failed *FailedStep
	var untested *Untested
	if !errors.As(err, &failed) || failed.Step != StepStore || !errors.As(err, &untested) || untested.Verdict.Code != "refused" || len(p.plans) != 0 {
		t.Errorf("%v, %d plans", err, len(p.plans))
	}
}

// TestSetupFile: the offered file is one that eakte setup takes, and holds no secret.
func TestSetupFile(t *testing.T) {
	p := newPlace(t)
	in, s := p.ready()
	list, err := in.Passwords(t.Context(), s)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	b, err := in.SetupFile(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hash of", "ein langes Wort", "secret", "k2", list[0].Password} {
		if strings.Contains(string(b), secret) {
			t.Errorf("the setup file holds %q:\n%s", secret, b)
		}
	}
	dir := t.TempDir()
	for _, u := range []string{"a.admin", "k.sommer", "s.scan"} {
		if err := os.WriteFile(filepath.Join(dir, u+".txt"), []byte("ein langes Wort\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := admin.ReadSetup(strings.NewReader(string(b)), dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if got.Name != "Jobcenter Musterkreis" || len(got.Users) != 3 || len(got.Recovery) != 3 || !reflect.DeepEqual(got.Sites, sites) {
		t.Errorf("%+v", got)
	}
}

// TestPasswords: made for those without one, hashes kept only, a new list
// voids the one before, and what was typed stays.
func TestPasswords(t *testing.T) {
	p := newPlace(t)
	in, s := p.ready()
	if err := in.PutUser(t.Context(), s, "", NewPerson{Name: "b.own", Display: "B", Password: "selbst gewählt", Roles: []record.RoleAt{{Role: "dpo", Site: "*"}}}); err != nil {
		t.Fatal(err)
	}
	first, err := in.Passwords(t.Context(), s)
	if err != nil || len(first) != 2 {
		t.Fatalf("%v, %v", first, err)
	}
	second, err := in.Passwords(t.Context(), s)
	if err != nil || len(second) != 2 || second[0].Password == first[0].Password {
		t.Fatalf("%v, %v", second, err)
	}
	if err := in.Finish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	hashes := map[string]string{}
	for _, u := range p.plans[0].Facts.Users {
		hashes[u.Name] = u.PasswordHash
	}
	want := map[string]string{"a.admin": "hash of ein langes Wort", "b.own": "hash of selbst gewählt",
		second[0].Name: "hash of " + second[0].Password, second[1].Name: "hash of " + second[1].Password}
	if !reflect.DeepEqual(hashes, want) {
		t.Errorf("%v", hashes)
	}
}

// TestUnwritable: an answer that can't be kept is not taken for given.
func TestUnwritable(t *testing.T) {
	p := newPlace(t)
	in, s := p.start()
	if err := os.WriteFile(p.data, nil, 0o600); err != nil { // where the folder should be
		t.Fatal(err)
	}
	if err := p.answers()[0](in, s); !errors.Is(err, record.Unavailable) {
		t.Fatal(err)
	}
	if v, err := in.View(s); err != nil || v.Done[StepName] {
		t.Errorf("%+v, %v", v.Done, err)
	}
}

// TestDamagedState: a state that can't be read is told, never begun over silently.
func TestDamagedState(t *testing.T) {
	p := newPlace(t)
	p.ready()
	for _, content := range []string{"{", `{"version":2}`} {
		if err := os.WriteFile(filepath.Join(p.data, StateFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(t.Context(), p.deps); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", content, err)
		}
	}
}
