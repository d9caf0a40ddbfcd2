package main

import (
	"context"
	"fmt"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/policy/workday"
)

// lookAtClearing warns when something waits in clearing for more than a working
// day. It says how much and for how long, nothing of what it is.
func (a *app) lookAtClearing(ctx context.Context) admin.Finding {
	now := a.clock.Now().In(record.Berlin())
	var all, late int
	var oldest time.Time
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if all, oldest, err = tx.Waiting([]string{"*"}, time.Time{}); err != nil {
			return err
		}
		late, _, err = tx.Waiting([]string{"*"}, workday.Before(now, inbox.LateAfter))
		return err
	})
	return clearingFinding(all, late, oldest, now, err)
}

func clearingFinding(all, late int, oldest, now time.Time, err error) admin.Finding {
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "clearing.unknown", Message: "What waits in clearing can't be counted."}
	}
	days := 0
	if all > 0 {
		days = workday.Between(oldest, now)
	}
	values := map[string]string{"n": fmt.Sprint(all), "late": fmt.Sprint(late), "days": fmt.Sprint(days)}
	if late > 0 {
		return admin.Finding{State: admin.Degraded, Code: "clearing.late", Values: values,
			Message: fmt.Sprintf("%d of %d documents in clearing wait for more than a working day, the oldest for %d.", late, all, days),
			Hint:    "Somebody has to clear them: until then they are missing in their files."}
	}
	return admin.Finding{State: admin.OK, Code: "clearing.ok", Message: fmt.Sprintf("%d documents wait", all), Values: values}
}
