package identity

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func TestSignIn(t *testing.T) {
	h := open(t)
	token, actor, err := h.signIn(" k.sommer ", password)
	if err != nil {
		t.Fatal(err)
	}
	e := h.newest(audit.SignIn, audit.Done)
	if e.Actor != actor.User || e.personal.ActorName != "k.sommer" || e.personal.Address != "10.0.0.7" {
		t.Errorf("the entry of the sign-in is %+v", e)
	}
	again, profile, err := h.FromSession(h.ctx, token, "r1")
	if err != nil || again.User != actor.User || again.Via != "web" || again.Request != "r1" {
		t.Errorf("the session gives %+v, %v", again, err)
	}
	if profile.Name != "k.sommer" || len(profile.Roles) != 1 || !profile.May[MaySearch] || profile.May[MayClearing] || profile.May[MayUsers] {
		t.Errorf("the profile is %+v", profile)
	}
	if len(token) != 43 {
		t.Errorf("the session's token has %d letters, 256 bits have 43", len(token))
	}
}

// One answer for an unknown name, a wrong password and a disabled user, and
// each leaves an entry that says which it was.
func TestSignInRefusals(t *testing.T) {
	h := open(t)
	if err := h.Disable(h.ctx, h.as("adm.a"), "sdn"); err != nil {
		t.Fatal(err)
	}
	h.put(func(tx *catalog.Tx) error { return tx.PutUser(catalog.User{ID: "nopassword", Name: "n.opass"}) })
	var first error
	for _, c := range []struct{ name, password, why, kept string }{
		{"k.sommer", "wrong", "password", "k.sommer"},
		{"nobody", password, "unknown", ""},
		{"K.Sommer", password, "unknown", ""},
		{"", "", "unknown", ""},
		{"a\x00b", password, "unknown", ""},
		{"a\xffb", password, "unknown", ""},
		{"Heizkosten-2026", "", "unknown", ""}, // a password typed as name is not kept
		{"sdn", password, "disabled", "sdn"},
		{"n.opass", "", "password", "n.opass"},
		{"k.sommer", password + strings.Repeat("x", maxPassword), "password", "k.sommer"},
	} {
		_, _, err := h.signIn(c.name, c.password)
		if !errors.Is(err, record.Unauthenticated) {
			t.Fatalf("%q: %v", c.name, err)
		}
		if first == nil {
			first = err
		}
		if !reflect.DeepEqual(err, first) {
			t.Errorf("%q: %v differs from %v", c.name, err, first)
		}
		e := h.newest(audit.SignInFailed, audit.Denied)
		if e.personal.Detail["why"] != c.why || e.personal.ActorName != c.kept || strings.Contains(h.words(e), password) {
			t.Errorf("%q: the entry is %+v", c.name, e)
		}
	}
}

// The same work is done for every name: the hash is computed once each time.
func TestSameWork(t *testing.T) {
	hs := newHasher(HashParams{Memory: 8, Passes: 1, Lanes: 1}, 1)
	stored := HashPassword(password, hs.params)
	parsed, err := parsePHC(stored)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.params != hs.decoy.params || len(parsed.salt) != len(hs.decoy.salt) || len(parsed.sum) != len(hs.decoy.sum) {
		t.Errorf("an unknown name's work %+v is not a known one's %+v", hs.decoy.params, parsed.params)
	}
	for _, c := range []struct {
		stored, password string
		want             bool
	}{{stored, password, true}, {stored, "x", false}, {"", password, false}, {"", "", false}, {stored, "", false}} {
		if got, err := hs.check(c.stored, c.password); got != c.want || err != nil {
			t.Errorf("check(%q): %v %v", c.password, got, err)
		}
	}
	if ok, err := hs.check("$argon2id$v=19$m=8", password); ok || !errors.Is(err, record.Corrupt) {
		t.Errorf("a torn hash: %v %v", ok, err)
	}
}

