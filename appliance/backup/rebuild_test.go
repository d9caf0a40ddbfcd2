package backup_test

import (
	"testing"

	"eakte/appliance/catalog/catalogtest"
)

// A catalog made anew from the buckets is the old one, row by row.
func TestRebuildGivesTheSame(t *testing.T) {
	all := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		all["postgres"] = pg.Open
	}
	for name, open := range all {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, open, memory())
			h.fill()
			cat, report := h.rebuilt(open)
			if d := differences(dump(t, h.Catalog), dump(t, cat)); len(d) > 0 {
				t.Errorf("%d rows differ:\n%s", len(d), d)
			}
			if !report.Sound() || report.Counts.Problems != 0 || report.Counts.Closed != 0 {
				t.Errorf("report: %+v", report)
			}
			if report.Counts.Documents != int64(len(h.docs)) || report.Counts.Files != int64(len(h.files)) || report.Counts.Entries == 0 {
				t.Errorf("counts: %+v", report.Counts)
			}
		})
	}
}
