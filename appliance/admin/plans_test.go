package admin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// TestDeliveryPlans: administrators set them, who delivers sees their own, and
// what is missing stands there until something comes. It is March 2.
func TestDeliveryPlans(t *testing.T) {
	d := newDesk(t)
	d.ok(d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
		for name, role := range map[string]string{"sdn": record.RoleScan, "clear": record.RoleClearing, "lead": record.RoleTeamlead} {
			u := catalog.User{ID: record.UserID("u-" + name), Name: name, Display: name}
			if err := errors.Join(tx.PutUser(u), tx.PutRoles(u.ID, []record.RoleAt{{Role: role, Site: "03104"}})); err != nil {
				return err
			}
		}
		return tx.SetMeta(admin.MetaProviders, `[{"name":"Scandienst Nord","user":"sdn"},{"name":"Scandienst Süd","user":"sds"}]`)
	}))
	plan := record.DeliveryPlan{Provider: "Scandienst Nord", Weekdays: []int{1, 2, 3, 4, 5}, By: "16:00", Grace: 30, From: "2026-03-01", Off: []string{"2026-03-04"}}
	for _, who := range []string{"k.sommer", "sdn", "clear", "dpo", "gone"} {
		if err := d.SetDeliveryPlan(t.Context(), as(who), plan); !errors.Is(err, record.Denied) {
			t.Errorf("%s sets a plan: %v", who, err)
		}
		if err := d.MayPlanDeliveries(t.Context(), as(who)); !errors.Is(err, record.Denied) {
			t.Errorf("%s may set a plan: %v", who, err)
		}
	}
	d.ok(d.MayPlanDeliveries(t.Context(), as("adm")))
	if n := d.entries(audit.DeliveryPlan, audit.Denied); n != 10 {
		t.Errorf("%d refusals are in the log", n)
	}
	for field, p := range map[string]record.DeliveryPlan{"provider": {Provider: "Unbekannt", Weekdays: []int{1}, By: "16:00", From: "2026-03-01"},
		"by": {Provider: "Scandienst Nord", Weekdays: []int{1}, From: "2026-03-01"}} {
		var e *record.Error
		if err := d.SetDeliveryPlan(t.Context(), as("adm"), p); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	d.ok(d.SetDeliveryPlan(t.Context(), as("adm"), plan))

	for who, want := range map[string]int{"adm": 2, "clear": 2, "sdn": 1} {
		if got, err := d.DeliveryPlans(t.Context(), as(who)); err != nil || len(got) != want {
			t.Errorf("%s sees %d plans, %v", who, len(got), err)
		}
	}
	for _, who := range []string{"k.sommer", "lead", "dpo", "gone"} {
		if _, err := d.DeliveryPlans(t.Context(), as(who)); !errors.Is(err, record.Denied) {
			t.Errorf("%s sees plans: %v", who, err)
		}
	}
	now := func() admin.ProviderPlan {
		t.Helper()
		got, err := d.DeliveryPlans(t.Context(), as("sdn"))
		d.ok(err)
		return got[0]
	}
	if p := now(); p.Today == nil || p.Came || len(p.Missed) != 0 || p.Last != nil {
		t.Errorf("in the morning: %+v", p)
	}
	d.clock.Advance(50 * time.Hour) // Wednesday, a day off, 11:00
	if p := now(); p.Today != nil || !slices.Equal(p.Missed, []string{"2026-03-02", "2026-03-03"}) {
		t.Errorf("two days later: %+v", p)
	}
	d.ok(d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return tx.PutDelivery(catalog.Delivery{ID: record.NewID(), Provider: "Scandienst Nord", Number: "1", State: "open", Problems: "[]", OpenedAt: d.clock.Now(), ChangedAt: d.clock.Now()})
	}))
	if p := now(); len(p.Missed) != 0 || p.Last == nil {
		t.Errorf("after a delivery: %+v", p)
	}
	d.ok(d.SetDeliveryPlan(t.Context(), as("adm"), record.DeliveryPlan{Provider: "Scandienst Nord"}))
	if p := now(); p.Plan != nil {
		t.Errorf("a plan without weekdays stays: %+v", p)
	}
}
