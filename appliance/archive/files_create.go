package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/access"
)

// CreateFile makes a file. A number that is taken is Conflict, without saying
// whose it is, and audited. It is answered when the manifests of file and
// persons are in the store.
func (a *Archive) CreateFile(ctx context.Context, actor record.Actor, n NewFile) (FileView, error) {
	if err := a.mayCreate(ctx, actor, &n); err != nil {
		return FileView{}, err
	}
	if err := n.normalize(a.Clock.Now()); err != nil {
		return FileView{}, err
	}
	o, err := newOnce(n.IdempotencyKey, "file", n)
	if err != nil {
		return FileView{}, err
	}
	if v, done, err := a.createdBefore(ctx, actor, o); done || err != nil {
		return v, err
	}
	keys, err := a.newKeys(ctx, 1+len(n.Members))
	if err != nil {
		return FileView{}, err
	}
	var id record.FileID
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		f, err := a.createFile(tx, actor, n, keys)
		if err != nil {
			return err
		}
		id = f.ID
		return o.answer(tx, actor, 201, string(f.ID))
	})
	if errors.Is(err, record.Conflict) {
		return a.conflicting(ctx, actor, n, o, err)
	}
	if err != nil {
		return FileView{}, err
	}
	if err := a.Outbox.Flush(ctx); err != nil {
		return FileView{}, err
	}
	return a.created(ctx, actor, id)
}

// created shows a file that the actor has just made, whatever else they may.
func (a *Archive) created(ctx context.Context, actor record.Actor, id record.FileID) (FileView, error) {
	var row fileRow
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		row, err = findFile(tx, actor, string(id))
		return err
	})
	if err != nil {
		return FileView{}, err
	}
	return a.fileView(ctx, row)
}

// conflicting is for two reasons alike: the number is taken, or the same key
// was used a moment ago.
func (a *Archive) conflicting(ctx context.Context, actor record.Actor, n NewFile, o once, cause error) (FileView, error) {
	if v, done, err := a.createdBefore(ctx, actor, o); done || err != nil {
		return v, err
	}
	e := event{action: audit.FileCreate, query: n.Number, detail: map[string]string{"reason": "number taken"}}
	if err := a.note(ctx, actor, e, audit.Failed); err != nil {
		return FileView{}, err
	}
	return FileView{}, cause
}

// createdBefore answers a repeated Idempotency-Key.
func (a *Archive) createdBefore(ctx context.Context, actor record.Actor, o once) (v FileView, done bool, err error) {
	id, done, err := a.answered(ctx, actor, o)
	if err != nil || !done {
		return v, done, err
	}
	v, err = a.created(ctx, actor, record.FileID(id))
	v.Repeated = true
	return v, true, err
}

// mayCreate decides, after the team has got its default: the actor's own, if
// they have but one at the site.
func (a *Archive) mayCreate(ctx context.Context, actor record.Actor, n *NewFile) error {
	var d access.Decision
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		roles, err := tx.Roles(actor.User)
		if n.Team == "" {
			n.Team = onlyTeam(roles, n.Site)
		}
		d = a.Policy.DecideAt(roles, n.Site, n.Team, access.FileCreate)
		return err
	})
	if err != nil || d.Allowed {
		return err
	}
	return a.refuse(ctx, actor, event{action: audit.FileCreate, query: n.Number}, true, d.Reason)
}

// Places are the sites with those of their teams in which the actor may make a
// file. How the house is divided is nobody's secret: no entry is written.
func (a *Archive) Places(ctx context.Context, actor record.Actor) ([]record.Site, error) {
	var out []record.Site
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		out = nil
		roles, err := tx.Roles(actor.User)
		if err != nil {
			return err
		}
		sites, err := tx.Sites()
		for _, s := range sites {
			s.Teams = slices.DeleteFunc(s.Teams, func(t record.Team) bool {
				return !a.Policy.DecideAt(roles, s.Code, t.Code, access.FileCreate).Allowed
			})
			if len(s.Teams) > 0 {
				out = append(out, s)
			}
		}
		return err
	})
	return out, err
}

func onlyTeam(roles []record.RoleAt, site string) string {
	team := ""
	for _, r := range roles {
		if r.Site != site || r.Team == "" || r.Team == team {
			continue
		}
		if team != "" {
			return "" // several: which one is for the actor to say
		}
		team = r.Team
	}
	return team
}

