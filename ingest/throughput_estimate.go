package ingest

import (
	"math"
	"time"

	"eakte/appliance/catalog"
)

// What an estimate rests on.
const (
	paceWindow = 30 * time.Minute // what was read in it says how fast it goes
	paceDay    = 24 * time.Hour   // and else what a page took in it
	paceLeast  = 10               // pages that say something about how fast it goes
	paceGap    = 3                // minutes without a page that are not yet a rest
	paceStill  = 5 * time.Minute  // without a page, while work is due: nobody works
)

// What an estimate says of itself.
const (
	BasisRecent = "recent" // what was read in the last half hour
	BasisDay    = "day"    // the time a page took in the last day, and how many are read at a time

	WhyEmpty      = "empty"      // nothing waits
	WhyUnmeasured = "unmeasured" // nothing was read lately
	WhyHeld       = "held"       // all that waits needs something that is missing
	WhyStopped    = "stopped"    // work is due, and nobody does it
)

// Estimate says when the queue will be empty if nothing is added.
type Estimate struct {
	Pages     int        `json:"pages"`          // in the queue, those that are being read too; not what is held
	Guessed   bool       `json:"guessed"`        // of unread documents: as many as lately in one
	PerMinute float64    `json:"pages_a_minute"` // 0: not known
	Basis     string     `json:"basis"`          // of PerMinute: recent, day, or empty
	EmptyAt   *time.Time `json:"empty_at"`       // null: see Why
	Why       string     `json:"why"`            // empty, unmeasured, held, stopped
}

// estimate reckons from the queue and from what was counted, minute by minute,
// in the last day.
func estimate(now time.Time, groups []catalog.Queue, day []catalog.Count, workers int) Estimate {
	var e Estimate
	e.PerMinute, e.Basis = pace(now, day, workers)
	documents, known, unread, running, held := 0, 0, 0, 0, 0
	due := false
	for _, g := range groups {
		if g.Held != "" {
			held += g.Documents
			continue
		}
		documents, known, unread = documents+g.Documents, known+g.Known, unread+g.Unread
		if g.Running {
			running += g.Documents
		}
		due = due || !g.Running && !g.Later && now.Sub(g.Oldest) > paceStill
	}
	mean, counted := meanPages(day)
	e.Guessed = unread > 0
	switch {
	case documents == 0 && held > 0:
		e.Why = WhyHeld
		return e
	case documents == 0:
		e.Why = WhyEmpty
		return e
	case unread > 0 && !counted:
		e.Why = WhyUnmeasured
		return e
	}
	e.Pages = known + int(math.Round(float64(unread)*mean))
	switch {
	case running == 0 && due && now.Sub(lastPage(day)) > paceStill:
		e.Why = WhyStopped
	case e.PerMinute == 0:
		e.Why = WhyUnmeasured
	default:
		at := now.Add(time.Duration(float64(e.Pages) / e.PerMinute * float64(time.Minute)))
		e.EmptyAt = &at
	}
	return e
}

// pace is how many pages are read in a minute when there is work, and how that
// is known.
func pace(now time.Time, day []catalog.Count, workers int) (float64, string) {
	pages, busy := int64(0), 0.0
	var last time.Time
	for _, c := range day {
		if c.Kind != catalog.CountPages || now.Sub(c.At) > paceWindow {
			continue
		}
		gap := 1.0
		if !last.IsZero() {
			if gap = c.At.Sub(last).Minutes(); gap > paceGap {
				gap = 1
			}
		}
		pages, busy, last = pages+c.N, busy+gap, c.At
	}
	if pages >= paceLeast {
		return float64(pages) / busy, BasisRecent
	}
	var ms int64
	pages = 0
	for _, c := range day {
		switch c.Kind {
		case catalog.CountPages:
			pages += c.N
		case catalog.CountStage:
			if c.Name != StageIndex { // nobody who reads waits for it
				ms += c.N
			}
		}
	}
	if pages == 0 || ms == 0 || workers == 0 {
		return 0, ""
	}
	return float64(workers) * float64(pages) * float64(time.Minute/time.Millisecond) / float64(ms), BasisDay
}

// meanPages is how many pages a document had lately.
func meanPages(day []catalog.Count) (mean float64, known bool) {
	var pages, documents int64
	for _, c := range day {
		switch c.Kind {
		case catalog.CountPages:
			pages += c.N
		case catalog.CountReady, catalog.CountQuarantined:
			documents += c.N
		}
	}
	if pages == 0 || documents == 0 {
		return 0, false
	}
	return max(1, float64(pages)/float64(documents)), true
}

// lastPage is the end of the minute in which the last page was read.
func lastPage(day []catalog.Count) (last time.Time) {
	for _, c := range day {
		if c.Kind == catalog.CountPages {
			last = c.At.Add(time.Minute)
		}
	}
	return last
}
