package web

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/ingest"
	"eakte/ui/locale"
)

// throughputView is how the reading of documents goes.
type throughputView struct {
	ingest.Throughput
	At     address
	Health bool // the reader may look at the health page
	Aside  bool // and at the quarantine
}

func (w *Web) throughput(c *fiber.Ctx, s *session) error {
	v := throughputView{At: addressOf(c, "range")}
	var err error
	if v.Throughput, err = w.doors.Intake.Throughput(c.UserContext(), s.actor, v.At.Get("range")); err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("throughput.title"), "throughput"
	v.Health, v.Aside = f.May["health"], f.May["upload"]
	if v.Health {
		f.Place = "admin"
	}
	return w.render(c, fiber.StatusOK, throughputPage(f, v))
}

// watches says whether the throughput belongs into the bar: administrators find
// it among their pages.
func (f Frame) watches() bool { return f.May["throughput"] && !f.May["health"] }

// Nothing says that nothing was read in the whole range.
func (v throughputView) Nothing() bool {
	return v.Sum.Pages == 0 && v.Sum.Ready == 0 && v.Sum.Quarantined == 0
}

// daily says whether the buckets are days: then pages are counted a day.
func (v throughputView) daily() bool { return v.Width >= 24*3600 }

// rate is the pages a minute of an interval, or a day where the buckets are
// days. What is not over yet is reckoned by what is over of it.
func (v throughputView) rate(i ingest.Interval) float64 {
	if v.daily() || i.Seconds == 0 {
		return float64(i.Pages)
	}
	return float64(i.Pages) / math.Max(1, float64(i.Seconds)/60)
}

// aPage is the milliseconds that a stage took for each page of an interval.
func aPage(i ingest.Interval, stage string) float64 {
	if i.Pages == 0 {
		return 0
	}
	return float64(i.Stages[stage]) / float64(i.Pages)
}

// wholePage is all of it.
func wholePage(i ingest.Interval) (ms float64) {
	for _, stage := range ingest.Stages() {
		ms += aPage(i, stage)
	}
	return ms
}

// portion is a stage's part of the whole, in percent.
func portion(l *locale.Lang, i ingest.Interval, stage string) string {
	if wholePage(i) == 0 {
		return "–"
	}
	return decimal(l, 100*aPage(i, stage)/wholePage(i)) + " %"
}

// decimal writes a number with as many places as one can use.
func decimal(l *locale.Lang, v float64) string {
	if v >= 100 {
		return l.Number(int(math.Round(v)))
	}
	s := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	if v > 0 && v < 0.1 {
		s = strconv.FormatFloat(v, 'f', 2, 64)
	}
	if l.Code == locale.German {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// emptyWhen says when the queue will be empty, or why nobody can say.
func emptyWhen(l *locale.Lang, v throughputView) string {
	e := v.Estimate
	if e.EmptyAt == nil {
		return l.Of("throughput.why", e.Why)
	}
	return l.T("throughput.emptyat", "when", l.Time(*e.EmptyAt), "in", roughly(l, e.EmptyAt.Sub(v.Throughput.At)))
}

// roughly says how long something will take, no more exactly than one can know.
func roughly(l *locale.Lang, d time.Duration) string {
	switch minutes := int(math.Ceil(d.Minutes())); {
	case minutes <= 1:
		return l.T("throughput.soon")
	case minutes < 90:
		return l.N("throughput.minutes", minutes)
	case minutes < 36*60:
		return l.N("throughput.hours", int(math.Round(d.Hours())))
	}
	return l.N("throughput.days", int(math.Round(d.Hours()/24)))
}

// paceLine says how fast it goes, and how that is known.
func paceLine(l *locale.Lang, e ingest.Estimate) string {
	if e.Basis == "" {
		return l.T("throughput.nopace")
	}
	return decimal(l, e.PerMinute)
}

// span is what a bucket is called in the table.
func (v throughputView) span(l *locale.Lang, i ingest.Interval) string {
	if v.daily() {
		return l.DateOf(i.From)
	}
	return l.Time(i.From)
}

// tick is what a bucket is called below the plot.
func (v throughputView) tick(l *locale.Lang, i ingest.Interval) string {
	at := i.From.In(locale.Berlin())
	switch {
	case !v.daily() && v.Width < 3600:
		return at.Format("15:04")
	case v.daily() && l.Code == locale.German:
		return at.Format("02.01.")
	case v.daily():
		return at.Format("2 Jan")
	case l.Code == locale.German:
		return at.Format("02.01. 15:04")
	}
	return at.Format("2 Jan 15:04")
}

// reasons lists why documents were set aside, the most frequent first.
func (v throughputView) reasons() []string {
	out := make([]string, 0, len(v.Sum.Reasons))
	for r := range v.Sum.Reasons {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b string) int {
		if d := v.Sum.Reasons[b] - v.Sum.Reasons[a]; d != 0 {
			return int(d)
		}
		return strings.Compare(a, b)
	})
	return out
}
