package upkeep_test

import (
	"errors"
	"path/filepath"
	"testing"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
	"eakte/policy/hold"
)

// TestHoldsOnStores goes through the life of holds on real stores, each with
// the running key for placing and the second key for lifting. The running key
// can't lift.
func TestHoldsOnStores(t *testing.T) {
	for name, open := range map[string]func(*testing.T) (running, second s3.Config){
		"embedded": func(t *testing.T) (running, second s3.Config) {
			dir := t.TempDir()
			t.Chdir(dir) // the store does so, too; this brings it back
			s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir, CredentialsFile: filepath.Join(dir, "keys.json")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			at := func(c embedded.Credentials) s3.Config {
				return s3.Config{Endpoint: s.Endpoint(), AccessKey: c.AccessKey, SecretKey: c.SecretKey}
			}
			if err := s3.Create(t.Context(), at(s.RootCredentials())); err != nil {
				t.Fatal(err)
			}
			return at(s.Credentials()), at(s.DispositionCredentials())
		},
		"minio": func(t *testing.T) (running, second s3.Config) {
			m := vaulttest.StartMinIO(t)
			at := func(k vaulttest.Key) s3.Config {
				return s3.Config{Endpoint: m.Host, AccessKey: k.Access, SecretKey: k.Secret}
			}
			return at(m.Running), at(m.Disposition)
		},
	} {
		t.Run(name, func(t *testing.T) {
			running, second := open(t)
			buckets, err := s3.Open(running)
			if err != nil {
				t.Fatal(err)
			}
			disposal, err := s3.OpenDisposal(second)
			if err != nil {
				t.Fatal(err)
			}
			h := newHouse(t, catalogtest.SQLite, &buckets)
			testHolds(h, disposal.Records)
			h.onlySecondLifts(running)
		})
	}
}

// onlySecondLifts: with the running key a hold can be put and not be taken off.
func (h *house) onlySecondLifts(running s3.Config) {
	h.Helper()
	d := h.take(h.file, "fünf")
	s := hold.Subject{Document: d.ID}
	h.place(s)
	h.ok(h.follow(s))
	pretended, err := s3.OpenDisposal(running)
	h.ok(err)
	if err := pretended.Records.Release(h.Context(), vault.OriginalName(d.Object)); !errors.Is(err, record.Denied) {
		h.Errorf("the running key lifts: %v", err)
	}
	h.heldInStore(d)
}
