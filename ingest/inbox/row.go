package inbox

import (
	"slices"
	"strings"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// row is an item with what it is about and the facts that hold for the actor,
// of one snapshot.
type row struct {
	item  catalog.Item
	doc   record.Document // zero when it is about the file as a whole
	file  record.File     // zero in clearing
	facts record.Facts
}

// rows reads what items are about, in their order. An item whose document lies
// in another file than the item is left out: it is of the past.
func (d desk) rows(tx *catalog.Tx, items []catalog.Item) ([]row, error) {
	var docs []record.DocumentID
	var files []record.FileID
	for _, i := range items {
		files = append(files, i.File)
		if i.Document != "" {
			docs = append(docs, i.Document)
		}
	}
	papers, err := tx.DocumentsByID(docs)
	if err != nil {
		return nil, err
	}
	folders, err := tx.FilesByID(files)
	if err != nil {
		return nil, err
	}
	ofDoc, err := tx.FactsForDocuments(d.user, docs)
	if err != nil {
		return nil, err
	}
	ofFile, err := tx.Facts(d.user, files)
	if err != nil {
		return nil, err
	}
	var out []row
	for _, i := range items {
		r := row{item: i, file: folders[i.File], facts: ofFile[i.File]}
		if i.Document != "" {
			r.doc, r.facts = papers[i.Document], ofDoc[i.Document]
		}
		if r.facts.File == i.File {
			out = append(out, r)
		}
	}
	return out, nil
}

// row reads one item. What does not exist, and what the actor has nothing to
// do with, is NotFound alike.
func (d desk) row(tx *catalog.Tx, id record.ItemID) (row, standing, error) {
	if !record.ValidID(string(id)) {
		return row{}, stranger, record.Missing()
	}
	i, err := tx.ItemByID(id)
	if record.CategoryOf(err) == record.NotFound {
		return row{}, stranger, record.Missing()
	}
	if err != nil {
		return row{}, stranger, err
	}
	rs, err := d.rows(tx, []catalog.Item{i})
	if err != nil || len(rs) == 0 {
		if err == nil {
			err = record.Missing()
		}
		return row{item: i}, stranger, err
	}
	if s := d.standing(rs[0]); s != stranger {
		return rs[0], s, nil
	}
	return rs[0], stranger, record.Missing()
}

// views describes rows, reading each person once.
func (d desk) views(tx *catalog.Tx, rows []row) ([]Item, error) {
	var users []record.UserID
	var persons []record.PersonID
	var docs []record.DocumentID
	for _, r := range rows {
		if r.doc.ID != "" {
			docs = append(docs, r.doc.ID)
		}
		users = append(users, r.item.Holder, r.item.HeldBy, r.item.ActingFor, r.item.DoneBy)
		if len(r.file.Members) > 0 {
			persons = append(persons, r.file.Members[0].Person)
		}
	}
	slices.Sort(users)
	people, err := tx.UsersByID(slices.Compact(users))
	if err != nil {
		return nil, err
	}
	customers, err := tx.Persons(persons)
	if err != nil {
		return nil, err
	}
	families, err := tx.FamilySizes(docs)
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(rows))
	for n, r := range rows {
		out[n] = d.view(r, people)
		if out[n].Document != nil {
			out[n].Document.Attachments = families[r.doc.ID]
		}
		if len(r.file.Members) > 0 {
			out[n].File.Customer = nameOf(customers[r.file.Members[0].Person])
		}
	}
	return out, nil
}

func (d desk) view(r row, people map[record.UserID]catalog.User) Item {
	i := r.item
	v := Item{ID: i.ID, Kind: string(i.Kind), State: i.State, Team: i.Queue == catalog.QueueTeam, Holder: colleagueOf(i.Holder, people),
		HeldBy: colleagueOf(i.HeldBy, people), Waits: i.Waits, Due: i.Due, Note: i.Note, ActingFor: colleagueOf(i.ActingFor, people),
		CreatedAt: i.CreatedAt, ChangedAt: i.ChangedAt, DoneAt: timeOf(i.DoneAt), DoneBy: colleagueOf(i.DoneBy, people),
		Version: i.Version, Can: d.can(r)}
	if i.Holder != "" {
		v.HeldSince = timeOf(i.HeldAt)
	}
	if r.doc.ID != "" {
		v.Document = &Paper{ID: r.doc.ID, Type: r.doc.Type, Title: r.doc.Title, State: r.doc.State, Reason: r.doc.Reason, Pages: r.doc.Pages}
	}
	if r.file.ID != "" {
		v.File = &Folder{ID: r.file.ID, Number: r.file.Number(), Site: r.file.Site, Team: r.file.Team}
	}
	return v
}

// can lists by name what the actor may do with an item as it stands.
func (d desk) can(r row) []string {
	can := []string{}
	s := d.standing(r)
	switch {
	case r.item.ID == "":
		return can
	case r.item.State == catalog.ItemDone:
		if s >= finisher {
			can = append(can, "reopen")
		}
		return can
	}
	if r.item.Holder == "" || s == substitute {
		can = append(can, "take")
	}
	if d.assigns(r.facts) {
		can = append(can, "assign")
	}
	if r.item.Holder == "" || s >= lead {
		can = append(can, "follow-up", "finish")
	}
	return can
}

func colleagueOf(id record.UserID, people map[record.UserID]catalog.User) *Colleague {
	if id == "" {
		return nil
	}
	if u, ok := people[id]; ok {
		return &Colleague{Name: u.Name, Display: u.Display}
	}
	return &Colleague{Name: string(id), Display: string(id)}
}

func nameOf(p record.Person) string {
	if len(p.Names) == 0 {
		return ""
	}
	return strings.TrimSuffix(p.Names[0].Name+", "+p.Names[0].FirstName, ", ")
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// assignable lists who may be given an item: colleagues at its file's team who
// may see it.
func (d desk) assignable(tx *catalog.Tx, r row) ([]Colleague, error) {
	out := []Colleague{}
	users, err := tx.UsersAt(r.file.Site, r.file.Team)
	for _, u := range users {
		may, ferr := d.mayWork(tx, u, r)
		if ferr != nil {
			return nil, ferr
		}
		if may {
			out = append(out, Colleague{Name: u.Name, Display: u.Display})
		}
	}
	return out, err
}

// mayWork says whether another user could see an item.
func (d desk) mayWork(tx *catalog.Tx, u catalog.User, r row) (bool, error) {
	if r.doc.ID != "" {
		facts, err := tx.FactsForDocuments(u.ID, []record.DocumentID{r.doc.ID})
		f, ok := facts[r.doc.ID]
		return ok && d.allows(f, access.DocumentView) && d.allows(f, access.DocumentList), err
	}
	facts, err := tx.Facts(u.ID, []record.FileID{r.file.ID})
	f, ok := facts[r.file.ID]
	return ok && d.allows(f, access.DocumentView) && d.allows(f, access.DocumentList), err
}
