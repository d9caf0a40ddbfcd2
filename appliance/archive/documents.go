package archive

import (
	"context"
	"errors"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/mailroom"
	"eakte/policy/access"
)

// Document tells where a document stands. Who handed it in may follow its
// state and receipt without seeing what is in it.
func (a *Archive) Document(ctx context.Context, actor record.Actor, id record.DocumentID) (DocumentView, error) {
	e := event{action: audit.DocumentState}
	row, err := a.document(ctx, actor, id, access.DocumentState, e)
	if err != nil {
		return DocumentView{}, err
	}
	v, err := a.describe(ctx, actor, row)
	if err != nil {
		return DocumentView{}, err
	}
	if !a.Policy.Decide(row.facts, access.DocumentList).Allowed {
		v = v.receiptOnly()
	}
	e.objects = objectsOf(row.doc)
	return v, a.shown(ctx, actor, e)
}

// mark adds what is noteworthy about the pages.
func (v *DocumentView) mark(marks []record.Mark) {
	v.Marks = append(v.Marks, marks...)
	for _, m := range marks {
		if !slices.Contains(v.Marked, m.Kind) {
			v.Marked = append(v.Marked, m.Kind)
		}
		if m.Kind == record.MarkUnreadable {
			v.UnreadablePages = append(v.UnreadablePages, m.Page)
		}
	}
}

// receiptOnly leaves what one who handed in may follow.
func (v DocumentView) receiptOnly() DocumentView {
	return DocumentView{ID: v.ID, State: v.State, Indexed: v.Indexed, Reason: v.Reason, Direction: v.Direction, Received: v.Received,
		Pages: v.Pages, ContentType: v.ContentType, Size: v.Size, SHA256: v.SHA256, Name: v.Name, CreatedAt: v.CreatedAt,
		CreatedBy: v.CreatedBy, LockedUntil: v.LockedUntil, Persons: []record.PersonID{}, Links: []Link{}, Holds: []Hold{},
		Custody: toFollow(v.Custody), Signed: v.Signed, Mailroom: []mailroom.Hint{}, Delivery: v.Delivery,
		IdenticalTo: v.IdenticalTo, UnreadablePages: v.UnreadablePages, Marks: v.Marks, Marked: v.Marked, Destroyed: v.Destroyed, Can: v.Can}
}

// describe makes the view of one document, with its likes and its makers.
func (a *Archive) describe(ctx context.Context, actor record.Actor, row documentRow) (DocumentView, error) {
	var v DocumentView
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		people, err := tx.UsersByID([]record.UserID{row.doc.CreatedBy})
		if err != nil {
			return err
		}
		views := []DocumentView{a.view(row, people)}
		if err := errors.Join(a.notYetFound(tx, views), a.addHolds(tx, views), destroyed(tx, &views[0])); err != nil {
			return err
		}
		if err := errors.Join(a.addLinks(tx, actor, &views[0]), a.addSplit(tx, actor, &views[0]), a.addCameFrom(tx, actor, &views[0]), a.addRouting(tx, actor, row, &views[0]),
			a.addCustody(tx, row, &views[0]), a.addForward(tx, actor, row, &views[0])); err != nil {
			return err
		}
		v = views[0]
		marks, err := tx.Marks(v.ID)
		if err != nil {
			return err
		}
		v.mark(marks)
		same, err := tx.IdenticalTo(row.doc.Plain)
		if err != nil {
			return err
		}
		facts, err := tx.FactsForDocuments(actor.User, same)
		if err != nil {
			return err
		}
		parted, err := tx.Parted(v.ID, same)
		if err != nil {
			return err
		}
		for _, id := range same {
			if f, ok := facts[id]; ok && id != row.doc.ID && !parted[id] && a.Policy.Decide(f, access.DocumentView).Allowed {
				v.IdenticalTo = append(v.IdenticalTo, id)
			}
		}
		return nil
	})
	return v, err
}

func (a *Archive) view(row documentRow, people map[record.UserID]catalog.User) DocumentView {
	d := row.doc
	v := DocumentView{
		ID: d.ID, State: d.State, Indexed: d.Indexed, Reason: d.Reason, Type: d.Type, Title: d.Title, Section: d.Section,
		Direction: d.Direction, Dated: d.Dated, Received: d.Received, Pages: d.Pages, ContentType: d.ContentType, Size: d.Size,
		SHA256: d.Plain, Name: d.Name, CreatedAt: d.CreatedAt, CreatedBy: personOf(d.CreatedBy, people), KeepUntil: d.KeepUntil,
		LockedUntil: d.LockedUntil, Sensitivity: row.facts.Sensitivity, Persons: []record.PersonID{}, Links: []Link{},
		Holds: []Hold{}, IdenticalTo: []record.DocumentID{}, UnreadablePages: []int{}, Marks: []record.Mark{}, Marked: []string{}, Can: a.can(row.facts, "read", "edit", "hold"),
		Custody: []CustodyStep{}, Signed: []Signed{}, Mailroom: []mailroom.Hint{},
	}
	if d.File != "" {
		v.File = &FileRef{ID: row.file.ID, Number: row.file.Number()}
		v.KeepWhy = row.file.RetentionClass
		for _, m := range row.file.Members {
			v.Persons = append(v.Persons, m.Person)
		}
	}
	return v
}

