package archive

import (
	"bytes"
	"context"
	"image/jpeg"

	"eakte/appliance/audit"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/access"
	"eakte/search"
)

// Original opens a document's bytes as they were handed in. Those of a
// document that could not be read are given too: they may be all there is.
func (a *Archive) Original(ctx context.Context, actor record.Actor, id record.DocumentID) (Content, error) {
	e := event{action: audit.DocumentOriginal}
	row, err := a.document(ctx, actor, id, access.DocumentView, e)
	if err != nil {
		return Content{}, err
	}
	if row.doc.State == record.StateDisposed {
		return Content{}, keyDestroyed()
	}
	if err := a.withheld(row.doc); err != nil {
		return Content{}, err
	}
	content, err := a.Vault.OpenOriginal(ctx, row.doc.Object)
	if err != nil {
		return Content{}, err
	}
	e.objects = objectsOf(row.doc)
	if err := a.shown(ctx, actor, e); err != nil {
		return Content{}, err
	}
	return Content{ReaderAt: content, Size: content.Size(), ContentType: row.doc.ContentType, Name: row.doc.Name, SHA256: row.doc.Plain}, nil
}

func quarantined() error {
	return &record.Error{Category: record.Conflict, Message: "The document could not be read, so it has no pages.",
		Hint: "Its bytes are kept; the reason stands on the document. Have it scanned or sent again."}
}

func objectsOf(d record.Document) []audit.Object {
	o := []audit.Object{documentObject(d.ID)}
	if d.File != "" {
		o = append(o, fileObject(d.File))
	}
	return o
}

// pack opens what was derived of a document, for an actor who may read it.
func (a *Archive) pack(ctx context.Context, actor record.Actor, id record.DocumentID, e event) (documentRow, *vault.Pack, error) {
	row, err := a.document(ctx, actor, id, access.DocumentView, e)
	if err != nil {
		return row, nil, err
	}
	if err := readable(row.doc); err != nil {
		return row, nil, err
	}
	p, err := a.Vault.OpenPack(ctx, row.doc.Object)
	return row, p, err
}

// readable says why a document has no pages to be shown.
func readable(d record.Document) error {
	switch d.State {
	case record.StateDisposed:
		return keyDestroyed()
	case record.StateQuarantined:
		if err := dangerous(d); err != nil {
			return err
		}
		return quarantined()
	case record.StateReceived, record.StateProcessing:
		if d.State == record.StateProcessing && d.Pages > 0 { // it was read, and is being routed, divided or put together
			return nil
		}
		return &record.Error{Category: record.Busy, Message: "The document is still being read.",
			Hint: "Try again in a moment; the original can be opened already."}
	}
	return nil
}

// page is pack, for one page that must exist.
func (a *Archive) page(ctx context.Context, actor record.Actor, id record.DocumentID, n int, e event) (documentRow, *vault.Pack, vault.PackPage, error) {
	row, p, err := a.pack(ctx, actor, id, e)
	if err != nil {
		return row, nil, vault.PackPage{}, err
	}
	page, err := p.Page(n)
	if err != nil {
		return row, nil, page, &record.Error{Category: record.NotFound, Message: "The document has no such page.", Cause: err}
	}
	return row, p, page, nil
}

// thumbWidth is up to which width a thumbnail is good enough.
const thumbWidth = 240

// PageImage gives a page's picture: the smallest one kept that is at least
// width pixels wide, or the largest. Width 0 means the usual reading size.
func (a *Archive) PageImage(ctx context.Context, actor record.Actor, id record.DocumentID, n, width int) (Image, error) {
	e := event{action: audit.DocumentPage}
	row, p, page, err := a.page(ctx, actor, id, n, e)
	if err != nil {
		return Image{}, err
	}
	kind := vault.ImagePage
	switch {
	case width > 0 && width <= thumbWidth:
		kind = vault.ImageThumb
	case width > page.ImageWidth && (page.Full || page.OnDemand):
		kind = vault.ImageFull
	}
	b, err := a.pictures.image(ctx, row.doc.Object, p, n, kind)
	if err != nil {
		return Image{}, err
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return Image{}, &record.Error{Category: record.Corrupt, Message: "The page's picture is damaged.",
			Hint: "It can be made anew from the original.", Cause: err}
	}
	e.objects = objectsOf(row.doc)
	if err := a.shown(ctx, actor, e); err != nil {
		return Image{}, err
	}
	return Image{Bytes: b, Width: size.Width, Height: size.Height}, nil
}

