package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
)

// inProcess runs something on a house's archive, assembled in this process.
func (h *house) inProcess(act func(a *app)) {
	h.t.Helper()
	here, err := os.Getwd()
	if err != nil {
		h.t.Fatal(err)
	}
	defer os.Chdir(here)
	errs := &bytes.Buffer{}
	c := &cli{stdout: errs, stderr: errs, env: func(string) string { return "" }}
	cfg, err := c.config("", h.data, "")
	if err != nil {
		h.t.Fatal(err)
	}
	a, err := assemble(h.t.Context(), cfg, newLogger(cfg, errs))
	if err != nil {
		h.t.Fatal(err, errs)
	}
	defer func() {
		if err := a.close(); err != nil {
			h.t.Error(err)
		}
	}()
	act(a)
}

// TestErasedDocument: after an erasure the archive is sound, who may see the
// document's state sees that its key is destroyed and when the last copy of it
// is gone, and nobody gets its content; the others are as they were.
func TestErasedDocument(t *testing.T) {
	h := keptHouse(t)
	var gone, stays record.Document
	h.inProcess(func(a *app) {
		ctx := t.Context()
		err := a.catalog.Read(ctx, func(tx *catalog.Tx) error {
			docs, err := tx.DocumentsAfter("", 10)
			gone, stays = docs[0], docs[1]
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		spec, err := upkeep.EraseJob(upkeep.Erasure{Document: gone.ID, Act: vault.ActErased, Basis: "art17", ProposedBy: "a", ApprovedBy: "b"})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := json.Marshal(spec.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.tasks.Erase(ctx, job.Job{Kind: spec.Kind, Payload: payload}); err != nil {
			t.Fatal(err)
		}
	})
	if out, errs, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("not sound after an erasure: %d\n%s%s", code, out, errs)
	}
	s := h.serve()
	c := s.as("k.sommer")
	var d struct {
		State, Name, Title string
		Destroyed          struct {
			Act         string
			At          time.Time
			CopiesUntil string `json:"copies_until"`
		}
	}
	c.want(200, "GET", "/documents/"+string(gone.ID), nil).into(t, &d)
	last := d.Destroyed.At.AddDate(0, 0, 35)
	if berlin, err := time.LoadLocation("Europe/Berlin"); err != nil || d.Destroyed.CopiesUntil != last.In(berlin).Format(time.DateOnly) ||
		d.State != "disposed" || d.Destroyed.Act != "erased" || d.Name+d.Title != "" {
		t.Errorf("%+v, %v", d, err)
	}
	for _, what := range []string{"/original", "/pages/1/image"} {
		if a := c.do("GET", "/documents/"+string(gone.ID)+what, nil); a.code != 404 {
			t.Errorf("%s: %d\n%s", what, a.code, a.body)
		}
	}
	c.want(200, "GET", "/documents/"+string(stays.ID)+"/original", nil)
	var other map[string]any
	c.want(200, "GET", "/documents/"+string(stays.ID), nil).into(t, &other)
	if v, there := other["destroyed"]; !there || v != nil {
		t.Errorf("destroyed of another document: %v", v)
	}
	s.stop()
	if out := h.must("key", "--data", h.data, "rotate"); !strings.Contains(out, "generation 2") {
		t.Errorf("%s", out)
	}
	if out, errs, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("not sound after erasure and rotation: %d\n%s%s", code, out, errs)
	}
}

// TestKeyCommand: through a running server and alone, and what it refuses.
func TestKeyCommand(t *testing.T) {
	h := keptHouse(t)
	before, err := os.ReadFile(h.keyFile())
	if err != nil {
		t.Fatal(err)
	}
	if out := h.must("key", "--data", h.data, "status"); !strings.Contains(out, "none so far") {
		t.Errorf("%s", out)
	}
	if _, said, code := h.run("key", "--data", h.data, "retire"); code != exitNo || !strings.Contains(said, "nothing to retire") {
		t.Errorf("%d %s", code, said)
	}
	s := h.serve()
	if out := h.must("key", "--data", h.data, "rotate"); !strings.Contains(out, "generation 2") {
		t.Errorf("%s", out)
	}
	c := s.as("k.sommer")
	file := c.makeFile("03104//0000003", "Sommer", "03104") // under the new key, without a restart
	r := c.post(file, []byte("vier"))
	c.until(r.Document, "ready")
	if out := h.must("key", "--data", h.data, "retire"); !strings.Contains(out, h.keyFile()+".before-generation-2") {
		t.Errorf("%s", out)
	}
	if got := c.want(200, "GET", "/documents/"+r.Document+"/original", nil); string(got.body) != "vier" {
		t.Errorf("%q", got.body)
	}
	s.stop()
	if out := h.must("verify", "--data", h.data); !strings.Contains(out, " 0 findings") {
		t.Errorf("%s", out)
	}
	if err := os.WriteFile(h.keyFile(), before, 0o600); err != nil { // somebody puts the old file back
		t.Fatal(err)
	}
	if _, said, code := h.run("verify", "--data", h.data); code != exitUnavailable || !strings.Contains(said, "not the archive's newest") {
		t.Errorf("with the old key file: %d %s", code, said)
	}
	for _, args := range [][]string{{"key", "--data", h.data}, {"key", "--data", h.data, "melt"}, {"key", "--data", h.data, "recover"}} {
		if _, _, code := h.run(args...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}
