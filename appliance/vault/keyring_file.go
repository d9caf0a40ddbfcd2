package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"eakte/appliance/record"
)

// NewKeyFile makes a key file at path (0600, on stable storage before it
// returns) and gives the recipient that things are sealed to. A file that is
// already there is record.Conflict and stays as it is.
func NewKeyFile(path string, now time.Time) (recipient string, err error) {
	return newKeyFile(path, 1, now)
}

// newKeyFile makes one whose identity is of a later generation, for an archive
// whose keys lie there already, sealed by identities that are lost.
func newKeyFile(path string, generation int, now time.Time) (recipient string, err error) {
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
	fmt.Fprintln(&b, auditSeedLine+base64.StdEncoding.EncodeToString(secrets[:secretSize]))
	fmt.Fprintln(&b, macKeyLine+base64.StdEncoding.EncodeToString(secrets[secretSize:]))
	writeIdentity(&b, identity, generation, now)
	if err := writeSecret(path, b.Bytes()); err != nil {
		return "", err
	}
	return identity.Recipient().String(), nil
}

func writeIdentity(b *bytes.Buffer, identity *age.X25519Identity, generation int, now time.Time) {
	if generation > 1 {
		fmt.Fprintln(b, generationLine+strconv.Itoa(generation))
	}
	fmt.Fprintln(b, "# created: "+now.UTC().Format(time.RFC3339))
	fmt.Fprintln(b, "# public key: "+identity.Recipient().String())
	fmt.Fprintln(b, identity.String())
}

// RotateKeyFile puts a new identity, of the next generation, in front of a key
// file's others, which stay as they are. It gives the new ring; until the file
// is in its place on stable storage, the old one is.
func RotateKeyFile(path string, old *Keyring, now time.Time) (*Keyring, error) {
	before, err := readKeyFile(path, old)
	if err != nil {
		return nil, err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("vault: rotate key file: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, keyFileTitle)
	writeIdentity(&b, identity, old.Generation()+1, now)
	fmt.Fprintln(&b, "#\n# What follows is the file before; its identity still opens what it sealed.")
	b.Write(before)
	return replaceKeyFile(path, b.Bytes(), old.recovery)
}

// RetireKeyFile takes all identities but those of the newest generation out of
// a key file. The file as it was is kept beside it first, and its path given:
// whoever has it and an old backup still opens what that backup holds.
func RetireKeyFile(path string, old *Keyring) (ring *Keyring, kept string, err error) {
	before, err := readKeyFile(path, old)
	if err != nil {
		return nil, "", err
	}
	kept = RetiredKeyFile(path, old.Generation())
	err = writeSecret(kept, before)
	if errors.Is(err, record.Conflict) { // a stop came between this and what follows
		var have []byte
		if have, err = os.ReadFile(kept); err == nil && !bytes.Equal(have, before) {
			err = &record.Error{Category: record.Conflict, Message: "Another file lies where the old key file would be kept: " + kept + ".",
				Hint: "Move it away and run the command again."}
		}
	}
	if err != nil {
		return nil, "", err
	}
	ring, err = replaceKeyFile(path, withoutOlder(before, old.Generation()), old.recovery)
	return ring, kept, err
}

// RetiredKeyFile is where RetireKeyFile keeps a key file as it was before the
// identities below a generation were taken out of it.
func RetiredKeyFile(path string, generation int) string {
	return path + ".before-generation-" + strconv.Itoa(generation)
}

// withoutOlder leaves the identities below a generation out of a key file, with
// the lines that say when they were made and what their recipients are.
func withoutOlder(file []byte, generation int) []byte {
	var b, about bytes.Buffer // about: lines that belong to the next identity
	of := 1
	for line := range strings.Lines(string(file)) {
		text := strings.TrimSpace(line)
		rest, isGeneration := strings.CutPrefix(text, generationLine)
		switch {
		case isGeneration:
			of, _ = strconv.Atoi(rest) // the file was read: it is a number
			about.WriteString(line)
		case strings.HasPrefix(text, "# created: "), strings.HasPrefix(text, "# public key: "):
			about.WriteString(line)
		case text == "" || strings.HasPrefix(text, "#"):
			if text != keyFileTitle || b.Len() == 0 {
				b.WriteString(line)
			}
		default:
			if of >= generation {
				b.Write(about.Bytes())
				b.WriteString(strings.TrimRight(line, "\n") + "\n")
			}
			about.Reset()
			of = 1
		}
	}
	return b.Bytes()
}

// readKeyFile reads a key file and makes sure that it is the one that a ring
// was read from: somebody may have changed it since.
func readKeyFile(path string, ring *Keyring) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &record.Error{Category: record.Unavailable, Message: "The key file can't be read.", Cause: err}
	}
	have, err := parseKeyFile(b)
	if err != nil || have.recipient != ring.recipient || len(have.identities) != len(ring.identities) {
		return nil, &record.Error{Category: record.Conflict, Field: "EAKTE_KEY_FILE",
			Message: "The key file is not the one that this process was started with.", Hint: "Restart the appliance and try again.", Cause: err}
	}
	return b, nil
}

// replaceKeyFile puts a new key file in the place of the old one in one step.
// The new one is read again before.
func replaceKeyFile(path string, b []byte, recovery string) (*Keyring, error) {
	path, err := filepath.EvalSymlinks(path) // the file itself, not what points to it
	if err != nil {
		return nil, fmt.Errorf("vault: key file: %w", err)
	}
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a stop before the rename: never used
		return nil, fmt.Errorf("vault: key file: %w", err)
	}
	if err := writeSecret(next, b); err != nil {
		return nil, err
	}
	ring, err := LoadKeyring(next, recovery)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(next, path); err != nil {
		return nil, fmt.Errorf("vault: key file: %w", err)
	}
	return ring, syncFolder(path)
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
		return &record.Error{Category: record.Unavailable, Field: "EAKTE_KEY_FILE", Message: "A key file can't be written.",
			Hint: "The folder of the key file must be writable for the appliance, for the time of this command.", Cause: err}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("vault: key file: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("vault: key file: %w", err)
	}
	return syncFolder(path)
}

func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("vault: key file: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
