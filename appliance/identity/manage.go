package identity

import (
	"context"
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// manager is what somebody may do with users, read afresh in the transaction
// that changes them.
type manager struct {
	actor    record.Actor
	at       func(site, team string) bool // may manage users there
	anywhere bool
}

func (id *Identity) manager(tx *catalog.Tx, actor record.Actor) (manager, error) {
	if operator(actor) {
		return manager{actor: actor, at: func(string, string) bool { return true }, anywhere: true}, nil
	}
	m := manager{actor: actor, at: func(string, string) bool { return false }}
	h, err := holderOf(tx, actor.User)
	if missing(err) || err == nil && h.user.Disabled {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	m.at = func(site, team string) bool {
		return site != "" && id.policy.DecideAt(h.roles, site, team, access.UserManage).Allowed
	}
	m.anywhere = id.policy.DecideAt(h.roles, "", "", access.UserManage).Allowed
	return m, nil
}

// covers says whether the manager may manage users wherever these roles are.
func (m manager) covers(roles []record.RoleAt) bool {
	return !slices.ContainsFunc(roles, func(r record.RoleAt) bool { return !m.at(r.Site, r.Team) })
}

// knows says whether a user with these roles is the manager's business at all.
func (m manager) knows(roles []record.RoleAt) bool {
	return len(roles) == 0 || slices.ContainsFunc(roles, func(r record.RoleAt) bool { return m.at(r.Site, r.Team) })
}

// target finds a user by name. One that is not the manager's business is as
// missing as one that does not exist.
func (m manager) target(tx *catalog.Tx, name string) (catalog.User, []record.RoleAt, error) {
	u, err := tx.UserByName(name)
	if missing(err) {
		return catalog.User{}, nil, noUser()
	}
	if err != nil {
		return catalog.User{}, nil, err
	}
	roles, err := tx.Roles(u.ID)
	if err == nil && !m.knows(roles) {
		err = noUser()
	}
	return u, roles, err
}

func noUser() error {
	return &record.Error{Category: record.NotFound, Message: "There is no such user at your sites.", Hint: "Check the sign-in name."}
}

// change is one change to a user.
type change struct {
	actor   record.Actor
	action  string
	user    record.UserID // whom it concerns, if that is known before
	name    string        // or the name it was asked for by
	prepare func() error  // slow or refusing work that needs no transaction; runs after the first look at the rights
}

// change runs fn in one transaction with its audit entry. Without the right to
// manage users anywhere nothing of what was asked is looked at. A refusal
// (Denied, or NotFound for what may not be known) rolls back and is audited.
func (id *Identity) change(ctx context.Context, c change, fn func(*catalog.Tx, manager) (map[string]string, error)) error {
	err := id.cat.Read(ctx, func(tx *catalog.Tx) error {
		m, err := id.manager(tx, c.actor)
		if err == nil && !m.anywhere {
			err = denied()
		}
		return err
	})
	if err == nil && c.prepare != nil {
		err = c.prepare()
	}
	if err == nil {
		err = id.commit(ctx, c, fn)
	}
	if err == nil && id.cfg.Described != nil {
		err = id.cfg.Described(ctx)
	}
	if refusal(err) {
		return id.refuse(ctx, c.actor, c.action, "", audit.Personal{Query: c.name}, err)
	}
	return err
}

func (id *Identity) commit(ctx context.Context, c change, fn func(*catalog.Tx, manager) (map[string]string, error)) error {
	return id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		m, err := id.manager(tx, c.actor)
		if err != nil {
			return err
		}
		if !m.anywhere {
			return denied()
		}
		detail, err := fn(tx, m)
		if err != nil {
			return err
		}
		user := c.user
		if user == "" {
			u, err := tx.UserByName(c.name)
			if err != nil {
				return err
			}
			user = u.ID
		}
		var made []audit.Object
		if id.cfg.Describe != nil {
			if made, err = id.cfg.Describe(ctx, tx, c.actor.User); err != nil {
				return err
			}
		}
		leaf, err := id.entry(c.actor, c.action, audit.Done, user, audit.Personal{Detail: detail}, made...)
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
}

// changeUser changes a user whom the manager may manage in all their roles.
func (id *Identity) changeUser(ctx context.Context, actor record.Actor, name string, prepare func() error,
	fn func(*catalog.Tx, catalog.User) (map[string]string, error)) error {
	c := change{actor: actor, action: audit.UserChange, name: name, prepare: prepare}
	return id.change(ctx, c, func(tx *catalog.Tx, m manager) (map[string]string, error) {
		u, roles, err := m.target(tx, name)
		if err != nil {
			return nil, err
		}
		if u.ID == actor.User || !m.covers(roles) {
			return nil, denied()
		}
		return fn(tx, u)
	})
}

// validRoles checks that roles exist, at sites and in teams that exist.
func (id *Identity) validRoles(tx *catalog.Tx, roles []record.RoleAt) error {
	sites, err := tx.Sites()
	if err != nil {
		return err
	}
	for _, r := range roles {
		at := slices.IndexFunc(sites, func(s record.Site) bool { return s.Code == r.Site })
		switch {
		case !id.policy.Knows(r.Role):
			return record.Bad("roles", "there is no such role; roles are: %v", id.policy.Roles())
		case r.Site == access.Everybody && r.Team != "":
			return record.Bad("roles", "a role in the whole house has no team")
		case r.Site == access.Everybody:
		case at < 0:
			return record.Bad("roles", "a role is held at a site that exists, or at \"*\", the whole house")
		case r.Team != "" && !slices.ContainsFunc(sites[at].Teams, func(t record.Team) bool { return t.Code == r.Team }):
			return record.Bad("roles", "there is no such team at that site")
		}
	}
	return nil
}
