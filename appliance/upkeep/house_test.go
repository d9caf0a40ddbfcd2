package upkeep_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
	"eakte/policy/access"
	"eakte/policy/retention"
)

const archiveID = "00112233445566778899aabbccddeeff"

// house is an archive with its upkeep. Catalog and store can be made to fail.
type house struct {
	*testing.T
	*upkeep.Tasks
	clock  *catalogtest.Clock
	rows   *catalogtest.Faults
	store  *vaulttest.Faults
	clean  vault.Buckets // the store without faults
	direct *vault.Vault  // the same, for the test's own questions
	outbox *upkeep.Outbox
	actor  record.Actor
	file   record.FileID
}

// newHouse makes an archive over buckets; nil: in memory. The clock starts at
// the real time, which is what a store dates objects by.
func newHouse(t *testing.T, open catalogtest.Opener, clean *vault.Buckets) *house {
	t.Helper()
	h := &house{T: t, clock: catalogtest.NewClock(), rows: &catalogtest.Faults{}, store: &vaulttest.Faults{}}
	h.clock.Advance(time.Since(h.clock.Now()).Truncate(time.Second))
	if h.clean = vaulttest.NewBuckets(); clean != nil {
		h.clean = *clean
	}
	dir := t.TempDir()
	keyFile := filepath.Join(dir, "key")
	_, err := vault.NewKeyFile(keyFile, h.clock.Now())
	h.ok(err)
	recovery, _, _, err := vault.NewRecovery(nil)
	h.ok(err)
	ring, err := vault.LoadKeyring(keyFile, recovery)
	h.ok(err)
	spool, err := ingest.OpenSpool(filepath.Join(dir, "spool"))
	h.ok(err)
	policy, err := access.NewPolicy(access.Default())
	h.ok(err)
	cat := open(t, h.clock, catalog.WithConnector(h.rows.Wrap))
	log := slog.New(slog.DiscardHandler)
	v := vault.New(h.store.Wrap(h.clean), ring, h.clock)
	h.direct = vault.New(h.clean, ring, h.clock)
	h.Tasks = &upkeep.Tasks{Catalog: cat, Vault: v, Clock: h.clock, Log: log, KeyFile: keyFile, IndexKind: "index.document",
		Logbook: &upkeep.Logbook{Catalog: cat, Vault: v, Clock: h.clock, Log: log, Archive: archiveID},
		Intake: ingest.New(ingest.Deps{Catalog: cat, Vault: v, Policy: policy, Spool: spool, Clock: h.clock, Log: log,
			Node: "test", MaxBytes: 1 << 20})}
	h.outbox = &upkeep.Outbox{Catalog: cat, Vault: v, Log: log}
	began := h.clock.Now()
	// The tests let months pass: another machine's clock says so, too.
	h.Tasks.Time = &upkeep.Timekeeper{Catalog: cat, Clock: h.clock, Log: log, Logbook: h.Logbook,
		Store:   func(context.Context) (time.Time, error) { return h.clock.Now(), nil },
		Elapsed: func() time.Duration { return h.clock.Now().Sub(began) }}
	h.furnish()
	return h
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) write(fn func(tx *catalog.Tx) error) {
	h.Helper()
	h.ok(h.Catalog.WithTx(context.Background(), fn))
}

func (h *house) furnish() {
	h.Helper()
	h.actor = record.Actor{User: record.UserID(record.NewID()), Name: "k.sommer", Via: "api", Request: record.NewID()}
	h.write(func(tx *catalog.Tx) error {
		err := errors.Join(tx.PutSite(record.Site{Code: "03104", Name: "Neustadt", Teams: []record.Team{{Code: "L1"}}}),
			tx.PutUser(catalog.User{ID: h.actor.User, Name: h.actor.Name, Display: h.actor.Name}),
			tx.PutRoles(h.actor.User, []record.RoleAt{{Role: record.RoleCaseworker, Site: "03104", Team: "L1"}}),
			tx.PutRetentionClass(record.RetentionClass{Class: "leistung", Years: 10, From: retention.FromEndOfYearOfClosing}),
			tx.PutRetentionClass(record.RetentionClass{Class: "kurz", Years: 1, From: retention.FromReceived}),
			tx.PutRetentionClass(record.RetentionClass{Class: "fest", Years: 6, From: retention.FromReceived, Lock: retention.LockFull}))
		if err == nil {
			h.file, err = h.insertFile(tx, "03104//0012345", "leistung")
		}
		return err
	})
}

func (h *house) insertFile(tx *catalog.Tx, number, class string) (record.FileID, error) {
	f, err := tx.InsertFile(record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: "03104", Team: "L1", Responsible: h.actor.User,
		RetentionClass: class, Sensitivity: record.SensitivityNormal, Numbers: []record.DatedNumber{{Number: number}}})
	return f.ID, err
}

