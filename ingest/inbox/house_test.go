package inbox

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// house is a jobcenter of two sites with the door on its real catalog and
// policy. sommer and herbst work in team L1, winter at another site, kraft in
// another team of the same site.
type house struct {
	*Inbox
	t     *testing.T
	clock *catalogtest.Clock
	rows  *catalogtest.Faults
	users map[string]record.Actor
	files int
}

func newHouse(t *testing.T) *house { return newHouseOn(t, catalogtest.SQLite) }

func newHouseOn(t *testing.T, open catalogtest.Opener) *house {
	t.Helper()
	h := &house{t: t, clock: catalogtest.NewClock(), rows: &catalogtest.Faults{}, users: map[string]record.Actor{}}
	cat := open(t, h.clock, catalog.WithConnector(h.rows.Wrap))
	policy, err := access.NewPolicy(access.Default())
	h.ok(err)
	h.Inbox = New(Deps{Catalog: cat, Policy: policy, Clock: h.clock})
	h.tx(func(tx *catalog.Tx) error {
		for _, s := range []string{"03104", "03107"} {
			if err := tx.PutSite(record.Site{Code: s, Name: s, Teams: []record.Team{{Code: "L1"}, {Code: "L2"}}}); err != nil {
				return err
			}
		}
		return tx.PutRetentionClass(record.RetentionClass{Class: "leistung", Years: 10, From: "end_of_year_of_closing"})
	})
	for name, role := range map[string]record.RoleAt{
		"sommer": {Role: record.RoleCaseworker, Site: "03104", Team: "L1"}, "herbst": {Role: record.RoleCaseworker, Site: "03104", Team: "L1"},
		"kraft": {Role: record.RoleCaseworker, Site: "03104", Team: "L2"}, "winter": {Role: record.RoleCaseworker, Site: "03107", Team: "L1"},
		"lead": {Role: record.RoleTeamlead, Site: "03104", Team: "L1"}, "clearing": {Role: record.RoleClearing, Site: "03104"},
		"reception": {Role: record.RoleReception, Site: "03104"}, "records": {Role: record.RoleRecords, Site: "03104"},
		"auditor": {Role: record.RoleAuditor, Site: "03104"}, "dpo": {Role: record.RoleDPO, Site: "*"}, "admin": {Role: record.RoleSiteadmin, Site: "03104"},
		"scan": {Role: record.RoleScan, Site: "03104"}, "integration": {Role: record.RoleIntegration, Site: "03104"},
	} {
		h.user(name, role)
	}
	return h
}

func (h *house) user(name string, roles ...record.RoleAt) {
	h.t.Helper()
	a := record.Actor{User: record.UserID(record.NewID()), Name: name, Via: "api", Request: record.NewID()}
	h.users[name] = a
	h.tx(func(tx *catalog.Tx) error {
		return errors.Join(tx.PutUser(catalog.User{ID: a.User, Name: name, Display: "Display of " + name}), tx.PutRoles(a.User, roles))
	})
}

func (h *house) as(name string) record.Actor { return h.users[name] }

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// is insists on an error of a category.
func (h *house) is(what string, err, category error) {
	h.t.Helper()
	if !errors.Is(err, category) {
		h.t.Errorf("%s: %v, want %v", what, err, category)
	}
}

func (h *house) tx(fn func(tx *catalog.Tx) error) {
	h.t.Helper()
	h.ok(h.Catalog.WithTx(context.Background(), fn))
}

// file makes a file at 03104 in L1; responsible is a sign-in name or "".
func (h *house) file(responsible string, sens record.Sensitivity) record.File {
	h.t.Helper()
	h.files++
	p := record.Person{ID: record.PersonID(record.NewID()), Names: []record.DatedName{{Name: "Grünwiese", FirstName: "Sabine"}}}
	f := record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: "03104", Team: "L1", RetentionClass: "leistung", Sensitivity: sens,
		Numbers: []record.DatedNumber{{Number: fmt.Sprintf("03104//%07d", h.files)}}, Members: []record.Member{{Person: p.ID, Role: "applicant"}}}
	if responsible != "" {
		f.Responsible = h.as(responsible).User
	}
	h.tx(func(tx *catalog.Tx) (err error) {
		if err := tx.PutPerson(p); err != nil {
			return err
		}
		f, err = tx.InsertFile(f)
		return err
	})
	return f
}

// letter lets a letter come in to a file ("" = to clearing) and gives its
// item, as the intake does it.
func (h *house) letter(f record.FileID) (record.ItemID, record.DocumentID) {
	h.t.Helper()
	h.clock.Advance(time.Second)
	d := record.Document{ID: record.DocumentID(record.NewID()), Object: record.ObjectID(record.NewID()), File: f, Type: "kontoauszug",
		Direction: record.DirectionIn, Title: "Auszug", Sensitivity: 1, Received: "2026-02-27", State: record.StateReady, Pages: 2, CreatedBy: h.as("scan").User}
	if f == "" {
		d.State = record.StateClearing
	}
	var id record.ItemID
	h.tx(func(tx *catalog.Tx) error {
		if err := tx.InsertDocument(d, "03104"); err != nil {
			return err
		}
		may := func(f record.Facts) bool { return h.Policy.Decide(f, access.DocumentView).Allowed }
		if err := tx.RouteItem(d.ID, h.as("scan").User, may); err != nil || f == "" {
			return err
		}
		i, err := tx.OpenItemOf(d.ID)
		id = i.ID
		return err
	})
	return id, d.ID
}

// item lets a letter come in for somebody ("" = for the team).
func (h *house) item(responsible string, sens record.Sensitivity) record.ItemID {
	h.t.Helper()
	id, _ := h.letter(h.file(responsible, sens).ID)
	return id
}

func (h *house) substitution(absent, substitute, from, to string) {
	h.t.Helper()
	h.tx(func(tx *catalog.Tx) error {
		return tx.PutSubstitution(catalog.Substitution{ID: record.NewID(), Absent: h.as(absent).User, Substitute: h.as(substitute).User, From: from, To: to})
	})
}

// lists gives the ids of a queue, through all pages, and holds the count and
// the entry in the log to it.
func (h *house) lists(who string, q Query) []record.ItemID {
	h.t.Helper()
	var out []record.ItemID
	for q.Limit = 2; ; {
		p, err := h.List(context.Background(), h.as(who), q)
		h.ok(err)
		for _, i := range p.Items {
			id := i.ID
			if id == "" {
				id = record.ItemID(i.Document.ID)
			}
			out = append(out, id)
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
	c, err := h.Counts(context.Background(), h.as(who))
	h.ok(err)
	counts := map[string]int{"": c.Mine, QueueMine: c.Mine, QueueTeam: c.Team, QueueClearing: c.Clearing}
	if n := counts[q.Queue]; q.User == "" && n != len(out) {
		h.t.Errorf("%s has %d in the count of %q, %d in the list", who, n, q.Queue, len(out))
	}
	for _, s := range c.Substituted {
		if s.Name == q.User && s.Waiting != len(out) {
			h.t.Errorf("%s: %d wait for %s by the count, %d by the list", who, s.Waiting, q.User, len(out))
		}
	}
	return out
}

// refused counts the refusals in the log of an action.
func (h *house) refused(action string) int {
	h.t.Helper()
	return h.entries(catalog.AuditQuery{Action: action, Outcome: audit.Denied, Limit: 500})
}

func (h *house) entries(q catalog.AuditQuery) int {
	h.t.Helper()
	var n int
	h.tx(func(tx *catalog.Tx) error {
		es, _, err := tx.AuditEntries(q)
		n = len(es)
		return err
	})
	return n
}
