package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/fixity"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
)

// keptHouse is an archive with a few documents, its server stopped.
func keptHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.setup()
	s := h.serve()
	c := s.as("k.sommer")
	file := c.makeFile("03104//0000002", "Probe", "03104")
	for _, body := range []string{"eins", "zwei", "drei"} {
		c.until(c.post(file, []byte(body)).Document, "ready")
	}
	s.stop()
	if out, errs, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Fatalf("an untouched archive is not sound: exit %d\n%s%s", code, out, errs)
	}
	return h
}

// copyOf gives each fault an archive of its own.
func copyOf(t *testing.T, h *house) *house {
	t.Helper()
	c := newHouse(t)
	for from, to := range map[string]string{h.data: c.data, h.data + ".key": c.data + ".key"} {
		if out, err := exec.Command("cp", "-a", "--preserve=all", from, to).CombinedOutput(); err != nil {
			t.Fatalf("copy: %v %s", err, out)
		}
	}
	return c
}

func objectFile(t *testing.T, h *house, bucket, letter string) string {
	t.Helper()
	var found string
	err := filepath.WalkDir(filepath.Join(h.data, "store"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(p, bucket+"/"+letter+"/") && found == "" {
			found = p
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("no object %s/%s: %v", bucket, letter, err)
	}
	return found
}

func TestVerifyFinds(t *testing.T) {
	kept := keptHouse(t)
	sqlite := func(t *testing.T, h *house, statements ...string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(h.data, "catalog.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, q := range statements {
			r, err := db.Exec(q)
			if err != nil {
				t.Fatalf("%s: %v", q, err)
			}
			if n, err := r.RowsAffected(); err != nil || n == 0 {
				t.Fatalf("%s changed nothing: %v", q, err)
			}
		}
	}
	const someEntry = `(SELECT entry_id FROM audit_number WHERE number = 3)`
	for name, c := range map[string]struct {
		spoil func(t *testing.T, h *house)
		want  string
	}{
		"flipped byte": {func(t *testing.T, h *house) {
			f := objectFile(t, h, "eakte-records", "o")
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/2] ^= 1
			w, err := os.OpenFile(f, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.WriteAt(b, 0); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}, "changed"},
		"missing object": {func(t *testing.T, h *house) {
			if err := os.Remove(objectFile(t, h, "eakte-records", "o")); err != nil {
				t.Fatal(err)
			}
		}, "missing"},
		"changed manifest hash": {func(t *testing.T, h *house) {
			sqlite(t, h, `UPDATE manifest_head SET digest = 'sha256-`+strings.Repeat("0", 64)+`' WHERE subject = (SELECT id FROM document LIMIT 1)`)
		}, "whose hash the catalog keeps"},
		"slipped role": {func(t *testing.T, h *house) {
			sqlite(t, h, `UPDATE user_role SET role = 'dpo' WHERE role = 'caseworker'`)
		}, "differ in: users"},
		"slipped grant": {func(t *testing.T, h *house) {
			sqlite(t, h, `INSERT INTO file_grant SELECT id, 'u', '', '', '', '', 0, 0 FROM file`)
		}, "differ in: grants"},
		"shortened keeping": {func(t *testing.T, h *house) {
			sqlite(t, h, `UPDATE document SET keep_until = '2020-01-01'`)
		}, "differ in: keep_until"},
		"changed audit row": {func(t *testing.T, h *house) {
			sqlite(t, h, `UPDATE audit_entry SET header = replace(header, '"via":"', '"via":"x') WHERE id = `+someEntry)
		}, "audit."},
		"changed personal part": {func(t *testing.T, h *house) {
			sqlite(t, h, `UPDATE audit_payload SET payload = replace(payload, 'actor_name":"', 'actor_name":"x') WHERE entry_id = `+someEntry)
		}, "audit."},
		"removed audit row": {func(t *testing.T, h *house) {
			sqlite(t, h, `DELETE FROM audit_object WHERE entry_id = `+someEntry, `DELETE FROM audit_payload WHERE entry_id = `+someEntry,
				`DELETE FROM audit_number WHERE number = 3`)
		}, "audit."},
		"removed last audit rows": {func(t *testing.T, h *house) {
			sqlite(t, h, `DELETE FROM audit_number WHERE number >= (SELECT size FROM audit_head) - 2`)
		}, "audit."},
	} {
		t.Run(name, func(t *testing.T) {
			h := copyOf(t, kept)
			c.spoil(t, h)
			out, errs, code := h.run("verify", "--data", h.data)
			if code != exitNo || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want %d and a finding %q\n%s%s", code, exitNo, c.want, out, errs)
			}
		})
	}
}

// TestVerifyFindsKey: a log counts as signed only by the key that was asked for.
func TestVerifyFindsKey(t *testing.T) {
	h := keptHouse(t)
	key := func(out string) string {
		t.Helper()
		_, rest, _ := strings.Cut(out, "audit key ")
		key, _, _ := strings.Cut(rest, " ")
		if _, err := audit.ParsePublic(key); err != nil {
			t.Fatalf("no audit key in\n%s", out)
		}
		return key
	}
	own := key(h.must("verify", "--data", h.data))
	if again := key(h.must("verify", "--data", h.data, "--audit-key", own)); again != own {
		t.Errorf("the key was %s, now %s", own, again)
	}
	other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, ed25519.PublicKeySize))
	out, errs, code := h.run("verify", "--data", h.data, "--audit-key", other)
	if code != exitNo || !strings.Contains(out, fixity.AuditObject+" checkpoint") || key(out) != own || !strings.Contains(out, other) {
		t.Errorf("exit %d with another key\n%s%s", code, out, errs)
	}
	for _, bad := range []string{"", "x", own[:20]} {
		if out, _, code := h.run("verify", "--data", h.data, "--audit-key", bad); code != exitUsage || out != "" {
			t.Errorf("exit %d with the key %q\n%s", code, bad, out)
		}
	}
}

