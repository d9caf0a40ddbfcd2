package vault_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "k")
	recipient, err := vault.NewKeyFile(path, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if _, err := vault.NewKeyFile(path, time.Now()); !errors.Is(err, record.Conflict) {
		t.Errorf("a second key file over the first: %v", err)
	}
	recovery, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(path, recovery)
	if err != nil {
		t.Fatal(err)
	}
	again, err := vault.LoadKeyring(path, recovery)
	if err != nil {
		t.Fatal(err)
	}
	if ring.Recipient() != recipient || ring.RecoveryRecipient() != recovery {
		t.Error("other recipients")
	}
	if len(ring.AuditSeed()) != 32 || !bytes.Equal(ring.AuditSeed(), again.AuditSeed()) {
		t.Error("the audit seed is not the same 32 bytes")
	}
	a, b := ring.MAC("plain", []byte("x")), ring.MAC("csrf", []byte("x"))
	if len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, again.MAC("plain", []byte("x"))) {
		t.Error("keyed hashes must differ by label and be the same each time")
	}
	for name, recovery := range map[string]string{"none": "", "words": "me"} {
		if _, err := vault.LoadKeyring(path, recovery); !errors.Is(err, record.Invalid) {
			t.Errorf("recovery %s: %v", name, err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(whole)), "\n") {
		if strings.HasPrefix(line, "# Who") || strings.HasPrefix(line, "# two") || strings.HasPrefix(line, "# created") || strings.HasPrefix(line, "# public") {
			continue
		}
		cut := filepath.Join(dir, "cut"+record.NewID())
		if err := os.WriteFile(cut, []byte(strings.Replace(string(whole), line+"\n", "", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.LoadKeyring(cut, recovery); !errors.Is(err, record.Corrupt) {
			t.Errorf("without line %d: %v", i+1, err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.LoadKeyring(path, recovery); !errors.Is(err, record.Invalid) {
		t.Errorf("a key file that others can read: %v", err)
	}
}

func TestKeys(t *testing.T) {
	b := vaulttest.NewBuckets()
	ring, _, _, _ := secrets(t)
	v := vault.New(b, ring, record.SystemClock{})
	id := newID()
	k := newKey(t, v, id)
	for range 2 {
		if err := v.PutKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.PutKey(t.Context(), newKey(t, v, id)); !errors.Is(err, record.Conflict) {
		t.Errorf("another key under the id: %v", err)
	}
	cipher := encrypt(t, k, []byte("letter"))
	fresh := vault.New(b, ring, record.SystemClock{})
	opened, err := fresh.OpenKey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r, err := opened.Decrypt(bytes.NewReader(cipher))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(r); err != nil || string(plain) != "letter" {
		t.Errorf("%q, %v", plain, err)
	}
	if again, err := fresh.KeyFromSealed(id, k.Sealed()); err != nil || again.Object() != id {
		t.Errorf("from the journal: %v", err)
	}
	if _, err := fresh.KeyFromSealed(newID(), k.Sealed()); !errors.Is(err, record.Corrupt) {
		t.Errorf("as another object's key: %v", err)
	}
	if _, err := fresh.OpenKey(t.Context(), newID()); !errors.Is(err, record.NotFound) {
		t.Errorf("a key that is not there: %v", err)
	}
	if _, err := newKey(t, v, newID()).Decrypt(bytes.NewReader(cipher)); !errors.Is(err, record.Corrupt) {
		t.Errorf("with another key: %v", err)
	}
	stranger := newVault(t, b) // other secrets, same store
	if _, err := stranger.OpenKey(t.Context(), id); !errors.Is(err, record.Corrupt) {
		t.Errorf("with another appliance's key file: %v", err)
	}
	if _, err := v.NewKey("../etc"); !errors.Is(err, record.Invalid) {
		t.Errorf("an id that is none: %v", err)
	}
}

// TestForgetKey: a key that was destroyed in the store and forgotten is gone.
func TestForgetKey(t *testing.T) {
	b := vaulttest.NewBuckets()
	v := newVault(t, b)
	id, _ := keep(t, v, []byte("letter"))
	if err := b.Keys.(vault.LockTester).DeleteVersion(t.Context(), vault.KeyName(id), "", false); err != nil {
		t.Fatal(err)
	}
	v.ForgetKey(id)
	if _, err := v.OpenOriginal(t.Context(), id); !errors.Is(err, record.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestRecoveryChecksCustodians(t *testing.T) {
	var some []string
	for range 4 {
		i, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		some = append(some, i.Recipient().String())
	}
	for name, custodians := range map[string][]string{"two": some[:2], "four": some, "twice": {some[0], some[1], some[0]}, "words": {some[0], "x", some[1]}} {
		if _, _, _, err := vault.NewRecovery(custodians); !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, pairs, made, err := vault.NewRecovery(some[:3])
	if err != nil || len(pairs) != 3 || made != nil {
		t.Errorf("%d pairs, %d identities, %v", len(pairs), len(made), err)
	}
}

// TestRecovery: each two custodians open a document without the appliance's
// key; none does alone, also not with every file.
func TestRecovery(t *testing.T) {
	ring, _, pairs, custodians := secrets(t)
	b := vaulttest.NewBuckets()
	v := vault.New(b, ring, record.SystemClock{})
	id, cipher := keep(t, v, []byte("letter"))
	key, err := v.OpenKey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	open := func(with string, cipher []byte) ([]byte, error) {
		ids, err := age.ParseIdentities(strings.NewReader(with))
		if err != nil {
			return nil, err
		}
		r, err := age.Decrypt(bytes.NewReader(cipher), ids...)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	for _, pair := range []struct {
		name          string
		first, second int
	}{{"recovery-1-2.age", 0, 1}, {"recovery-1-3.age", 0, 2}, {"recovery-2-3.age", 1, 2}} {
		inner, err := open(custodians[pair.first], pairs[pair.name])
		if err != nil {
			t.Fatal(err)
		}
		recovery, err := open(custodians[pair.second], inner)
		if err != nil {
			t.Fatal(err)
		}
		document, err := open(string(recovery), key.Sealed())
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := open(string(document), cipher); err != nil || string(plain) != "letter" {
			t.Errorf("%s: %q, %v", pair.name, plain, err)
		}
	}
	for i, c := range custodians {
		for name, pair := range pairs {
			for range 3 {
				next, err := open(c, pair)
				if err != nil {
					break
				}
				if pair = next; strings.Contains(string(pair), "AGE-SECRET-KEY-") {
					t.Errorf("custodian %d alone opens %s", i+1, name)
				}
			}
		}
	}
}

// TestAgeAlone reads a document and a manifest with nothing but the age
// program: by the appliance's key file, and by two custodians.
func TestAgeAlone(t *testing.T) {
	exe, err := exec.LookPath("age")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no age on the path; make deps installs it")
		}
		t.Skip("there is no age on the path")
	}
	ring, keyFile, pairs, custodians := secrets(t)
	v := vault.New(vaulttest.NewBuckets(), ring, record.SystemClock{})
	id, cipher := keep(t, v, []byte("letter"))
	key, err := v.OpenKey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(b []byte) string {
		path := filepath.Join(dir, record.NewID())
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(identity string, in []byte) []byte {
		t.Helper()
		cmd := exec.Command(exe, "-d", "-i", identity, file(in))
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("age: %v: %s", err, complaint.String())
		}
		return out
	}
	inner := run(file([]byte(custodians[1])), pairs["recovery-2-3.age"])
	recovery := file(run(file([]byte(custodians[2])), inner))
	header := vault.Header{Manifest: newID(), Subject: record.NewID(), Object: id, Sequence: 1, CreatedAt: time.Now()}
	encoded, err := v.BuildManifest(key, header, vault.DocumentPersonal{Title: "Bescheid"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := vault.ParseManifest(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for who, identity := range map[string]string{"appliance": keyFile, "recovery": recovery} {
		document := file(run(identity, key.Sealed()))
		if got := run(document, cipher); string(got) != "letter" {
			t.Errorf("%s: %q", who, got)
		}
		if got := run(document, []byte(m.Personal)); !strings.Contains(string(got), `"title": "Bescheid"`) {
			t.Errorf("%s: %q", who, got)
		}
	}
}