func personOf(id record.UserID, people map[record.UserID]catalog.User) Person {
	if u, ok := people[id]; ok {
		return Person{Name: u.Name, Display: u.Display}
	}
	return Person{Name: string(id), Display: string(id)}
}

// FileDocuments lists a file's documents, newest first, and what is pending for
// it (for who may know that). Documents that are more sensitive than the actor
// may see are left out.
func (a *Archive) FileDocuments(ctx context.Context, actor record.Actor, id record.FileID, cursor string, limit int) (FileDocuments, error) {
	e := event{action: audit.FileView}
	file, err := a.file(ctx, actor, string(id), access.FileView, e)
	if err != nil {
		return FileDocuments{}, err
	}
	if limit, err = pageSize(limit); err != nil {
		return FileDocuments{}, err
	}
	out := FileDocuments{Items: []DocumentView{}, Pending: []Pending{}, Expected: []DocumentView{}, Traces: []Trace{}}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		docs, next, err := tx.DocumentsOfFile(file.file.ID, cursor, limit)
		if err != nil {
			return err
		}
		out.Next = next
		views, err := a.views(tx, actor, file.file, docs)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, views...)
		if cursor == "" {
			if out.Traces, err = a.traces(tx, actor, file); err != nil {
				return err
			}
		}
		if a.Policy.Decide(file.facts, access.FilePending).Allowed {
			out.Pending, err = a.pending(tx, actor, file)
		}
		return err
	})
	if err != nil {
		return FileDocuments{}, err
	}
	e.objects = append([]audit.Object{fileObject(file.file.ID)}, namedPending(out.Pending)...)
	for _, v := range out.Items {
		if o := documentObject(v.ID); !slices.Contains(e.objects, o) {
			e.objects = append(e.objects, o)
		}
	}
	return out, a.shown(ctx, actor, e)
}

// views decides each document of a list on its own facts.
func (a *Archive) views(tx *catalog.Tx, actor record.Actor, file record.File, docs []record.Document) ([]DocumentView, error) {
	ids, makers := make([]record.DocumentID, len(docs)), make([]record.UserID, len(docs))
	for i, d := range docs {
		ids[i], makers[i] = d.ID, d.CreatedBy
	}
	facts, err := tx.FactsForDocuments(actor.User, ids)
	if err != nil {
		return nil, err
	}
	people, err := tx.UsersByID(makers)
	if err != nil {
		return nil, err
	}
	var out []DocumentView
	for _, d := range docs {
		if f, ok := facts[d.ID]; ok && a.Policy.Decide(f, access.DocumentList).Allowed {
			out = append(out, a.view(documentRow{d, file, f}, people))
		}
	}
	return out, errors.Join(a.notYetFound(tx, out), a.addHolds(tx, out), addKinds(tx, out), a.addEnclosures(tx, actor, out))
}

// addKinds adds to a list which kinds of mark its documents have.
func addKinds(tx *catalog.Tx, views []DocumentView) error {
	kinds, err := tx.MarkKinds(idsOfViews(views))
	for i, v := range views {
		views[i].Marked = append(v.Marked, kinds[v.ID]...)
	}
	return err
}

func idsOfViews(views []DocumentView) []record.DocumentID {
	ids := make([]record.DocumentID, len(views))
	for i, v := range views {
		ids[i] = v.ID
	}
	return ids
}

// notYetFound keeps "ready" for what search finds: a document whose first
// indexing is on its way is still being processed. If the index is out of
// order, the document is ready all the same, and Indexed says the rest.
func (a *Archive) notYetFound(tx *catalog.Tx, views []DocumentView) error {
	var behind []string
	for _, v := range views {
		if v.State == record.StateReady && !v.Indexed {
			behind = append(behind, string(v.ID))
		}
	}
	if len(behind) == 0 {
		return nil
	}
	coming, err := tx.UntriedJobs(a.IndexKind, behind)
	for i, v := range views {
		if v.State == record.StateReady && !v.Indexed && coming[string(v.ID)] {
			views[i].State = record.StateProcessing
		}
	}
	return err
}

const (
	defaultLimit = 50
	maxLimit     = 500
)

func pageSize(n int) (int, error) {
	switch {
	case n == 0:
		return defaultLimit, nil
	case n < 0 || n > maxLimit:
		return 0, record.Bad("limit", "is not between 1 and %d", maxLimit)
	}
	return n, nil
}

// validDate accepts an empty date.
func validDate(field, d string) error {
	if d == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, d); err != nil {
		return record.Bad(field, "is not a date of the form YYYY-MM-DD")
	}
	return nil
}