func TestHashes(t *testing.T) {
	p := HashParams{Memory: 16, Passes: 1, Lanes: 2}
	s := HashPassword("Straße", p)
	if !strings.HasPrefix(s, "$argon2id$v=19$m=16,t=1,p=2$") {
		t.Errorf("the hash does not state its parameters: %s", s)
	}
	if HashPassword("Straße", p) == s {
		t.Error("two hashes of a password are the same: no salt")
	}
	for _, bad := range []string{"", "x", "$argon2i$v=19$m=16,t=1,p=2$AAAAAAAAAAAAAAAAAAAAAA$AAAA", strings.Replace(s, "v=19", "v=16", 1),
		strings.Replace(s, "m=16", "m=99999999", 1), strings.Replace(s, "t=1", "t=0", 1), s[:len(s)-4], s + "$x"} {
		if _, err := parsePHC(bad); !errors.Is(err, record.Corrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Older parameters still open, and are replaced by today's.
func TestRehash(t *testing.T) {
	h := open(t)
	u := h.user("k.sommer")
	old := HashPassword(password, HashParams{Memory: 32, Passes: 2, Lanes: 1})
	h.put(func(tx *catalog.Tx) error { return tx.SetPassword(u.ID, old) })
	h.session("k.sommer")
	if now := h.user("k.sommer").PasswordHash; now == old || !strings.Contains(now, "m=8,t=1") {
		t.Errorf("the hash is still %s", now)
	}
	h.session("k.sommer")
}

func TestThrottleByName(t *testing.T) {
	for _, name := range []string{"k.sommer", "nobody"} {
		h := open(t)
		for i := range shortLimit {
			if _, _, err := h.signIn(name, "wrong"); !errors.Is(err, record.Unauthenticated) {
				t.Fatalf("%s, try %d: %v", name, i, err)
			}
		}
		if _, _, err := h.signIn(name, password); !errors.Is(err, record.Busy) {
			t.Fatalf("%s, the right password after %d failures: %v", name, shortLimit, err)
		}
		if e := h.newest(audit.SignInFailed, audit.Denied); e.personal.Detail["why"] != "throttled" {
			t.Errorf("%s: the entry is %+v", name, e)
		}
		if _, _, err := h.signIn("b.winter", password); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		h.clock.pass(shortWindow + time.Second)
		_, _, err := h.signIn(name, password)
		if name == "nobody" && !errors.Is(err, record.Unauthenticated) || name != "nobody" && err != nil {
			t.Errorf("%s, a minute later: %v", name, err)
		}
	}
}

// Going on trying does not keep the owner of the name out for longer, and a
// success forgets the failures.
func TestThrottleEnds(t *testing.T) {
	h := open(t)
	failures := 0
	for range 60 {
		if _, _, err := h.signIn("k.sommer", "wrong"); errors.Is(err, record.Unauthenticated) {
			failures++
		}
		h.clock.pass(10 * time.Second)
	}
	if failures != longLimit {
		t.Errorf("%d guesses were checked in ten minutes, the limit is %d", failures, longLimit)
	}
	h.clock.pass(longWindow)
	h.session("k.sommer")
	for range shortLimit - 1 {
		h.signIn("k.sommer", "wrong")
	}
	h.session("k.sommer")
	for range shortLimit - 1 {
		h.signIn("k.sommer", "wrong")
	}
	h.session("k.sommer")
}

// Many at once can't slip through between the count and the failure.
func TestThrottleIsAtomic(t *testing.T) {
	h := open(t)
	var checked atomic.Int32
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, _, err := h.signIn("k.sommer", "wrong"); errors.Is(err, record.Unauthenticated) {
				checked.Add(1)
			}
		})
	}
	wg.Wait()
	if checked.Load() != shortLimit {
		t.Errorf("%d guesses were checked at once, the limit is %d", checked.Load(), shortLimit)
	}
}

