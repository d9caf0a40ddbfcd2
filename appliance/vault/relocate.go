package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"eakte/appliance/record"
)

// RekeyAs gives the same key for an object of another id, sealed anew: what it
// encrypted under the old name can be read under the new one.
func (v *Vault) RekeyAs(k Key, id record.ObjectID) (Key, error) {
	if !record.ValidID(string(id)) {
		return Key{}, record.Bad("object", "not an object id")
	}
	if k.identity == nil {
		return Key{}, fmt.Errorf("vault: rekey: no key")
	}
	return seal(id, k.identity, v.Keyring())
}

// Original is a document's original as the catalog knows it.
type Original struct {
	Object      record.ObjectID
	Cipher      record.Digest
	CipherSize  int64
	LockedUntil time.Time
}

// Sound says whether an original and its key lie whole in their own place: nil,
// or the reason why they don't, NotFound or Corrupt. Another error says nothing.
func (v *Vault) Sound(ctx context.Context, o Original) error {
	if _, err := v.openKey(ctx, o.Object); err != nil {
		return err
	}
	return v.hashed(ctx, source{bucket: v.buckets.Records}, o)
}

// Relocate puts an original's bytes, as another place still has them, under a
// new id, with its key: the old name is taken by what is damaged, which may not
// be removed. The lock is at least the old one's. Called again with the same id
// it goes on. Without a sound copy anywhere it is record.Corrupt.
func (v *Vault) Relocate(ctx context.Context, o Original, to record.ObjectID) (Key, error) {
	name := OriginalName(o.Object)
	first := source{bucket: v.buckets.Records}
	why := v.hashed(ctx, first, o)
	from, err := first, why
	if err != nil && helps(ctx, err) {
		for _, from = range v.others(ctx, name, err) {
			if err = v.hashed(ctx, from, o); err == nil {
				break
			}
		}
	}
	if err != nil {
		return Key{}, fmt.Errorf("vault: relocate: no place has %s whole: %w", name, errors.Join(why, err))
	}
	key, err := v.relocateKey(ctx, o.Object, to)
	if err != nil {
		return Key{}, err
	}
	body := io.NewSectionReader(newRangeReader(ctx, v, from, name, o.CipherSize), 0, o.CipherSize)
	return key, v.PutLocked(ctx, OriginalName(to), o.CipherSize, o.Cipher, body, o.LockedUntil)
}

func (v *Vault) relocateKey(ctx context.Context, from, to record.ObjectID) (Key, error) {
	if k, err := v.OpenKey(ctx, to); err == nil || !errors.Is(err, record.NotFound) {
		return k, err // an earlier try came that far
	}
	old, err := v.OpenKey(ctx, from)
	if err != nil {
		return Key{}, err
	}
	key, err := v.RekeyAs(old, to)
	if err != nil {
		return Key{}, err
	}
	return key, v.PutKey(ctx, key)
}

// hashed reads an original's ciphertext at one place and compares it.
func (v *Vault) hashed(ctx context.Context, s source, o Original) error {
	name := OriginalName(o.Object)
	info, err := v.statSource(ctx, s, name)
	if err != nil {
		return err
	}
	if info.Size != o.CipherSize {
		return corrupt("The original", fmt.Errorf("%s has %d bytes, not %d", name, info.Size, o.CipherSize))
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(newRangeReader(ctx, v, s, name, info.Size), 0, info.Size)); err != nil {
		return err
	}
	if got := record.FromHash(h); got != o.Cipher {
		return corrupt("The original", fmt.Errorf("%s has the hash %s, not %s", name, got, o.Cipher))
	}
	return nil
}

// RelocatePack copies a document's pack, which is encrypted to the same key,
// to its new name. One that is not there is record.NotFound: it is made again.
func (v *Vault) RelocatePack(ctx context.Context, from, to record.ObjectID) error {
	b := v.buckets.Derived
	info, err := v.stat(ctx, b, PackName(from))
	if err != nil {
		return err
	}
	body := io.NewSectionReader(newRangeReader(ctx, v, source{bucket: b}, PackName(from), info.Size), 0, info.Size)
	return v.retry(ctx, func() error {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return b.Replace(ctx, PackName(to), info.Size, body)
	})
}

// ContinueManifest makes the next manifest of a subject with the personal part
// as it is: key opens it, under whatever name it lies now.
func (v *Vault) ContinueManifest(m Manifest, key Key, h Header) ([]byte, error) {
	if h.Object != key.id {
		return nil, record.Bad("object", "the header names another object than the key")
	}
	h.SealedKey = record.Sum(key.sealed)
	h.CreatedAt, h.LockedUntil = h.CreatedAt.UTC(), h.LockedUntil.UTC()
	if err := h.check(); err != nil {
		return nil, err
	}
	return marshalWhole(Manifest{Version: ManifestVersion, Kind: m.Kind, Header: h, Personal: m.Personal})
}
