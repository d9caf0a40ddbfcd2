package vault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// rotatedArtefact reads the key file after a rotation.
func rotatedArtefact(t *testing.T) *vault.Keyring {
	t.Helper()
	path := filepath.Join(t.TempDir(), "appliance.key") // a checkout makes it readable for others
	if err := os.WriteFile(path, artefact(t, "appliance-rotated.key"), 0o600); err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(path, strings.TrimSpace(string(artefact(t, "recovery.pub"))))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// objectOfArtefact is the id that the document's artefacts belong to.
func objectOfArtefact(t *testing.T) record.ObjectID {
	t.Helper()
	m, err := vault.ParseManifest(artefact(t, "manifest-document.json"))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Object
}

// TestWriteRotatedArtefacts makes what a rotation leaves of the artefacts' key
// file and of the document's key. It is skipped once they are there.
func TestWriteRotatedArtefacts(t *testing.T) {
	if _, err := os.Stat(filepath.Join(artefacts, "appliance-rotated.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Skip("the artefacts are there and are never changed")
	}
	recovery := strings.TrimSpace(string(artefact(t, "recovery.pub")))
	path := filepath.Join(t.TempDir(), "appliance.key")
	if err := os.WriteFile(path, artefact(t, "appliance.key"), 0o600); err != nil {
		t.Fatal(err)
	}
	old, err := vault.LoadKeyring(path, recovery)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.RotateKeyFile(path, old, time.Date(2026, 11, 20, 16, 2, 11, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(vaulttest.NewBuckets(), ring, record.SystemClock{})
	key, err := v.KeyFromSealed(objectOfArtefact(t), artefact(t, "document-key.age"))
	if err == nil {
		key, err = v.Renew(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"appliance-rotated.key": text, "document-key-2.age": key.Sealed()} {
		if err := os.WriteFile(filepath.Join(artefacts, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRotatedArtefacts: a key file of two generations opens what either has
// sealed, and both copies hold the same key.
func TestRotatedArtefacts(t *testing.T) {
	ring := rotatedArtefact(t)
	if fmt.Sprint(ring.Generations()) != "[2 1]" {
		t.Fatalf("%v", ring.Generations())
	}
	v := vault.New(vaulttest.NewBuckets(), ring, record.SystemClock{})
	for name, generation := range map[string]int{"document-key.age": 1, "document-key-2.age": 2} {
		key, err := v.KeyFromSealed(objectOfArtefact(t), artefact(t, name))
		if err != nil || key.Generation() != generation {
			t.Fatalf("%s: generation %d, %v", name, key.Generation(), err)
		}
		original := artefact(t, "document-original.age")
		if _, _, err := key.DecryptReaderAt(strings.NewReader(string(original)), int64(len(original))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
