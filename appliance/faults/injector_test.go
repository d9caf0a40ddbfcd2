package faults

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// fault is a kind of failure.
type fault string

const (
	refused     fault = "refused"     // the call does not happen; trying again is of no use
	unavailable fault = "unavailable" // the call does not happen; it may work when tried again
	lost        fault = "late"        // the call happens and its answer is lost; not tried again
	late        fault = "late, again" // the same, and the caller tries again
	slow        fault = "slow"        // the answer takes as long as injector.pause
	gone        fault = "gone"        // the one who asked goes away: their context ends
	down        fault = "down"        // from this call on the object store doesn't answer at all
	full        fault = "full"        // no space left on the disk
	short       fault = "short write" // half of the bytes are written
	unsynced    fault = "fsync"       // fsync fails
	truncated   fault = "truncated"   // a body ends early, without saying so
	otherBytes  fault = "other bytes" // one bit flips on the way, or the store says another checksum
	ahead       fault = "clock ahead" // the clock jumps a day forward
	back        fault = "clock back"  // and a day back
)

var everyFault = []fault{refused, unavailable, lost, late, slow, gone, down, full, short, unsynced, truncated, otherBytes, ahead, back}

// call is one call that leaves the process.
type call struct {
	part string // catalog, store, spool or clock
	op   string
}

func (c call) String() string { return c.part + " " + c.op }

// suffers says whether a fault can happen to a call.
func (f fault) suffers(c call) bool {
	writes := map[string]bool{"exec": true, "commit": true, "create": true, "write": true, "rename": true}
	switch f {
	case ahead, back:
		return c.part == "clock"
	case refused, lost, slow, gone:
		return c.part != "clock"
	case unavailable, late:
		return c.part == "catalog" || c.part == "store"
	case down:
		return c.part == "store"
	case full:
		return (c.part == "catalog" || c.part == "spool") && writes[c.op]
	case short:
		return c == call{"spool", "write"}
	case unsynced:
		return c == call{"spool", "sync"} || c == call{"spool", "syncdir"}
	case truncated:
		return c == call{"store", "get"} || c == call{"spool", "read"}
	case otherBytes:
		return c.op == "get" || c.op == "put" || c.op == "stat" || c.op == "read"
	}
	return false
}

// injector counts the calls that a fault can happen to, over all parts, and
// lets it happen to the n-th.
type injector struct {
	pause time.Duration // of a slow answer
	kill  int64         // the call at which a child kills itself; 0: none
	calls atomic.Int64

	mu     sync.Mutex
	kind   fault
	at, n  int
	last   fault // that was armed
	hit    call  // what was hit; empty as long as nothing was
	leave  context.CancelFunc
	jumped time.Duration // of the clock
}

// arm lets a fault happen to the n-th call from now on; leave ends the asker's
// context.
func (i *injector) arm(kind fault, n int, leave context.CancelFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kind, i.last, i.at, i.n, i.hit, i.leave, i.jumped = kind, kind, n, 0, call{}, leave, 0
}

// disarm ends all faults and says which call was hit.
func (i *injector) disarm() call {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kind, i.jumped = "", 0
	return i.hit
}

// counted is how many calls there were since arm that the fault could happen to.
func (i *injector) counted() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.n
}

// meet is asked by every call and says what becomes of it.
func (i *injector) meet(ctx context.Context, part, op string) fault {
	if i.kill > 0 && part != "clock" && i.calls.Add(1) == i.kill {
		die()
	}
	kind := i.count(call{part, op})
	if kind == slow {
		pause := time.NewTimer(i.pause)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	return kind
}

func (i *injector) count(c call) fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.kind == "" || !i.kind.suffers(c) {
		return ""
	}
	i.n++
	if i.at == 0 || i.n != i.at && (i.kind != down || i.n < i.at) {
		return ""
	}
	if i.n == i.at {
		i.hit = c
	}
	switch i.kind {
	case gone:
		i.leave()
		return ""
	case ahead:
		i.jumped = 24 * time.Hour
	case back:
		i.jumped = -24 * time.Hour
	}
	return i.kind
}

// sql decides about calls of the catalog's driver.
func (i *injector) sql(ctx context.Context, op string) (before, after error) {
	switch i.meet(ctx, "catalog", op) {
	case refused:
		return fmt.Errorf("the database refuses: %w", catalogtest.ErrInjected), nil
	case unavailable:
		return driver.ErrBadConn, nil
	case full:
		return fmt.Errorf("the database: %w", syscall.ENOSPC), nil
	case lost:
		return nil, fmt.Errorf("the answer is lost: %w", catalogtest.ErrInjected)
	case late:
		return nil, driver.ErrBadConn
	}
	return nil, nil
}

// faultyClock is a clock that an injector can make jump.
type faultyClock struct {
	record.Clock
	i *injector
}

func (c faultyClock) Now() time.Time {
	c.i.meet(context.Background(), "clock", "now")
	c.i.mu.Lock()
	defer c.i.mu.Unlock()
	return c.Clock.Now().Add(c.i.jumped)
}
