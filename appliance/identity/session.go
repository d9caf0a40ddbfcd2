package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// TokenPrefix begins every API token, so that one is recognised where it
// should not be: in a log, in a repository.
const TokenPrefix = "eakte_"

// noteUse is how long a session's use goes unnoted: a write each request would
// be one too many.
const noteUse = time.Minute

// unknown is the answer to every session or token that doesn't open.
func unknown() error {
	return &record.Error{Category: record.Unauthenticated, Message: "You are not signed in, or not any more.",
		Hint: "Sign in again; for programs, ask for a new token."}
}

// ends is when a session ends that began and was last used at these times.
func (id *Identity) ends(began, used time.Time) time.Time {
	end := began.Add(id.cfg.Absolute)
	if idle := used.Add(id.cfg.Idle); idle.Before(end) {
		return idle
	}
	return end
}

// FromSession gives the actor of a browser's session, or Unauthenticated.
// Disabling a user ends their sessions at once.
func (id *Identity) FromSession(ctx context.Context, token, request string) (record.Actor, Profile, error) {
	var s catalog.Session
	var who holder
	err := id.cat.Read(ctx, func(tx *catalog.Tx) (err error) {
		if s, err = tx.Session(fingerprint(token)); err != nil {
			return err
		}
		who, err = holderOf(tx, s.User)
		return err
	})
	now := id.clock.Now()
	switch {
	case missing(err):
		return record.Actor{}, Profile{}, unknown()
	case err != nil:
		return record.Actor{}, Profile{}, err
	case who.user.Disabled || !now.Before(s.ExpiresAt) || !now.Before(id.ends(s.CreatedAt, s.SeenAt)):
		return record.Actor{}, Profile{}, unknown()
	}
	if now.Sub(s.SeenAt) >= noteUse {
		err := id.cat.WithTx(ctx, func(tx *catalog.Tx) error { return tx.TouchSession(s.Hash, now, id.ends(s.CreatedAt, now)) })
		if err != nil && !missing(err) {
			// Reading goes on when nothing can be written; the session then ends early.
			id.cfg.Log.Warn("the use of a session could not be noted", "error", err)
		}
	}
	return actorOf(who.user, "web", request), id.profile(who), nil
}

// FromToken gives the actor of an API token, or Unauthenticated. A refusal is
// audited; the access a token opens is audited by what is then done with it.
func (id *Identity) FromToken(ctx context.Context, token, request string) (record.Actor, Profile, error) {
	var k catalog.Token
	var who holder
	err := record.Missing()
	if strings.HasPrefix(token, TokenPrefix) {
		err = id.cat.Read(ctx, func(tx *catalog.Tx) (err error) {
			if k, err = tx.TokenByHash(fingerprint(token)); err != nil {
				return err
			}
			who, err = holderOf(tx, k.User)
			return err
		})
	}
	switch {
	case missing(err):
		return record.Actor{}, Profile{}, id.badToken(ctx, request, "", "unknown")
	case err != nil:
		return record.Actor{}, Profile{}, err
	case who.user.Disabled:
		return record.Actor{}, Profile{}, id.badToken(ctx, request, who.user.ID, "disabled")
	case !k.ExpiresAt.IsZero() && !id.clock.Now().Before(k.ExpiresAt):
		return record.Actor{}, Profile{}, id.badToken(ctx, request, who.user.ID, "expired")
	}
	return actorOf(who.user, "api", request), id.profile(who), nil
}

func (id *Identity) badToken(ctx context.Context, request string, user record.UserID, why string) error {
	ok, skipped := id.silent.speak(id.clock.Now())
	if !ok {
		return unknown()
	}
	detail := map[string]string{"why": "token " + why}
	if skipped > 0 {
		detail["unwritten_before"] = strconv.Itoa(skipped)
	}
	leaf, err := id.entry(record.Actor{Via: "api", Request: request}, audit.SignInFailed, audit.Denied, user, audit.Personal{Detail: detail})
	if err != nil {
		return err
	}
	if err := id.cat.AppendAudit(ctx, leaf); err != nil {
		return err
	}
	return unknown()
}

// CSRF is the token that a page of this session puts into its forms: derived
// from the session's token, so nothing is stored and it ends with the session.
func (id *Identity) CSRF(token string) string {
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte("eakte csrf 1"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// CheckCSRF says whether a form came from a page of this session.
func (id *Identity) CheckCSRF(token, sent string) bool {
	return token != "" && hmac.Equal([]byte(id.CSRF(token)), []byte(sent))
}
