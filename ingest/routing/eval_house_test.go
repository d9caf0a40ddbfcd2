package routing_test

import (
	"context"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/sample"
)

// filled puts a house into a new catalog, by the catalog's own functions.
func filled(t testing.TB, h *sample.House) *catalog.Catalog {
	t.Helper()
	c := catalogtest.SQLite(t, record.SystemClock{})
	write := func(n int, each func(tx *catalog.Tx, i int) error) {
		for from := 0; from < n; from += 100 {
			err := c.WithTx(context.Background(), func(tx *catalog.Tx) error {
				for i := from; i < min(from+100, n); i++ {
					if err := each(tx, i); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	write(len(h.Sites), func(tx *catalog.Tx, i int) error { return tx.PutSite(h.Sites[i]) })
	write(len(h.Persons), func(tx *catalog.Tx, i int) error { return tx.PutPerson(h.Person(i)) })
	write(len(h.Files), func(tx *catalog.Tx, i int) error {
		f, err := tx.InsertFile(h.Record(i))
		if err != nil {
			return err
		}
		return tx.InsertSlip(catalog.Slip{Code: h.Slip(i), File: f.ID, MadeBy: "system"})
	})
	return c
}
