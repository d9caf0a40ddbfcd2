package oversight

import (
	"errors"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/record"
)

func TestEntriesByKind(t *testing.T) {
	h := open(t)
	h.story()
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{Group: "files"}, "own curious"},
		{Query{Group: "documents"}, "read loose guess"},
		{Query{Group: "documents", Outcome: audit.Denied}, "guess"},
		{Query{Group: "work", File: string(h.file["A"])}, "own curious"},
		{Query{Group: "signin"}, "stranger"},
		{Query{Outcome: audit.Denied}, "curious stranger guess"},
		{Query{Outcome: audit.Denied, File: string(h.file["A"])}, "curious"},
		{Query{Group: "system", Action: audit.SetupChange}, "siteB"},
		{Query{Group: "system", Action: audit.FileView}, ""},
	} {
		if got := queries(h.ask("dpo", c.q)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	for _, v := range h.ask("dpo", Query{Group: "work"}) {
		if v.Action == audit.AuditRead {
			t.Errorf("questions to the log are work: %+v", v)
		}
	}
	for _, q := range []Query{{Group: "everything"}, {Outcome: "maybe"}} {
		if _, _, err := h.Entries(t.Context(), as("dpo"), q); !errors.Is(err, record.Invalid) {
			t.Errorf("%+v: %v", q, err)
		}
		if _, _, err := h.Entries(t.Context(), as("k.sommer"), q); !errors.Is(err, record.Denied) {
			t.Errorf("%+v without the right: %v", q, err)
		}
	}
}

func TestOneEntry(t *testing.T) {
	h := open(t)
	h.story()
	user := h.ask("dpo", Query{Action: audit.UserChange})[0]
	if user.Names["u-k.sommer"] != "k.sommer" {
		t.Errorf("whom it concerned: %+v", user.Names)
	}
	got, err := h.Entry(t.Context(), as("dpo"), user.ID)
	if err != nil || got.ID != user.ID || got.Query != "user" || got.Names["u-k.sommer"] != "k.sommer" {
		t.Errorf("one entry: %+v, %v", got, err)
	}
	e := h.ask("dpo", Query{Action: audit.AuditRead, Limit: 1})[0]
	if e.Outcome != audit.Allowed || e.Query != "entry" || len(e.Objects) != 1 || e.Objects[0].ID != user.ID {
		t.Errorf("the question is written down as %+v", e)
	}
	siteB := h.ask("dpo", Query{Action: audit.SetupChange})[0].ID
	for _, c := range []struct {
		name, id string
		want     error
	}{
		{"dpo.a", siteB, record.NotFound}, {"dpo", record.NewID(), record.NotFound}, {"dpo", "nonsense", record.NotFound},
		{"k.sommer", user.ID, record.Denied}, {"adm", user.ID, record.Denied}, {"auditor", user.ID, record.Denied}, {"k.sommer", "nonsense", record.Denied},
	} {
		if v, err := h.Entry(t.Context(), as(c.name), c.id); !errors.Is(err, c.want) || v.ID != "" {
			t.Errorf("%s asks for %s: %v, want %v", c.name, c.id, err, c.want)
		}
		if e := h.ask("dpo", Query{Action: audit.AuditRead, Limit: 1})[0]; e.Outcome != audit.Denied || e.ActorName != c.name {
			t.Errorf("%s asks for %s: the newest entry is %+v", c.name, c.id, e)
		}
	}
}
