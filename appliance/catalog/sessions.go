package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// Session is a signed-in browser. Hash is of the secret it holds; the secret
// itself is never stored.
type Session struct {
	Hash      string
	User      record.UserID
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Token is an API token, by the hash of its secret.
type Token struct {
	Hash      string
	User      record.UserID
	Name      string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}

// PutSession adds a session.
func (t *Tx) PutSession(s Session) error {
	_, err := t.exec("put session", "INSERT INTO user_session (hash, user_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
		s.Hash, s.User, toMicros(s.CreatedAt), toMicros(s.SeenAt), toMicros(s.ExpiresAt))
	return err
}

// Session reads a session, expired or not: whether it still counts is the
// caller's question.
func (t *Tx) Session(hash string) (Session, error) {
	s := Session{Hash: hash}
	var created, seen, expires int64
	found, err := t.one("session", "SELECT user_id, created_at, seen_at, expires_at FROM user_session WHERE hash = $1", []any{hash},
		&s.User, &created, &seen, &expires)
	if err != nil {
		return Session{}, err
	}
	if !found {
		return Session{}, missing("session")
	}
	s.CreatedAt, s.SeenAt, s.ExpiresAt = fromMicros(created), fromMicros(seen), fromMicros(expires)
	return s, nil
}

// TouchSession notes that a session was used and when it ends now.
func (t *Tx) TouchSession(hash string, seen, expires time.Time) error {
	return t.change("touch session", "session", "UPDATE user_session SET seen_at = $2, expires_at = $3 WHERE hash = $1",
		hash, toMicros(seen), toMicros(expires))
}

// DeleteSession ends a session; one that is gone is no error.
func (t *Tx) DeleteSession(hash string) error {
	_, err := t.exec("delete session", "DELETE FROM user_session WHERE hash = $1", hash)
	return err
}

// DeleteSessionsOf ends all sessions of a user.
func (t *Tx) DeleteSessionsOf(user record.UserID) error {
	_, err := t.exec("delete sessions", "DELETE FROM user_session WHERE user_id = $1", user)
	return err
}

// PutToken adds an API token.
func (t *Tx) PutToken(k Token) error {
	_, err := t.exec("put token", "INSERT INTO user_token (hash, user_id, name, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
		k.Hash, k.User, k.Name, toMicros(k.CreatedAt), toMicros(k.ExpiresAt))
	return err
}

// TokenByHash reads a token, expired or not.
func (t *Tx) TokenByHash(hash string) (Token, error) {
	ks, err := t.tokens("WHERE hash = $1", hash)
	if err != nil {
		return Token{}, err
	}
	if len(ks) == 0 {
		return Token{}, missing("token")
	}
	return ks[0], nil
}

// TokensOf lists a user's tokens, oldest first.
func (t *Tx) TokensOf(user record.UserID) ([]Token, error) {
	return t.tokens("WHERE user_id = $1", user)
}

func (t *Tx) tokens(where string, arg any) ([]Token, error) {
	var out []Token
	err := t.each("tokens", "SELECT hash, user_id, name, created_at, expires_at FROM user_token "+where+" ORDER BY created_at, hash",
		[]any{arg}, func(row *sql.Rows) error {
			var k Token
			var created, expires int64
			if err := row.Scan(&k.Hash, &k.User, &k.Name, &created, &expires); err != nil {
				return err
			}
			k.CreatedAt, k.ExpiresAt = fromMicros(created), fromMicros(expires)
			out = append(out, k)
			return nil
		})
	return out, err
}

// DeleteToken ends a token; one that is gone is no error.
func (t *Tx) DeleteToken(hash string) error {
	_, err := t.exec("delete token", "DELETE FROM user_token WHERE hash = $1", hash)
	return err
}

// DeleteTokensOf ends all tokens of a user.
func (t *Tx) DeleteTokensOf(user record.UserID) error {
	_, err := t.exec("delete tokens", "DELETE FROM user_token WHERE user_id = $1", user)
	return err
}

// PutSignInFailure notes a failed sign-in under a name that need not exist.
func (t *Tx) PutSignInFailure(name string, at time.Time) error {
	_, err := t.exec("put sign-in failure", "INSERT INTO signin_failure (name, at) VALUES ($1, $2)", name, toMicros(at))
	return err
}

// SignInFailures counts the failed sign-ins under a name since a time.
func (t *Tx) SignInFailures(name string, since time.Time) (int, error) {
	var n int
	_, err := t.one("sign-in failures", "SELECT COUNT(*) FROM signin_failure WHERE name = $1 AND at >= $2", []any{name, toMicros(since)}, &n)
	return n, err
}

// ClearSignInFailures forgets the failures under a name, after a success.
func (t *Tx) ClearSignInFailures(name string) error {
	_, err := t.exec("clear sign-in failures", "DELETE FROM signin_failure WHERE name = $1", name)
	return err
}
