package oversight

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func TestEntriesBySite(t *testing.T) {
	h := open(t)
	h.story()
	if got := queries(h.ask("dpo", Query{})); got != "own curious read both loose nothing void stranger user guess siteB" {
		t.Errorf("the officer of the house sees: %s", got)
	}
	views := h.ask("dpo.a", Query{})
	if got := queries(views); got != "own curious both loose nothing user" {
		t.Errorf("the officer of A sees: %s", got)
	}
	for _, v := range views {
		for _, o := range v.Objects {
			if o == h.docAt("B") || o == h.fileAt("B") {
				t.Errorf("the officer of A is told of B: %+v", v)
			}
		}
	}
	if got := queries(h.ask("dpo", Query{File: string(h.file["A"])})); got != "own curious" {
		t.Errorf("the file of A: %s", got)
	}
	if got := queries(h.ask("dpo.a", Query{File: "03100 // 0012345"})); got != "own curious" {
		t.Errorf("the file of A by number: %s", got)
	}
	if got := queries(h.ask("dpo", Query{Document: string(h.doc["B"])})); got != "read both" {
		t.Errorf("the document of B: %s", got)
	}
	if got := queries(h.ask("dpo", Query{Action: audit.SignInFailed})); got != "stranger" {
		t.Errorf("failed sign-ins: %s", got)
	}
}

