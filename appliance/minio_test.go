package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
