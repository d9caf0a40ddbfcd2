package backup

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// cutOut brings back of which batch a letter was a part. Letters are taken out
// in their order, so the last one says that the batch was done with: without it
// the batch waits whole, beside what was taken out of it.
func cutOut(tx *catalog.Tx, id record.DocumentID, from []vault.DerivedFrom) error {
	for _, f := range from {
		if f.How != vault.DerivedBySplit || f.Place < 1 {
			continue
		}
		if other, err := tx.LinkedAt(f.Document, catalog.LinkSplits, f.Place); err != nil || other != "" {
			return err
		}
		if err := tx.InsertLink(catalog.Link{Document: f.Document, Kind: catalog.LinkSplits, Other: id, Place: f.Place}); err != nil {
			return err
		}
		if err := tx.SetCut(id, catalog.Cut{First: f.FirstPage, Last: f.LastPage, Sheet: f.Sheet}); err != nil {
			return err
		}
		if f.Place == f.Parts {
			if err := tx.SetSplit(f.Document, catalog.Split{Parts: f.Parts}); err != nil {
				return err
			}
		}
	}
	return nil
}