// TestVerifyFindsWaiting: what the catalog has committed and the store not yet
// got is read from the outbox.
func TestVerifyFindsWaiting(t *testing.T) {
	c, err := catalog.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "catalog.db"), record.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	body := []byte("{}")
	row := catalog.OutboxRow{Name: "m/1", Subject: "s", Sequence: 1, Body: body, Digest: record.Sum(body)}
	if err := c.WithTx(t.Context(), func(tx *catalog.Tx) error { return tx.InsertOutbox(row) }); err != nil {
		t.Fatal(err)
	}
	r := rows{c}
	if got, err := r.Waiting(t.Context(), "m/1"); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := r.Waiting(t.Context(), "m/2"); !errors.Is(err, record.NotFound) {
		t.Errorf("what doesn't wait: %v", err)
	}
	want := fixity.Head{Subject: "s", Name: "m/1", Sequence: 1, Digest: record.Sum(body)}
	if h, err := r.Head(t.Context(), "s"); err != nil || h != want {
		t.Errorf("head %+v, %v", h, err)
	}
	if _, err := r.Head(t.Context(), "x"); !errors.Is(err, record.NotFound) {
		t.Errorf("no head: %v", err)
	}
}

// TestRootIsRefused tries with the store's root key what nobody may do.
func TestRootIsRefused(t *testing.T) {
	h := keptHouse(t)
	ctx := context.Background()
	store, err := embedded.Start(ctx, embedded.Config{Dir: filepath.Join(h.data, "store")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	root := store.RootCredentials()
	buckets, err := s3.Open(s3.Config{Endpoint: store.Endpoint(), AccessKey: root.AccessKey, SecretKey: root.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	var name string
	if err := buckets.Records.List(ctx, "o/", "", func(o vault.ObjectInfo) error { name = o.Name; return nil }); err != nil || name == "" {
		t.Fatalf("no original: %v", err)
	}
	before, err := buckets.Records.Stat(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	try := buckets.Records.(vault.LockTester)
	for what, err := range map[string]error{
		"delete a version":               try.DeleteVersion(ctx, name, before.Version, false),
		"delete a version with override": try.DeleteVersion(ctx, name, before.Version, true),
		"overwrite":                      try.Overwrite(ctx, name, []byte("anderes")),
		"shorten":                        try.SetLock(ctx, name, vault.Compliance, time.Now().Add(time.Hour), true),
		"weaken":                         try.SetLock(ctx, name, "GOVERNANCE", before.LockedUntil.Add(time.Hour), true),
	} {
		if record.CategoryOf(err) != record.Denied {
			t.Errorf("%s as root: %v, want denied", what, err)
		}
	}
	_ = try.Delete(ctx, name) // may hide the name, must not destroy the version
	after, err := try.StatVersion(ctx, name, before.Version)
	versions := 0
	if err := buckets.Records.Versions(ctx, name, "", func(vault.ObjectInfo) error { versions++; return nil }); err != nil || versions != 1 {
		t.Errorf("%d versions and markers lie under the name, %v; this store must not let it be written over or hidden", versions, err)
	}
	if err != nil || after.Size != before.Size || after.LockedUntil.Before(before.LockedUntil) {
		t.Errorf("after all this the object is %+v, %v; before %+v", after, err, before)
	}
}
