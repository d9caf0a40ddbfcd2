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

// copiedMerged gives a document that was put together by hand the pages that its
// parts were read with. sum has no pages where one of their packs is gone: then
// all are read again.
func (r *Reader) copiedMerged(ctx context.Context, doc record.Document) (sum worker.Summary, marks []record.Mark, err error) {
	packs, pages, err := r.mergedFrom(ctx, doc.ID)
	if errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) {
		return sum, nil, nil
	}
	if err != nil || pages == 0 {
		return sum, nil, err
	}
	key, err := r.Vault.OpenKey(ctx, doc.Object)
	if err != nil {
		return sum, nil, err
	}
	err = r.Vault.PutPack(ctx, key, func(w io.Writer) error {
		out, number := vault.WritePack(w), 0
		for _, p := range packs {
			for n := 1; n <= len(p.Info().Pages); n++ {
				number++
				if err := copyPage(out, p, n, number); err != nil {
					return err
				}
			}
		}
		marks = out.Info().Marks()
		return out.Close()
	})
	if errors.Is(err, record.Corrupt) {
		return sum, nil, nil
	}
	return worker.Summary{ContentType: "application/pdf", Pages: pages}, marks, err
}

// mergedFrom opens the packs of what a document was put together from, in order.
func (r *Reader) mergedFrom(ctx context.Context, id record.DocumentID) (packs []*vault.Pack, pages int, err error) {
	var parts []record.Document
	err = r.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		parts = nil
		links, err := tx.LinksOf(id)
		for _, l := range links { // by place
			if err == nil && l.Kind == catalog.LinkMerges && l.Document == id {
				var d record.Document
				d, err = tx.DocumentByID(l.Other)
				parts = append(parts, d)
			}
		}
		return err
	})
	for _, d := range parts {
		if err != nil {
			return nil, 0, err
		}
		var p *vault.Pack
		p, err = r.Vault.OpenPack(ctx, d.Object)
		if err == nil {
			packs, pages = append(packs, p), pages+len(p.Info().Pages)
		}
	}
	return packs, pages, err
}
