package vault

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"eakte/appliance/record"
)

// keyLine binds a sealed key to the object it is for. It is a comment to age.
const keyLine = "# eakte-key-of: "

// Key is a document's (file's, person's) own age identity. Destroying every
// copy of it ends what it encrypted, even where a lock still stands.
type Key struct {
	id         record.ObjectID
	identity   *age.X25519Identity
	sealed     []byte
	generation int // of the appliance's identity that it is sealed to; 0: to none, it was opened by the recovery identity
}

// Object is the id that names the key: it lies in keys under KeyNameOf.
func (k Key) Object() record.ObjectID { return k.id }

// Generation is that of the appliance's identity that the key is sealed to.
func (k Key) Generation() int { return k.generation }

// Sealed is the key as it is kept: an age file to the appliance's and the
// recovery recipient, holding an age identity file.
func (k Key) Sealed() []byte { return bytes.Clone(k.sealed) }

// Encrypt gives a writer whose bytes arrive in w as age ciphertext to this
// key. Nothing is complete before Close.
func (k Key) Encrypt(w io.Writer) (io.WriteCloser, error) {
	if k.identity == nil {
		return nil, fmt.Errorf("vault: encrypt: no key")
	}
	return age.Encrypt(w, k.identity.Recipient())
}

// Decrypt reads an age file to this key from its start. Bytes that don't
// decrypt are record.Corrupt.
func (k Key) Decrypt(r io.Reader) (io.Reader, error) {
	if k.identity == nil {
		return nil, fmt.Errorf("vault: decrypt: no key")
	}
	plain, err := age.Decrypt(r, k.identity)
	if err != nil {
		return nil, decryptError("The object", err)
	}
	return corruptReader{plain}, nil
}

// DecryptReaderAt reads any range of an age file to this key. It gives the
// plain bytes' reader and size; bytes that don't decrypt are record.Corrupt.
func (k Key) DecryptReaderAt(src io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	if k.identity == nil {
		return nil, 0, fmt.Errorf("vault: decrypt: no key")
	}
	plain, n, err := age.DecryptReaderAt(src, size, k.identity)
	if err != nil {
		return nil, 0, decryptError("The object", err)
	}
	return corruptReaderAt{plain}, n, nil
}

// corruptReader turns what age says about bad bytes into record.Corrupt.
type corruptReader struct{ r io.Reader }

func (c corruptReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		err = decryptError("The object", err)
	}
	return n, err
}

type corruptReaderAt struct{ r io.ReaderAt }

func (c corruptReaderAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = decryptError("The object", err)
	}
	return n, err
}

// NewKey makes a fresh key for an object and seals it.
func (v *Vault) NewKey(id record.ObjectID) (Key, error) {
	if !record.ValidID(string(id)) {
		return Key{}, record.Bad("object", "not an object id")
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return Key{}, fmt.Errorf("vault: new key: %w", err)
	}
	return seal(id, identity, v.Keyring())
}

// seal makes a sealed key: an age file to the ring's recipients.
func seal(id record.ObjectID, identity *age.X25519Identity, ring *Keyring) (Key, error) {
	sealed, err := ageEncrypt([]byte(keyLine+string(id)+"\n"+identity.String()+"\n"), ring.recipients...)
	if err != nil {
		return Key{}, fmt.Errorf("vault: seal key: %w", err)
	}
	return Key{id: id, identity: identity, sealed: sealed, generation: ring.Generation()}, nil
}

// Renew gives a key sealed to the appliance's newest identity: the same one, if
// it is so already. A key that was made before a rotation and kept nowhere yet
// is renewed before it is.
func (v *Vault) Renew(k Key) (Key, error) {
	ring := v.Keyring()
	if k.generation == ring.Generation() {
		return k, nil
	}
	return seal(k.id, k.identity, ring)
}

// KeyFromSealed opens a sealed key, for the redo of a journal row. A key that
// doesn't open, or is another object's, is record.Corrupt.
func (v *Vault) KeyFromSealed(id record.ObjectID, sealed []byte) (Key, error) {
	plain, generation, err := v.Keyring().unseal(sealed)
	if err != nil {
		return Key{}, corrupt("The key of the object", err)
	}
	identity, err := parseKey(id, plain)
	if err != nil {
		return Key{}, corrupt("The key of the object", err)
	}
	return Key{id: id, identity: identity, sealed: bytes.Clone(sealed), generation: generation}, nil
}

// parseKey reads what a sealed key holds.
func parseKey(id record.ObjectID, plain []byte) (*age.X25519Identity, error) {
	owner, text, ok := strings.Cut(strings.TrimPrefix(string(plain), keyLine), "\n")
	if !ok || owner != string(id) {
		return nil, fmt.Errorf("it is not the key of %s", id)
	}
	return age.ParseX25519Identity(strings.TrimSpace(text))
}
