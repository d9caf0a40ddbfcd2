package main

import (
	"context"
	"fmt"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
)

// lookAtScrub tells how much was read again and compared.
func (a *app) lookAtScrub(ctx context.Context) admin.Finding {
	c, err := a.tasks.ScrubCoverage(ctx)
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "scrub.unknown", Message: "How much was read again is not known."}
	}
	days := a.cfg.Scrub.Days
	oldest := 0
	if !c.Oldest.IsZero() {
		oldest = int(a.clock.Now().Sub(c.Oldest) / (24 * time.Hour))
	}
	f := admin.Finding{State: admin.OK, Code: "scrub.ok",
		Message: fmt.Sprintf("Read and compared: %d %% within the last %d days, the oldest %d days ago.", c.Percent, days, oldest),
		Values: map[string]string{"percent": fmt.Sprint(c.Percent), "days": fmt.Sprint(days), "oldest": fmt.Sprint(oldest),
			"damaged": fmt.Sprint(c.Damaged), "objects": fmt.Sprint(c.Objects)}}
	switch {
	case c.Damaged > 0:
		f.State, f.Code = admin.Down, "scrub.damaged"
		f.Message = fmt.Sprintf("%d objects are not as they were put, or can't be read.", c.Damaged)
		f.Hint = "Run eakte verify and change nothing. What another place has whole is put anew by itself; the rest has to come from a backup. Look at the disks."
	case c.Behind:
		f.State, f.Code = admin.Degraded, "scrub.behind"
		f.Hint = "Reading everything takes longer than planned: raise scrub.bytes_per_second or scrub.days, or look at the page of schedules."
	case c.Shares == 0:
		f.Code, f.Message = "scrub.new", "nothing was read again yet"
	}
	return f
}

// lookAtLocks alarms while the lock of a document is shorter than the nightly
// schedule keeps it. Manifests and the audit log are for eakte verify.
func (a *app) lookAtLocks(ctx context.Context) admin.Finding {
	var n int64
	end := a.time.Now().Add(lockAlarm)
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) { n, err = tx.ShortLocks(end); return err })
	values := map[string]string{"n": fmt.Sprint(n)}
	switch {
	case err != nil:
		return admin.Finding{State: admin.Degraded, Code: "locks.unknown", Message: "The locks can't be counted."}
	case n > 0:
		return admin.Finding{State: admin.Down, Code: "locks.short", Message: fmt.Sprintf("The locks of %d documents are shorter than 17 months.", n),
			Hint: "The schedule locks has not run for weeks, or the store refuses: see the page of schedules.", Values: values}
	}
	return admin.Finding{State: admin.OK, Code: "locks.ok", Message: "reach as far as they have to"}
}