// PageWords gives a page's words with their boxes on the full image.
func (a *Archive) PageWords(ctx context.Context, actor record.Actor, id record.DocumentID, n int) (record.PageWords, error) {
	e := event{action: audit.DocumentWords}
	row, p, _, err := a.page(ctx, actor, id, n, e)
	if err != nil {
		return record.PageWords{}, err
	}
	words, err := p.Words(n)
	if err != nil {
		return record.PageWords{}, err
	}
	e.objects = objectsOf(row.doc)
	return words, a.shown(ctx, actor, e)
}

// View gives what the first screen of the viewer needs. With a query it counts
// the hits of each page.
func (a *Archive) View(ctx context.Context, actor record.Actor, id record.DocumentID, q string) (Viewer, error) {
	e := event{action: audit.DocumentView, query: q}
	row, err := a.document(ctx, actor, id, access.DocumentView, e)
	if err != nil {
		return Viewer{}, err
	}
	parsed, err := parseOptional(q)
	if err != nil {
		return Viewer{}, err
	}
	v := Viewer{Pages: []PageInfo{}}
	if v.Document, err = a.describe(ctx, actor, row); err != nil {
		return Viewer{}, err
	}
	if readable(row.doc) == nil {
		if v.Pages, err = a.pages(ctx, row.doc, parsed); err != nil {
			return Viewer{}, err
		}
	}
	e.objects = objectsOf(row.doc)
	return v, a.shown(ctx, actor, e)
}

func (a *Archive) pages(ctx context.Context, d record.Document, q *search.Parsed) ([]PageInfo, error) {
	p, err := a.Vault.OpenPack(ctx, d.Object)
	if err != nil {
		return nil, err
	}
	pages := []PageInfo{}
	for _, page := range p.Info().Pages {
		info := PageInfo{Number: page.Number, Width: page.Width, Height: page.Height, Source: page.Source, Confidence: page.Confidence,
			Separator: page.Separator}
		if q != nil {
			h, _, err := highlight(p, page.Number, *q)
			if err != nil {
				return nil, err
			}
			info.Hits = h.Count
		}
		pages = append(pages, info)
	}
	return pages, nil
}

// PageText gives a page for reading, cut at the hits of a query.
func (a *Archive) PageText(ctx context.Context, actor record.Actor, id record.DocumentID, n int, q string) (PageText, error) {
	e := event{action: audit.DocumentWords, query: q}
	row, p, _, err := a.page(ctx, actor, id, n, e)
	if err != nil {
		return PageText{}, err
	}
	parsed, err := parseOptional(q)
	if err != nil {
		return PageText{}, err
	}
	t := PageText{Number: n, Hits: []record.Box{}}
	if t.Text, err = p.Text(n); err != nil {
		return PageText{}, err
	}
	if t.Words, err = p.Words(n); err != nil {
		return PageText{}, err
	}
	t.Pieces = []search.Piece{{Text: t.Text}}
	if parsed != nil {
		asked := parsed.OnPage(n)
		h := search.Highlight(t.Words, t.Text, asked)
		t.Hits = append(t.Hits, h.Boxes...)
		t.Pieces = search.Mark(t.Words, t.Text, asked)
	}
	e.objects = objectsOf(row.doc)
	return t, a.shown(ctx, actor, e)
}

func highlight(p *vault.Pack, n int, q search.Parsed) (search.Highlights, record.PageWords, error) {
	text, err := p.Text(n)
	if err != nil {
		return search.Highlights{}, record.PageWords{}, err
	}
	words, err := p.Words(n)
	if err != nil {
		return search.Highlights{}, record.PageWords{}, err
	}
	return search.Highlight(words, text, q.OnPage(n)), words, nil
}

func parseOptional(q string) (*search.Parsed, error) {
	if q == "" {
		return nil, nil
	}
	p, err := search.Parse(q)
	if err != nil {
		return nil, err
	}
	return &p, nil
}
