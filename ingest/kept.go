package ingest

import (
	"context"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Kept says whether documents of these plain bytes are in the catalog, and
// each of them was read back from the store with the bytes that were sent.
// A channel that keeps what it was given asks this before it lets go of it.
func (in *Intake) Kept(ctx context.Context, plain record.Digest) (kept bool, err error) {
	err = in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		docs, err := tx.IdenticalTo(plain)
		if err != nil || len(docs) == 0 {
			return err
		}
		keys := make([]string, len(docs))
		for i, id := range docs {
			keys[i] = string(id)
		}
		open, err := tx.OpenJobs(KindReadBack, keys)
		kept = err == nil && len(open) == 0
		return err
	})
	return kept, err
}
