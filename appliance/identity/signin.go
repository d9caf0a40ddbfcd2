package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// try is one attempt to sign in.
type try struct {
	actor    record.Actor
	name     string
	password string
	address  string
	key      string // what the throttle counts under
	user     catalog.User
	known    bool
}

// SignIn checks name and password and begins a session. The token is given out
// once and stored only as its fingerprint; it belongs in a cookie (HttpOnly,
// Secure, SameSite). actor brings Via and Request only. An unknown name, a
// wrong password and a disabled user all give the same Unauthenticated; too
// many failures under a name give Busy.
func (id *Identity) SignIn(ctx context.Context, actor record.Actor, name, password, address string) (string, record.Actor, error) {
	t := try{actor: record.Actor{Via: actor.Via, Request: actor.Request}, name: strings.TrimSpace(name), password: password, address: address}
	t.key = fingerprint(strings.ToLower(t.name))
	leave, err := id.hasher.enter(ctx)
	if err != nil {
		return "", record.Actor{}, err
	}
	defer leave()

	admitted, err := id.admit(ctx, &t)
	if err != nil {
		return "", record.Actor{}, err
	}
	right, hashErr := id.hasher.check(t.user.PasswordHash, t.password)
	if hashErr != nil {
		id.cfg.Log.Error("a stored password hash can't be read", "user", t.user.ID, "error", hashErr)
	}
	switch {
	case !admitted:
		return "", record.Actor{}, id.failed(ctx, t, "throttled", &record.Error{Category: record.Busy,
			Message: "There were too many failed tries to sign in.", Hint: "Wait a few minutes and try again."})
	case !t.known:
		return "", record.Actor{}, id.failed(ctx, t, "unknown", wrong())
	case !right:
		return "", record.Actor{}, id.failed(ctx, t, "password", wrong())
	case t.user.Disabled:
		return "", record.Actor{}, id.failed(ctx, t, "disabled", wrong())
	}
	return id.begin(ctx, t)
}

// wrong is the one answer to every failed sign-in.
func wrong() error {
	return &record.Error{Category: record.Unauthenticated, Message: "Name or password is wrong.",
		Hint: "Check both and try again; an administrator can reset your password."}
}

// admit reads the user and counts the try, in one transaction.
func (id *Identity) admit(ctx context.Context, t *try) (admitted bool, err error) {
	lookup := t.name
	if !utf8.ValidString(lookup) || strings.ContainsRune(lookup, 0) {
		lookup = "" // nobody is named so; the catalog would call it invalid, which is another answer
	}
	err = id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		t.user, t.known = catalog.User{}, false
		if admitted, err = reserve(tx, t.key, id.clock.Now()); err != nil {
			return err
		}
		u, err := tx.UserByName(lookup)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		t.user, t.known = u, true
		return nil
	})
	return admitted, err
}

// failed writes the refusal and gives answer. What was typed as a name is kept
// only if it is one: people type passwords there.
func (id *Identity) failed(ctx context.Context, t try, why string, answer error) error {
	p := audit.Personal{Address: t.address, Detail: map[string]string{"why": why}}
	if t.known {
		p.ActorName = t.name
	}
	leaf, err := id.entry(t.actor, audit.SignInFailed, audit.Denied, t.user.ID, p)
	if err != nil {
		return err
	}
	err = id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		if why != "throttled" {
			if err := tx.PutSignInFailure(houseKey, id.clock.Now()); err != nil {
				return err
			}
		}
		return tx.Append(leaf)
	})
	if err != nil {
		return err
	}
	return answer
}

// begin makes the session. The user is read again: they may have been disabled,
// or given another password, while the hash was computed.
func (id *Identity) begin(ctx context.Context, t try) (string, record.Actor, error) {
	token, now := newSecret(), id.clock.Now()
	actor := actorOf(t.user, t.actor.Via, t.actor.Request)
	leaf, err := id.entry(actor, audit.SignIn, audit.Done, t.user.ID, audit.Personal{Address: t.address})
	if err != nil {
		return "", record.Actor{}, err
	}
	rehashed := ""
	if id.hasher.outdated(t.user.PasswordHash) {
		rehashed = HashPassword(t.password, id.cfg.Hash)
	}
	changed := false
	err = id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		u, err := tx.UserByID(t.user.ID)
		if err != nil {
			return err
		}
		if changed = u.Disabled || u.PasswordHash != t.user.PasswordHash; changed {
			return nil
		}
		if err := tx.ClearSignInFailures(t.key); err != nil {
			return err
		}
		if rehashed != "" {
			if err := tx.SetPassword(u.ID, rehashed); err != nil {
				return err
			}
		}
		s := catalog.Session{Hash: fingerprint(token), User: u.ID, CreatedAt: now, SeenAt: now, ExpiresAt: id.ends(now, now)}
		if err := tx.PutSession(s); err != nil {
			return err
		}
		return tx.Append(leaf)
	})
	if err != nil {
		return "", record.Actor{}, err
	}
	if changed {
		return "", record.Actor{}, id.failed(ctx, t, "disabled", wrong())
	}
	return token, actor, nil
}

// SignOut ends the session of the token. A session that has ended already is
// no error; one of somebody else is NotFound.
func (id *Identity) SignOut(ctx context.Context, actor record.Actor, token string) error {
	leaf, err := id.entry(actor, audit.SignOut, audit.Done, actor.User, audit.Personal{})
	if err != nil {
		return err
	}
	return id.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		s, err := tx.Session(fingerprint(token))
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.User != actor.User {
			return record.Missing()
		}
		if err := tx.DeleteSession(s.Hash); err != nil {
			return err
		}
		return tx.Append(leaf)
	})
}

// newSecret gives 256 random bits as 43 letters that need no escaping.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func actorOf(u catalog.User, via, request string) record.Actor {
	return record.Actor{User: u.ID, Name: u.Name, Display: u.Display, Via: via, Request: request}
}
