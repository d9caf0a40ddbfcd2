package main

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		c.until(c.post(file, []byte(body)).Document, "quarantined")
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
	if err != nil || after.Size != before.Size || after.LockedUntil.Before(before.LockedUntil) {
		t.Errorf("after all this the object is %+v, %v; before %+v", after, err, before)
	}
}
