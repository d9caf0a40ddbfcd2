package vault

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"eakte/appliance/record"
)

// The key file is an age identity file, so that age alone opens what the
// appliance sealed; the two other secrets stand in comment lines.
const (
	keyFileTitle  = "# eAkte appliance key, version 1"
	auditSeedLine = "# eakte-audit-seed: "
	macKeyLine    = "# eakte-mac-key: "
	secretSize    = 32
)

// Keyring holds the appliance's secrets: the age identity that opens sealed
// keys, the seed that signs the audit log, and the key for keyed hashes.
type Keyring struct {
	identities []age.Identity  // newest first; older ones still open what they sealed
	recipients []age.Recipient // the appliance's newest and the recovery recipient
	recipient  string          // the appliance's own, age1…
	recovery   string          // age1…
	auditSeed  []byte
	macKey     []byte
}

// NewKeyFile makes a key file at path (0600, on stable storage before it
// returns) and gives the recipient that things are sealed to. A file that is
// already there is record.Conflict and stays as it is.
func NewKeyFile(path string, now time.Time) (recipient string, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("vault: new key file: %w", err)
	}
	var secrets [2 * secretSize]byte
	rand.Read(secrets[:]) // never fails (crypto/rand)
	var b bytes.Buffer
	fmt.Fprintln(&b, keyFileTitle)
	fmt.Fprintln(&b, "# Who has this file and the object store can read everything. Without it, only")
	fmt.Fprintln(&b, "# two of the three recovery custodians can. Keep a copy in another place.")
	fmt.Fprintln(&b, "# created: "+now.UTC().Format(time.RFC3339))
	fmt.Fprintln(&b, "# public key: "+identity.Recipient().String())
	fmt.Fprintln(&b, auditSeedLine+base64.StdEncoding.EncodeToString(secrets[:secretSize]))
	fmt.Fprintln(&b, macKeyLine+base64.StdEncoding.EncodeToString(secrets[secretSize:]))
	fmt.Fprintln(&b, identity.String())
	if err := writeSecret(path, b.Bytes()); err != nil {
		return "", err
	}
	return identity.Recipient().String(), nil
}

// writeSecret makes a new file that only its owner may read, and syncs it and
// its directory.
func writeSecret(path string, b []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &record.Error{Category: record.Conflict, Message: "The key file is already there.",
			Hint: "Keep it: without it nothing that it sealed can be read.", Cause: err}
	}
	if err != nil {
		return fmt.Errorf("vault: key file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("vault: key file: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("vault: key file: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("vault: key file: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
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
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		for prefix, into := range map[string]*[]byte{auditSeedLine: &k.auditSeed, macKeyLine: &k.macKey} {
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				secret, err := base64.StdEncoding.DecodeString(rest)
				if err != nil || len(secret) != secretSize {
					return nil, fmt.Errorf("%s is not %d bytes in base64", strings.Trim(prefix, "# :"), secretSize)
				}
				*into = secret
			}
		}
	}
	identities, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	first, ok := identities[0].(*age.X25519Identity)
	if !ok {
		return nil, errors.New("the first identity is not of the X25519 kind")
	}
	if !strings.HasPrefix(string(b), keyFileTitle) || k.auditSeed == nil || k.macKey == nil {
		return nil, errors.New("title, audit seed or MAC key is missing")
	}
	k.identities = identities
	k.recipients = []age.Recipient{first.Recipient()}
	k.recipient = first.Recipient().String()
	return k, nil
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