func TestEntryView(t *testing.T) {
	h := open(t)
	h.story()
	v := h.ask("dpo", Query{File: string(h.file["A"]), Limit: 1})[0]
	if v.Outcome != audit.Denied || v.Actor != "u-b.winter" || v.ActorName != "b.winter" || v.Query != "curious" ||
		v.Detail["reason"] != "access.none" || v.Via != "web" || v.Number != nil || v.Erased || v.Log != 2026 || len(v.Objects) != 1 {
		t.Errorf("the refusal is shown as %+v", v)
	}
	if _, err := h.cat.Sequence(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	h.put(func(tx *catalog.Tx) error { return tx.ErasePayloads([]string{v.ID}) })
	v = h.ask("dpo", Query{Action: audit.FileView, Limit: 1})[0]
	if !v.Erased || v.Query != "" || v.ActorName != "" || v.Detail == nil || v.Number == nil || *v.Number != 1 {
		t.Errorf("the erased entry is shown as %+v", v)
	}
}

// Who may not read the log is refused before anything of the question is
// looked at, and the refusal is an entry.
func TestEntriesRefusals(t *testing.T) {
	h := open(t)
	h.story()
	a, b := string(h.file["A"]), string(h.file["B"])
	for _, c := range []struct {
		name string
		q    Query
		want error
	}{
		{"k.sommer", Query{}, record.Denied},
		{"k.sommer", Query{File: a}, record.Denied},
		{"k.sommer", Query{File: "nonsense", Limit: -1, From: "x"}, record.Denied},
		{"adm", Query{}, record.Denied},
		{"auditor", Query{}, record.Denied},
		{"auditor", Query{File: a}, record.Denied},
		{"auditor", Query{Limit: -1}, record.Denied},
		{"gone", Query{}, record.Denied},
		{"nobody", Query{}, record.Denied},
		{"dpo.a", Query{File: b}, record.NotFound},
		{"dpo.a", Query{Document: string(h.doc["B"])}, record.NotFound},
		{"dpo.a", Query{File: a, Document: string(h.doc["B"])}, record.NotFound},
		{"dpo.a", Query{File: record.NewID()}, record.NotFound},
		{"dpo", Query{Document: "nonsense"}, record.NotFound},
		{"dpo", Query{Limit: -1}, record.Invalid},
		{"dpo", Query{Limit: 501}, record.Invalid},
		{"dpo", Query{From: "3.4.2026"}, record.Invalid},
		{"dpo", Query{To: "2026-02-30"}, record.Invalid},
		{"dpo", Query{Cursor: "nonsense"}, record.Invalid},
	} {
		views, _, err := h.Entries(t.Context(), as(c.name), c.q)
		if !errors.Is(err, c.want) || views != nil {
			t.Errorf("%s asks %+v: %v, want %v", c.name, c.q, err, c.want)
		}
		if c.want == record.Invalid {
			continue
		}
		e := h.ask("dpo", Query{Action: audit.AuditRead, Limit: 1})[0]
		if e.Outcome != audit.Denied || e.ActorName != c.name || e.Address != "10.0.0.9" {
			t.Errorf("%s asks %+v: the newest entry is %+v", c.name, c.q, e)
		}
	}
}

func TestAuditorByGrant(t *testing.T) {
	h := open(t)
	h.story()
	h.put(func(tx *catalog.Tx) error {
		return tx.PutGrant(catalog.Grant{File: h.file["A"], User: "u-auditor", Reason: "Prüfung 7", By: "u-k.sommer", From: "2026-11-01"})
	})
	if got := queries(h.ask("auditor", Query{File: string(h.file["A"])})); got != "own curious" {
		t.Errorf("the auditor sees: %s", got)
	}
	if got := queries(h.ask("auditor", Query{Document: string(h.doc["A"])})); got != "both" {
		t.Errorf("the auditor sees of the document: %s", got)
	}
	for _, v := range h.ask("auditor", Query{Document: string(h.doc["A"])}) {
		if v.Query == "both" && len(v.Objects) != 1 {
			t.Errorf("the auditor is told of other documents: %+v", v)
		}
	}
	if _, _, err := h.Entries(t.Context(), as("auditor"), Query{}); !errors.Is(err, record.Denied) {
		t.Errorf("without a file: %v", err)
	}
	if _, _, err := h.Entries(t.Context(), as("auditor"), Query{File: string(h.file["B"])}); !errors.Is(err, record.Denied) {
		t.Errorf("another file: %v", err)
	}
}

// Denials beat the office: an officer who is denied a file learns nothing of it.
func TestDeniedOfficer(t *testing.T) {
	h := open(t)
	h.story()
	h.put(func(tx *catalog.Tx) error {
		return tx.PutDenial(catalog.Grant{File: h.file["A"], User: "u-dpo", Reason: "own file", By: "u-k.sommer", From: "2026-11-01"})
	})
	if _, _, err := h.Entries(t.Context(), as("dpo"), Query{File: string(h.file["A"])}); !errors.Is(err, record.NotFound) {
		t.Errorf("asked by file: %v", err)
	}
	if got := queries(h.ask("dpo", Query{})); strings.Contains(got, "own") || strings.Contains(got, "curious") {
		t.Errorf("in the list: %s", got)
	}
}

func TestQuestionsAboutEmployees(t *testing.T) {
	h := open(t)
	h.story()
	if _, _, err := h.Entries(t.Context(), as("dpo"), Query{Actor: "k.sommer"}); !errors.Is(err, record.Denied) {
		t.Errorf("about an employee: %v", err)
	}
	if _, _, err := h.Entries(t.Context(), as("dpo"), Query{Actor: "nobody"}); !errors.Is(err, record.Denied) {
		t.Errorf("about a name: %v", err)
	}
	if got := queries(h.ask("dpo", Query{Actor: "k.sommer", File: string(h.file["A"])})); got != "own" {
		t.Errorf("an employee and a file: %s", got)
	}
	h.ask("dpo", Query{Actor: "dpo"})
	open := open(t, WithEmployees())
	open.story()
	if got := queries(open.ask("dpo", Query{Actor: "k.sommer"})); got != "own both loose nothing" {
		t.Errorf("with an agreement: %s", got)
	}
	if _, _, err := open.Entries(t.Context(), as("dpo"), Query{Actor: "nobody"}); !errors.Is(err, record.NotFound) {
		t.Errorf("with an agreement, about a name: %v", err)
	}
}

// The question is an entry, durable before the answer, that names what was shown.
func TestQuestionIsAudited(t *testing.T) {
	h := open(t)
	h.story()
	shown := h.ask("dpo", Query{File: string(h.file["A"])})
	e := h.ask("dpo", Query{Action: audit.AuditRead, Limit: 1})[0]
	if e.Outcome != audit.Allowed || e.ActorName != "dpo" || !strings.Contains(e.Query, string(h.file["A"])) || len(e.Objects) != 1+len(shown) {
		t.Errorf("the question is written down as %+v", e)
	}
	for i, v := range shown {
		if e.Objects[i+1] != (audit.Object{Kind: audit.KindEntry, ID: v.ID}) {
			t.Errorf("entry %d is not named in %+v", i, e.Objects)
		}
	}
	actor := as("dpo")
	actor.Request = "not a request id"
	if views, _, err := h.Entries(t.Context(), actor, Query{}); err == nil || views != nil {
		t.Errorf("an answer without an entry: %v", err)
	}
}

func TestEntriesPages(t *testing.T) {
	h := open(t)
	for i := range 30 {
		site := []string{"A", "B"}[i%2]
		h.did("k.sommer", audit.FileView, audit.Allowed, fmt.Sprint(i), h.fileAt(site))
	}
	var seen []string
	q := Query{Action: audit.FileView, Limit: 4}
	for range 10 {
		views, next, err := h.Entries(t.Context(), as("dpo.a"), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(views) > 4 {
			t.Fatalf("a page of %d", len(views))
		}
		for _, v := range views {
			seen = append(seen, v.Query)
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	if got := strings.Join(seen, " "); got != "28 26 24 22 20 18 16 14 12 10 8 6 4 2 0" {
		t.Errorf("all pages of A: %s", got)
	}
}

func TestDays(t *testing.T) {
	h := open(t)
	for _, at := range []string{"2026-11-19T22:59:59Z", "2026-11-19T23:00:00Z", "2026-11-20T22:59:59Z", "2026-11-20T23:00:00Z"} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		h.clock.set(when)
		h.did("k.sommer", audit.FileView, audit.Allowed, at, h.fileAt("A"))
	}
	if got := queries(h.ask("dpo", Query{Action: audit.FileView, From: "2026-11-20", To: "2026-11-20"})); got != "2026-11-19T23:00:00Z 2026-11-20T22:59:59Z" {
		t.Errorf("a day in Germany: %s", got)
	}
	if got := queries(h.ask("dpo", Query{Action: audit.FileView, From: "2026-11-20T23:00:00Z"})); got != "2026-11-20T23:00:00Z" {
		t.Errorf("from a time: %s", got)
	}
}

func TestCheckpoint(t *testing.T) {
	h := open(t)
	h.story()
	if _, err := h.Checkpoint(t.Context(), as("dpo")); !errors.Is(err, record.NotFound) {
		t.Errorf("before there is one: %v", err)
	}
	if _, err := h.cat.Sequence(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	at := h.clock.Now()
	h.put(func(tx *catalog.Tx) error {
		return tx.PutCheckpoint(catalog.Checkpoint{Log: 2026, Size: 5, At: at, Note: []byte("eakte/x/2026\n5\n")})
	})
	if _, err := h.cat.Sequence(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	got, err := h.Checkpoint(t.Context(), as("dpo.a"))
	if err != nil || got.Size != 5 || got.Entries != 7 || got.Log != 2026 || !got.At.Equal(at) || got.Note != "eakte/x/2026\n5\n" ||
		len(got.Root) != 64 || got.Pending != 4 {
		t.Errorf("the checkpoint is %+v, %v", got, err)
	}
	for _, name := range []string{"k.sommer", "adm", "auditor"} {
		if _, err := h.Checkpoint(t.Context(), as(name)); !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := h.ask("dpo", Query{Action: audit.AuditRead, Limit: 1})[0]
	if e.Outcome != audit.Denied || e.Query != "checkpoint" {
		t.Errorf("the refusal is %+v", e)
	}
}
