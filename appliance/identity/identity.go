// Package identity is the door for who somebody is: signing in with name and
// password, sessions of browsers, tokens of programs, and the users with their
// roles. Whoever is signed in gets a record.Actor; what an actor may do is
// policy's question and is asked afresh each time.
//
// Nothing that opens a door is stored: of passwords the argon2id hash, of
// sessions and tokens the SHA-256 of 256 random bits. Every success and every
// refusal is in the audit log, durably, before the caller is told; a change
// and its audit entry commit together.
//
// Limits on guessing (see throttle.go) count names, whether they exist or not.
// Neither the answer nor the work done for it tells an unknown name, a wrong
// password and a disabled user apart.
package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Config is what can be set. The zero value of a field means its default.
type Config struct {
	Idle        time.Duration // a session ends after this without a request: 8 h
	Absolute    time.Duration // and after this in any case: 12 h
	TokenLife   time.Duration // of an API token if nobody says: 30 days
	MinPassword int           // letters of a new password: 8
	Hash        HashParams    // of new password hashes; old ones keep and state theirs
	HashSlots   int           // passwords checked at the same time: one a core
	Log         *slog.Logger  // where a failed note of a session's use goes

	// Describe leaves in the transaction of a change what a rebuild has to know
	// of the users, and gives what the audit entry names of it; Described
	// returns nil when it is in the store. Both or none.
	Describe  func(ctx context.Context, tx *catalog.Tx, by record.UserID) ([]audit.Object, error)
	Described func(ctx context.Context) error
}

// Identity is the door. It is safe for concurrent use.
type Identity struct {
	cat    *catalog.Catalog
	policy *access.Policy
	clock  record.Clock
	cfg    Config
	hasher *hasher
	silent *silencer
}

// New opens the door.
func New(cat *catalog.Catalog, policy *access.Policy, clock record.Clock, cfg Config) *Identity {
	for field, def := range map[*time.Duration]time.Duration{
		&cfg.Idle: 8 * time.Hour, &cfg.Absolute: 12 * time.Hour, &cfg.TokenLife: 30 * 24 * time.Hour} {
		if *field <= 0 {
			*field = def
		}
	}
	if cfg.MinPassword <= 0 {
		cfg.MinPassword = 8
	}
	if cfg.HashSlots <= 0 {
		cfg.HashSlots = runtime.NumCPU()
	}
	if cfg.Hash == (HashParams{}) {
		cfg.Hash = DefaultHash()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Identity{cat: cat, policy: policy, clock: clock, cfg: cfg,
		hasher: newHasher(cfg.Hash, cfg.HashSlots), silent: &silencer{}}
}

// entry seals an audit entry about what actor does to a user ("" if nobody
// known is concerned), naming more besides.
func (id *Identity) entry(actor record.Actor, action, outcome string, user record.UserID, p audit.Personal, more ...audit.Object) (audit.Leaf, error) {
	e := audit.Entry{At: id.clock.Now(), Action: action, Outcome: outcome, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Personal: p}
	if e.Personal.ActorName == "" {
		e.Personal.ActorName = actor.Name
	}
	if e.Personal.Address == "" {
		e.Personal.Address = actor.Address
	}
	if user != "" {
		e.Objects = []audit.Object{{Kind: audit.KindUser, ID: string(user)}}
	}
	e.Objects = append(e.Objects, more...)
	return audit.Seal(e)
}

// refuse makes a refusal durable and then gives answer.
func (id *Identity) refuse(ctx context.Context, actor record.Actor, action string, user record.UserID, p audit.Personal, answer error) error {
	leaf, err := id.entry(actor, action, audit.Denied, user, p)
	if err != nil {
		return err
	}
	if err := id.cat.AppendAudit(ctx, leaf); err != nil {
		return err
	}
	return answer
}

// denied is the answer to who may not do something with users.
func denied() error {
	return &record.Error{Category: record.Denied, Message: "Your roles do not allow this.",
		Hint: "Ask an administrator of every site concerned; nobody changes their own roles."}
}

// refusal says whether an error is policy's no, and so belongs into the log.
func refusal(err error) bool { return errors.Is(err, record.Denied) || missing(err) }

func missing(err error) bool { return errors.Is(err, record.NotFound) }

// operator says whether the actor is the appliance itself: a command run by
// who holds the data folder and its key. No session and no token can yield it.
func operator(a record.Actor) bool { return a.User == record.System("").User }

// fingerprint is how a secret is stored and looked up.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
