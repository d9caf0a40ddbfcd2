package upkeep

import (
	"context"
	"fmt"

	"eakte/appliance/catalog"
)

// Due counts the documents whose last day of keeping has passed. It marks and
// destroys nothing: the list is in the catalog (Tx.DueDocuments), and what
// happens to them is for people to decide. What is held is not due; it is
// counted apart.
func (t *Tasks) Due(ctx context.Context) (Result, error) {
	if _, err := t.Agree(ctx); err != nil { // a wrong clock makes nothing due
		return Result{}, err
	}
	var n catalog.DueCount
	err := t.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		n, err = tx.CountDue(t.Catalog.Today())
		return err
	})
	if err != nil {
		return Result{}, err
	}
	text := "No document is due."
	if n.Due > 0 {
		text = fmt.Sprintf("Documents due: %d, the earliest since the end of %s. Nothing was destroyed.", n.Due, n.Earliest)
	}
	if n.Held > 0 {
		text += fmt.Sprintf(" %d more would be, but a hold stands.", n.Held)
	}
	return Result{Text: text, Counts: map[string]int64{"due": n.Due, "due_held": n.Held}}, nil
}
