package upkeep

import (
	"context"
	"fmt"

	"eakte/appliance/catalog"
)

// Due counts the documents whose last day of keeping has passed. It marks and
// destroys nothing: the list is in the catalog (Tx.DueDocuments), and what
// happens to them is for people to decide.
func (t *Tasks) Due(ctx context.Context) (Result, error) {
	var n int64
	var earliest string
	err := t.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		n, earliest, err = tx.CountDue(t.Catalog.Today())
		return err
	})
	if err != nil {
		return Result{}, err
	}
	text := "No document is due."
	if n > 0 {
		text = fmt.Sprintf("Documents due: %d, the earliest since the end of %s. Nothing was destroyed.", n, earliest)
	}
	return Result{Text: text, Counts: map[string]int64{"due": n}}, nil
}
