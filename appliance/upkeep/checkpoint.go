package upkeep

import (
	"context"
	"fmt"

	"eakte/appliance/catalog"
)

// Checkpoint numbers and signs what the audit log holds. The logbook does so
// all day while the appliance runs; the nightly run makes sure of it and says
// how far the logs are signed.
func (t *Tasks) Checkpoint(ctx context.Context) (Result, error) {
	if err := t.Logbook.Seal(ctx); err != nil {
		return Result{}, err
	}
	var logs, entries int64
	err := t.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		years, err := tx.AuditLogs()
		if err != nil {
			return err
		}
		logs, entries = int64(len(years)), 0
		for _, year := range years {
			last, err := tx.LastCheckpoint(year)
			if err != nil {
				return err
			}
			entries += int64(last.Size)
		}
		return nil
	})
	return Result{Text: fmt.Sprintf("%d entries of the audit log are signed.", entries),
		Counts: map[string]int64{"logs": logs, "entries": entries}}, err
}
