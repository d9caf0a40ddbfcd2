package identity

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now moves on by a microsecond each time, so that entries have an order.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// house is a small jobcenter with two sites in a real catalog.
type house struct {
	*Identity
	t     *testing.T
	cat   *catalog.Catalog
	clock *clock
	dir   string
	ctx   context.Context
}

const password = "Heizkosten-2026"

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, clock: &clock{now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}, ctx: t.Context(), dir: t.TempDir()}
	var err error
	h.cat, err = catalog.Open(h.ctx, "sqlite:"+filepath.Join(h.dir, "catalog.db"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.cat.Close(); err != nil {
			t.Error(err)
		}
	})
	policy, err := access.NewPolicy(access.Default())
	if err != nil {
		t.Fatal(err)
	}
	h.Identity = New(h.cat, policy, h.clock, Config{Hash: HashParams{Memory: 8, Passes: 1, Lanes: 1}})
	err = h.cat.WithTx(h.ctx, func(tx *catalog.Tx) error {
		for _, s := range []string{"A", "B"} {
			if err := tx.PutSite(record.Site{Code: s, Name: s, Teams: []record.Team{{Code: "L1"}, {Code: "L2"}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []struct{ name, role, site, team string }{
		{"k.sommer", record.RoleCaseworker, "A", "L1"}, {"b.winter", record.RoleCaseworker, "B", "L1"},
		{"adm.a", record.RoleSiteadmin, "A", ""}, {"adm.b", record.RoleSiteadmin, "B", ""},
		{"adm.house", record.RoleSiteadmin, "*", ""}, {"sdn", record.RoleScan, "A", ""},
		{"dpo", record.RoleDPO, "*", ""}, {"both", record.RoleReception, "A", ""}} {
		roles := []record.RoleAt{{Role: u.role, Site: u.site, Team: u.team}}
		if u.name == "both" {
			roles = append(roles, record.RoleAt{Role: record.RoleReception, Site: "B"})
		}
		if _, err := h.AddUser(h.ctx, record.System(record.NewID()), NewUser{Name: u.name, Password: password, Roles: roles}); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// as is a signed-in user.
func (h *house) as(name string) record.Actor {
	h.t.Helper()
	u := h.user(name)
	return record.Actor{User: u.ID, Name: u.Name, Via: "web", Address: "10.0.0.7", Request: record.NewID()}
}

func (h *house) user(name string) (u catalog.User) {
	h.t.Helper()
	h.read(func(tx *catalog.Tx) (err error) { u, err = tx.UserByName(name); return err })
	return u
}

func (h *house) roles(name string) (out []record.RoleAt) {
	u := h.user(name)
	h.read(func(tx *catalog.Tx) (err error) { out, err = tx.Roles(u.ID); return err })
	return out
}

func (h *house) read(fn func(tx *catalog.Tx) error) {
	h.t.Helper()
	if err := h.cat.Read(h.ctx, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) put(fn func(tx *catalog.Tx) error) {
	h.t.Helper()
	if err := h.cat.WithTx(h.ctx, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) signIn(name, password string) (string, record.Actor, error) {
	return h.SignIn(h.ctx, record.Actor{Via: "web", Request: record.NewID()}, name, password, "10.0.0.7")
}

func (h *house) session(name string) (string, record.Actor) {
	h.t.Helper()
	token, actor, err := h.signIn(name, password)
	if err != nil {
		h.t.Fatal(err)
	}
	return token, actor
}

// log gives the entries of the audit log, newest first, with their payloads.
func (h *house) log() (out []logged) {
	h.t.Helper()
	var all []catalog.AuditEntry
	h.read(func(tx *catalog.Tx) error {
		for cursor := ""; ; {
			page, next, err := tx.AuditEntries(catalog.AuditQuery{Cursor: cursor, Limit: 500})
			all = append(all, page...)
			if cursor = next; err != nil || next == "" {
				return err
			}
		}
	})
	for _, e := range all {
		header, err := audit.ParseHeader(e.Header)
		if err != nil {
			h.t.Fatal(err)
		}
		if err := audit.Check(e.Header, e.Salt, e.Payload); err != nil {
			h.t.Fatal(err)
		}
		personal, err := audit.ParsePersonal(e.Payload)
		if err != nil {
			h.t.Fatal(err)
		}
		out = append(out, logged{header, personal})
	}
	return out
}

type logged struct {
	audit.Header
	personal audit.Personal
}

// newest checks the newest entry.
func (h *house) newest(action, outcome string) logged {
	h.t.Helper()
	all := h.log()
	if len(all) == 0 {
		h.t.Fatalf("the log is empty; want %s, %s", action, outcome)
	}
	e := all[0]
	if e.Action != action || e.Outcome != outcome {
		h.t.Errorf("the newest entry is %s, %s; want %s, %s", e.Action, e.Outcome, action, outcome)
	}
	return e
}

// words are all that the personal part of an entry says.
func (h *house) words(e logged) string {
	var b strings.Builder
	for k, v := range e.personal.Detail {
		b.WriteString(k + "=" + v + " ")
	}
	return b.String() + e.personal.Query + e.personal.Reason + e.personal.ActorName
}
