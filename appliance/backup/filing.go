package backup

import (
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// filed brings back where persons put a document: the traces of it in the files
// that it was taken out of and put into.
func filed(tx *catalog.Tx, id record.DocumentID, filings []vault.Filing) error {
	for _, f := range filings {
		err := tx.PutFiling(catalog.Filing{ID: f.ID, Document: id, From: f.From, To: f.To, Reason: f.Reason, Along: f.Along,
			Since: instant(f.Since), At: instant(f.At), By: f.By, Silent: f.Silent})
		if err != nil {
			return err
		}
	}
	return nil
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// merged brings back of which documents one was put together. Those wait no
// more.
func merged(tx *catalog.Tx, id record.DocumentID, from []vault.DerivedFrom) error {
	for _, f := range from {
		if f.How != vault.DerivedByMerge || f.Place < 1 {
			continue
		}
		if err := tx.InsertLink(catalog.Link{Document: id, Kind: catalog.LinkMerges, Other: f.Document, Place: f.Place}); err != nil {
			return err
		}
	}
	return nil
}
