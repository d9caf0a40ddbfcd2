package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// The names under which facts of the archive itself lie in the catalog.
const (
	MetaArchive  = "archive"  // random id of the archive
	MetaRecovery = "recovery" // age1… of the recovery identity
)

// metaHouse keeps the hash of what the newest manifest of the house says, so
// that another one is written only when something has changed.
const metaHouse = "house"

// House writes the house's manifest: what all others refer to by name or id.
// Without it a catalog that is made anew would have files at no site and in
// nobody's hands.
type House struct {
	Vault *vault.Vault
	Clock record.Clock
}

// Prepare makes the house's key if there is none. It reads from the store, so
// it is called before the transaction in which Describe is.
func (h *House) Prepare(ctx context.Context, c *catalog.Catalog) error {
	var archive string
	err := c.Read(ctx, func(tx *catalog.Tx) (err error) { archive, err = tx.Meta(MetaArchive); return err })
	if err != nil || archive == "" {
		return err
	}
	_, err = h.key(ctx, record.ObjectID(archive))
	return err
}

func (h *House) key(ctx context.Context, id record.ObjectID) (vault.Key, error) {
	key, err := h.Vault.OpenKey(ctx, id)
	if !errors.Is(err, record.NotFound) {
		return key, err
	}
	if key, err = h.Vault.NewKey(id); err != nil {
		return key, err
	}
	if err := h.Vault.PutKey(ctx, key); err == nil {
		return key, nil
	}
	return h.Vault.OpenKey(ctx, id) // another node was faster, or the store says what is wrong
}

// Describe leaves the house's next manifest in the outbox if its facts are not
// what the newest one says, and gives what the change's audit entry names. It
// is called last in the transaction of the change.
func (h *House) Describe(ctx context.Context, tx *catalog.Tx, by record.UserID) (made []audit.Object, err error) {
	p, err := houseFacts(tx)
	if err != nil || p.Archive == "" {
		return nil, err
	}
	facts, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	digest := string(record.Sum(facts))
	head, err := tx.ManifestHead(p.Archive)
	if err != nil {
		return nil, err
	}
	if known, err := tx.Meta(metaHouse); err != nil || known == digest && head.Name != "" {
		return nil, err
	}
	key, err := h.key(ctx, record.ObjectID(p.Archive))
	if err != nil {
		return nil, err
	}
	now := h.Clock.Now()
	header := vault.Header{Manifest: record.ObjectID(record.NewID()), Subject: p.Archive, Object: key.Object(), Sequence: head.Sequence + 1,
		Predecessor: head.Name, PredecessorDigest: head.Digest, Change: "house", CreatedAt: now,
		LockedUntil: retention.LockUntil(record.RetentionClass{}, "", now, time.Time{})}
	if head.Name == "" {
		header.Change = "created"
	}
	p.ChangedBy = by
	body, err := h.Vault.BuildManifest(key, header, p)
	if err != nil {
		return nil, err
	}
	row := catalog.OutboxRow{Name: vault.ManifestName(header.Manifest), Subject: p.Archive, Sequence: header.Sequence, Body: body,
		Digest: record.Sum(body), LockUntil: header.LockedUntil, CreatedAt: now}
	return []audit.Object{{Kind: audit.KindManifest, ID: string(row.Digest)}}, errors.Join(tx.InsertOutbox(row), tx.SetMeta(metaHouse, digest))
}

// houseFacts reads what the manifest says; without an archive's id it is empty.
func houseFacts(tx *catalog.Tx) (p vault.HousePersonal, err error) {
	var providers string
	for name, to := range map[string]*string{MetaArchive: &p.Archive, MetaRecovery: &p.Recovery, MetaName: &p.Name, MetaProviders: &providers} {
		if *to, err = tx.Meta(name); err != nil {
			return p, err
		}
	}
	if p.Archive == "" {
		return vault.HousePersonal{}, nil
	}
	if providers != "" {
		if err := json.Unmarshal([]byte(providers), &p.Providers); err != nil {
			return p, fmt.Errorf("house: providers: %w", err)
		}
	}
	if p.Sites, err = tx.Sites(); err != nil {
		return p, err
	}
	if p.Retention, err = tx.RetentionClasses(); err != nil {
		return p, err
	}
	if p.Users, err = houseUsers(tx); err != nil {
		return p, err
	}
	if p.Rules, err = houseRules(tx); err != nil {
		return p, err
	}
	substitutions, err := tx.Substitutions("")
	for _, s := range substitutions {
		p.Substitutions = append(p.Substitutions, vault.HouseSubstitution(s))
	}
	return p, err
}

// houseRules are the rules in force, by kind.
func houseRules(tx *catalog.Tx) (out []vault.HouseRules, err error) {
	for _, kind := range RuleKinds() {
		r, err := tx.ActiveRules(kind)
		if errors.Is(err, record.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		highest, err := tx.HighestRulesVersion(kind)
		if err != nil {
			return nil, err
		}
		out = append(out, vault.HouseRules{Highest: highest, Kind: r.Kind, Version: r.Version, Body: r.Body, Reason: r.Reason, MadeBy: r.MadeBy, MadeAt: time.UnixMicro(r.MadeAt).UTC(),
			ActiveBy: r.ActiveBy, ActiveAt: time.UnixMicro(r.ActiveAt).UTC()})
	}
	return out, nil
}

func houseUsers(tx *catalog.Tx) ([]vault.HouseUser, error) {
	users, err := tx.Users()
	if err != nil {
		return nil, err
	}
	ids := make([]record.UserID, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	roles, err := tx.RolesOf(ids)
	out := make([]vault.HouseUser, len(users))
	for i, u := range users {
		out[i] = vault.HouseUser{ID: u.ID, Name: u.Name, Display: u.Display, Disabled: u.Disabled, CreatedAt: u.CreatedAt, Roles: roles[u.ID]}
	}
	return out, err
}

// Settle describes the house of an archive that was made before there were
// manifests of houses. What differs from a manifest that is there is not
// written into another one: somebody changed the rows past the appliance, and
// verify has to name it.
func (h *House) Settle(ctx context.Context, c *catalog.Catalog) error {
	if err := h.Prepare(ctx, c); err != nil {
		return err
	}
	system := record.System(record.NewID())
	return c.WithTx(ctx, func(tx *catalog.Tx) error {
		archive, err := tx.Meta(MetaArchive)
		if err != nil {
			return err
		}
		if head, err := tx.ManifestHead(archive); err != nil || head.Name != "" {
			return err
		}
		made, err := h.Describe(ctx, tx, system.User)
		if err != nil || len(made) == 0 {
			return err
		}
		leaf, err := audit.Seal(audit.Entry{At: h.Clock.Now(), Action: audit.SetupChange, Outcome: audit.Done, Actor: system.User,
			Via: system.Via, Request: system.Request, Objects: made, Personal: audit.Personal{ActorName: system.Name}})
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
}
