package backup

import (
	"context"
	"reflect"
	"strings"
	"time"

	"eakte/appliance/catalog"
)

func same(a, b any) bool {
	if s, ok := a.(time.Time); ok {
		t := b.(time.Time)
		return s.UTC().Truncate(time.Microsecond).Equal(t.UTC().Truncate(time.Microsecond))
	}
	return reflect.DeepEqual(a, b)
}

// oldBatch is how many rows are compared at once.
const oldBatch = 200

// old holds the new catalog against the one of before: every row of each table
// that comes back, both ways. Only ids and names of columns are reported.
func (r *rebuild) old(ctx context.Context, _ string) error {
	if r.Old == nil {
		return nil
	}
	for _, table := range catalog.RebuiltTables() {
		if err := r.against(ctx, table, r.Old, r.Catalog, "is in the old catalog only"); err != nil {
			return err
		}
		if err := r.against(ctx, table, r.Catalog, r.Old, "is in the new catalog only"); err != nil {
			return err
		}
	}
	return nil
}

// against looks for every row of one catalog in the other. Going the second
// way, rows that are in both were compared before.
func (r *rebuild) against(ctx context.Context, table catalog.RebuiltTable, from, in *catalog.Catalog, alone string) error {
	var after *catalog.RebuiltRow
	for {
		var rows []catalog.RebuiltRow
		err := from.Read(ctx, func(tx *catalog.Tx) (err error) { rows, err = tx.RebuiltRows(table, after, oldBatch); return err })
		if err != nil || len(rows) == 0 {
			return err
		}
		after = &rows[len(rows)-1]
		var problems []catalog.RebuildProblem
		err = in.Read(ctx, func(tx *catalog.Tx) error {
			problems = nil
			for _, row := range rows {
				other, found, err := tx.RebuiltRow(table, row)
				if err != nil {
					return err
				}
				if what := rowsDiffer(table, row, other, found, alone); what != "" {
					problems = append(problems, catalog.RebuildProblem{Kind: ProblemDiffersOld, Name: table.Name, Subject: table.ID(row), Detail: what})
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.say(StageOld, len(rows), 0)
		if len(problems) == 0 {
			continue
		}
		if err := r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return stageProblems(tx, [][]catalog.RebuildProblem{problems}) }); err != nil {
			return err
		}
	}
}

func rowsDiffer(table catalog.RebuiltTable, a, b catalog.RebuiltRow, found bool, alone string) string {
	if !found {
		return alone
	}
	var columns []string
	for i, c := range table.Columns {
		if a.Values[i] != b.Values[i] {
			columns = append(columns, c)
		}
	}
	return strings.Join(columns, " ")
}
