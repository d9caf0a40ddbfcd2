package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// archive is a vault with its key file and what was kept in it.
type archive struct {
	*vault.Vault
	b        vault.Buckets
	path     string // of the key file
	recovery string // recipient
	identity string // that opens it
	kept     map[record.ObjectID][]byte
}

func newArchive(t *testing.T, n int) *archive {
	t.Helper()
	a := &archive{b: vaulttest.NewBuckets(), path: filepath.Join(t.TempDir(), "appliance.key"), kept: map[record.ObjectID][]byte{}}
	recovery, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	a.recovery, a.identity = recovery.Recipient().String(), recovery.String()
	if _, err := vault.NewKeyFile(a.path, time.Now()); err != nil {
		t.Fatal(err)
	}
	a.Vault = a.load(t)
	a.keep(t, n)
	return a
}

func (a *archive) load(t *testing.T) *vault.Vault {
	t.Helper()
	ring, err := vault.LoadKeyring(a.path, a.recovery)
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(a.b, ring, record.SystemClock{})
	vault.WithoutPauses(v)
	return v
}

func (a *archive) keep(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		plain := fmt.Appendf(nil, "letter %d", i)
		id, _ := keep(t, a.Vault, plain)
		a.kept[id] = plain
	}
}

// rotate gives the key file a new identity, as the command does.
func (a *archive) rotate(t *testing.T) {
	t.Helper()
	ring, err := vault.RotateKeyFile(a.path, a.Keyring(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a.SetKeyring(ring)
}

func (a *archive) reseal(t *testing.T) vault.KeyCounts {
	t.Helper()
	c, err := a.ResealKeys(t.Context(), "", vault.KeyPass{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (a *archive) disposals() vault.Disposals {
	return vault.Disposals{Records: a.b.Records.(vault.Disposal), Keys: a.b.Keys.(vault.Disposal), Derived: a.b.Derived.(vault.Disposal)}
}

// readable insists that everything kept is read, by a process that has nothing
// in memory.
func (a *archive) readable(t *testing.T) {
	t.Helper()
	v := a.load(t)
	for id, want := range a.kept {
		c, err := v.OpenOriginal(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if got, err := io.ReadAll(c.Reader()); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: %q, %v", id, got, err)
		}
	}
}

func names(t *testing.T, b vault.Bucket, prefix string) (out []string) {
	t.Helper()
	if err := b.List(t.Context(), prefix, "", func(o vault.ObjectInfo) error { out = append(out, o.Name); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRotation: after a rotation everything is read, through one request as
// well, the originals are untouched; after retiring, the old key file opens
// nothing any more.
func TestRotation(t *testing.T) {
	a := newArchive(t, 3)
	before := names(t, a.b.Records, "")
	old, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	a.rotate(t)
	if now, err := os.ReadFile(a.path); err != nil || !bytes.HasSuffix(now, old) {
		t.Errorf("the old file's content is not the later part of the new one: %v", err)
	}
	if info, err := os.Stat(a.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	a.keep(t, 1) // sealed to the new identity at once
	a.readable(t)
	if c := a.reseal(t); c.Seen != 4 || c.Done != 3 {
		t.Errorf("%+v", c)
	}
	if c := a.reseal(t); c.Done != 0 {
		t.Errorf("again: %+v", c)
	}
	a.readable(t)
	c, err := a.ProveKeys(t.Context(), "", vault.KeyPass{})
	if err != nil || c.Seen != 4 || c.Missing+c.Broken > 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	if c, err := a.RemoveOlderKeys(t.Context(), a.disposals(), nil); err != nil || c.Done != 3 {
		t.Fatalf("%+v, %v", c, err)
	}
	ring, kept, err := vault.RetireKeyFile(a.path, a.Keyring())
	if err != nil {
		t.Fatal(err)
	}
	a.SetKeyring(ring)
	for _, name := range names(t, a.b.Keys, "k/") {
		if _, generation, _ := vault.ParseKeyName(name); generation != 2 {
			t.Errorf("%s is still there", name)
		}
	}
	a.readable(t)
	keys := a.b.Keys.(*vaulttest.Memory)
	for id := range a.kept { // one generation in the key file: one request for one key
		v, n := a.load(t), keys.Gets()
		if _, err := v.OpenKey(t.Context(), id); err != nil || keys.Gets() != n+1 {
			t.Errorf("%d requests, %v", keys.Gets()-n, err)
		}
	}
	if after := names(t, a.b.Records, ""); len(after) != len(before)+1 {
		t.Errorf("records: %d objects before, %d after", len(before), len(after))
	}
	if now, err := os.ReadFile(a.path); err != nil || strings.Count(string(now), "AGE-SECRET-KEY-") != 1 {
		t.Errorf("the key file holds more than the newest identity: %v", err)
	}
	stale := *a
	stale.path = kept // whoever has only the file as it was, before the rotation too
	if err := os.WriteFile(kept+".old", old, 0o600); err != nil {
		t.Fatal(err)
	}
	stale.path = kept + ".old"
	for id := range a.kept {
		if _, err := stale.load(t).OpenKey(t.Context(), id); !errors.Is(err, record.Unavailable) {
			t.Errorf("with the old key file: %v; a key that is there must never read as destroyed", err)
		}
	}
	a.rotate(t) // and once more
	if a.Keyring().Generation() != 3 {
		t.Errorf("generation %d", a.Keyring().Generation())
	}
	if c := a.reseal(t); c.Done != 4 {
		t.Errorf("%+v", c)
	}
	a.readable(t)
}

// TestRotationCutOff: whichever call of the store fails, before or after it
// took effect, everything is readable, and the same command again finishes.
func TestRotationCutOff(t *testing.T) {
	for _, late := range []bool{false, true} {
		for n := 1; ; n++ {
			a := newArchive(t, 3)
			a.rotate(t)
			f := &vaulttest.Faults{From: n, To: n + 10, Late: late}
			v := vault.New(f.Wrap(a.b), a.Keyring(), record.SystemClock{})
			vault.WithoutPauses(v)
			_, err := v.ResealKeys(t.Context(), "", vault.KeyPass{})
			if err == nil {
				if n == 1 {
					t.Fatal("no call failed")
				}
				break
			}
			if !errors.Is(err, record.Unavailable) {
				t.Fatalf("call %d: %v", n, err)
			}
			a.readable(t)
			a.reseal(t)
			if c, err := a.ProveKeys(t.Context(), "", vault.KeyPass{}); err != nil || c.Missing+c.Broken > 0 || c.Seen != 3 {
				t.Fatalf("call %d: %+v, %v", n, c, err)
			}
		}
	}
}

// TestRotationGoesOn: a pass begun behind a name does only what lies behind it,
// and the places it notes are such names.
func TestRotationGoesOn(t *testing.T) {
	a := newArchive(t, 5)
	a.rotate(t)
	all := names(t, a.b.Keys, "k/")
	c, err := a.ResealKeys(t.Context(), all[2], vault.KeyPass{})
	if err != nil || c.Done != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	var noted string
	stop := errors.New("stop")
	_, err = a.ResealKeys(t.Context(), "", vault.KeyPass{Note: func(after string, c vault.KeyCounts) error {
		noted = after
		return stop
	}})
	if !errors.Is(err, stop) || noted == "" {
		t.Fatalf("%q, %v", noted, err)
	}
	if c, err := a.ResealKeys(t.Context(), noted, vault.KeyPass{}); err != nil || c.Done != 0 {
		t.Errorf("behind what was noted was left: %+v, %v", c, err)
	}
}

// TestRetireRefuses: nothing older goes while a key lacks its newest copy, a
// copy is damaged, or a copy holds another key.
func TestRetireRefuses(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, a *archive, id record.ObjectID){
		"not resealed": func(t *testing.T, a *archive, id record.ObjectID) {
			remove(t, a.b.Keys, vault.KeyNameOf(id, 2))
		},
		"damaged": func(t *testing.T, a *archive, id record.ObjectID) {
			a.b.Keys.(*vaulttest.Memory).Damage(vault.KeyNameOf(id, 2), 200)
		},
		"another key": func(t *testing.T, a *archive, id record.ObjectID) {
			remove(t, a.b.Keys, vault.KeyNameOf(id, 2))
			other, err := a.NewKey(id)
			if err == nil {
				err = a.PutKey(t.Context(), other)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"sealed to the old one": func(t *testing.T, a *archive, id record.ObjectID) {
			remove(t, a.b.Keys, vault.KeyNameOf(id, 2))
			r, err := a.b.Keys.Get(t.Context(), vault.KeyName(id), 0, -1)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := io.ReadAll(r)
			if err == nil {
				err = a.b.Keys.Put(t.Context(), vault.PutRequest{Name: vault.KeyNameOf(id, 2), Size: int64(len(sealed)),
					Digest: record.Sum(sealed), Body: bytes.NewReader(sealed)})
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t, 3)
			a.rotate(t)
			a.reseal(t)
			var victim record.ObjectID
			for victim = range a.kept {
				break
			}
			harm(t, a, victim)
			var told []record.ObjectID
			c, err := a.ProveKeys(t.Context(), "", vault.KeyPass{Broken: func(id record.ObjectID, _ error) { told = append(told, id) }})
			if err != nil || c.Missing+c.Broken != 1 || c.Broken == 1 && (len(told) != 1 || told[0] != victim) {
				t.Errorf("%+v, %v, told of %v", c, err, told)
			}
			if name != "not resealed" {
				return
			}
			if _, err := a.RemoveOlderKeys(t.Context(), a.disposals(), nil); !errors.Is(err, record.Conflict) {
				t.Errorf("removed all the same: %v", err)
			}
			if _, err := a.b.Keys.Stat(t.Context(), vault.KeyName(victim)); err != nil {
				t.Errorf("the only copy is gone: %v", err)
			}
		})
	}
}

func remove(t *testing.T, b vault.Bucket, name string) {
	t.Helper()
	if err := b.(vault.Disposal).Remove(t.Context(), name, ""); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenKeyIsNamed: a key that doesn't open is named, the others go on.
func TestBrokenKeyIsNamed(t *testing.T) {
	a := newArchive(t, 3)
	a.rotate(t)
	name := names(t, a.b.Keys, "k/")[1]
	a.b.Keys.(*vaulttest.Memory).Damage(name, 100)
	var told []string
	c, err := a.ResealKeys(t.Context(), "", vault.KeyPass{Broken: func(id record.ObjectID, _ error) { told = append(told, vault.KeyName(id)) }})
	if err != nil || c.Done != 2 || c.Broken != 1 || len(told) != 1 || told[0] != name {
		t.Errorf("%+v, %v, told of %v", c, err, told)
	}
}

// TestKeyMadeBeforeRotation: a key that was made before a rotation and put
// behind it is opened, is resealed by the next pass, and is refused once
// nobody could open it.
func TestKeyMadeBeforeRotation(t *testing.T) {
	a := newArchive(t, 1)
	early, late := newKey(t, a.Vault, newID()), newKey(t, a.Vault, newID())
	a.rotate(t)
	a.reseal(t)
	if err := a.PutKey(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	if _, err := a.load(t).OpenKey(t.Context(), early.Object()); err != nil {
		t.Error(err)
	}
	if c := a.reseal(t); c.Done != 1 {
		t.Errorf("%+v", c)
	}
	renewed, err := a.Renew(late)
	if err != nil || renewed.Generation() != 2 {
		t.Fatalf("generation %d, %v", renewed.Generation(), err)
	}
	cipher := encrypt(t, late, []byte("letter"))
	if r, err := renewed.Decrypt(bytes.NewReader(cipher)); err != nil {
		t.Error(err)
	} else if got, err := io.ReadAll(r); err != nil || string(got) != "letter" {
		t.Errorf("%q, %v", got, err)
	}
	ring, _, err := vault.RetireKeyFile(a.path, a.Keyring())
	if err != nil {
		t.Fatal(err)
	}
	a.SetKeyring(ring)
	if err := a.PutKey(t.Context(), late); !errors.Is(err, record.Unavailable) {
		t.Errorf("a key that nobody can open was kept: %v", err)
	}
	if err := a.PutKey(t.Context(), renewed); err != nil {
		t.Error(err)
	}
}