// While somebody tries many names, each gets fewer tries, but who has not
// failed still gets in.
func TestThrottleHouse(t *testing.T) {
	h := open(t)
	h.put(func(tx *catalog.Tx) error {
		for range houseLimit + 1 {
			if err := tx.PutSignInFailure(houseKey, h.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	for range tightLimit {
		h.signIn("b.winter", "wrong")
	}
	if _, _, err := h.signIn("b.winter", password); !errors.Is(err, record.Busy) {
		t.Errorf("after %d failures in a bad hour: %v", tightLimit, err)
	}
	h.session("k.sommer")
	h.clock.pass(longWindow + time.Second)
	h.session("b.winter")
}

func TestQueueIsBounded(t *testing.T) {
	hs := newHasher(HashParams{Memory: 8, Passes: 1, Lanes: 1}, 1)
	leave, err := hs.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range waiting {
		wg.Go(func() {
			if _, err := hs.enter(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("who waited: %v", err)
			}
		})
	}
	for len(hs.queue) < waiting+1 {
		time.Sleep(time.Millisecond)
	}
	if _, err := hs.enter(t.Context()); !errors.Is(err, record.Busy) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	wg.Wait()
	leave()
	leave, err = hs.enter(t.Context())
	if err != nil {
		t.Fatal("the slots did not come back:", err)
	}
	leave()
}

func TestSessionsEnd(t *testing.T) {
	h := open(t)
	opens := func(token string) bool {
		t.Helper()
		_, _, err := h.FromSession(h.ctx, token, "r")
		if err != nil && !errors.Is(err, record.Unauthenticated) {
			t.Fatal(err)
		}
		return err == nil
	}
	idle, _ := h.session("k.sommer")
	h.clock.pass(8*time.Hour - time.Second)
	used, _ := h.session("k.sommer")
	if !opens(idle) { // and counts as used
		t.Error("a session ends before eight hours without use")
	}
	h.clock.pass(4*time.Hour + 2*time.Second)
	if opens(idle) {
		t.Error("a session that is used lives longer than twelve hours")
	}
	if !opens(used) {
		t.Error("a session of four hours has ended")
	}
	lazy, _ := h.session("k.sommer")
	h.clock.pass(8 * time.Hour)
	if opens(lazy) {
		t.Error("a session lives for eight hours without use")
	}
	out, actor := h.session("k.sommer")
	if err := h.SignOut(h.ctx, h.as("b.winter"), out); !errors.Is(err, record.NotFound) {
		t.Errorf("signing somebody else out: %v", err)
	}
	if err := h.SignOut(h.ctx, actor, out); err != nil {
		t.Fatal(err)
	}
	h.newest(audit.SignOut, audit.Done)
	if opens(out) {
		t.Error("a session lives on after signing out")
	}
	if err := h.SignOut(h.ctx, actor, out); err != nil {
		t.Errorf("signing out twice: %v", err)
	}
	if opens("") || opens("nonsense") {
		t.Error("nonsense is a session")
	}
}

func TestCSRF(t *testing.T) {
	h := open(t)
	one, _ := h.session("k.sommer")
	two, _ := h.session("k.sommer")
	c := h.CSRF(one)
	if !h.CheckCSRF(one, c) || h.CheckCSRF(two, c) || h.CheckCSRF(one, "") || h.CheckCSRF("", h.CSRF("")) || c == one || strings.Contains(c, one) {
		t.Error("the CSRF token does not belong to its session")
	}
}

// Neither a session's nor a token's secret nor a password is in the catalog.
func TestSecretsAreNotKept(t *testing.T) {
	h := open(t)
	session, _ := h.session("k.sommer")
	token, err := h.NewToken(h.ctx, h.as("k.sommer"), "k.sommer", 0)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(h.dir, "catalog.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	found := false
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		found = found || strings.Contains(string(b), fingerprint(session))
		for _, secret := range []string{session, token, strings.TrimPrefix(token, TokenPrefix), password} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s holds a secret", filepath.Base(f))
			}
		}
	}
	if !found {
		t.Error("the session's fingerprint was not found either: the test looks in the wrong place")
	}
}

// Nobody is signed in whose entry could not be written.
func TestNoSignInWithoutAudit(t *testing.T) {
	h := open(t)
	for name, pw := range map[string]string{"k.sommer": password, "nobody": "x"} {
		if _, _, err := h.SignIn(h.ctx, record.Actor{Via: "web", Request: "not a request id"}, name, pw, ""); err == nil || errors.Is(err, record.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, e := range h.log() {
		if e.Action == audit.SignIn {
			t.Errorf("a sign-in is in the log: %+v", e)
		}
	}
}
