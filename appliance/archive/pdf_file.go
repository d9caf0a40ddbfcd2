package archive

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/rendition"
	"eakte/policy/access"
)

// maxChosen bounds a selection.
const maxChosen = 5000

// FilePDF makes one PDF/A of several documents of a file behind a table of
// contents, in the order given; of none given, of all that the actor may read,
// oldest first. What can't be shown stands in the table with the reason. A
// document that is not in the file, or not for the actor, is NotFound.
func (a *Archive) FilePDF(ctx context.Context, actor record.Actor, file record.FileID, chosen []record.DocumentID, texts PDFTexts) (PDF, error) {
	e := event{action: audit.FilePDF}
	row, err := a.file(ctx, actor, string(file), access.FileView, e)
	if err != nil {
		return PDF{}, err
	}
	if len(chosen) > maxChosen {
		return PDF{}, record.Bad("documents", "are more than %d", maxChosen)
	}
	e.objects = []audit.Object{fileObject(row.file.ID)}
	docs, err := a.contents(ctx, actor, row.file, chosen)
	if err != nil {
		return PDF{}, err
	}
	if docs == nil {
		for _, id := range chosen {
			if record.ValidID(string(id)) { // anything else may say who knows what
				e.objects = append(e.objects, documentObject(id))
			}
		}
		return PDF{}, a.refuse(ctx, actor, e, false, "document")
	}
	info := rendition.Info{Title: texts.File + " " + row.file.Number(), Created: row.file.CreatedAt, Seed: string(row.file.ID) + "\n",
		Contents: &rendition.Contents{Heading: texts.Heading, Subject: texts.File + " " + row.file.Number(), Title: texts.Title,
			Type: texts.Type, Date: texts.Date, Page: texts.Page, PageOf: texts.Page, Bookmark: texts.Heading}}
	parts := make([]rendition.Part, len(docs))
	for i, d := range docs {
		parts[i] = a.part(ctx, d, texts)
		info.Seed += seed(d)
		if d.CreatedAt.After(info.Created) {
			info.Created = d.CreatedAt
		}
		e.objects = append(e.objects, documentObject(d.ID))
	}
	r, err := a.renditions.lay(ctx, info, parts)
	if err != nil {
		return PDF{}, err
	}
	if err := a.shown(ctx, actor, e); err != nil {
		return PDF{}, err
	}
	return a.handed(r, strings.TrimSpace(row.file.Number()), false), nil
}

// contents reads the documents and decides each, in one snapshot. It gives nil
// if one that was chosen may not be had.
func (a *Archive) contents(ctx context.Context, actor record.Actor, file record.File, chosen []record.DocumentID) (docs []record.Document, err error) {
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		all, err := allOf(tx, file.ID)
		if err != nil {
			return err
		}
		ids := make([]record.DocumentID, len(all))
		for i, d := range all {
			ids[i] = d.ID
		}
		facts, err := tx.FactsForDocuments(actor.User, ids)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(d record.Document) bool {
			f, ok := facts[d.ID]
			return !ok || !a.Policy.Decide(f, access.DocumentView).Allowed
		})
		docs = all
		if len(chosen) > 0 {
			docs = pick(all, chosen)
		}
		return nil
	})
	return docs, err
}

// allOf lists a file's documents, oldest first.
func allOf(tx *catalog.Tx, file record.FileID) ([]record.Document, error) {
	all := []record.Document{}
	for after := ""; ; {
		docs, next, err := tx.DocumentsOfFile(file, after, maxLimit)
		if err != nil {
			return nil, err
		}
		all = append(all, docs...)
		if after = next; after == "" {
			slices.Reverse(all)
			slices.SortStableFunc(all, func(a, b record.Document) int {
				return strings.Compare(cmp.Or(a.Received, a.Dated), cmp.Or(b.Received, b.Dated))
			})
			return all, nil
		}
	}
}

// pick brings documents into the order chosen; nil if one is missing.
func pick(all []record.Document, chosen []record.DocumentID) []record.Document {
	at := make(map[record.DocumentID]record.Document, len(all))
	for _, d := range all {
		at[d.ID] = d
	}
	var out []record.Document
	for _, id := range chosen {
		d, ok := at[id]
		if !ok {
			return nil
		}
		out = append(out, d)
	}
	return out
}
