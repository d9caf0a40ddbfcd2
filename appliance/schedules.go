package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/upkeep"
)

// silentFor is how long a schedule that keeps documents safe may not have
// ended, and stuckFor how long one may wait for a worker, before the health
// page says so.
const (
	silentFor = 8 * 24 * time.Hour
	stuckFor  = 24 * time.Hour
)

// lookAtSchedules tells of schedules whose last run failed, and of those that
// must run and do not.
func (a *app) lookAtSchedules(ctx context.Context) admin.Finding {
	known, waiting, err := a.schedules(ctx)
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "schedules.unknown", Message: "The schedules can't be read."}
	}
	var failed, silent []string
	for _, s := range upkeep.Schedules() {
		r, since, now := known[s.Name], waiting[s.Kind()], a.clock.Now()
		switch {
		case r.Outcome == catalog.OutcomeFailed:
			failed = append(failed, s.Name)
		case s.Within > 0 && !r.EndedAt.IsZero() && now.Sub(r.EndedAt) > silentFor, !since.IsZero() && now.Sub(since) > stuckFor:
			silent = append(silent, s.Name)
		}
	}
	switch {
	case len(failed) > 0:
		return admin.Finding{State: admin.Degraded, Code: "schedules.failed", Values: map[string]string{"names": strings.Join(failed, ", ")},
			Message: "The last run failed of: " + strings.Join(failed, ", ") + ".",
			Hint:    "The page of schedules says why. It runs again by itself; start it there when the cause is gone."}
	case len(silent) > 0:
		return admin.Finding{State: admin.Degraded, Code: "schedules.silent", Values: map[string]string{"names": strings.Join(silent, ", ")},
			Message: "These schedules do not run: " + strings.Join(silent, ", ") + ".",
			Hint:    "Run a process with the role scheduler and one with the role worker."}
	}
	n := fmt.Sprint(len(upkeep.Schedules()))
	return admin.Finding{State: admin.OK, Code: "schedules.ok", Message: n + " schedules; none failed", Values: map[string]string{"n": n}}
}

// schedules reads how each schedule last ran, by name, and since when a run of
// it waits, by the kind of its jobs.
func (a *app) schedules(ctx context.Context) (known map[string]catalog.ScheduleRow, waiting map[string]time.Time, err error) {
	known, waiting = map[string]catalog.ScheduleRow{}, map[string]time.Time{}
	err = a.catalog.Read(ctx, func(tx *catalog.Tx) error {
		rows, err := tx.Schedules()
		if err != nil {
			return err
		}
		for _, r := range rows {
			known[r.Name] = r
		}
		jobs, err := tx.JobStats()
		for _, j := range jobs {
			waiting[j.Kind] = j.OldestDue
		}
		return err
	})
	return known, waiting, err
}

// lookAtFindings tells where the store and the catalog differ, as the nightly
// comparison found.
func (a *app) lookAtFindings(ctx context.Context) admin.Finding {
	var n map[string]int64
	compared := false
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		rows, err := tx.Schedules()
		for _, r := range rows {
			compared = compared || r.Name == upkeep.ScheduleReconcile && r.Outcome == catalog.OutcomeOK
		}
		if err != nil {
			return err
		}
		n, err = tx.CountFindings()
		return err
	})
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "findings.unknown", Message: "The findings can't be read."}
	}
	alien, lost, late := n[catalog.FindingNoRow]+n[catalog.FindingUnreadable], n[catalog.FindingNoObject], n[catalog.FindingUnfinished]
	damaged, touched := n[catalog.FindingDamaged], n[catalog.FindingVersion]
	f := admin.Finding{State: admin.OK, Code: "findings.ok",
		Message: fmt.Sprintf("%d rows without their object, %d damaged objects, %d written over or hidden, %d documents on their way in for more than a day, "+
			"%d objects that nobody knows", lost, damaged, touched, late, alien),
		Values: map[string]string{"alien": fmt.Sprint(alien), "lost": fmt.Sprint(lost), "late": fmt.Sprint(late), "damaged": fmt.Sprint(damaged),
			"touched": fmt.Sprint(touched)}}
	switch {
	case lost > 0:
		f.State, f.Code, f.Hint = admin.Down, "findings.lost", "Objects are missing in the store: run eakte verify, change nothing, and fetch them from a backup."
	case damaged > 0:
		f.State, f.Code, f.Hint = admin.Down, "findings.damaged", "Objects in the store are damaged: check its disks, change nothing, and fetch them from the replica or a backup."
	case touched > 0:
		f.State, f.Code, f.Hint = admin.Down, "findings.touched", "Somebody writes past the appliance: change the store's keys, and run eakte verify."
	case late > 0:
		f.State, f.Code, f.Hint = admin.Degraded, "findings.late", "The object store has not taken them; the log of the server says why. Nothing is lost: they lie in the spool."
	case alien > 0:
		f.State, f.Code, f.Hint = admin.Degraded, "findings.alien", "Somebody else has written to the store, or an earlier catalog has. They are kept; run eakte verify."
	case !compared:
		f.Code, f.Message = "findings.never", "not compared yet; it is done every night"
	}
	return f
}
