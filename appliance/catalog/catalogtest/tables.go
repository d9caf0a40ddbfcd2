package catalogtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"
)

// Tables reads whole tables beside the catalog, every column of every row as
// text: for tests that must not miss a column that came later.
type Tables struct{ connector driver.Connector }

// Wrap takes the database's connector as it is: give it to catalog.WithConnector.
func (t *Tables) Wrap(c driver.Connector) driver.Connector {
	t.connector = c
	return c
}

// Rows reads a table: its columns, and its rows by column.
func (t *Tables) Rows(tb testing.TB, table string) (columns []string, rows []map[string]string) {
	tb.Helper()
	db := sql.OpenDB(t.connector)
	defer db.Close()
	found, err := db.QueryContext(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		tb.Fatal(err)
	}
	defer found.Close()
	if columns, err = found.Columns(); err != nil {
		tb.Fatal(err)
	}
	for found.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := found.Scan(dest...); err != nil {
			tb.Fatal(err)
		}
		row := map[string]string{}
		for i, c := range columns {
			row[c] = ""
			if values[i] != nil {
				row[c] = fmt.Sprint(values[i])
			}
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return columns, rows
}
