package inbox

import (
	"context"
	"testing"
	"time"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestClearing: the oldest first, its age in working days, and what has waited
// for more than one counted for who clears and who leads a team; in both
// catalogs.
func TestClearing(t *testing.T) {
	openers := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		openers["postgres"] = pg.Open
	}
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			h := newHouseOn(t, open)
			ctx := context.Background()
			_, first := h.letter("")
			h.clock.Advance(4 * 24 * time.Hour) // Monday to Friday
			_, second := h.letter("")
			p, err := h.Clearing(ctx, h.as("clearing"), ClearingQuery{})
			h.ok(err)
			if len(p.Items) != 2 || p.Items[0].Document.ID != first || p.Items[0].Days != 4 || !p.Items[0].Late || p.Items[1].Late || p.Items[1].Days != 0 || p.Late != 1 {
				t.Errorf("%+v", p)
			}
			h.clock.Advance(2*24*time.Hour + 12*time.Hour) // Sunday night: no time has passed
			if p, err = h.Clearing(ctx, h.as("clearing"), ClearingQuery{Newest: true, Limit: 1}); err != nil || len(p.Items) != 1 || p.Items[0].Document.ID != second ||
				p.Late != 1 || p.Next == "" {
				t.Errorf("newest first: %+v, %v", p, err)
			}
			p, err = h.Clearing(ctx, h.as("clearing"), ClearingQuery{Newest: true, Cursor: p.Next})
			if err != nil || len(p.Items) != 1 || p.Items[0].Document.ID != first {
				t.Errorf("behind it: %+v, %v", p, err)
			}
			h.clock.Advance(24 * time.Hour)
			for who, late := range map[string]int{"clearing": 2, "lead": 2, "sommer": 0} {
				c, err := h.Counts(ctx, h.as(who))
				if h.ok(err); c.Late != late {
					t.Errorf("%s is told of %d that are late, not %d", who, c.Late, late)
				}
			}
			_, err = h.Clearing(ctx, h.as("sommer"), ClearingQuery{})
			h.is("the clearing of who does not clear", err, record.Denied)
			if p, err = h.Clearing(ctx, h.as("clearing"), ClearingQuery{Site: "03107"}); err != nil || len(p.Items) != 0 {
				t.Errorf("another site's: %+v, %v", p, err)
			}
		})
	}
}