// createFile writes persons, file, manifests and audit entry. keys are the
// file's and then each member's.
func (a *Archive) createFile(tx *catalog.Tx, actor record.Actor, n NewFile, keys []vault.Key) (record.File, error) {
	now := a.Clock.Now()
	f, err := a.newFile(tx, actor, n, record.FileID(keys[0].Object()), now)
	if err != nil {
		return f, err
	}
	e := event{action: audit.FileCreate, objects: []audit.Object{fileObject(f.ID)}, detail: map[string]string{"number": n.Number}}
	for i, m := range n.Members {
		p := record.Person{ID: record.PersonID(keys[i+1].Object()), BirthDate: m.BirthDate, CustomerNumber: m.CustomerNumber,
			Address: m.Address, Names: []record.DatedName{{Name: m.Name, FirstName: m.FirstName}}}
		if err := tx.PutPerson(p); err != nil {
			return f, err
		}
		made, err := a.personManifest(tx, keys[i+1], p, actor.User, now)
		if err != nil {
			return f, err
		}
		e.objects = append(e.objects, audit.Object{Kind: audit.KindPerson, ID: string(p.ID)}, made)
		f.Members = append(f.Members, record.Member{Person: p.ID, Role: m.Role, From: m.From, To: m.To})
	}
	if f, err = tx.InsertFile(f); err != nil {
		return f, err
	}
	made, err := a.fileManifest(tx, keys[0], f, actor.User, "created")
	if err != nil {
		return f, err
	}
	e.objects = append(e.objects, made)
	leaf, err := a.seal(actor, e, audit.Done)
	if err != nil {
		return f, err
	}
	if err := a.routeAgain(tx, f.ID); err != nil {
		return f, err
	}
	return f, tx.Append(leaf)
}

// newFile resolves what n names: site, team, class and who is responsible.
func (a *Archive) newFile(tx *catalog.Tx, actor record.Actor, n NewFile, id record.FileID, now time.Time) (record.File, error) {
	f := record.File{ID: id, Kind: n.Kind, Site: n.Site, Team: n.Team, RetentionClass: n.RetentionClass, Sensitivity: n.Sensitivity,
		Responsible: actor.User, CreatedAt: now, CreatedBy: actor.User, Numbers: []record.DatedNumber{{Number: n.Number, From: now.Format(time.DateOnly)}}}
	site, err := tx.Site(n.Site)
	if errors.Is(err, record.NotFound) {
		return f, record.Bad("site", "there is no site of this code")
	}
	if err != nil {
		return f, err
	}
	if !slices.ContainsFunc(site.Teams, func(t record.Team) bool { return t.Code == n.Team }) {
		return f, record.Bad("team", "there is no team of this code at the site")
	}
	if n.Responsible != "" {
		u, err := tx.UserByName(n.Responsible)
		if errors.Is(err, record.NotFound) {
			return f, record.Bad("responsible", "there is no user of this name")
		}
		if err != nil {
			return f, err
		}
		f.Responsible = u.ID
	}
	if f.RetentionClass == "" {
		f.RetentionClass = n.Kind
	}
	_, err = tx.RetentionClass(f.RetentionClass)
	if errors.Is(err, record.NotFound) {
		return f, record.Bad("retention_class", "there is no retention class of this name")
	}
	return f, err
}

// newKeys makes and keeps keys before anything is written that needs them.
// Those of a file that is then not made stay behind, sealed and unused.
func (a *Archive) newKeys(ctx context.Context, n int) ([]vault.Key, error) {
	keys := make([]vault.Key, n)
	for i := range keys {
		k, err := a.Vault.NewKey(record.ObjectID(record.NewID()))
		if err != nil {
			return nil, err
		}
		if err := a.Vault.PutKey(ctx, k); err != nil {
			return nil, err
		}
		keys[i] = k
	}
	return keys, nil
}

func (n *NewFile) normalize(now time.Time) error {
	n.Number, n.Kind = strings.TrimSpace(n.Number), strings.TrimSpace(n.Kind)
	if n.Customer != nil {
		n.Members, n.Customer = append([]NewMember{*n.Customer}, n.Members...), nil
	}
	switch {
	case catalog.NormalizeNumber(n.Number) == "":
		return record.Bad("number", "is missing")
	case len(n.Number) > 100:
		return record.Bad("number", "is longer than 100 bytes")
	case record.ValidID(n.Number):
		return record.Bad("number", "looks like an id; choose another number")
	case n.Kind == "" || len(n.Kind) > 100:
		return record.Bad("kind", "is missing or longer than 100 bytes")
	case n.Team == "":
		return record.Bad("team", "is missing")
	case n.Sensitivity > record.SensitivityRestricted:
		return record.Bad("sensitivity", "is none of 1, 2, 3")
	case len(n.Members) == 0:
		return record.Bad("members", "name at least one person")
	case len(n.Members) > 50:
		return record.Bad("members", "are more than 50")
	}
	if n.Sensitivity == 0 {
		n.Sensitivity = record.SensitivityNormal
	}
	for i := range n.Members {
		if err := n.Members[i].normalize(fmt.Sprintf("members[%d]", i), now); err != nil {
			return err
		}
	}
	return nil
}

func (m *NewMember) normalize(at string, now time.Time) error {
	if m.Name = strings.TrimSpace(m.Name); m.Name == "" {
		return record.Bad(at+".name", "is missing")
	}
	for _, s := range []struct{ field, value string }{{"name", m.Name}, {"first_name", m.FirstName}, {"address", m.Address},
		{"customer_number", m.CustomerNumber}, {"role", m.Role}} {
		if len(s.value) > maxText {
			return record.Bad(at+"."+s.field, "is longer than %d bytes", maxText)
		}
	}
	for _, d := range []struct{ field, value string }{{"birth_date", m.BirthDate}, {"from", m.From}, {"to", m.To}} {
		if err := validDate(at+"."+d.field, d.value); err != nil {
			return err
		}
	}
	if m.BirthDate > now.Format(time.DateOnly) {
		return record.Bad(at+".birth_date", "lies in the future")
	}
	return nil
}
