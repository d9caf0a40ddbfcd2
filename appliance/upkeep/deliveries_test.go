package upkeep_test

import (
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestMissingDeliveryIsFoundAndResolved: what should have come and did not is
// found once, and resolved by itself when something comes.
func TestMissingDeliveryIsFoundAndResolved(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.ok(h.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return tx.SetDeliveryPlan(record.DeliveryPlan{Provider: "Scandienst Nord", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}, By: "12:00",
			From: h.clock.Now().Format(time.DateOnly)}, "u")
	}))
	look := func(found, missing, resolved int64) {
		t.Helper()
		r, err := h.Deliveries(t.Context())
		h.ok(err)
		if r.Counts["found"] != found || r.Counts["missing"] != missing || r.Counts["resolved"] != resolved {
			t.Errorf("%+v", r)
		}
	}
	h.clock.Advance(24*time.Hour - time.Duration(h.clock.Now().Hour())*time.Hour) // about midnight UTC: of the day before nothing came
	look(1, 1, 0)
	look(0, 1, 0)
	h.clock.Advance(24 * time.Hour)
	look(1, 2, 0)
	h.ok(h.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return tx.PutDelivery(catalog.Delivery{ID: record.NewID(), Provider: "Scandienst Nord", Number: "1", State: "waiting", Problems: "[]",
			OpenedAt: h.clock.Now(), ChangedAt: h.clock.Now()})
	}))
	look(0, 0, 2)
}
