package oversight

import (
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// known is what the snapshot says about the objects that a page of entries
// names, for this officer.
type known struct {
	files     map[record.FileID]record.Facts
	documents map[record.DocumentID]record.Facts
	roles     map[record.UserID][]record.RoleAt // of users named and of who acted
	users     map[record.UserID]catalog.User    // those named
}

// visible makes views of the entries that the officer may see, in their order.
func (of officer) visible(tx *catalog.Tx, page []catalog.AuditEntry) ([]EntryView, error) {
	headers := make([]audit.Header, len(page))
	for i, e := range page {
		var err error
		if headers[i], err = audit.ParseHeader(e.Header); err != nil {
			return nil, err
		}
	}
	k, err := of.look(tx, headers)
	if err != nil {
		return nil, err
	}
	house := of.at("*")
	var out []EntryView
	for i, h := range headers {
		shown := make([]audit.Object, 0, len(h.Objects))
		for _, o := range h.Objects {
			if of.sees(k, o, house) {
				shown = append(shown, o)
			}
		}
		if len(shown) == 0 && (len(h.Objects) > 0 || !house && !of.atAny(k.roles[h.Actor])) {
			continue
		}
		v, err := view(page[i], h, shown)
		if err != nil {
			return nil, err
		}
		if len(shown) < len(h.Objects) {
			v.discreet(h.Objects, shown)
		}
		v.name(k.users)
		out = append(out, v)
	}
	return out, nil
}

// look reads what all entries of a page name in three statements.
func (of officer) look(tx *catalog.Tx, headers []audit.Header) (k known, err error) {
	var files []record.FileID
	var documents []record.DocumentID
	var users, named []record.UserID
	for _, h := range headers {
		users = append(users, h.Actor)
		for _, o := range h.Objects {
			switch o.Kind {
			case audit.KindFile:
				files = append(files, record.FileID(o.ID))
			case audit.KindDocument:
				documents = append(documents, record.DocumentID(o.ID))
			case audit.KindUser:
				users, named = append(users, record.UserID(o.ID)), append(named, record.UserID(o.ID))
			}
		}
	}
	if k.files, err = tx.Facts(of.user, distinct(files)); err != nil {
		return k, err
	}
	if k.documents, err = tx.FactsForDocuments(of.user, distinct(documents)); err != nil {
		return k, err
	}
	if k.users, err = tx.UsersByID(distinct(named)); err != nil {
		return k, err
	}
	k.roles, err = tx.RolesOf(distinct(users))
	return k, err
}

func distinct[T ~string](in []T) []T {
	slices.Sort(in)
	return slices.Compact(in)
}

// sees says whether the officer may see that an entry names an object. What the
// catalog does not know (any more), and what lies at no site, is the house's.
func (of officer) sees(k known, o audit.Object, house bool) bool {
	switch o.Kind {
	case audit.KindFile:
		if f, ok := k.files[record.FileID(o.ID)]; ok {
			return of.about(f)
		}
	case audit.KindDocument:
		if f, ok := k.documents[record.DocumentID(o.ID)]; ok {
			return of.about(f)
		}
	case audit.KindUser:
		return house || of.atAny(k.roles[record.UserID(o.ID)])
	case audit.KindSite:
		return house || of.at(o.ID)
	}
	return house
}

// atAny says whether one of the roles is held where the officer reads.
func (of officer) atAny(roles []record.RoleAt) bool {
	return slices.ContainsFunc(roles, func(r record.RoleAt) bool { return r.Site != "" && of.at(r.Site) })
}

// view decodes an entry. One that does not fit its payload is Corrupt: the
// officer must not be shown what nobody wrote.
func view(e catalog.AuditEntry, h audit.Header, shown []audit.Object) (EntryView, error) {
	if err := audit.Check(e.Header, e.Salt, e.Payload); err != nil {
		return EntryView{}, err
	}
	v := EntryView{ID: h.ID, Log: e.Log, At: h.At, Action: h.Action, Outcome: h.Outcome, Actor: h.Actor, Via: h.Via,
		Request: h.Request, Objects: shown, Detail: map[string]string{}, Names: map[string]string{}, Erased: e.Payload == nil}
	if e.Number >= 0 {
		v.Number = &e.Number
	}
	if v.Erased {
		return v, nil
	}
	p, err := audit.ParsePersonal(e.Payload)
	if err != nil {
		return EntryView{}, err
	}
	v.ActorName, v.Address, v.Query, v.Reason = p.ActorName, p.Address, p.Query, p.Reason
	if p.Detail != nil {
		v.Detail = p.Detail
	}
	return v, nil
}

// discreet leaves out of an entry what somebody wrote about documents of which
// the officer sees none: they were taken out of the file that is asked about.
func (v *EntryView) discreet(all, shown []audit.Object) {
	document := func(o audit.Object) bool { return o.Kind == audit.KindDocument }
	if slices.ContainsFunc(all, document) && !slices.ContainsFunc(shown, document) {
		delete(v.Detail, "name")
		v.Query = ""
	}
}

// name says who the users are that the entry names, as they are called today.
// Where the personal part was removed, it stays removed.
func (v *EntryView) name(users map[record.UserID]catalog.User) {
	for _, o := range v.Objects {
		if u, ok := users[record.UserID(o.ID)]; ok && o.Kind == audit.KindUser && !v.Erased {
			v.Names[o.ID] = u.Name
		}
	}
}
