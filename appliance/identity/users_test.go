package identity

import (
	"errors"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func at(role, site, team string) []record.RoleAt {
	return []record.RoleAt{{Role: role, Site: site, Team: team}}
}

// Who may give which role where: the right must cover every place concerned.
func TestAddUserRights(t *testing.T) {
	h := open(t)
	for i, c := range []struct {
		actor string
		roles []record.RoleAt
		want  error
	}{
		{"adm.a", at("caseworker", "A", "L1"), nil},
		{"adm.a", at("siteadmin", "A", ""), nil},
		{"adm.a", nil, nil},
		{"adm.a", at("caseworker", "B", "L1"), record.Denied},
		{"adm.a", append(at("caseworker", "A", "L1"), at("reception", "B", "")...), record.Denied},
		{"adm.a", at("siteadmin", "*", ""), record.Denied},
		{"adm.a", at("caseworker", "", ""), record.Denied},
		{"adm.house", at("siteadmin", "*", ""), nil},
		{"adm.house", at("caseworker", "B", "L2"), nil},
		{"k.sommer", at("caseworker", "A", "L1"), record.Denied},
		{"dpo", at("caseworker", "A", "L1"), record.Denied},
		{"sdn", nil, record.Denied},
	} {
		name := "new" + string(rune('a'+i))
		_, err := h.AddUser(h.ctx, h.as(c.actor), NewUser{Name: name, Password: password, Roles: c.roles})
		if !errors.Is(err, c.want) {
			t.Errorf("%s gives %v: %v, want %v", c.actor, c.roles, err, c.want)
		}
		if c.want == nil {
			e := h.newest(audit.UserCreate, audit.Done)
			if e.personal.Detail["name"] != name || len(e.Objects) != 1 || strings.Contains(h.words(e), password) {
				t.Errorf("the entry is %+v", e)
			}
			if _, _, err := h.signIn(name, password); err != nil {
				t.Errorf("%s can't sign in: %v", name, err)
			}
			continue
		}
		h.newest(audit.UserCreate, audit.Denied)
		if _, _, err := h.signIn(name, password); err == nil {
			t.Errorf("%s was added in spite of the refusal", name)
		}
	}
}

func TestAddUserChecks(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		n     NewUser
		field string
	}{
		{NewUser{Name: "", Password: password}, "name"},
		{NewUser{Name: "a b", Password: password}, "name"},
		{NewUser{Name: "a/b", Password: password}, "name"},
		{NewUser{Name: strings.Repeat("a", 65), Password: password}, "name"},
		{NewUser{Name: "new", Display: "a\nb", Password: password}, "display"},
		{NewUser{Name: "new", Password: "short"}, "password"},
		{NewUser{Name: "k.sommer.2", Password: "K.Sommer.2"}, "password"},
		{NewUser{Name: "new", Password: strings.Repeat("a", maxPassword+1)}, "password"},
		{NewUser{Name: "new", Password: "abcdefgh\x00"}, "password"},
		{NewUser{Name: "new", Password: password, Roles: at("boss", "A", "")}, "roles"},
		{NewUser{Name: "new", Password: password, Roles: at("*", "A", "")}, "roles"},
		{NewUser{Name: "new", Password: password, Roles: at("caseworker", "C", "")}, "roles"},
		{NewUser{Name: "new", Password: password, Roles: at("caseworker", "A", "L9")}, "roles"},
		{NewUser{Name: "new", Password: password, Roles: at("caseworker", "*", "L1")}, "roles"},
	} {
		_, err := h.AddUser(h.ctx, h.as("adm.house"), c.n)
		var e *record.Error
		if !errors.As(err, &e) || e.Category != record.Invalid || e.Field != c.field {
			t.Errorf("%+v: %v, want an error about %s", c.n, err, c.field)
		}
		if _, err := h.AddUser(h.ctx, h.as("k.sommer"), c.n); !errors.Is(err, record.Denied) {
			t.Errorf("%+v: who may not is told of parameters: %v", c.n, err)
		}
	}
	if _, err := h.AddUser(h.ctx, h.as("adm.a"), NewUser{Name: "b.winter", Password: password}); !errors.Is(err, record.Conflict) {
		t.Errorf("a taken name: %v", err)
	}
	if _, err := h.AddUser(h.ctx, h.as("adm.a"), NewUser{Name: "jürgen.müller-lüdenscheidt", Password: "pässwörd"}); err != nil {
		t.Errorf("letters of the language: %v", err)
	}
}

