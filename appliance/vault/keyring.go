package vault

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"filippo.io/age"

	"eakte/appliance/record"
)

// The key file is an age identity file, so that age alone opens what the
// appliance sealed; the two other secrets, and the identities' generations,
// stand in comment lines.
const (
	keyFileTitle   = "# eAkte appliance key, version 1"
	generationLine = "# generation: "
	auditSeedLine  = "# eakte-audit-seed: "
	macKeyLine     = "# eakte-mac-key: "
	secretSize     = 32
)

// Keyring holds the appliance's secrets: the age identities that open sealed
// keys, the seed that signs the audit log, and the key for keyed hashes. It
// never changes; a rotation makes another one.
type Keyring struct {
	identities []generationIdentity // newest first; older ones still open what they sealed
	recipients []age.Recipient      // the appliance's newest and the recovery recipient
	recipient  string               // the appliance's own, age1…
	recovery   string               // age1…
	auditSeed  []byte
	macKey     []byte
}

// generationIdentity is one identity of the key file. The generation says
// under which names lies what it sealed.
type generationIdentity struct {
	generation int
	identity   *age.X25519Identity
}

// LoadKeyring reads a key file. recovery is the recipient that every key is
// sealed to besides the appliance's own. A file that others than its owner
// can read is refused.
func LoadKeyring(path string, recovery string) (*Keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &record.Error{Category: record.Unavailable, Message: "The key file can't be read.",
			Hint: "Set EAKTE_KEY_FILE to where it lies, or run eakte setup.", Cause: err}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &record.Error{Category: record.Invalid, Field: "EAKTE_KEY_FILE",
			Message: "Others can read the key file.", Hint: "chmod 600 the file."}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("vault: key file: %w", err)
	}
	k, err := parseKeyFile(b)
	if err != nil {
		return nil, &record.Error{Category: record.Corrupt, Field: "EAKTE_KEY_FILE",
			Message: "The key file is damaged.", Hint: "Take the copy that setup asked you to keep.", Cause: err}
	}
	second, err := age.ParseX25519Recipient(recovery)
	if err != nil {
		return nil, &record.Error{Category: record.Invalid, Field: "recovery",
			Message: "The recovery recipient is not an age1… key.", Hint: "Run eakte setup again.", Cause: err}
	}
	k.recipients = append(k.recipients, second)
	k.recovery = second.String()
	return k, nil
}

func parseKeyFile(b []byte) (*Keyring, error) {
	k := &Keyring{}
	generation := 1 // of the next identity: one without a line of its own is of the first
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if err := k.secret(line); err != nil {
			return nil, err
		}
		if rest, ok := strings.CutPrefix(line, generationLine); ok {
			n, err := strconv.Atoi(rest)
			if err != nil || n < 1 || n > maxGeneration {
				return nil, fmt.Errorf("%q is no generation", rest)
			}
			generation = n
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		identity, err := age.ParseX25519Identity(line)
		if err != nil {
			return nil, fmt.Errorf("an identity is not of the X25519 kind: %w", err)
		}
		if n := len(k.identities); n > 0 && generation > k.identities[n-1].generation {
			return nil, errors.New("the newest generation must come first")
		}
		k.identities = append(k.identities, generationIdentity{generation, identity})
		generation = 1
	}
	if !strings.HasPrefix(string(b), keyFileTitle) || k.auditSeed == nil || k.macKey == nil || len(k.identities) == 0 {
		return nil, errors.New("title, identity, audit seed or MAC key is missing")
	}
	first := k.identities[0].identity.Recipient()
	k.recipients = []age.Recipient{first}
	k.recipient = first.String()
	return k, nil
}

// secret takes the audit seed or the MAC key out of a line that holds it.
func (k *Keyring) secret(line string) error {
	for prefix, into := range map[string]*[]byte{auditSeedLine: &k.auditSeed, macKeyLine: &k.macKey} {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			secret, err := base64.StdEncoding.DecodeString(rest)
			if err != nil || len(secret) != secretSize {
				return fmt.Errorf("%s is not %d bytes in base64", strings.Trim(prefix, "# :"), secretSize)
			}
			*into = secret
		}
	}
	return nil
}

// Generation is that of the identity that seals new keys.
func (k *Keyring) Generation() int { return k.identities[0].generation }

// Generations are those of the identities that the key file holds, newest first.
func (k *Keyring) Generations() []int {
	var out []int
	for _, i := range k.identities {
		if len(out) == 0 || out[len(out)-1] != i.generation {
			out = append(out, i.generation)
		}
	}
	return out
}

// unseal opens an age file with each identity, the newest first, and says of
// which generation the one is that did.
func (k *Keyring) unseal(sealed []byte) (plain []byte, generation int, err error) {
	for _, i := range k.identities {
		plain, err = ageDecrypt(sealed, i.identity)
		var other *age.NoIdentityMatchError
		if !errors.As(err, &other) {
			return plain, i.generation, err
		}
	}
	return nil, 0, err
}

// Recipient is the appliance's own age recipient.
func (k *Keyring) Recipient() string { return k.recipient }

// RecoveryRecipient is the recipient that two of three custodians can open.
func (k *Keyring) RecoveryRecipient() string { return k.recovery }

// AuditSeed is the 32-byte Ed25519 seed that signs the audit log.
func (k *Keyring) AuditSeed() []byte { return bytes.Clone(k.auditSeed) }

// MAC is an HMAC-SHA256 under a key of its own for each label, so that the
// same bytes hash differently for each purpose.
func (k *Keyring) MAC(label string, b []byte) []byte {
	sub := hmac.New(sha256.New, k.macKey)
	sub.Write([]byte("eakte/v1/" + label))
	h := hmac.New(sha256.New, sub.Sum(nil))
	h.Write(b)
	return h.Sum(nil)
}
