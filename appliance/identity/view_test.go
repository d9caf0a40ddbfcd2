package identity

import (
	"errors"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"
)

func TestOneUser(t *testing.T) {
	h := open(t)
	if _, err := h.NewToken(h.ctx, record.System(record.NewID()), "sdn", time.Hour); err != nil {
		t.Fatal(err)
	}
	u, err := h.User(h.ctx, h.as("adm.a"), h.user("sdn").ID)
	if err != nil || u.Name != "sdn" || len(u.Tokens) != 1 || !u.Covered || !u.Token || u.Self {
		t.Errorf("a scan provider: %+v, %v", u, err)
	}
	if e := h.newest(audit.UserRead, audit.Allowed); len(e.Objects) != 1 || e.Objects[0].ID != string(u.ID) {
		t.Errorf("the entry names %+v", e.Objects)
	}
	h.clock.pass(2 * time.Hour)
	if u, err = h.User(h.ctx, h.as("adm.a"), h.user("sdn").ID); err != nil || len(u.Tokens) != 0 {
		t.Errorf("after the token's end: %+v, %v", u.Tokens, err)
	}
	if u, err = h.User(h.ctx, h.as("adm.a"), h.user("k.sommer").ID); err != nil || u.Token || !u.Covered {
		t.Errorf("a token of a caseworker would open files: %+v, %v", u, err)
	}
	if u, err = h.User(h.ctx, h.as("adm.a"), h.user("both").ID); err != nil || u.Covered || len(u.Roles) != 2 {
		t.Errorf("somebody with a role elsewhere: %+v, %v", u, err)
	}
	if u, err = h.User(h.ctx, h.as("adm.a"), h.user("adm.a").ID); err != nil || !u.Self {
		t.Errorf("oneself: %+v, %v", u, err)
	}
	for _, c := range []struct {
		actor string
		user  record.UserID
		want  error
	}{{"adm.a", h.user("b.winter").ID, record.NotFound}, {"adm.a", "nobody", record.NotFound}, {"k.sommer", h.user("k.sommer").ID, record.Denied}, {"dpo", "nobody", record.Denied}} {
		if u, err := h.User(h.ctx, h.as(c.actor), c.user); !errors.Is(err, c.want) || u.ID != "" {
			t.Errorf("%s asks for %s: %v, want %v", c.actor, c.user, err, c.want)
		}
		if e := h.newest(audit.UserRead, audit.Denied); e.personal.Query != string(c.user) {
			t.Errorf("the refusal says %+v", e.personal)
		}
	}
}

func TestSitesOfManager(t *testing.T) {
	h := open(t)
	codes := func(name string) (out string) {
		places, err := h.Sites(h.ctx, h.as(name))
		if err != nil {
			h.newest(audit.SetupRead, audit.Denied)
			return err.Error()[:6]
		}
		h.newest(audit.SetupRead, audit.Allowed)
		if places.House {
			out = "*"
		}
		for _, s := range places.Sites {
			out += s.Code
			for _, team := range s.Teams {
				out += "/" + team.Code
			}
		}
		return out
	}
	for name, want := range map[string]string{"adm.house": "*A/L1/L2B/L1/L2", "adm.a": "A/L1/L2", "k.sommer": "denied", "dpo": "denied"} {
		if got := codes(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// The table says what the policy says: every yes of the table is a yes of
// DecideAt, and separation of duties stands in it.
func TestRolesTable(t *testing.T) {
	h := open(t)
	for _, name := range []string{"dpo", "adm.a"} {
		roles, err := h.Roles(h.ctx, h.as(name))
		if err != nil || len(roles) != len(h.policy.Roles())+1 {
			t.Fatalf("%s: %d roles, %v", name, len(roles), err)
		}
		h.newest(audit.PolicyRead, audit.Allowed)
		for _, r := range roles {
			never := len(r.Never) > 0
			if want := r.Role == record.RoleDPO || r.Role == record.RoleSiteadmin; never != want {
				t.Errorf("%s: never is %v", r.Role, r.Never)
			}
			if len(r.Rights) == 0 {
				t.Errorf("%s may nothing", r.Role)
			}
		}
		if r := roles[0]; r.Role != record.RoleCaseworker || r.Rights[1].Action != "file.find" || len(r.Rights[1].Openings) != 3 || r.Rights[1].Openings[2] != (Opening{"team", 1}) {
			t.Errorf("the first role is %+v", r)
		}
	}
	for _, name := range []string{"k.sommer", "sdn"} {
		if _, err := h.Roles(h.ctx, h.as(name)); !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v", name, err)
		}
		h.newest(audit.PolicyRead, audit.Denied)
	}
}
