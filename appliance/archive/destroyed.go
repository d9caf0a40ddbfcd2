package archive

import (
	"errors"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Destroyed says how a document's life has ended: its key is destroyed, so
// nothing opens it, though its locked bytes are still there.
type Destroyed struct {
	Act string    `json:"act"` // erased (the law demanded it), disposed (its last day had passed)
	At  time.Time `json:"at"`
	// CopiesUntil is the last day, YYYY-MM-DD, on which a backup may hold a copy
	// of the key.
	CopiesUntil string `json:"copies_until"`
}

// destroyed adds to a view how its document has ended, if it has.
func destroyed(tx *catalog.Tx, v *DocumentView) error {
	if v.State != record.StateDisposed {
		return nil
	}
	e, err := tx.ErasureOf(v.ID)
	if err != nil || e.DestroyedAt.IsZero() {
		if errors.Is(err, record.NotFound) {
			return nil
		}
		return err
	}
	v.Destroyed = &Destroyed{Act: e.Act, At: e.DestroyedAt, CopiesUntil: e.CopiesUntil}
	return nil
}

// keyDestroyed is the answer to who wants to read what nobody can read any
// more. It is given before any key is asked for: one may still be in the memory
// of a process.
func keyDestroyed() error {
	return &record.Error{Category: record.NotFound, Message: "The document's key is destroyed; nobody can read it any more.",
		Hint: "The document itself says when that was and when the last backup with a copy of the key expires."}
}
