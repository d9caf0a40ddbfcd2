package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"eakte/appliance/record"
)

// HashParams are argon2id's: memory in KiB, passes over it, lanes. They are
// written into every hash, so changing them leaves the old hashes valid; a
// password is hashed anew at its next successful sign-in.
type HashParams struct {
	Memory uint32
	Passes uint32
	Lanes  uint8
}

// DefaultHash is 64 MiB and two passes: about a tenth of a second on a core,
// above what OWASP asks for.
func DefaultHash() HashParams { return HashParams{Memory: 64 << 10, Passes: 2, Lanes: 1} }

const (
	saltBytes   = 16
	hashBytes   = 32
	maxPassword = 1024 // bytes; what is longer is never right
	// waiting is how many may queue for a slot. Beyond it the answer is busy:
	// checking passwords must not take the memory that reading needs.
	waiting = 64
)

// HashPassword gives the PHC string of a password:
// $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>.
func HashPassword(password string, p HashParams) string {
	var salt [saltBytes]byte
	rand.Read(salt[:]) // never fails
	sum := argon2.IDKey([]byte(password), salt[:], p.Passes, p.Memory, p.Lanes, hashBytes)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Passes, p.Lanes,
		b64.EncodeToString(salt[:]), b64.EncodeToString(sum))
}

// phc is a parsed hash.
type phc struct {
	params    HashParams
	salt, sum []byte
}

// parsePHC reads what HashPassword writes and refuses anything else, and
// parameters that would take the machine down.
func parsePHC(s string) (phc, error) {
	var h phc
	var version int
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return phc{}, badHash(nil)
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return phc{}, badHash(err)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.params.Memory, &h.params.Passes, &h.params.Lanes); err != nil {
		return phc{}, badHash(err)
	}
	if h.params.Memory < 8 || h.params.Memory > 1<<20 || h.params.Passes < 1 || h.params.Passes > 64 || h.params.Lanes < 1 {
		return phc{}, badHash(nil)
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 {
		return phc{}, badHash(err)
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.sum) != hashBytes {
		return phc{}, badHash(err)
	}
	return h, nil
}

func badHash(cause error) error {
	return &record.Error{Category: record.Corrupt, Message: "A stored password hash can't be read.",
		Hint: "Reset the user's password.", Cause: cause}
}

// matches does the whole work whatever the password is.
func (h phc) matches(password string) bool {
	sum := argon2.IDKey([]byte(password), h.salt, h.params.Passes, h.params.Memory, h.params.Lanes, hashBytes)
	return subtle.ConstantTimeCompare(sum, h.sum) == 1
}

// hasher checks passwords, a few at a time.
type hasher struct {
	params HashParams
	slots  chan struct{}
	queue  chan struct{}
	decoy  phc // what an unknown name's password is held against
}

func newHasher(p HashParams, slots int) *hasher {
	h := &hasher{params: p, slots: make(chan struct{}, slots), queue: make(chan struct{}, slots+waiting)}
	h.decoy = phc{params: p, salt: make([]byte, saltBytes), sum: make([]byte, hashBytes)}
	rand.Read(h.decoy.salt) // never fails
	rand.Read(h.decoy.sum)
	return h
}

// enter waits for a slot. It gives Busy at once if too many wait already.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, &record.Error{Category: record.Busy, Message: "Too many people sign in at this moment.",
			Hint: "Try again in a few seconds."}
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, fmt.Errorf("identity: wait to check a password: %w", ctx.Err())
	}
}

// check holds a password against a stored hash; stored "" means that there is
// no such user, and takes as long. A hash that can't be read never matches,
// takes as long too, and its error says so.
func (h *hasher) check(stored, password string) (ok bool, err error) {
	against, known := h.decoy, false
	if stored != "" {
		parsed, perr := parsePHC(stored)
		if err = perr; err == nil {
			against, known = parsed, true
		}
	}
	if len(password) > maxPassword {
		password, known = password[:maxPassword], false
	}
	return against.matches(password) && known, err
}

// outdated says whether a password should be hashed anew.
func (h *hasher) outdated(stored string) bool {
	parsed, err := parsePHC(stored)
	return err == nil && parsed.params != h.params
}

// newPassword checks what somebody wants as a password.
func (id *Identity) newPassword(name, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return record.Bad("password", "a password is text")
	case n < id.cfg.MinPassword:
		return record.Bad("password", "a password has at least %d letters", id.cfg.MinPassword)
	case len(password) > maxPassword:
		return record.Bad("password", "a password has at most %d bytes", maxPassword)
	case strings.EqualFold(strings.TrimSpace(password), name):
		return record.Bad("password", "a password is not the sign-in name")
	}
	return nil
}
