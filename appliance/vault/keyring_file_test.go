package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// TestKeyFileWithGenerations: what a key file with generations may say.
func TestKeyFileWithGenerations(t *testing.T) {
	a := newArchive(t, 0)
	a.rotate(t)
	whole, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(a.path, a.recovery)
	if err != nil || fmt.Sprint(ring.Generations()) != "[2 1]" {
		t.Fatalf("%v, %v", ring.Generations(), err)
	}
	for name, edit := range map[string][2]string{
		"no number":        {"# generation: 2", "# generation: two"},
		"zero":             {"# generation: 2", "# generation: 0"},
		"older in front":   {"# generation: 2", "# generation: 1\n# generation: 0"},
		"broken identity":  {"AGE-SECRET-KEY-1", "AGE-SECRET-KEY-2"},
		"no title":         {"# eAkte appliance key, version 1", "# eAkte appliance key, version 2"},
		"not in its order": {"# generation: 2", "# generation: 1\nAGE"},
	} {
		path := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(path, []byte(strings.Replace(string(whole), edit[0], edit[1], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.LoadKeyring(path, a.recovery); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := newArchive(t, 0)
	if _, err := vault.RotateKeyFile(other.path, a.Keyring(), time.Now()); !errors.Is(err, record.Conflict) {
		t.Errorf("a file that is not the ring's was rotated: %v", err)
	}
	if err := os.Chmod(filepath.Dir(a.path), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(a.path), 0o700)
	if os.Getuid() != 0 {
		if _, err := vault.RotateKeyFile(a.path, a.Keyring(), time.Now()); !errors.Is(err, record.Unavailable) {
			t.Errorf("in a folder that can't be written: %v", err)
		}
	}
	if now, err := os.ReadFile(a.path); err != nil || !bytes.Equal(now, whole) {
		t.Error("the key file was touched")
	}
}

// TestRecoverKeyFile: with the recovery identity alone an archive whose key
// file is lost gets a new one that opens everything.
func TestRecoverKeyFile(t *testing.T) {
	a := newArchive(t, 3)
	a.rotate(t)
	a.keep(t, 1) // of generation 2, the others of 1
	recovery, err := vault.ParseRecovery([]byte("# from two custodians\n" + a.identity + "\n"))
	if err != nil || recovery.Recipient() != a.recovery {
		t.Fatal(err)
	}
	a.path = filepath.Join(t.TempDir(), "new.key")
	if err := vault.RecoverKeyFile(t.Context(), a.b.Keys, a.path, time.Now()); err != nil {
		t.Fatal(err)
	}
	v := a.load(t)
	if c, err := v.ResealKeys(t.Context(), "", vault.KeyPass{}); err != nil || c.Broken != 4 {
		t.Errorf("without the recovery identity: %+v, %v", c, err)
	}
	if c, err := v.ResealKeys(t.Context(), "", vault.KeyPass{Recovery: recovery}); err != nil || c.Done != 4 || c.Broken > 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	a.readable(t)
	for _, text := range []string{"", "x", a.identity + "\n" + a.identity} {
		if _, err := vault.ParseRecovery([]byte(text)); !errors.Is(err, record.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := vault.RecoverKeyFile(t.Context(), vaulttest.NewMemory(), filepath.Join(t.TempDir(), "k"), time.Now()); !errors.Is(err, record.NotFound) {
		t.Errorf("for a store without keys: %v", err)
	}
}
