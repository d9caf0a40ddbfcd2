package identity

import (
	"context"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// maxTokenLife is the longest life of a token: what is forgotten ends.
const maxTokenLife = 5 * 366 * 24 * time.Hour

// NewToken makes an API token that acts as the named user and gives it out
// once; life 0 means the configured default. It may be made by the user, by
// the operator, and by who manages users wherever this one has a role, but
// then only for users who see no contents (a scan provider, another system):
// else an administrator could read files by a token.
func (id *Identity) NewToken(ctx context.Context, actor record.Actor, user string, life time.Duration) (string, error) {
	secret := TokenPrefix + newSecret()
	var target record.UserID
	err := id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		u, err := id.tokenFor(tx, actor, user)
		if err != nil {
			return err
		}
		target = u.ID
		lives, err := id.life(life)
		if err != nil {
			return err
		}
		if u.Disabled {
			return &record.Error{Category: record.Conflict, Message: "The user is disabled.", Hint: "Enable the user first."}
		}
		now := id.clock.Now()
		k := catalog.Token{Hash: fingerprint(secret), User: u.ID, Name: "api", CreatedAt: now, ExpiresAt: now.Add(lives)}
		if err := tx.PutToken(k); err != nil {
			return err
		}
		leaf, err := id.entry(actor, audit.TokenCreate, audit.Done, u.ID, audit.Personal{
			Detail: map[string]string{"expires": k.ExpiresAt.Format(time.RFC3339)}})
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
	if refusal(err) {
		return "", id.refuse(ctx, actor, audit.TokenCreate, target, audit.Personal{Query: user}, err)
	}
	if err != nil {
		return "", err
	}
	return secret, nil
}

// tokenFor finds the user whom a token would act as, if the actor may make one.
func (id *Identity) tokenFor(tx *catalog.Tx, actor record.Actor, name string) (catalog.User, error) {
	m, err := id.manager(tx, actor)
	if err != nil {
		return catalog.User{}, err
	}
	own := !operator(actor) && actor.User != "" && name == actor.Name
	if own {
		u, err := tx.UserByID(actor.User)
		if err == nil && u.Name == name {
			return u, nil
		}
		return catalog.User{}, denied()
	}
	if !m.anywhere {
		return catalog.User{}, denied()
	}
	u, roles, err := m.target(tx, name)
	if err != nil {
		return catalog.User{}, err
	}
	if !operator(actor) && (!m.covers(roles) || id.policy.Offers(roles, access.DocumentView)) {
		return catalog.User{}, denied()
	}
	return u, nil
}

// EndTokens ends all tokens of a user: by the user, by the operator, or by who
// manages users wherever this one has a role.
func (id *Identity) EndTokens(ctx context.Context, actor record.Actor, user string) error {
	err := id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		m, err := id.manager(tx, actor)
		if err != nil {
			return err
		}
		u, err := tx.UserByID(actor.User)
		if err != nil || u.Name != user {
			var roles []record.RoleAt
			if u, roles, err = m.target(tx, user); err != nil {
				return err
			}
			if !m.anywhere || !m.covers(roles) {
				return denied()
			}
		}
		if err := tx.DeleteTokensOf(u.ID); err != nil {
			return err
		}
		leaf, err := id.entry(actor, audit.TokenDelete, audit.Done, u.ID, audit.Personal{})
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
	if refusal(err) {
		return id.refuse(ctx, actor, audit.TokenDelete, "", audit.Personal{Query: user}, err)
	}
	return err
}

func (id *Identity) life(asked time.Duration) (time.Duration, error) {
	switch {
	case asked == 0:
		return id.cfg.TokenLife, nil
	case asked < time.Minute || asked > maxTokenLife:
		return 0, record.Bad("expires", "a token lives from one minute to five years")
	}
	return asked, nil
}

// ChangePassword lets users change their own password. Their other sessions
// and all their tokens end; keep is the session that asked ("" if none did).
func (id *Identity) ChangePassword(ctx context.Context, actor record.Actor, keep, old, password string) error {
	if err := id.newPassword(actor.Name, password); err != nil {
		return err
	}
	leave, err := id.hasher.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	var u catalog.User
	admitted := false
	err = id.cat.WithTx(ctx, func(tx *catalog.Tx) (err error) {
		if u, err = tx.UserByID(actor.User); err != nil {
			return err
		}
		admitted, err = reserve(tx, changeKey(u.ID), id.clock.Now())
		return err
	})
	if err != nil {
		return err
	}
	right, err := id.hasher.check(u.PasswordHash, old)
	if err != nil {
		return err
	}
	if !admitted || !right || u.Disabled {
		return id.refuse(ctx, actor, audit.UserChange, u.ID, audit.Personal{Detail: map[string]string{"change": "own password"}},
			&record.Error{Category: record.Denied, Message: "The old password is wrong.", Hint: "Check it; after several tries, wait a few minutes."})
	}
	return id.storeOwn(ctx, actor, u, keep, HashPassword(password, id.cfg.Hash))
}

// changeKey is what guesses of the old password count under: not the name, so
// that they don't keep the user from signing in.
func changeKey(u record.UserID) string { return "change:" + string(u) }

func (id *Identity) storeOwn(ctx context.Context, actor record.Actor, u catalog.User, keep, hash string) error {
	leaf, err := id.entry(actor, audit.UserChange, audit.Done, u.ID, audit.Personal{Detail: map[string]string{"change": "own password"}})
	if err != nil {
		return err
	}
	return id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		kept, err := tx.Session(fingerprint(keep))
		found := err == nil && kept.User == u.ID
		if err != nil && !missing(err) {
			return err
		}
		if err := tx.SetPassword(u.ID, hash); err != nil {
			return err
		}
		if err := tx.ClearSignInFailures(changeKey(u.ID)); err != nil {
			return err
		}
		if err := endAll(tx, u.ID); err != nil {
			return err
		}
		if found {
			if err := tx.PutSession(kept); err != nil {
				return err
			}
		}
		return tx.Append(leaf)
	})
}