// Whom an administrator may change: everybody all of whose roles lie where they
// administer, never themselves. A user of other sites only is as good as absent.
func TestChangeRights(t *testing.T) {
	for _, c := range []struct {
		actor, name string
		want        error
	}{
		{"adm.a", "k.sommer", nil},
		{"adm.a", "b.winter", record.NotFound},
		{"adm.a", "nobody", record.NotFound},
		{"adm.a", "both", record.Denied},
		{"adm.a", "adm.a", record.Denied},
		{"adm.a", "adm.house", record.NotFound},
		{"adm.house", "both", nil},
		{"adm.house", "adm.house", record.Denied},
		{"k.sommer", "k.sommer", record.Denied},
		{"dpo", "k.sommer", record.Denied},
	} {
		h := open(t)
		before := h.user("k.sommer").PasswordHash
		for what, do := range map[string]func() error{
			"disable": func() error { return h.Disable(h.ctx, h.as(c.actor), c.name) },
			"enable":  func() error { return h.Enable(h.ctx, h.as(c.actor), c.name) },
			"reset":   func() error { return h.ResetPassword(h.ctx, h.as(c.actor), c.name, "another-password") },
		} {
			if err := do(); !errors.Is(err, c.want) {
				t.Errorf("%s: %s of %s: %v, want %v", c.actor, what, c.name, err, c.want)
			}
			if c.want != nil {
				h.newest(audit.UserChange, audit.Denied)
			} else {
				h.newest(audit.UserChange, audit.Done)
			}
		}
		if c.want != nil && h.user("k.sommer").PasswordHash != before {
			t.Errorf("%s changed a password in spite of the refusal", c.actor)
		}
	}
}

func TestSetRoles(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		actor, name string
		roles       []record.RoleAt
		want        error
	}{
		{"adm.a", "k.sommer", append(at("caseworker", "A", "L1"), at("reception", "A", "")...), nil},
		{"adm.a", "k.sommer", at("caseworker", "B", "L1"), record.Denied},                                           // gives at B
		{"adm.a", "both", at("reception", "A", ""), record.Denied},                                                  // takes at B
		{"adm.a", "both", append(at("reception", "B", ""), at("clearing", "A", "")...), nil},                        // leaves B alone
		{"adm.a", "adm.a", append(at("siteadmin", "A", ""), at("caseworker", "A", "L1")...), record.Denied},         // makes themselves caseworker
		{"adm.house", "adm.house", append(at("siteadmin", "*", ""), at("caseworker", "A", "L1")...), record.Denied}, // likewise
		{"adm.a", "b.winter", append(at("caseworker", "B", "L1"), at("caseworker", "A", "L1")...), record.NotFound}, // not theirs to know
		{"adm.b", "b.winter", nil, nil},                         // takes all
		{"adm.a", "b.winter", at("caseworker", "A", "L2"), nil}, // has no role: free to give
		{"adm.a", "k.sommer", at("king", "A", ""), record.Invalid},
		{"k.sommer", "k.sommer", at("teamlead", "A", "L1"), record.Denied},
	} {
		before := h.roles(c.name)
		err := h.SetRoles(h.ctx, h.as(c.actor), c.name, c.roles)
		if !errors.Is(err, c.want) {
			t.Errorf("%s gives %s %v: %v, want %v", c.actor, c.name, c.roles, err, c.want)
		}
		want := c.roles
		if c.want != nil {
			want = before
		}
		if got := h.roles(c.name); len(without(got, want))+len(without(want, got)) != 0 {
			t.Errorf("%s has %v, want %v", c.name, got, want)
		}
	}
	e := h.newest(audit.UserChange, audit.Denied)
	if e.personal.ActorName != "k.sommer" {
		t.Errorf("the entry is %+v", e)
	}
}

