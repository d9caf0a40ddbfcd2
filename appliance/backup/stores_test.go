package backup_test

import (
	"context"
	"errors"
	"testing"

	"eakte/appliance/backup"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
)

// stores opens real stores, with the running key and with root's.
func stores(t *testing.T) map[string]func(t *testing.T) (running, root vault.Buckets) {
	return map[string]func(*testing.T) (vault.Buckets, vault.Buckets){
		"embedded": func(t *testing.T) (vault.Buckets, vault.Buckets) {
			dir := t.TempDir()
			t.Chdir(dir) // the store does so, too; this brings it back
			s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir})
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
			return opened(t, at(s.Credentials()), at(s.RootCredentials()))
		},
		"minio": func(t *testing.T) (vault.Buckets, vault.Buckets) {
			m := vaulttest.StartMinIO(t)
			at := func(k vaulttest.Key) s3.Config {
				return s3.Config{Endpoint: m.Host, AccessKey: k.Access, SecretKey: k.Secret}
			}
			return opened(t, at(m.Running), at(m.Root))
		},
	}
}

func opened(t *testing.T, running, root s3.Config) (a, b vault.Buckets) {
	t.Helper()
	if err := s3.Create(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	a, err := s3.Open(running)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = s3.Open(root); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// On real stores root writes over names and deletes them, as far as the store
// lets it: the versions beneath are what was put, and from them the same catalog
// comes back. Each such name is reported.
func TestRebuildFromUnderneath(t *testing.T) {
	for name, open := range stores(t) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			running, root := open(t)
			h := newHouse(t, catalogtest.SQLite, running)
			h.fill()
			tester := func(b vault.Bucket) vault.LockTester { return b.(vault.LockTester) }
			over := []string{h.chain(string(h.files["b"]))[2], h.chain(string(h.docs["moved"]))[0]}
			gone := h.chain(string(h.docs["a1"]))[2]
			key := vault.KeyName(h.object("a3"))
			done := map[string]int64{}
			harm := func(kind string, err error) { // the embedded store doesn't even let root write over what is locked
				if errors.Is(err, record.Denied) {
					return
				}
				h.ok(err)
				done[kind]++
			}
			for _, o := range over {
				harm(backup.ProblemVersions, tester(root.Records).Overwrite(ctx, o, []byte("{}")))
			}
			harm(backup.ProblemVersions, tester(root.Records).Overwrite(ctx, h.chain(string(h.docs["a2"]))[0], h.forged("a2")))
			harm(backup.ProblemVersions, tester(root.Records).Delete(ctx, gone))
			harm(backup.ProblemKey, tester(root.Keys).Overwrite(ctx, key, []byte("not a key")))
			if name == "minio" && done[backup.ProblemVersions]+done[backup.ProblemKey] != 5 {
				t.Fatalf("done: %v", done)
			}
			_, report := h.rebuilt(catalogtest.SQLite)
			if report.ByKind[backup.ProblemDiffersOld] != 0 || !report.Sound() || report.Counts.Closed != 0 {
				t.Errorf("report: %+v", report)
			}
			if report.ByKind[backup.ProblemVersions] != done[backup.ProblemVersions] { // the key's fall-back is the vault's
				t.Errorf("done %v, problems: %+v", done, report.Problems)
			}
		})
	}
}

// forged gives a document's first manifest with another file in it: what
// somebody with the appliance's key could put in its place.
func (h *house) forged(doc string) []byte {
	h.Helper()
	ctx := context.Background()
	raw, err := h.Vault.GetLocked(ctx, h.chain(string(h.docs[doc]))[0])
	h.ok(err)
	m, err := vault.ParseManifest(raw)
	h.ok(err)
	var p vault.DocumentPersonal
	h.ok(h.Vault.OpenPersonal(ctx, m, &p))
	p.File = h.files["c"]
	key, err := h.Vault.OpenKey(ctx, m.Header.Object)
	h.ok(err)
	body, err := h.Vault.BuildManifest(key, m.Header, p)
	h.ok(err)
	return body
}
