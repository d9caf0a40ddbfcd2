package identity

import (
	"errors"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"
)

func TestTokens(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		actor record.Actor
		name  string
		want  error
	}{
		{h.as("k.sommer"), "k.sommer", nil},
		{h.as("sdn"), "sdn", nil},
		{h.as("k.sommer"), "sdn", record.Denied},
		{h.as("adm.a"), "sdn", nil},
		{h.as("adm.a"), "k.sommer", record.Denied}, // could read files by it
		{h.as("adm.a"), "b.winter", record.NotFound},
		{h.as("adm.house"), "b.winter", record.Denied},
		{record.System("r"), "b.winter", nil},
		{record.System("r"), "nobody", record.NotFound},
		{record.Actor{Name: "k.sommer"}, "k.sommer", record.Denied},
		{record.Actor{User: h.user("sdn").ID, Name: "k.sommer"}, "k.sommer", record.Denied},
	} {
		token, err := h.NewToken(h.ctx, c.actor, c.name, 0)
		if !errors.Is(err, c.want) {
			t.Errorf("%s makes a token for %s: %v, want %v", c.actor.Name, c.name, err, c.want)
		}
		if c.want != nil {
			if token != "" {
				t.Error("a token in spite of the refusal")
			}
			h.newest(audit.TokenCreate, audit.Denied)
			continue
		}
		h.newest(audit.TokenCreate, audit.Done)
		actor, profile, err := h.FromToken(h.ctx, token, "r1")
		if err != nil || actor.Name != c.name || actor.Via != "api" || profile.Name != c.name || !strings.HasPrefix(token, "eakte_") {
			t.Errorf("the token gives %+v %v", actor, err)
		}
	}
	if _, err := h.NewToken(h.ctx, h.as("sdn"), "sdn", time.Second); !errors.Is(err, record.Invalid) {
		t.Errorf("a second: %v", err)
	}
	if _, err := h.NewToken(h.ctx, h.as("sdn"), "sdn", -time.Hour); !errors.Is(err, record.Invalid) {
		t.Errorf("an hour ago: %v", err)
	}
}

func TestTokensEnd(t *testing.T) {
	h := open(t)
	token, err := h.NewToken(h.ctx, h.as("sdn"), "sdn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour - time.Second)
	if _, _, err := h.FromToken(h.ctx, token, "r"); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Second)
	if _, _, err := h.FromToken(h.ctx, token, "r"); !errors.Is(err, record.Unauthenticated) {
		t.Errorf("an expired token: %v", err)
	}
	e := h.newest(audit.SignInFailed, audit.Denied)
	if e.personal.Detail["why"] != "token expired" || len(e.Objects) != 1 {
		t.Errorf("the entry is %+v", e)
	}
	if token, err = h.NewToken(h.ctx, h.as("sdn"), "sdn", 0); err != nil {
		t.Fatal(err)
	}
	if err := h.EndTokens(h.ctx, h.as("k.sommer"), "sdn"); !errors.Is(err, record.NotFound) && !errors.Is(err, record.Denied) {
		t.Errorf("somebody else ends them: %v", err)
	}
	if err := h.EndTokens(h.ctx, h.as("adm.a"), "sdn"); err != nil {
		t.Fatal(err)
	}
	h.newest(audit.TokenDelete, audit.Done)
	if _, _, err := h.FromToken(h.ctx, token, "r"); !errors.Is(err, record.Unauthenticated) {
		t.Errorf("an ended token: %v", err)
	}
}

// Bad tokens cost their sender nothing: some get an entry, the rest a number.
func TestBadTokensDontFillTheLog(t *testing.T) {
	h := open(t)
	before := len(h.log())
	for range 50 {
		if _, _, err := h.FromToken(h.ctx, TokenPrefix+newSecret(), "r"); !errors.Is(err, record.Unauthenticated) {
			t.Fatal(err)
		}
	}
	if n := len(h.log()) - before; n != badTokensASecond {
		t.Errorf("%d entries for 50 bad tokens in a second", n)
	}
	h.clock.pass(time.Second)
	if _, _, err := h.FromToken(h.ctx, "no token at all", "r"); !errors.Is(err, record.Unauthenticated) {
		t.Fatal(err)
	}
	if e := h.newest(audit.SignInFailed, audit.Denied); e.personal.Detail["unwritten_before"] != "45" {
		t.Errorf("the next entry says %+v", e.personal.Detail)
	}
}

func TestChangePassword(t *testing.T) {
	h := open(t)
	kept, actor := h.session("k.sommer")
	other, _ := h.session("k.sommer")
	if err := h.ChangePassword(h.ctx, actor, kept, "wrong", "another-password"); !errors.Is(err, record.Denied) {
		t.Errorf("with a wrong old password: %v", err)
	}
	h.newest(audit.UserChange, audit.Denied)
	if err := h.ChangePassword(h.ctx, actor, kept, password, "short"); !errors.Is(err, record.Invalid) {
		t.Errorf("to a short one: %v", err)
	}
	if err := h.ChangePassword(h.ctx, actor, kept, password, "another-password"); err != nil {
		t.Fatal(err)
	}
	h.newest(audit.UserChange, audit.Done)
	if _, _, err := h.FromSession(h.ctx, kept, "r"); err != nil {
		t.Errorf("the session that asked: %v", err)
	}
	if _, _, err := h.FromSession(h.ctx, other, "r"); !errors.Is(err, record.Unauthenticated) {
		t.Errorf("the other session: %v", err)
	}
	if _, _, err := h.signIn("k.sommer", "another-password"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	for range shortLimit {
		h.ChangePassword(h.ctx, actor, kept, "wrong", "one-more-password")
	}
	if err := h.ChangePassword(h.ctx, actor, kept, "another-password", "one-more-password"); !errors.Is(err, record.Denied) {
		t.Errorf("guessing the old password has no end: %v", err)
	}
	if _, _, err := h.signIn("k.sommer", "another-password"); err != nil {
		t.Errorf("and keeps the user out: %v", err)
	}
}

func TestProfiles(t *testing.T) {
	h := open(t)
	for name, want := range map[string]string{
		"k.sommer": "create files search upload", "sdn": "deliveries upload", "adm.a": "health settings users",
		"dpo": "audit", "both": "files upload",
	} {
		_, p, err := h.FromSession(h.ctx, first(h.session(name)), "r")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range []string{MayAudit, MayClearing, MayCreateFile, MayDeliveries, MayFiles, MayHealth, MayRecords, MaySearch, MaySettings, MayUpload, MayUsers} {
			if p.May[k] {
				got = append(got, k)
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s is offered %q, want %q", name, s, want)
		}
	}
}

func first(token string, _ record.Actor) string { return token }
