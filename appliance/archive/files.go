package archive

import (
	"context"
	"errors"
	"slices"
	"strings"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// FindFiles finds files by number, name or birth date, misspelled or not.
// Files that the actor may not know of are not there.
func (a *Archive) FindFiles(ctx context.Context, actor record.Actor, q FileQuery) (FilePage, error) {
	e := event{action: audit.FileSearch, query: strings.TrimSpace(q.Number + " " + q.Q)}
	limit, err := pageSize(q.Limit)
	if err != nil {
		return FilePage{}, err
	}
	if len(q.Q) > maxText || len(q.Number) > maxText {
		return FilePage{}, record.Bad("q", "is longer than %d bytes", maxText)
	}
	page := FilePage{Items: []FileHit{}}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		roles, err := tx.Roles(actor.User)
		if err != nil {
			return err
		}
		found, err := a.find(tx, actor, roles, q, limit)
		if err != nil {
			return err
		}
		page.Next = found.Next
		page.Items, err = a.hits(tx, actor, found.Files)
		for i, h := range page.Items {
			page.Items[i].Why = why(found.Why[h.ID], h)
		}
		return err
	})
	if err != nil {
		return FilePage{}, err
	}
	for _, h := range page.Items {
		e.objects = append(e.objects, fileObject(h.ID))
	}
	return page, a.shown(ctx, actor, e)
}

// find looks for a number as it is, and for anything else with tolerance.
func (a *Archive) find(tx *catalog.Tx, actor record.Actor, roles []record.RoleAt, q FileQuery, limit int) (catalog.Found, error) {
	if q.Number != "" {
		f, err := tx.FileByNumber(q.Number)
		if errors.Is(err, record.NotFound) {
			return catalog.Found{}, nil
		}
		return catalog.Found{Files: []record.File{f}}, err
	}
	return tx.FindFiles(actor.User, clauses(a.Policy.Scope(access.FileFind, roles)),
		catalog.FindQuery{Text: q.Q, Cursor: q.Cursor, Limit: limit})
}

// clauses hands policy's filter to the catalog, which knows no policy.
func clauses(in []access.Clause) []catalog.Clause {
	out := make([]catalog.Clause, len(in))
	for i, c := range in {
		out[i] = catalog.Clause{Need: c.Need, Sites: c.Sites, Except: c.Except, MaxSensitivity: c.MaxSensitivity}
		for _, t := range c.Teams {
			out[i].Teams = append(out[i].Teams, catalog.SiteTeam{Site: t.Site, Team: t.Team})
		}
	}
	return out
}

// hits decides each found file once more and describes it.
func (a *Archive) hits(tx *catalog.Tx, actor record.Actor, found []record.File) ([]FileHit, error) {
	out := []FileHit{}
	ids, users := make([]record.FileID, len(found)), make([]record.UserID, len(found))
	for i, f := range found {
		ids[i], users[i] = f.ID, f.Responsible
	}
	facts, err := tx.Facts(actor.User, ids)
	if err != nil {
		return nil, err
	}
	people, err := tx.UsersByID(users)
	if err != nil {
		return nil, err
	}
	members, err := a.members(tx, found...)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		fact, ok := facts[f.ID]
		if !ok || !a.Policy.Decide(fact, access.FileFind).Allowed {
			continue
		}
		out = append(out, FileHit{ID: f.ID, Number: f.Number(), Kind: f.Kind, Site: f.Site, Team: f.Team,
			Responsible: personOf(f.Responsible, people), State: stateOf(f), Members: members[f.ID], Can: a.can(fact, "contents", "post")})
	}
	return out, nil
}

func stateOf(f record.File) string {
	if f.ClosedAt.IsZero() {
		return "open"
	}
	return "closed"
}

// members describes the members of files, each person read once.
func (a *Archive) members(tx *catalog.Tx, files ...record.File) (map[record.FileID][]MemberView, error) {
	var ids []record.PersonID
	for _, f := range files {
		for _, m := range f.Members {
			ids = append(ids, m.Person)
		}
	}
	persons, err := tx.Persons(ids)
	if err != nil {
		return nil, err
	}
	out := map[record.FileID][]MemberView{}
	for _, f := range files {
		out[f.ID] = []MemberView{}
		for _, m := range f.Members {
			p := persons[m.Person]
			v := MemberView{Person: m.Person, BirthDate: p.BirthDate, CustomerNumber: p.CustomerNumber, Address: p.Address,
				Role: m.Role, From: m.From, To: m.To}
			if len(p.Names) > 0 {
				v.Name, v.FirstName = p.Names[0].Name, p.Names[0].FirstName
			}
			out[f.ID] = append(out[f.ID], v)
		}
	}
	return out, nil
}

// File tells about a file: numbers, members, who is responsible. What lies in
// it is FileDocuments' to tell.
func (a *Archive) File(ctx context.Context, actor record.Actor, idOrNumber string) (FileView, error) {
	e := event{action: audit.FileView}
	row, err := a.file(ctx, actor, idOrNumber, access.FileFind, e)
	if err != nil {
		return FileView{}, err
	}
	v, err := a.fileView(ctx, row)
	if err != nil {
		return FileView{}, err
	}
	e.objects = []audit.Object{fileObject(row.file.ID)}
	return v, a.shown(ctx, actor, e)
}

func (a *Archive) fileView(ctx context.Context, row fileRow) (FileView, error) {
	f := row.file
	v := FileView{ID: f.ID, Number: f.Number(), Numbers: f.Numbers, Kind: f.Kind, Site: f.Site, SiteName: f.Site, Team: f.Team,
		RetentionClass: f.RetentionClass, Sensitivity: f.Sensitivity, State: stateOf(f), CreatedAt: f.CreatedAt,
		Holds: []Hold{}, Can: a.can(row.facts, "contents", "post", "change", "grant", "hold")}
	if !f.ClosedAt.IsZero() {
		v.ClosedAt = &f.ClosedAt
	}
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		people, err := tx.UsersByID([]record.UserID{f.Responsible})
		if err != nil {
			return err
		}
		v.Responsible = personOf(f.Responsible, people)
		site, err := tx.Site(f.Site)
		if err != nil {
			return err
		}
		v.SiteName = site.Name
		if slices.Contains(v.Can, "contents") || slices.Contains(v.Can, "hold") {
			if v.Holds, err = a.holdsOfFile(tx, f.ID); err != nil {
				return err
			}
		}
		members, err := a.members(tx, f)
		v.Members = members[f.ID]
		return err
	})
	return v, err
}
