package border

import (
	"context"
	"strconv"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest/delivery"
	"eakte/ingest/rendition"
	"eakte/ui/locale"
)

// ReceiptPDF prints the receipt of one document, or of several that were handed
// in together.
func ReceiptPDF(ctx context.Context, l *locale.Lang, house string, all ...archive.Receipt) (archive.PDF, error) {
	if len(all) == 0 {
		return archive.PDF{}, record.Bad("documents", "are missing")
	}
	f := rendition.Form{Info: rendition.Info{Title: l.T("handed.title"), Created: all[0].ReceivedAt, Seed: "receipt " + l.Code},
		House: house, Heading: l.T("handed.title"), Note: l.T("handed.note"), PageOf: l.T("pdf.page")}
	for i, r := range all {
		if i > 0 {
			f.Facts = append(f.Facts, rendition.Fact{})
		}
		for _, fact := range HandedFacts(l, r) {
			f.Facts = append(f.Facts, rendition.Fact(fact))
			f.Info.Seed += "\x00" + fact.Value
		}
	}
	return printed(ctx, f, l.T("handed.filename"))
}

// HandedFact is one line of a receipt.
type HandedFact struct{ Name, Value string }

// HandedFacts are the lines of a document's receipt, on paper and on the page.
func HandedFacts(l *locale.Lang, r archive.Receipt) []HandedFact {
	pages := l.T("handed.counting")
	if r.Pages > 0 {
		pages = strconv.Itoa(r.Pages)
	} else if settled(r.State) {
		pages = l.T("handed.nopages")
	}
	size := l.Size(r.Size)
	if r.Size >= 1000 {
		size = l.T("handed.bytes", "size", size, "n", l.Number(int(r.Size)))
	}
	facts := []HandedFact{
		{l.T("handed.document"), r.Name},
		{l.T("handed.received"), l.Date(r.Received)},
		{l.T("handed.at"), l.Time(r.ReceivedAt)},
		{l.T("handed.by"), r.By.Display},
		{l.T("handed.channel"), l.Of("handed.channel", r.Channel)},
		{l.T("handed.pages"), pages},
		{l.T("upload.size"), size},
		{l.T("handed.hash"), string(r.SHA256)},
		{l.T("handed.number"), string(r.Document)},
	}
	if r.Reference != "" {
		facts = append(facts, HandedFact{l.T("handed.reference"), r.Reference})
	}
	return facts
}

// DeliveryPDF prints the receipt of a delivery, with all its documents.
func DeliveryPDF(ctx context.Context, l *locale.Lang, house string, r delivery.Receipt) (archive.PDF, error) {
	f := rendition.Form{
		Info:    rendition.Info{Title: l.T("handed.delivery"), Created: r.DoneAt, Seed: "delivery receipt " + r.ID + l.Code},
		House:   house,
		Heading: l.T("handed.delivery"),
		Facts: []rendition.Fact{{Name: l.T("handed.deliveryid"), Value: r.DeliveryID}, {Name: l.T("handed.provider"), Value: r.Provider},
			{Name: l.T("handed.done"), Value: l.Time(r.DoneAt)}, {Name: l.T("handed.documents"), Value: strconv.Itoa(len(r.Documents))},
			{Name: l.T("handed.number"), Value: r.ID}},
		Columns: []rendition.Column{{Title: l.T("handed.document"), Width: 230}, {Title: l.T("handed.pages"), Width: 50, Right: true},
			{Title: l.T("upload.size"), Width: 75, Right: true}, {Title: l.T("handed.at"), Width: 128, Right: true}},
		Note:   l.T("handed.note"),
		PageOf: l.T("pdf.page"),
	}
	for _, d := range r.Documents {
		pages := ""
		if d.Pages > 0 {
			pages = strconv.Itoa(d.Pages)
		}
		f.Rows = append(f.Rows, rendition.Row{Cells: []string{d.Name, pages, l.Size(d.Size), l.Time(d.ReceivedAt)},
			Under: string(d.SHA256) + "   " + string(d.Document)})
	}
	return printed(ctx, f, l.T("handed.filename"))
}

// settled says whether the number of pages will not change any more.
func settled(s record.State) bool {
	return s != record.StateReceived && s != record.StateProcessing
}

func printed(ctx context.Context, f rendition.Form, name string) (archive.PDF, error) {
	r, err := rendition.PrintForm(ctx, f)
	if err != nil {
		return archive.PDF{}, err
	}
	return archive.PDF{Level: r.Level, Content: archive.Content{ReaderAt: r, Size: r.Size, ContentType: "application/pdf", Name: name, SHA256: r.SHA256}}, nil
}
