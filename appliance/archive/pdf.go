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

// PDF is a rendition of what was read: PDF/A, made when it is asked for and
// read by range like any Content. The same pages under the same description
// give the same bytes.
type PDF struct {
	Content
	Level  string // of conformance: "2u", or "2b" where a character has no known meaning
	Signed bool   // the original bears a digital signature, which no rendition can
}

// PDFTexts are the words that a PDF needs, in the asker's language.
type PDFTexts struct {
	Heading, File           string // of the table of contents; File stands before a file's number
	Title, Type, Date, Page string // its columns
	Untitled                string // what has neither title nor type nor name
	Signed                  string // that the original is signed and this is not it
	Kind, Day               func(string) string
	Missing                 func(record.State) string // instead of a page number
}

// title is what a document is called.
func (t PDFTexts) title(d record.Document) string {
	kind := ""
	if d.Type != "" {
		kind = t.Kind(d.Type)
	}
	return cmp.Or(d.Title, kind, d.Name, t.Untitled)
}

// PDF makes a searchable PDF/A of a document's pages.
func (a *Archive) PDF(ctx context.Context, actor record.Actor, id record.DocumentID, texts PDFTexts) (PDF, error) {
	e := event{action: audit.DocumentPDF}
	row, err := a.document(ctx, actor, id, access.DocumentView, e)
	if err != nil {
		return PDF{}, err
	}
	if err := readable(row.doc); err != nil {
		return PDF{}, err
	}
	info := rendition.Info{Title: texts.title(row.doc), Created: row.doc.CreatedAt, Seed: seed(row.doc)}
	signed, err := a.signed(ctx, row.doc)
	if err != nil {
		return PDF{}, err
	}
	if signed {
		info.About = texts.Signed
	}
	r, err := a.renditions.lay(ctx, info, []rendition.Part{a.part(ctx, row.doc, texts)})
	if err != nil {
		return PDF{}, err
	}
	e.objects = objectsOf(row.doc)
	if err := a.shown(ctx, actor, e); err != nil {
		return PDF{}, err
	}
	return a.handed(r, info.Title, signed), nil
}

// handed hands a rendition out.
func (a *Archive) handed(r *rendition.Rendition, name string, signed bool) PDF {
	name = strings.NewReplacer("//", "-", "/", "-").Replace(name) + ".pdf"
	return PDF{Level: r.Level, Signed: signed,
		Content: Content{ReaderAt: reading{r, &a.renditions}, Size: r.Size, ContentType: "application/pdf", Name: name, SHA256: r.SHA256}}
}

// seed tells a document from all others.
func seed(d record.Document) string {
	return string(d.ID) + " " + string(d.Plain) + " " + d.Title + "\n"
}

// part is a document as a part of a rendition. One that has no pages to show
// is named all the same.
func (a *Archive) part(ctx context.Context, d record.Document, texts PDFTexts) rendition.Part {
	p := rendition.Part{Title: texts.title(d), Date: texts.Day(cmp.Or(d.Received, d.Dated))}
	if d.Type != "" {
		p.Type = texts.Kind(d.Type)
	}
	if readable(d) != nil || d.Pages == 0 {
		p.Note = texts.Missing(d.State)
		return p
	}
	p.Pages = d.Pages
	ctx = context.WithoutCancel(ctx) // it may be kept for the next range
	drawn := &drawnPages{ctx: ctx, pictures: a.pictures, object: d.Object}
	p.Open = func() (rendition.Source, error) {
		pack, err := a.Vault.OpenPack(ctx, d.Object)
		return packPages{pack, drawn}, err
	}
	return p
}

// signed says whether the original bears a signature, as was found when it was
// read.
func (a *Archive) signed(ctx context.Context, d record.Document) (is bool, err error) {
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		kinds, err := tx.MarkKinds([]record.DocumentID{d.ID})
		is = slices.Contains(kinds[d.ID], record.MarkSigned)
		return err
	})
	return is, err
}
