package oversight

import (
	"fmt"
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

// clock moves on by a microsecond each time it is asked.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) set(t time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.now = t }

// house has a file and a document at each of two sites, and a log of who
// looked at them.
type house struct {
	*Oversight
	t     *testing.T
	cat   *catalog.Catalog
	clock *clock
	file  map[string]record.FileID // by site
	doc   map[string]record.DocumentID
	loose record.DocumentID // in no file, at A
}

func open(t *testing.T, opts ...Option) *house {
	t.Helper()
	h := &house{t: t, clock: &clock{now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)},
		file: map[string]record.FileID{}, doc: map[string]record.DocumentID{}, loose: record.DocumentID(record.NewID())}
	var err error
	if h.cat, err = catalog.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "catalog.db"), h.clock); err != nil {
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
	h.Oversight = New(h.cat, policy, h.clock, opts...)
	h.put(h.fill)
	return h
}

func (h *house) put(fn func(tx *catalog.Tx) error) {
	h.t.Helper()
	if err := h.cat.WithTx(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) fill(tx *catalog.Tx) error {
	for i, site := range []string{"A", "B"} {
		if err := tx.PutSite(record.Site{Code: site, Name: site}); err != nil {
			return err
		}
		f, err := tx.InsertFile(record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: site, Team: "L1", Sensitivity: 1,
			Numbers: []record.DatedNumber{{Number: fmt.Sprintf("0310%d//0012345", i)}}, CreatedAt: h.clock.Now()})
		if err != nil {
			return err
		}
		d := record.DocumentID(record.NewID())
		h.file[site], h.doc[site] = f.ID, d
		if err := tx.InsertDocument(document(d, f.ID, h.clock.Now()), site); err != nil {
			return err
		}
	}
	if err := tx.InsertDocument(document(h.loose, "", h.clock.Now()), "A"); err != nil {
		return err
	}
	for name, r := range map[string]record.RoleAt{
		"dpo": {Role: record.RoleDPO, Site: "*"}, "dpo.a": {Role: record.RoleDPO, Site: "A"},
		"k.sommer": {Role: record.RoleCaseworker, Site: "A", Team: "L1"}, "b.winter": {Role: record.RoleCaseworker, Site: "B", Team: "L1"},
		"auditor": {Role: record.RoleAuditor, Site: "A"}, "adm": {Role: record.RoleSiteadmin, Site: "*"}, "gone": {Role: record.RoleDPO, Site: "*"}} {
		u := catalog.User{ID: record.UserID("u-" + name), Name: name, Display: name, Disabled: name == "gone"}
		if err := tx.PutUser(u); err != nil {
			return err
		}
		if err := tx.PutRoles(u.ID, []record.RoleAt{r}); err != nil {
			return err
		}
	}
	return nil
}

func document(id record.DocumentID, file record.FileID, at time.Time) record.Document {
	return record.Document{ID: id, Object: record.ObjectID(record.NewID()), File: file, Sensitivity: 1, Direction: record.DirectionIn,
		State: record.StateReady, Plain: record.Sum([]byte(id)), Cipher: record.Sum([]byte(id)), CreatedAt: at, CreatedBy: "u-k.sommer"}
}

func as(name string) record.Actor {
	return record.Actor{User: record.UserID("u-" + name), Name: name, Via: "api", Address: "10.0.0.9", Request: record.NewID()}
}

// did writes an entry about what somebody did.
func (h *house) did(name, action, outcome, query string, objects ...audit.Object) {
	h.t.Helper()
	e := audit.Entry{At: h.clock.Now(), Action: action, Outcome: outcome, Via: "web", Request: record.NewID(), Objects: objects,
		Personal: audit.Personal{ActorName: name, Query: query, Detail: map[string]string{"reason": "access.none"}}}
	if name != "" {
		e.Actor = record.UserID("u-" + name)
	}
	leaf, err := audit.Seal(e)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.cat.AppendAudit(h.t.Context(), leaf); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) fileAt(site string) audit.Object {
	return audit.Object{Kind: audit.KindFile, ID: string(h.file[site])}
}
func (h *house) docAt(site string) audit.Object {
	return audit.Object{Kind: audit.KindDocument, ID: string(h.doc[site])}
}

// story is a morning at both sites; the words are in the query of each entry.
func (h *house) story() {
	h.did("k.sommer", audit.FileView, audit.Allowed, "own", h.fileAt("A"))
	h.did("b.winter", audit.FileView, audit.Denied, "curious", h.fileAt("A"))
	h.did("b.winter", audit.DocumentView, audit.Allowed, "read", h.docAt("B"), h.fileAt("B"))
	h.did("k.sommer", audit.Search, audit.Allowed, "both", h.docAt("A"), h.docAt("B"))
	h.did("k.sommer", audit.DocumentView, audit.Allowed, "loose", audit.Object{Kind: audit.KindDocument, ID: string(h.loose)})
	h.did("k.sommer", audit.Search, audit.Allowed, "nothing")
	h.did("b.winter", audit.Search, audit.Allowed, "void")
	h.did("", audit.SignInFailed, audit.Denied, "stranger")
	h.did("adm", audit.UserChange, audit.Done, "user", audit.Object{Kind: audit.KindUser, ID: "u-k.sommer"})
	h.did("b.winter", audit.DocumentView, audit.Denied, "guess", audit.Object{Kind: audit.KindDocument, ID: record.NewID()})
	h.did("adm", audit.SetupChange, audit.Done, "siteB", audit.Object{Kind: audit.KindSite, ID: "B"})
}

func (h *house) ask(name string, q Query) []EntryView {
	h.t.Helper()
	views, _, err := h.Entries(h.t.Context(), as(name), q)
	if err != nil {
		h.t.Fatalf("%s asks %+v: %v", name, q, err)
	}
	return views
}

// queries are the words of the entries, oldest first, without the officers' own.
func queries(views []EntryView) string {
	var out []string
	for _, v := range views {
		if v.Action != audit.AuditRead {
			out = append([]string{v.Query}, out...)
		}
	}
	return strings.Join(out, " ")
}
