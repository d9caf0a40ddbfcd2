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
	var missing int
	err := t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		plans, err := tx.DeliveryPlans()
		if err != nil {
			return err
		}
		now := t.Clock.Now()
		for _, p := range plans {
			days := p.Plan.Missed(p.Last, now)
			f, r, err := tx.NoteMissing(p.Plan.Provider, days, now)
			if err != nil {
				return err
			}
			found, resolved, providers = found+f, resolved+r, providers+1
			missing += len(days)
		}
		return nil
	})
	text := fmt.Sprintf("Providers looked at: %d; deliveries missing: %d.", providers, missing)
	return Result{Text: text, Counts: map[string]int64{"providers": providers, "missing": int64(missing), "found": found, "resolved": resolved}}, err
}
