package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/record"
)

// TestClockCommand: by a clock that was set back nothing is taken in until a
// person confirms the time; what is there can be read.
func TestClockCommand(t *testing.T) {
	h := newHouse(t)
	h.setup()
	if out := h.must("clock", "--data", h.data); !strings.Contains(out, "they agree") || !strings.Contains(out, "no witness") {
		t.Errorf("%s", out)
	}
	agreedOn(t, h, time.Now().AddDate(0, 1, 0))
	out, _, code := h.run("clock", "--data", h.data)
	if code != exitNo || !strings.Contains(out, "confirm") {
		t.Errorf("code %d: %s", code, out)
	}
	letter := filepath.Join(sources, "..", "docs", "formats", "README.md")
	if _, errs, code := h.run("ingest", "--data", h.data, "--user", "k.klein", letter); code == exitDone || !strings.Contains(errs, "clock") {
		t.Errorf("code %d: %s", code, errs)
	}
	if _, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Error("nothing can be read any more")
	}
	h.must("clock", "--data", h.data, "confirm")
	h.must("ingest", "--data", h.data, "--user", "k.klein", letter)
	if _, _, code := h.run("clock", "--data", h.data, "maybe"); code != exitUsage {
		t.Errorf("code %d", code)
	}
}

// agreedOn makes a time the one that was agreed on last.
func agreedOn(t *testing.T, h *house, at time.Time) {
	t.Helper()
	c, err := catalog.Open(t.Context(), catalogDSN(config.Config{Data: h.data}), record.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	err = c.WithTx(context.Background(), func(tx *catalog.Tx) error {
		return tx.SetMeta("clock.agreed", `{"at":"`+at.UTC().Format(time.RFC3339)+`"}`)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