// Disabling and resetting end what is open: at once, not at the next sign-in.
func TestDisableEndsEverything(t *testing.T) {
	for what, do := range map[string]func(h *house) error{
		"disable": func(h *house) error { return h.Disable(h.ctx, h.as("adm.a"), "k.sommer") },
		"reset":   func(h *house) error { return h.ResetPassword(h.ctx, h.as("adm.a"), "k.sommer", "another-password") },
	} {
		h := open(t)
		session, actor := h.session("k.sommer")
		token, err := h.NewToken(h.ctx, actor, "k.sommer", 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := do(h); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.FromSession(h.ctx, session, "r"); !errors.Is(err, record.Unauthenticated) {
			t.Errorf("%s: the session: %v", what, err)
		}
		if _, _, err := h.FromToken(h.ctx, token, "r"); !errors.Is(err, record.Unauthenticated) {
			t.Errorf("%s: the token: %v", what, err)
		}
		if _, _, err := h.signIn("k.sommer", password); !errors.Is(err, record.Unauthenticated) {
			t.Errorf("%s: the old password: %v", what, err)
		}
		if what == "disable" {
			if err := h.Enable(h.ctx, h.as("adm.a"), "k.sommer"); err != nil {
				t.Fatal(err)
			}
			h.session("k.sommer")
		} else if _, _, err := h.signIn("k.sommer", "another-password"); err != nil {
			t.Errorf("the new password: %v", err)
		}
	}
}

// A user who was disabled by other ways than Disable is shut out all the same.
func TestDisabledInTheCatalog(t *testing.T) {
	h := open(t)
	session, actor := h.session("k.sommer")
	token, err := h.NewToken(h.ctx, actor, "k.sommer", 0)
	if err != nil {
		t.Fatal(err)
	}
	h.put(func(tx *catalog.Tx) error { return tx.SetDisabled(actor.User, true) })
	if _, _, err := h.FromSession(h.ctx, session, "r"); !errors.Is(err, record.Unauthenticated) {
		t.Errorf("the session: %v", err)
	}
	if _, _, err := h.FromToken(h.ctx, token, "r"); !errors.Is(err, record.Unauthenticated) {
		t.Errorf("the token: %v", err)
	}
	if err := h.ChangePassword(h.ctx, actor, session, password, "another-password"); !errors.Is(err, record.Denied) {
		t.Errorf("changes the password: %v", err)
	}
}

// A disabled administrator does nothing more, even with an actor from before.
func TestDisabledManager(t *testing.T) {
	h := open(t)
	adm := h.as("adm.a")
	if err := h.Disable(h.ctx, h.as("adm.house"), "adm.a"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Users(h.ctx, adm); !errors.Is(err, record.Denied) {
		t.Errorf("lists users: %v", err)
	}
	if _, err := h.AddUser(h.ctx, adm, NewUser{Name: "new", Password: password}); !errors.Is(err, record.Denied) {
		t.Errorf("adds users: %v", err)
	}
	if _, err := h.NewToken(h.ctx, adm, "adm.a", 0); !errors.Is(err, record.Conflict) {
		t.Errorf("makes a token: %v", err)
	}
}

func TestUsers(t *testing.T) {
	h := open(t)
	names := func(actor record.Actor) string {
		t.Helper()
		us, err := h.Users(h.ctx, actor)
		if err != nil {
			t.Fatal(err)
		}
		h.newest(audit.UserRead, audit.Allowed)
		var out []string
		for _, u := range us {
			out = append(out, u.Name)
		}
		return strings.Join(out, " ")
	}
	if got := names(h.as("adm.a")); got != "adm.a both k.sommer sdn" {
		t.Errorf("the administrator of A sees %s", got)
	}
	if got := names(h.as("adm.house")); got != "adm.a adm.b adm.house b.winter both dpo k.sommer sdn" {
		t.Errorf("the administrator of the house sees %s", got)
	}
	if got := names(record.System("r")); len(strings.Fields(got)) != 8 {
		t.Errorf("the operator sees %s", got)
	}
	for _, name := range []string{"k.sommer", "dpo", "sdn"} {
		if _, err := h.Users(h.ctx, h.as(name)); !errors.Is(err, record.Denied) {
			t.Errorf("%s lists users: %v", name, err)
		}
		h.newest(audit.UserRead, audit.Denied)
	}
}
