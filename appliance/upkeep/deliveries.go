package upkeep

import (
	"context"
	"fmt"

	"eakte/appliance/catalog"
)

// Deliveries looks whether every scan provider has delivered on the days on
// which it should, notes the days on which nothing came, and resolves those
// since which something has. The health page says what is missing.
func (t *Tasks) Deliveries(ctx context.Context) (Result, error) {
	var found, resolved, providers int64
	var missing []catalog.MissingDelivery
	err := t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		plans, err := tx.DeliveryPlans()
		if err != nil {
			return err
		}
		now := t.Clock.Now()
		for _, p := range plans {
			f, r, err := tx.NoteMissing(p, now)
			if err != nil {
				return err
			}
			found, resolved, providers = found+f, resolved+r, providers+1
		}
		missing, err = tx.MissingDeliveries()
		return err
	})
	text := fmt.Sprintf("Providers looked at: %d; deliveries missing: %d.", providers, len(missing))
	return Result{Text: text, Counts: map[string]int64{"providers": providers, "missing": int64(len(missing)), "found": found, "resolved": resolved}}, err
}
