package ingest

import (
	"context"
	"maps"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Purged says what was left in this node's spool, and what of it went.
type Purged struct {
	Dropped int // documents that are stored and were read back, by another node or just before a stop
	Kept    int // documents that are stored but not read back: their bytes are still needed
	Waiting int // documents on their way in
}

// purgeBatch is how many items are asked about at once.
const purgeBatch = 500

// PurgeSpool empties this node's spool of what is stored and was read back.
// The job that reads a document back does so itself, if it runs on the node
// that took the document in; this is for the rest. A document whose read-back
// waits, failed or was set aside keeps its item. What no journal row names may
// be on its way in just now and is left for the next start.
func (in *Intake) PurgeSpool(ctx context.Context) (Purged, error) {
	var p Purged
	have, err := in.spool.objects()
	if err != nil {
		return p, err
	}
	for part := range slices.Chunk(slices.Collect(maps.Keys(have)), purgeBatch) {
		if err := ctx.Err(); err != nil {
			return p, err
		}
		rows, unread, err := in.spooled(ctx, part)
		if err != nil {
			return p, err
		}
		for object, row := range rows {
			switch {
			case row.State != catalog.JournalStored:
				p.Waiting++
			case unread[string(row.Document)]:
				p.Kept++
			default:
				if err := in.spool.drop(object); err != nil {
					return p, err
				}
				p.Dropped++
			}
		}
	}
	return p, nil
}

// spooled gives the journal rows of objects and says which of their documents
// were not read back yet. Row and job are seen in one snapshot: they commit
// together, so that a stored row without a job was read back.
func (in *Intake) spooled(ctx context.Context, objects []record.ObjectID) (rows map[record.ObjectID]catalog.JournalRow, unread map[string]bool, err error) {
	err = in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		if rows, err = tx.JournalOf(objects); err != nil {
			return err
		}
		var documents []string
		for _, r := range rows {
			documents = append(documents, string(r.Document))
		}
		unread, err = tx.OpenJobs(KindReadBack, documents)
		return err
	})
	return rows, unread, err
}

// journalSlim is when a row's way in is surely over, journalKept how long the
// journal tells a repeated transmission from a new document.
const (
	journalSlim = 24 * time.Hour
	journalKept = 400 * 24 * time.Hour
)

// PurgeJournal takes out of the journal what is not needed any more: after a
// day the sealed keys and manifests, which the store has; after more than a
// year the rows. It says how many rows went.
func (in *Intake) PurgeJournal(ctx context.Context) (gone int64, err error) {
	now := in.Clock.Now()
	if _, err := in.Catalog.InSteps(ctx, func(tx *catalog.Tx) (int64, error) { return tx.SlimJournal(now.Add(-journalSlim)) }); err != nil {
		return 0, err
	}
	return in.Catalog.InSteps(ctx, func(tx *catalog.Tx) (int64, error) { return tx.PurgeJournal(now.Add(-journalKept), KindReadBack) })
}
