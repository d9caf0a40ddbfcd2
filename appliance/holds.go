package main

import (
	"context"
	"fmt"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/policy/hold"
)

// lookAtHolds tells how far the store follows the holds: what it doesn't hold
// yet though nothing is on its way to, and what it goes on holding because the
// second key is missing.
func (a *app) lookAtHolds(ctx context.Context) admin.Finding {
	var n catalog.HoldCount
	following := false
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if n, err = tx.CountHolds(); err != nil {
			return err
		}
		stats, err := tx.JobStats()
		for _, s := range stats {
			following = following || s.Kind == hold.JobKind && s.Waiting+s.Leased > 0
		}
		return err
	})
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "holds.unknown", Message: "The legal holds can't be counted."}
	}
	f := admin.Finding{State: admin.OK, Code: "holds.ok", Message: fmt.Sprintf("%d holds stand, %d documents are held", n.Standing, n.Documents),
		Values: map[string]string{"standing": fmt.Sprint(n.Standing), "documents": fmt.Sprint(n.Documents), "missing": fmt.Sprint(n.Missing), "waiting": fmt.Sprint(n.Waiting)}}
	if n.Missing > 0 && !following {
		f.State, f.Code, f.Message = admin.Degraded, "holds.missing", fmt.Sprintf("%d held documents are not yet held in the store.", n.Missing)
		f.Hint = "Start the schedule holds; the log of the server names the objects. Run eakte verify."
		return f
	}
	if n.Waiting == 0 {
		return f
	}
	if _, err := a.disposal(ctx); err != nil {
		f.State, f.Code = admin.Degraded, "holds.waiting"
		f.Message = fmt.Sprintf("%d documents are free in the catalog and still held in the store: the second key is missing.", n.Waiting)
		f.Hint = "Name its file in store.disposition_key_file (EAKTE_DISPOSITION_KEY_FILE) and start the schedule holds. Until then more is kept than has to be."
	}
	return f
}
