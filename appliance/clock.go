package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"eakte/appliance/admin"
	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
)

func runClock(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, file := fs.String("data", "", "folder of the archive"), fs.String("config", "", "configuration file (JSON)")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	verb := fs.Arg(0)
	if fs.NArg() > 1 || verb != "" && verb != "confirm" {
		return c.wrong("say nothing, to see the times, or confirm")
	}
	cfg, err := c.config(*file, *data, "")
	if err != nil {
		return c.wrong("%v", err)
	}
	return perform(ctx, c, cfg, operation{Name: "clock", Args: map[string]string{"verb": verb}}, nil)
}

// doClock shows what tells the time and whether it agrees, or takes the
// operator's word that it is right.
func doClock(ctx context.Context, a *app, args map[string]string, _ io.Reader, out io.Writer) error {
	if args["verb"] == "confirm" {
		now, err := a.time.Confirm(ctx, a.operator())
		if err == nil {
			fmt.Fprintf(out, "confirmed: it is %s\n", now.Format(time.RFC3339))
		}
		return err
	}
	t, err := a.time.Times(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, l := range []struct {
		what string
		at   time.Time
		none string
	}{{"this machine", t.System, ""}, {"object store", t.Store, "this machine's clock as well, so no witness"},
		{"last signed checkpoint", t.Checkpoint, "none yet"}, {"agreed on last", t.Agreed, "never"}} {
		shown := l.none
		if !l.at.IsZero() {
			shown = l.at.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\n", l.what, shown)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = a.time.Agree(ctx)
	var off *upkeep.Off
	if !errors.As(err, &off) {
		if err == nil {
			fmt.Fprintln(out, "they agree")
		}
		return err
	}
	var told *record.Error
	if errors.As(err, &told) {
		fmt.Fprintf(out, "%s\n  %s\n", told.Message, told.Hint)
	}
	return errAnswerNo
}

// newTimekeeper watches the clock. A store on another machine is a witness.
func (a *app) newTimekeeper() *upkeep.Timekeeper {
	k := &upkeep.Timekeeper{Catalog: a.catalog, Clock: a.clock, Log: a.log, Logbook: a.logbook, Elapsed: sinceBoot}
	if a.store == nil && elsewhere(a.cfg.Store) {
		k.Store = a.vault.StoreTime
	}
	return k
}

// lookAtTheClock is the first look, before anything is dated. A clock that is
// off doesn't keep the appliance from starting: what is there can be read.
func (a *app) lookAtTheClock(ctx context.Context) {
	_, err := a.time.Agree(ctx)
	var off *upkeep.Off
	if err != nil && !errors.As(err, &off) { // which is logged
		a.log.Warn("the clock can't be compared", "error", err)
	}
}

// elsewhere says whether a store's address is not this machine's loopback.
func elsewhere(st config.Store) bool {
	u, err := url.Parse(st.Endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// sinceBoot is a clock that can't be set and goes on while the machine sleeps.
func sinceBoot() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return time.Since(started)
	}
	return time.Duration(ts.Nano())
}

var started = time.Now()

// lookAtClock tells what can't be done while the clock is not believed.
func (a *app) lookAtClock(context.Context) admin.Finding {
	err := a.time.Verdict()
	var off *upkeep.Off
	var told *record.Error
	if !errors.As(err, &off) || !errors.As(err, &told) {
		return admin.Finding{State: admin.OK, Code: "clock.ok", Message: "is believed"}
	}
	return admin.Finding{State: admin.Down, Code: "clock." + off.Code, Message: told.Message, Hint: told.Hint,
		Values: map[string]string{"system": off.System.UTC().Format(time.RFC3339), "store": off.Store.UTC().Format(time.RFC3339),
			"last": off.Last().UTC().Format(time.RFC3339), "checkpoint": off.Checkpoint.UTC().Format(time.RFC3339), "agreed": off.Agreed.UTC().Format(time.RFC3339),
			"expected": off.Expected.UTC().Format(time.RFC3339)}}
}
