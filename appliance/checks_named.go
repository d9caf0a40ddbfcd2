package main

import (
	"context"
	"fmt"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
)

// lookAtNamed warns when post for a restricted file waits with somebody who
// can't look: only the persons that such a file names may see it, so nobody else
// would ever notice. It says how much, and nothing of which file.
func (a *app) lookAtNamed(ctx context.Context) admin.Finding {
	var n int
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		n, err = tx.CountOrphaned()
		return err
	})
	return namedFinding(n, err)
}

func namedFinding(n int, err error) admin.Finding {
	switch {
	case err != nil:
		return admin.Finding{State: admin.Degraded, Code: "named.unknown", Message: "What waits for restricted files can't be counted."}
	case n > 0:
		return admin.Finding{State: admin.Degraded, Code: "named.orphaned", Values: map[string]string{"n": fmt.Sprint(n)},
			Message: fmt.Sprintf("%d letters for restricted files wait with nobody who may see them.", n),
			Hint:    "Have the team lead enter who substitutes for the colleague who has left or is disabled: that person then sees them."}
	}
	return admin.Finding{State: admin.OK, Code: "named.ok", Message: "Post for restricted files waits with persons who may see it"}
}
