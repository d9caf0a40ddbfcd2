package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eakte/appliance/fixity"
	"eakte/appliance/vault"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
)

// onMinIO is a house whose documents lie in a real MinIO, by environment alone.
func onMinIO(t *testing.T, m *vaulttest.MinIO, key vaulttest.Key) *house {
	t.Helper()
	h := newHouse(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(key.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.env = []string{"EAKTE_STORE=s3", "EAKTE_S3_ENDPOINT=" + m.URL(), "EAKTE_S3_ACCESS_KEY=" + key.Access, "EAKTE_S3_SECRET_KEY_FILE=" + secret}
	return h
}

// TestWayOnMinIO goes the whole way on a real MinIO with the running key's policy.
func TestWayOnMinIO(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	h := onMinIO(t, m, m.Running)
	wholeWay(t, h)
	if _, err := os.Stat(filepath.Join(h.data, "store")); !os.IsNotExist(err) {
		t.Errorf("the embedded store was there, too: %v", err)
	}
}

// TestStoreSaysWhatToDo: a store that can't be used is said in a sentence, with
// what to do, and code 3.
func TestStoreSaysWhatToDo(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	h := onMinIO(t, m, m.Running)
	h.setup()
	// Buckets under another prefix, the records' without object lock.
	m.MC(t, "mb", "store/plain-records", "store/plain-keys", "store/plain-derived")
	m.MC(t, "mb", "--with-lock", "store/plain-audit")
	m.MC(t, "version", "enable", "store/plain-keys")
	for name, c := range map[string]struct {
		key  vaulttest.Key
		env  string
		says []string
	}{
		"no lock":      {m.Root, "EAKTE_S3_PREFIX=plain", []string{"has no object lock", "make it anew with object lock", "plain-records"}},
		"wrong secret": {vaulttest.Key{Access: m.Running.Access, Secret: "not-the-secret"}, "", []string{"does not accept the access key", "Correct EAKTE_S3_ACCESS_KEY"}},
		"unknown key":  {vaulttest.Key{Access: "nobody-knows", Secret: "not-the-secret"}, "", []string{"does not accept the access key", "Correct EAKTE_S3_ACCESS_KEY"}},
		"no buckets":   {m.Root, "EAKTE_S3_PREFIX=elsewhere", []string{"are no buckets elsewhere-records", "Make them"}},
		"foreign":      {m.Running, "EAKTE_S3_PREFIX=plain", []string{"may not read", "policy-running.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			bad := onMinIO(t, m, c.key)
			bad.t, bad.data, bad.env = t, h.data, append(bad.env, c.env)
			_, said, code := bad.run("verify", "--data", bad.data)
			if code != exitUnavailable {
				t.Errorf("exit %d, want %d", code, exitUnavailable)
			}
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("%q is missing in:\n%s", want, said)
				}
			}
			if strings.Contains(said, c.key.Secret) {
				t.Errorf("the secret is shown:\n%s", said)
			}
		})
	}
}

// TestVerifyFindsVersions: MinIO takes a second version over a name, or a
// delete marker, from whoever may put. Verify names each and proves what lies
// below.
func TestVerifyFindsVersions(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	h := onMinIO(t, m, m.Running)
	h.setup()
	s := h.serve()
	c := s.as("k.sommer")
	c.until(c.post(c.makeFile("03104//0000002", "Probe", "03104"), []byte("eins")).Document, "ready")
	s.stop()
	h.must("verify", "--data", h.data)

	ctx := t.Context()
	running, err := s3.Open(s3.Config{Endpoint: m.URL(), AccessKey: m.Running.Access, SecretKey: m.Running.Secret})
	if err != nil {
		t.Fatal(err)
	}
	root, err := s3.Open(s3.Config{Endpoint: m.URL(), AccessKey: m.Root.Access, SecretKey: m.Root.Secret})
	if err != nil {
		t.Fatal(err)
	}
	first := func(b vault.Bucket, prefix string) (name string) {
		t.Helper()
		err := b.List(ctx, prefix, "", func(o vault.ObjectInfo) error {
			if name == "" {
				name = o.Name
			}
			return nil
		})
		if err != nil || name == "" {
			t.Fatalf("nothing below %s: %v", prefix, err)
		}
		return name
	}
	original, manifest, key := first(running.Records, "o/"), first(running.Records, "m/"), first(running.Keys, "k/")
	var log string
	if err := running.Audit.List(ctx, "", "", func(o vault.ObjectInfo) error {
		if strings.Contains(o.Name, "/segment/") {
			log = o.Name
		}
		return nil
	}); err != nil || log == "" {
		t.Fatalf("no segment: %v", err)
	}
	for _, err := range []error{
		root.Records.(vault.LockTester).Overwrite(ctx, original, []byte("forged")),
		root.Records.(vault.LockTester).Delete(ctx, manifest),                 // only hides it
		running.Keys.(vault.LockTester).Overwrite(ctx, key, []byte("forged")), // may put, so may put over
		root.Audit.(vault.LockTester).Delete(ctx, log),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	out, errs, code := h.run("verify", "--data", h.data)
	for _, name := range []string{original, manifest, key, log} {
		if !strings.Contains(out, fixity.Version+" object "+name+": ") {
			t.Errorf("%s is not named", name)
		}
	}
	if code != exitNo || !strings.Contains(out, ": 4 findings") {
		t.Errorf("exit %d; what lies below is sound\n%s%s", code, out, errs)
	}
}
