package upkeep

import (
	"context"

	"eakte/appliance/catalog"
)

// Coverage says how much was read again within the plan's days.
type Coverage struct {
	catalog.Coverage
	Percent int  // of everything, read within the days
	Behind  bool // something was not, although there was time for it
	Damaged int64
}

// ScrubCoverage sums up what was read again.
func (t *Tasks) ScrubCoverage(ctx context.Context) (c Coverage, err error) {
	var round scrubRound
	if err := t.progress(ctx, ScheduleScrub, &round); err != nil {
		return c, err
	}
	now := t.Clock.Now()
	err = t.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		n, err := tx.CountFindings()
		if err != nil {
			return err
		}
		c.Damaged = n[catalog.FindingDamaged]
		c.Coverage, err = tx.ScrubCoverage(now.Add(-t.ScrubPlan.days()))
		return err
	})
	all := len(allShares())
	c.Percent = 100 * c.Fresh / all
	c.Behind = c.Fresh < all && !round.First.IsZero() && now.Sub(round.First) > t.ScrubPlan.days()
	return c, err
}
