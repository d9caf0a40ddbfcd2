package archive

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// The kinds of trace.
const (
	TraceTakenOut = "taken_out" // a document lay in this file and does not any more
	TraceCameIn   = "came_in"   // a document lay in another file before
)

// tracesShown bounds the list of a file's traces.
const tracesShown = 100

// Trace is what re-filing leaves in a file. One of something that was taken out
// says no word about it or about where it lies now: not its title, type, size,
// sender, name or id.
type Trace struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`   // taken_out, came_in
	Reason   string            `json:"reason"` // misfiled, moved, other; empty: none was given
	At       time.Time         `json:"at"`
	By       Person            `json:"by"`
	Document record.DocumentID `json:"document,omitempty"` // of what came in, while it lies here and the reader may see it
	Details  bool              `json:"details"`            // who saw it there is open to the reader, by name
}

// Witness is somebody who was shown something of a document while it lay in a
// file that it was taken out of.
type Witness struct {
	Person Person    `json:"person"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Opened bool      `json:"opened"` // they saw what is in it, not only that it is there
	Copied bool      `json:"copied"` // they fetched its bytes, or a PDF: it may have been saved or printed
}

// TraceView is a trace with who saw the document in that file.
type TraceView struct {
	Trace
	Since     time.Time `json:"since"`     // since when it lay there
	Witnesses []Witness `json:"witnesses"` // empty for who may only know how many
	Opened    int       `json:"opened"`    // persons who saw what is in it
	Listed    int       `json:"listed"`    // persons who saw no more than that it is there
}

// Traces lists what was taken out of a file and what came into it from another,
// newest first, for who may open the file and for the data-protection officer.
func (a *Archive) Traces(ctx context.Context, actor record.Actor, file record.FileID) ([]Trace, error) {
	e := event{action: audit.FileView, detail: map[string]string{"part": "traces"}}
	out := []Trace{}
	row, err := a.traced(ctx, actor, file, e)
	if err != nil {
		return out, err
	}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		out, err = a.traces(tx, actor, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.objects = []audit.Object{fileObject(row.file.ID)}
	return out, a.shown(ctx, actor, e)
}

// traced reads a file for who may see its traces. A refusal is audited.
func (a *Archive) traced(ctx context.Context, actor record.Actor, file record.FileID, e event) (fileRow, error) {
	var row fileRow
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		row, err = findFile(tx, actor, string(file))
		return err
	})
	if err == nil && a.Policy.Decide(row.facts, access.AuditRead).Allowed {
		return row, nil
	}
	if err != nil && !errors.Is(err, record.NotFound) {
		return row, err
	}
	return a.file(ctx, actor, string(file), access.FileView, e)
}

// named says whether someone may know by name who saw what was taken out of a
// file: who answers for the file, and who supervises.
func (a *Archive) named(f record.Facts) bool {
	return a.Policy.Decide(f, access.FileChange).Allowed || a.Policy.Decide(f, access.AuditRead).Allowed
}

func (a *Archive) traces(tx *catalog.Tx, actor record.Actor, file fileRow) ([]Trace, error) {
	filings, err := tx.TracesIn(file.file.ID, tracesShown)
	if err != nil {
		return nil, err
	}
	var users []record.UserID
	var docs []record.DocumentID
	for _, f := range filings {
		users, docs = append(users, f.By), append(docs, f.Document)
	}
	people, err := tx.UsersByID(users)
	if err != nil {
		return nil, err
	}
	seen, err := a.visible(tx, actor, docs)
	if err != nil {
		return nil, err
	}
	out := []Trace{}
	for _, f := range filings {
		t := a.trace(f, file, people)
		if d, ok := seen[f.Document]; ok && t.Kind == TraceCameIn && d.File == file.file.ID {
			t.Document = d.ID
		}
		out = append(out, t)
	}
	return out, nil
}

func (a *Archive) trace(f catalog.Filing, file fileRow, people map[record.UserID]catalog.User) Trace {
	t := Trace{ID: f.ID, Kind: TraceCameIn, Reason: f.Reason, At: f.At, By: personOf(f.By, people)}
	if f.From == file.file.ID {
		t.Kind, t.Details = TraceTakenOut, a.named(file.facts)
	}
	return t
}