// newFile adds a file of a retention class.
func (h *house) newFile(number, class string) (id record.FileID) {
	h.Helper()
	h.write(func(tx *catalog.Tx) (err error) { id, err = h.insertFile(tx, number, class); return err })
	return id
}

// take takes a document in, reads it back and leaves nothing in the spool.
func (h *house) take(file record.FileID, body string) record.Document {
	h.Helper()
	ctx := context.Background()
	r, err := h.Intake.Accept(ctx, h.actor, ingest.Submission{File: string(file), Name: "x.pdf", Channel: "api", IdempotencyKey: record.NewID(),
		Body: strings.NewReader(body), Size: -1})
	h.ok(err)
	jobs, err := h.Catalog.Lease(ctx, "test", []string{ingest.KindReadBack}, 100, time.Minute)
	h.ok(err)
	for _, j := range jobs {
		h.ok(h.Intake.ReadBack(ctx, j))
		h.ok(h.Catalog.Finish(ctx, j.ID, "test"))
	}
	return h.document(r.Document)
}

func (h *house) document(id record.DocumentID) (d record.Document) {
	h.Helper()
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { d, err = tx.DocumentByID(id); return err }))
	return d
}

// describe puts the next manifest of a subject, as a change does.
func (h *house) describe(subject string, object record.ObjectID, personal any) string {
	h.Helper()
	ctx := context.Background()
	key, err := h.direct.OpenKey(ctx, object)
	if errors.Is(err, record.NotFound) {
		if key, err = h.direct.NewKey(object); err == nil {
			err = h.direct.PutKey(ctx, key)
		}
	}
	h.ok(err)
	id := record.ObjectID(record.NewID())
	h.write(func(tx *catalog.Tx) error {
		head, err := tx.ManifestHead(subject)
		if err != nil {
			return err
		}
		until := h.clock.Now().AddDate(0, retention.LockAhead, 0)
		body, err := h.direct.BuildManifest(key, vault.Header{Manifest: id, Subject: subject, Object: object, Sequence: head.Sequence + 1,
			Predecessor: head.Name, PredecessorDigest: head.Digest, Change: "changed", CreatedAt: h.clock.Now(), LockedUntil: until}, personal)
		if err != nil {
			return err
		}
		return tx.InsertOutbox(catalog.OutboxRow{Name: vault.ManifestName(id), Subject: subject, Sequence: head.Sequence + 1, Body: body,
			Digest: record.Sum(body), LockUntil: until})
	})
	h.ok(h.outbox.Drain(ctx))
	return vault.ManifestName(id)
}

// log writes an audit entry and seals it.
func (h *house) log() {
	h.Helper()
	leaf, err := audit.Seal(audit.Entry{At: h.clock.Now(), Action: audit.FileView, Outcome: audit.Allowed, Actor: h.actor.User, Via: "api",
		Request: record.NewID()})
	h.ok(err)
	h.ok(h.Catalog.AppendAudit(context.Background(), leaf))
	h.ok(h.Logbook.Seal(context.Background()))
}

// locks gives the lock of every object that is to stay locked.
func (h *house) locks() map[string]time.Time {
	h.Helper()
	out := map[string]time.Time{}
	for _, b := range []vault.Bucket{h.clean.Records, h.clean.Audit} {
		h.ok(b.List(context.Background(), "", "", func(o vault.ObjectInfo) error {
			info, err := b.Stat(context.Background(), o.Name)
			if !strings.HasPrefix(o.Name, "p/") {
				out[o.Name] = info.LockedUntil
			}
			return err
		}))
	}
	return out
}

// job runs a schedule's job as the runner does and gives what the handler says.
func (h *house) job(name string, attempt int) error {
	return h.Handlers()[job.SchedulePrefix+name](context.Background(), job.Job{Kind: job.SchedulePrefix + name, Attempt: attempt, MaxAttempts: 12})
}

func (h *house) schedule(name string) catalog.ScheduleRow {
	h.Helper()
	var rows []catalog.ScheduleRow
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { rows, err = tx.Schedules(); return err }))
	for _, r := range rows {
		if r.Name == name {
			return r
		}
	}
	h.Fatalf("there is no schedule %s in %+v", name, rows)
	return catalog.ScheduleRow{}
}

// findings lists the open findings as "kind name".
func (h *house) findings() (out []string) {
	h.Helper()
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		for _, kind := range catalog.FindingKinds {
			fs, err := tx.OpenFindings(kind, "", 500)
			if err != nil {
				return err
			}
			for _, f := range fs {
				out = append(out, fmt.Sprint(f.Kind, " ", f.Name))
			}
		}
		return nil
	}))
	return out
}
