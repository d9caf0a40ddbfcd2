package archive

import (
	"cmp"
	"context"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Receipt says that a document was handed in: to whom, when, by whom, and which
// bytes. It says nothing of what is in it.
type Receipt struct {
	Document   record.DocumentID `json:"document"`
	House      string            `json:"house"` // set by whoever shows it
	Name       string            `json:"name"`  // as it was handed in
	Pages      int               `json:"pages"` // 0: not counted yet, or it has none
	SHA256     record.Digest     `json:"sha256"`
	Size       int64             `json:"size"`
	Received   string            `json:"received"`    // date of receipt
	ReceivedAt time.Time         `json:"received_at"` // when it was taken in
	Channel    string            `json:"channel"`
	By         Person            `json:"by"`
	Reference  string            `json:"reference"` // the sender's: an event, or the name in a delivery; may be empty
	State      record.State      `json:"state"`
}

// Receipt gives the receipt of a document to those who may follow its state.
func (a *Archive) Receipt(ctx context.Context, actor record.Actor, id record.DocumentID) (Receipt, error) {
	e := event{action: audit.DocumentState, detail: map[string]string{"receipt": "yes"}}
	row, err := a.document(ctx, actor, id, access.DocumentState, e)
	if err != nil {
		return Receipt{}, err
	}
	d := row.doc
	r := Receipt{Document: d.ID, Name: d.Name, Pages: d.Pages, SHA256: d.Plain, Size: d.Size, Received: d.Received,
		ReceivedAt: d.CreatedAt, Channel: d.Channel, State: d.State}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		people, err := tx.UsersByID([]record.UserID{d.CreatedBy})
		if err != nil {
			return err
		}
		r.By = personOf(d.CreatedBy, people)
		note, err := tx.NoteOf(d.ID)
		if err != nil {
			return err
		}
		r.Reference = cmp.Or(note.Event, note.Object)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	if r.Pages == 0 && (d.State == record.StateReceived || d.State == record.StateProcessing) {
		r.Pages = a.countPages(ctx, d)
	}
	e.objects = objectsOf(d)
	return r, a.shown(ctx, actor, e)
}

// maxCounted is the largest document whose pages are counted for a receipt
// before it is read, in bytes: somebody waits for it.
const maxCounted = 100 << 20

// countPages counts the pages of a document that is not read yet; 0 if that
// can't be done now.
func (a *Archive) countPages(ctx context.Context, d record.Document) int {
	if a.Count == nil || d.Size > maxCounted {
		return 0
	}
	content, err := a.Vault.OpenOriginal(ctx, d.Object)
	if err != nil {
		return 0
	}
	n, err := a.Count(ctx, content.Reader(), content.Size())
	if err != nil {
		a.Log.Warn("the pages for a receipt could not be counted", "document", d.ID, "error", err)
	}
	return n
}
