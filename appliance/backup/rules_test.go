package backup_test

import (
	"context"
	"errors"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestRebuildRules: the rules in force come back, with their number, so that
// documents still say by which version they were decided; drafts don't.
func TestRebuildRules(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, memory())
	ctx, at := context.Background(), h.clock.Now().UnixMicro()
	by := h.users["lead"].User
	want := catalog.RuleSet{Kind: record.RulesTypes, Version: 2, Body: `{"two":"zwei"}`, Reason: "neu", MadeBy: by, MadeAt: at, ActiveBy: by, ActiveAt: at + 1}
	h.tx(func(tx *catalog.Tx) error {
		old, draft := want, want
		old.Version, old.ActiveAt, draft.Version, draft.ActiveAt, draft.ActiveBy = 5, at, 3, 0, "" // 2 was put in force again
		return errors.Join(tx.PutRuleSet(old), tx.PutRuleSet(want), tx.PutRuleSet(draft))
	})
	h.tx(func(tx *catalog.Tx) error {
		_, err := h.house.Describe(ctx, tx, by)
		return err
	})
	h.ok(h.outbox.Drain(ctx))
	cat, report := h.rebuilt(catalogtest.SQLite)
	if !report.Sound() {
		t.Fatalf("%+v", report)
	}
	h.ok(cat.Read(ctx, func(tx *catalog.Tx) error {
		if got, err := tx.ActiveRules(record.RulesTypes); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := tx.ActiveRules(record.RulesRouting); !errors.Is(err, record.NotFound) {
			t.Errorf("rules of routing: %v", err)
		}
		all, err := tx.RuleSets(record.RulesTypes)
		if len(all) != 1 {
			t.Errorf("%d versions came back", len(all))
		}
		return err
	}))
	h.ok(cat.WithTx(ctx, func(tx *catalog.Tx) error {
		version, err := tx.AddRuleSet(catalog.RuleSet{Kind: record.RulesTypes, Body: "{}", Reason: "neu", MadeBy: by})
		if version != 6 {
			t.Errorf("a new version bears the number %d", version)
		}
		return err
	}))
}
