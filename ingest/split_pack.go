package ingest

import (
	"context"
	"errors"
	"io"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
)

// copied gives a letter that was taken out of a batch the pages that were read
// with the batch, so that none is recognised twice. sum has no pages where they
// have to be read: the document is no such letter, was read before, or the
// batch's pack is gone.
func (r *Reader) copied(ctx context.Context, doc record.Document) (sum worker.Summary, marks []record.Mark, err error) {
	if doc.Channel == channelCopy && !readBefore(doc) {
		return r.copiedWhole(ctx, doc)
	}
	if doc.Channel == channelMerge && !readBefore(doc) {
		return r.copiedMerged(ctx, doc)
	}
	if doc.Channel != channelSplit || readBefore(doc) {
		return sum, nil, nil
	}
	batch, at, err := r.cutFrom(ctx, doc.ID)
	if err != nil || batch.ID == "" {
		return sum, nil, err
	}
	from, err := r.Vault.OpenPack(ctx, batch.Object)
	if errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) {
		return sum, nil, nil
	}
	if err != nil {
		return sum, nil, err
	}
	key, err := r.Vault.OpenKey(ctx, doc.Object)
	if err != nil {
		return sum, nil, err
	}
	err = r.Vault.PutPack(ctx, key, func(w io.Writer) error {
		pack := vault.WritePack(w)
		for n := at.First; n <= at.Last; n++ {
			if err := copyPage(pack, from, n, n-at.First+1); err != nil {
				return err
			}
		}
		marks = pack.Info().Marks()
		return pack.Close()
	})
	if errors.Is(err, record.Corrupt) { // the batch's pack: it can be made again from the letter itself
		return sum, nil, nil
	}
	return worker.Summary{ContentType: batch.ContentType, Pages: at.Last - at.First + 1}, marks, err
}

// cutFrom finds the batch of a letter and the pages that it was there; no batch
// if nobody can say any more.
func (r *Reader) cutFrom(ctx context.Context, id record.DocumentID) (batch record.Document, at catalog.Cut, err error) {
	err = r.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		cut, ok, err := tx.CutOf(id)
		if err != nil || !ok {
			return err
		}
		links, err := tx.LinksOf(id)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.Kind != catalog.LinkSplits || l.Other != id {
				continue
			}
			d, err := tx.DocumentByID(l.Document)
			if err == nil && d.State != record.StateDisposed && cut.First >= 1 && cut.Last <= d.Pages {
				batch, at = d, cut
			}
			return err
		}
		return nil
	})
	return batch, at, err
}

// copyPage writes page n of one pack as page number of another.
func copyPage(to *vault.PackWriter, from *vault.Pack, n, number int) error {
	page, err := from.Page(n)
	if err != nil {
		return err
	}
	words, err := from.Words(n)
	if err != nil {
		return err
	}
	text, err := from.Text(n)
	if err != nil {
		return err
	}
	raw, err := from.Raw(n)
	if err != nil {
		return err
	}
	var images [3][]byte
	for i, kind := range []string{vault.ImagePage, vault.ImageFull, vault.ImageThumb} {
		if page.OnDemand || kind == vault.ImageFull && !page.Full {
			continue
		}
		if images[i], err = from.Image(n, kind); err != nil {
			return err
		}
	}
	page.Number = number
	return to.AddPage(page, text, raw, words, images[0], images[1], images[2])
}
