package archive

import (
	"context"
	"errors"
	"strings"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// list is one of the two lists that open or close a file to single users.
type list struct {
	name   string
	read   func(*catalog.Tx, record.FileID) ([]catalog.Grant, error)
	put    func(*catalog.Tx, catalog.Grant) error
	remove func(*catalog.Tx, record.FileID, record.UserID) error
}

func grants() list {
	return list{"grant", (*catalog.Tx).Grants, (*catalog.Tx).PutGrant, (*catalog.Tx).DeleteGrant}
}

func denials() list {
	return list{"denial", (*catalog.Tx).Denials, (*catalog.Tx).PutDenial, (*catalog.Tx).DeleteDenial}
}

// Grants lists to whom a file is open beyond the rules.
func (a *Archive) Grants(ctx context.Context, actor record.Actor, file record.FileID) ([]Grant, error) {
	return a.listed(ctx, actor, file, grants())
}

// Denials lists to whom a file is closed whatever the rules.
func (a *Archive) Denials(ctx context.Context, actor record.Actor, file record.FileID) ([]Grant, error) {
	return a.listed(ctx, actor, file, denials())
}

// AddGrant opens a file to one user; a reason is required. It says whether the
// same transmission did so before.
func (a *Archive) AddGrant(ctx context.Context, actor record.Actor, file record.FileID, g Grant) (repeated bool, err error) {
	return a.put(ctx, actor, file, g, grants())
}

// AddDenial closes a file to one user; a reason is required.
func (a *Archive) AddDenial(ctx context.Context, actor record.Actor, file record.FileID, g Grant) (repeated bool, err error) {
	return a.put(ctx, actor, file, g, denials())
}

// RemoveGrant ends a grant.
func (a *Archive) RemoveGrant(ctx context.Context, actor record.Actor, file record.FileID, user, key string) error {
	return a.remove(ctx, actor, file, user, key, grants())
}

// RemoveDenial ends a denial.
func (a *Archive) RemoveDenial(ctx context.Context, actor record.Actor, file record.FileID, user, key string) error {
	return a.remove(ctx, actor, file, user, key, denials())
}

func (a *Archive) listed(ctx context.Context, actor record.Actor, file record.FileID, l list) ([]Grant, error) {
	e := event{action: audit.FileView, detail: map[string]string{"list": l.name}}
	row, err := a.file(ctx, actor, string(file), access.GrantChange, e)
	if err != nil {
		return nil, err
	}
	out := []Grant{}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		rows, err := l.read(tx, row.file.ID)
		if err != nil {
			return err
		}
		var ids []record.UserID
		for _, g := range rows {
			ids = append(ids, g.User, g.By)
		}
		people, err := tx.UsersByID(ids)
		for _, g := range rows {
			out = append(out, Grant{User: personOf(g.User, people).Name, Reason: g.Reason, From: g.From, To: g.To, By: personOf(g.By, people).Name})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	e.objects = []audit.Object{fileObject(row.file.ID)}
	return out, a.shown(ctx, actor, e)
}

func (a *Archive) put(ctx context.Context, actor record.Actor, file record.FileID, g Grant, l list) (repeated bool, err error) {
	o, err := newOnce(g.IdempotencyKey, "put", l.name, file, g)
	if err != nil {
		return false, err
	}
	return a.changeList(ctx, actor, file, g.User, strings.TrimSpace(g.Reason), l.name, o, func(tx *catalog.Tx, f record.FileID, u catalog.User) error {
		if strings.TrimSpace(g.Reason) == "" || len(g.Reason) > maxText {
			return record.Bad("reason", "is missing or longer than %d bytes", maxText)
		}
		if err := errors.Join(validDate("from", g.From), validDate("to", g.To)); err != nil {
			return err
		}
		if g.To != "" && g.To <= g.From {
			return record.Bad("to", "does not lie after from")
		}
		if u.ID == actor.User {
			return record.Bad("user", "is yourself; somebody else decides that")
		}
		roles, err := tx.Roles(u.ID)
		if err != nil {
			return err
		}
		if l.name == grants().name && !a.Policy.Grantable(roles) {
			return record.Bad("user", "this user's role never opens contents, so a grant would open nothing")
		}
		return l.put(tx, catalog.Grant{File: f, User: u.ID, Reason: strings.TrimSpace(g.Reason), By: actor.User, From: g.From, To: g.To})
	})
}

func (a *Archive) remove(ctx context.Context, actor record.Actor, file record.FileID, user, key string, l list) error {
	o, err := newOnce(key, "remove", l.name, file, user)
	if err != nil {
		return err
	}
	_, err = a.changeList(ctx, actor, file, user, "", l.name, o, func(tx *catalog.Tx, f record.FileID, u catalog.User) error {
		return l.remove(tx, f, u.ID)
	})
	return err
}

// changeList changes one of the lists with manifest and audit entry.
func (a *Archive) changeList(ctx context.Context, actor record.Actor, file record.FileID, user, reason, name string, o once,
	change func(*catalog.Tx, record.FileID, catalog.User) error) (repeated bool, err error) {
	e := event{action: audit.GrantChange, reason: reason, detail: map[string]string{"list": name, "user": user}}
	row, err := a.file(ctx, actor, string(file), access.GrantChange, e)
	if err != nil {
		return false, err
	}
	if _, repeated, err = a.answered(ctx, actor, o); repeated || err != nil {
		return repeated, err
	}
	key, err := a.Vault.OpenKey(ctx, record.ObjectID(row.file.ID))
	if err != nil {
		return false, err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		row, err := findFile(tx, actor, string(file))
		if err != nil {
			return err
		}
		if !a.Policy.Decide(row.facts, access.GrantChange).Allowed {
			return record.Missing()
		}
		u, err := tx.UserByName(user)
		if errors.Is(err, record.NotFound) {
			return record.Bad("user", "there is no user of this name")
		}
		if err != nil {
			return err
		}
		if err := change(tx, row.file.ID, u); err != nil {
			return err
		}
		made, err := a.fileManifest(tx, key, row.file, actor.User, name)
		if err != nil {
			return err
		}
		e.objects = []audit.Object{fileObject(row.file.ID), {Kind: audit.KindUser, ID: string(u.ID)}, made}
		leaf, err := a.seal(actor, e, audit.Done)
		if err != nil {
			return err
		}
		if err := tx.Append(leaf); err != nil {
			return err
		}
		return o.answer(tx, actor, 200, "")
	})
	if err != nil {
		return false, err
	}
	return false, a.Outbox.Flush(ctx)
}
