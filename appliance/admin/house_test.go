package admin_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"eakte/appliance/admin"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/identity"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/policy/access"
)

// home is a door and the users' door over an archive with a store.
type home struct {
	*testing.T
	cat     *catalog.Catalog
	vault   *vault.Vault
	house   *admin.House
	admin   *admin.Admin
	users   *identity.Identity
	archive string
}

// Flush implements admin.Outbox.
func (h *home) Flush(ctx context.Context) error {
	return h.cat.WithTx(ctx, func(tx *catalog.Tx) error {
		rows, err := tx.OutboxPending(100)
		for _, r := range rows {
			err = errors.Join(err, h.vault.PutLocked(ctx, r.Name, int64(len(r.Body)), r.Digest, bytes.NewReader(r.Body), r.LockUntil), tx.DeleteOutbox(r.Name))
		}
		return err
	})
}

func newHome(t *testing.T) *home {
	t.Helper()
	clock := catalogtest.NewClock()
	h := &home{T: t, cat: catalogtest.SQLite(t, clock), archive: record.NewID()}
	keyFile := filepath.Join(t.TempDir(), "key")
	_, err := vault.NewKeyFile(keyFile, clock.Now())
	h.ok(err)
	recovery, _, _, err := vault.NewRecovery(nil)
	h.ok(err)
	ring, err := vault.LoadKeyring(keyFile, recovery)
	h.ok(err)
	h.vault = vault.New(vaulttest.NewBuckets(), ring, clock)
	policy, err := access.NewPolicy(access.Default())
	h.ok(err)
	h.house = &admin.House{Vault: h.vault, Clock: clock}
	h.admin = admin.New(admin.Deps{Catalog: h.cat, Policy: policy, Clock: clock, House: h.house, Outbox: h,
		Hash: func(string) string { return "hashed" }})
	h.users = identity.New(h.cat, policy, clock, identity.Config{Hash: identity.HashParams{Memory: 8, Passes: 1, Lanes: 1},
		Describe: h.house.Describe, Described: h.Flush})
	h.ok(h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return errors.Join(tx.SetMeta(admin.MetaArchive, h.archive), tx.SetMeta(admin.MetaRecovery, recovery))
	}))
	return h
}

func (h *home) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// said reads the house's newest manifest from the store and holds the log to
// it: an entry vouches for every one.
func (h *home) said() (int, vault.HousePersonal) {
	h.Helper()
	var head catalog.Head
	vouched := false
	h.ok(h.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		if head, err = tx.ManifestHead(h.archive); err != nil {
			return err
		}
		entries, _, err := tx.AuditEntries(catalog.AuditQuery{Limit: 500})
		for _, e := range entries {
			vouched = vouched || bytes.Contains(e.Header, []byte(head.Digest))
		}
		return err
	}))
	raw, err := h.vault.GetLocked(context.Background(), head.Name)
	h.ok(err)
	m, err := vault.ParseManifest(raw)
	h.ok(err)
	var p vault.HousePersonal
	h.ok(h.vault.OpenPersonal(context.Background(), m, &p))
	if m.Header.Subject != h.archive || string(m.Header.Object) != h.archive || m.Kind != vault.KindHouse || p.Archive != h.archive || !vouched {
		h.Errorf("%+v (%s), vouched for: %v", m.Header, m.Kind, vouched)
	}
	return m.Header.Sequence, p
}

// TestHouseIsDescribed: every change of what manifests refer to by name is in
// the store when it is answered, without passwords, and nothing is written
// where nothing changed.
func TestHouseIsDescribed(t *testing.T) {
	h := newHome(t)
	ctx, op := t.Context(), record.System(record.NewID())
	s := admin.Setup{Name: "Jobcenter Musterkreis", Sites: []record.Site{{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033"},
		Teams: []record.Team{{Code: "L1", Name: "Leistung 1", FirstLetters: "A-K"}}}},
		Retention: []record.RetentionClass{{Class: "leistung", Years: 10, From: "end_of_year_of_closing"}},
		Providers: []admin.Provider{{Name: "Scandienst", User: "sdn"}},
		Users: []admin.SetupUser{{Name: "k.sommer", Display: "Katrin Sommer", Password: "sehr geheim",
			Roles: []record.RoleAt{{Role: record.RoleCaseworker, Site: "03104", Team: "L1"}}}}}
	for range 2 { // doing it again changes nothing
		h.ok(h.admin.Apply(ctx, op, s))
		if n, p := h.said(); n != 1 || p.Name != s.Name || len(p.Sites) != 1 || len(p.Sites[0].Teams) != 1 || len(p.Retention) != 1 ||
			len(p.Providers) != 1 || len(p.Users) != 1 || p.Users[0].Display != "Katrin Sommer" || len(p.Users[0].Roles) != 1 || p.Recovery == "" {
			t.Errorf("after the setup, manifest %d: %+v", n, p)
		}
	}
	_, err := h.users.AddUser(ctx, op, identity.NewUser{Name: "neu", Password: "noch geheimer"})
	h.ok(err)
	if n, p := h.said(); n != 2 || len(p.Users) != 2 {
		t.Errorf("after a new user, manifest %d: %+v", n, p.Users)
	}
	h.ok(h.users.SetRoles(ctx, op, "neu", []record.RoleAt{{Role: record.RoleDPO, Site: "*"}}))
	h.ok(h.users.Disable(ctx, op, "neu"))
	if n, p := h.said(); n != 4 || !p.Users[1].Disabled || p.Users[1].Roles[0].Role != record.RoleDPO || p.ChangedBy != op.User {
		t.Errorf("after roles and disabling, manifest %d: %+v", n, p.Users)
	}
	h.ok(h.users.ResetPassword(ctx, op, "k.sommer", "ganz anders geheim"))
	if n, _ := h.said(); n != 4 {
		t.Errorf("a password is written down in manifest %d", n)
	}
}

// TestHouseOfAnOlderArchive: a start describes what nobody described, once.
func TestHouseOfAnOlderArchive(t *testing.T) {
	h := newHome(t)
	h.ok(h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return errors.Join(tx.SetMeta(admin.MetaName, "alt"), tx.PutUser(catalog.User{ID: "u1", Name: "alt", PasswordHash: "x"}))
	}))
	for range 2 {
		h.ok(h.house.Settle(t.Context(), h.cat))
		h.ok(h.Flush(t.Context()))
		if n, p := h.said(); n != 1 || p.Name != "alt" || len(p.Users) != 1 {
			t.Errorf("manifest %d: %+v", n, p)
		}
	}
	var entries int
	h.ok(h.cat.Read(t.Context(), func(tx *catalog.Tx) error {
		es, _, err := tx.AuditEntries(catalog.AuditQuery{Action: audit.SetupChange, Limit: 10})
		entries = len(es)
		return err
	}))
	if entries != 1 {
		t.Errorf("%d entries about one manifest", entries)
	}
}