// Trace gives one trace of what was taken out of a file, with who saw it there,
// read from the audit log: by name for who answers for that file and for who
// supervises, as a number for who else may open it. That is an entry itself.
func (a *Archive) Trace(ctx context.Context, actor record.Actor, file record.FileID, id string) (TraceView, error) {
	e := event{action: audit.DocumentSeen}
	row, err := a.traced(ctx, actor, file, e)
	if err != nil {
		return TraceView{}, err
	}
	v := TraceView{Witnesses: []Witness{}}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		filings, err := tx.FilingByID(id)
		if err != nil || filings[0].From != row.file.ID || filings[0].Silent {
			return errors.Join(err, missingIf(err == nil))
		}
		people, err := tx.UsersByID([]record.UserID{filings[0].By})
		if err != nil {
			return err
		}
		v.Trace, v.Since = a.trace(filings[0], row, people), filings[0].Since
		seen, err := tx.SeenBefore(id, "", seenActions())
		if err != nil {
			return err
		}
		found := witnesses(seen)
		if v.count(found); v.Details {
			v.Witnesses, err = called(tx, found)
		}
		return err
	})
	if err != nil {
		return TraceView{}, err
	}
	e.objects = []audit.Object{fileObject(row.file.ID)}
	return v, a.shown(ctx, actor, e)
}

func missingIf(is bool) error {
	if is {
		return record.Missing()
	}
	return nil
}

func (v *TraceView) count(found map[record.UserID]*Witness) {
	for _, w := range found {
		if w.Opened || w.Copied {
			v.Opened++
		} else {
			v.Listed++
		}
	}
}

// witnesses makes of what the log says who was shown something.
func witnesses(seen []catalog.Seen) map[record.UserID]*Witness {
	found := map[record.UserID]*Witness{}
	for _, s := range seen {
		w := found[s.User]
		if w == nil {
			w = &Witness{First: s.First, Last: s.Last}
			found[s.User] = w
		}
		if s.First.Before(w.First) {
			w.First = s.First
		}
		if s.Last.After(w.Last) {
			w.Last = s.Last
		}
		w.Opened = w.Opened || slices.Contains(contentActions(), s.Action)
		w.Copied = w.Copied || slices.Contains([]string{audit.DocumentOriginal, audit.DocumentPDF, audit.FilePDF}, s.Action)
	}
	return found
}

// called gives them in the order in which they saw it, as they are called today.
func called(tx *catalog.Tx, found map[record.UserID]*Witness) ([]Witness, error) {
	ids := make([]record.UserID, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	people, err := tx.UsersByID(ids)
	out := []Witness{}
	for id, w := range found {
		w.Person = personOf(id, people)
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b Witness) int {
		return cmp.Or(a.First.Compare(b.First), strings.Compare(a.Person.Name, b.Person.Name))
	})
	return out, err
}

// CameFrom says of a document that it lay in another file before.
type CameFrom struct {
	At     time.Time `json:"at"`
	By     Person    `json:"by"`
	Reason string    `json:"reason"`
	Opened int       `json:"opened"` // persons who saw there what is in it
	Listed int       `json:"listed"` // persons who saw no more than that it is there
	// Trace and File lead to who that was, for who may know it by name.
	Trace string   `json:"trace,omitempty"`
	File  *FileRef `json:"file,omitempty"`
}

// addCameFrom adds to one document that it was taken out of another file last.
// Which one, only who answers for that file is told.
func (a *Archive) addCameFrom(tx *catalog.Tx, actor record.Actor, v *DocumentView) error {
	all, err := tx.FilingsOf(v.ID, tracesShown)
	all = slices.DeleteFunc(all, func(f catalog.Filing) bool { return f.Silent })
	if err != nil || v.File == nil || len(all) == 0 || all[0].From == "" || all[0].To != v.File.ID {
		return err
	}
	people, err := tx.UsersByID([]record.UserID{all[0].By})
	if err != nil {
		return err
	}
	seen, err := tx.SeenBefore(all[0].ID, v.ID, seenActions())
	if err != nil {
		return err
	}
	var n TraceView
	n.count(witnesses(seen))
	v.CameFrom = &CameFrom{At: all[0].At, By: personOf(all[0].By, people), Reason: all[0].Reason, Opened: n.Opened, Listed: n.Listed}
	was, err := findFile(tx, actor, string(all[0].From))
	if errors.Is(err, record.NotFound) {
		return nil
	}
	if err == nil && a.named(was.facts) {
		v.CameFrom.Trace, v.CameFrom.File = all[0].ID, &FileRef{ID: was.file.ID, Number: was.file.Number()}
	}
	return err
}
