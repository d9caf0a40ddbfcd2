package identity

import (
	"context"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// UserDetail is one user, with what this administrator may do about them.
type UserDetail struct {
	User
	Tokens  []TokenView `json:"tokens"`
	Self    bool        `json:"self"`    // nobody changes themselves
	Covered bool        `json:"covered"` // disable, enable, password: the right holds wherever the user has a role
	Token   bool        `json:"token"`   // may be given an API token: sees no contents
}

// TokenView is an API token without its secret.
type TokenView struct {
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// User gives one user by id to who may manage them somewhere. It is asked by id
// so that no sign-in name stands in an address.
func (id *Identity) User(ctx context.Context, actor record.Actor, user record.UserID) (UserDetail, error) {
	var out UserDetail
	err := id.cat.Read(ctx, func(tx *catalog.Tx) error {
		m, err := id.manager(tx, actor)
		if err == nil && !m.anywhere {
			err = denied()
		}
		if err != nil {
			return err
		}
		u, err := tx.UserByID(user)
		if missing(err) {
			err = noUser()
		}
		if err != nil {
			return err
		}
		u, roles, err := m.target(tx, u.Name)
		if err != nil {
			return err
		}
		out = UserDetail{User: userView(u, roles), Tokens: []TokenView{}, Self: u.ID == actor.User, Covered: m.covers(roles)}
		out.Token = out.Covered && !u.Disabled && !id.policy.Offers(roles, access.DocumentView)
		tokens, err := tx.TokensOf(u.ID)
		for _, k := range tokens {
			if k.ExpiresAt.After(id.clock.Now()) {
				out.Tokens = append(out.Tokens, TokenView{k.CreatedAt, k.ExpiresAt})
			}
		}
		return err
	})
	if refusal(err) {
		return UserDetail{}, id.refuse(ctx, actor, audit.UserRead, "", audit.Personal{Query: string(user)}, err)
	}
	if err != nil {
		return UserDetail{}, err
	}
	leaf, err := id.entry(actor, audit.UserRead, audit.Allowed, out.ID, audit.Personal{})
	if err != nil {
		return UserDetail{}, err
	}
	return out, id.cat.AppendAudit(ctx, leaf)
}

// Places are where an administrator manages users.
type Places struct {
	Sites []record.Site `json:"sites"`
	House bool          `json:"house"` // roles in the whole house too
	Roles []string      `json:"roles"` // that somebody may be given
}

// Sites gives the places at which the actor manages users: sites with their
// teams, in the order in which they were set up.
func (id *Identity) Sites(ctx context.Context, actor record.Actor) (Places, error) {
	var out Places
	var m manager
	err := id.cat.Read(ctx, func(tx *catalog.Tx) (err error) {
		if m, err = id.manager(tx, actor); err != nil || !m.anywhere {
			return err
		}
		all, err := tx.Sites()
		out = Places{Sites: m.places(all), House: m.at(access.Everybody, ""), Roles: id.policy.Roles()}
		return err
	})
	if err != nil {
		return Places{}, err
	}
	if !m.anywhere {
		return Places{}, id.refuse(ctx, actor, audit.SetupRead, "", audit.Personal{}, denied())
	}
	leaf, err := id.entry(actor, audit.SetupRead, audit.Allowed, "", audit.Personal{})
	if err != nil {
		return Places{}, err
	}
	return out, id.cat.AppendAudit(ctx, leaf)
}

// places leaves of all sites those that are the manager's.
func (m manager) places(all []record.Site) []record.Site {
	out := []record.Site{}
	for _, s := range all {
		whole := m.at(s.Code, "")
		if !whole {
			s.Teams = slices.DeleteFunc(s.Teams, func(t record.Team) bool { return !m.at(s.Code, t.Code) })
		}
		if whole || len(s.Teams) > 0 {
			out = append(out, s)
		}
	}
	return out
}
