package oversight

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Query asks for entries. What is set must all fit.
type Query struct {
	Actor    string `json:"actor"`    // sign-in name
	File     string `json:"file"`     // id or number
	Document string `json:"document"` // id
	Action   string `json:"action"`   // as document.view
	Group    string `json:"group"`    // or any action of a group, see Groups
	Outcome  string `json:"outcome"`  // allowed, denied, failed, done
	From     string `json:"from"`     // first day YYYY-MM-DD in Germany, or an RFC 3339 time
	To       string `json:"to"`       // last day, or the time before which
	Cursor   string `json:"cursor"`
	Limit    int    `json:"limit"` // 1 to 500, 0 means 50
}

// EntryView is an entry as the officer sees it. Number is its place in the log
// of its year, null until it has one. Erased says that its personal part was
// removed; ActorName, Address, Query, Reason and Detail are then empty.
type EntryView struct {
	ID        string            `json:"id"`
	Log       int               `json:"log"`
	Number    *int64            `json:"number"`
	At        time.Time         `json:"at"`
	Action    string            `json:"action"`
	Outcome   string            `json:"outcome"` // allowed, denied, failed, done
	Actor     record.UserID     `json:"actor"`
	ActorName string            `json:"actor_name"`
	Via       string            `json:"via"`
	Request   string            `json:"request"`
	Objects   []audit.Object    `json:"objects"`
	Address   string            `json:"address"`
	Query     string            `json:"query"`
	Reason    string            `json:"reason"`
	Detail    map[string]string `json:"detail"`
	Names     map[string]string `json:"names"` // of the users among the objects, by their id
	Erased    bool              `json:"erased"`
}

const (
	defaultLimit = 50
	maxLimit     = 500
	maxRounds    = 40 // pages of the log looked through for one answer; then the cursor goes on
)

// Entries answers a question, newest first, refusals included, and gives the
// cursor of the next page ("" at the end). A page may be shorter than asked for
// and still have a next one: what the officer may not see was left out. The
// entry about the question names every entry that was shown.
func (o *Oversight) Entries(ctx context.Context, actor record.Actor, q Query) ([]EntryView, string, error) {
	asked, err := json.Marshal(q)
	if err != nil {
		return nil, "", err
	}
	var views []EntryView
	var next string
	var about []audit.Object
	err = o.cat.Read(ctx, func(tx *catalog.Tx) error {
		views, next, about = nil, "", nil
		of, err := o.officer(tx, actor)
		if err != nil {
			return err
		}
		cq, objects, err := o.resolve(tx, of, q)
		about = objects
		if err != nil {
			return err
		}
		views, next, err = collect(tx, of, cq)
		return err
	})
	if err != nil {
		return nil, "", o.answer(ctx, actor, err, about, string(asked))
	}
	for _, v := range views {
		about = append(about, audit.Object{Kind: audit.KindEntry, ID: v.ID})
	}
	if err := o.note(ctx, actor, audit.Allowed, about, string(asked)); err != nil {
		return nil, "", err
	}
	return views, next, nil
}

// resolve decides whether the question may be asked, and only then whether it
// is well formed.
func (o *Oversight) resolve(tx *catalog.Tx, of officer, q Query) (catalog.AuditQuery, []audit.Object, error) {
	cq := catalog.AuditQuery{Action: q.Action, Cursor: q.Cursor, Limit: q.Limit}
	objects, named, err := of.named(tx, q, &cq)
	switch {
	case err != nil:
		return cq, objects, err
	case !named && !of.at(""):
		return cq, objects, denied()
	}
	if q.Actor != "" {
		if cq.Actor, err = o.employee(tx, of, q); err != nil {
			return cq, objects, err
		}
	}
	if err := q.kinds(&cq); err != nil {
		return cq, objects, err
	}
	if q.Limit < 0 || q.Limit > maxLimit {
		return cq, objects, record.Bad("limit", "a list has 1 to %d items", maxLimit)
	}
	if cq.Limit == 0 {
		cq.Limit = defaultLimit
	}
	if cq.From, err = moment("from", q.From, 0); err != nil {
		return cq, objects, err
	}
	cq.To, err = moment("to", q.To, 1)
	return cq, objects, err
}

// named looks up the file and document of a question and decides about them.
// What is not there and what the officer may not ask about are the same, except
// that who may ask nothing at all is told so.
func (of officer) named(tx *catalog.Tx, q Query, cq *catalog.AuditQuery) (objects []audit.Object, named bool, err error) {
	missing := func() error {
		if of.at("") {
			return record.Missing()
		}
		return denied()
	}
	if q.File != "" {
		f, err := tx.FileByIDOrNumber(q.File)
		if errors.Is(err, record.NotFound) {
			return objects, false, missing()
		}
		if err != nil {
			return objects, false, err
		}
		objects = append(objects, audit.Object{Kind: audit.KindFile, ID: string(f.ID)})
		facts, err := tx.Facts(of.user, []record.FileID{f.ID})
		if err != nil {
			return objects, false, err
		}
		if fact, ok := facts[f.ID]; !ok || !of.about(fact) {
			return objects, false, missing()
		}
		cq.File = f.ID
	}
	if q.Document != "" {
		if !record.ValidID(q.Document) {
			return objects, false, missing()
		}
		cq.Document = record.DocumentID(q.Document)
		objects = append(objects, audit.Object{Kind: audit.KindDocument, ID: q.Document})
		facts, err := tx.FactsForDocuments(of.user, []record.DocumentID{cq.Document})
		if err != nil {
			return objects, false, err
		}
		if fact, ok := facts[cq.Document]; !ok || !of.about(fact) {
			return objects, false, missing()
		}
	}
	return objects, len(objects) > 0, nil
}

// employee gives the user that a question names, if that may be asked.
func (o *Oversight) employee(tx *catalog.Tx, of officer, q Query) (record.UserID, error) {
	u, err := tx.UserByName(q.Actor)
	if err != nil && !errors.Is(err, record.NotFound) {
		return "", err
	}
	self := err == nil && u.ID == of.user
	if !o.employees && !of.operator && !self && q.File == "" && q.Document == "" {
		return "", &record.Error{Category: record.Denied, Field: "actor", Message: "Questions about one employee are not open.",
			Hint: "They need an agreement with the staff council and an inquiry opened by two people. A question about a file or document may name an employee."}
	}
	if err != nil {
		return "", &record.Error{Category: record.NotFound, Field: "actor", Message: "There is no user of this name.", Hint: "Check the sign-in name."}
	}
	return u.ID, nil
}

// moment reads a day in Germany, moved on by so many, or a time. "" is open.
func moment(field, s string, days int) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseInLocation(time.DateOnly, s, record.Berlin()); err == nil {
		return d.AddDate(0, 0, days), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, record.Bad(field, "this is a day YYYY-MM-DD or a time as RFC 3339 has it")
	}
	return t, nil
}

// collect pages through the log until enough is visible.
func collect(tx *catalog.Tx, of officer, q catalog.AuditQuery) ([]EntryView, string, error) {
	want := q.Limit
	var out []EntryView
	for range maxRounds {
		q.Limit = want - len(out)
		page, next, err := tx.AuditEntries(q)
		if err != nil {
			return nil, "", err
		}
		views, err := of.visible(tx, page)
		if err != nil {
			return nil, "", err
		}
		out = append(out, views...)
		if q.Cursor = next; next == "" || len(out) >= want {
			break
		}
	}
	return out, q.Cursor, nil
}
