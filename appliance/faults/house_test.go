package faults

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
	"eakte/policy/access"
	"eakte/policy/hold"
	"eakte/policy/retention"
)

// policy is the same for all; making it takes longer than all the rest.
var policy = sync.OnceValues(func() (*access.Policy, error) { return access.NewPolicy(access.Default()) })

// place is where an archive lies, for a process of its own to open it.
type place struct {
	Dir       string // spool and key file, and the catalog on SQLite
	DSN       string
	Node      string
	Store     storeAt
	ArchiveID string
	Recovery  string
	Users     map[string]record.Actor
	File      record.FileID // of sommer's
	Other     record.FileID
}

// storeAt is an object store: the embedded one on a folder, or a server. The
// zero value means that the buckets are there already.
type storeAt struct {
	Folder, Endpoint, Access, Secret string
}

// site is what a house stands on, and what stays when it is closed.
type site struct {
	place
	clean vault.Buckets  // without faults
	via   *vault.Buckets // as the appliance reaches them; nil: the same
	clock interface {
		record.Clock
		Advance(time.Duration)
	}
	document record.DocumentID // that an action is about
}

// realClock is the system's, moved by hand.
type realClock struct {
	record.SystemClock
	moved time.Duration
}

func (c *realClock) Now() time.Time          { return c.SystemClock.Now().Add(c.moved) }
func (c *realClock) Advance(d time.Duration) { c.moved += d }

// house is the appliance, assembled as main does it, without pages and search.
type house struct {
	site
	t       testing.TB
	i       *injector
	server  *embedded.Server // nil with another store
	catalog *catalog.Catalog
	vault   *vault.Vault
	direct  *vault.Vault // past the faults and past every cache
	intake  *ingest.Intake
	archive *archive.Archive
	outbox  *upkeep.Outbox
	logbook *upkeep.Logbook
	tasks   *upkeep.Tasks
	jobs    map[string]job.Handler

	lost     int             // documents on their way in that starts gave up
	mayGo    map[string]bool // objects whose end was decided
	promises []promise
	before   state
}

const (
	number = "03104//0012345"
	second = "03104//0012346"
)

// build makes a new archive on a site and furnishes it.
func build(t testing.TB, s site) *house {
	t.Helper()
	h := &house{site: s, t: t, i: &injector{pause: 50 * time.Millisecond}}
	h.ArchiveID = record.NewID()
	_, err := vault.NewKeyFile(h.keyFile(), h.clock.Now())
	h.ok(err)
	h.Recovery, _, _, err = vault.NewRecovery(nil)
	h.ok(err)
	h.ok(h.open())
	h.furnish()
	return h
}

func (s site) keyFile() string { return filepath.Join(s.Dir, "key") }

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// open assembles the parts.
func (h *house) open() (err error) {
	switch {
	case h.Store.Folder != "":
		err = h.startStore(context.Background())
	case h.Store.Endpoint != "":
		h.clean, err = s3.Open(s3.Config{Endpoint: h.Store.Endpoint, AccessKey: h.Store.Access, SecretKey: h.Store.Secret})
	}
	if err != nil {
		return err
	}
	ctx, clock, log := context.Background(), faultyClock{h.clock, h.i}, slog.New(slog.DiscardHandler)
	ring, err := vault.LoadKeyring(h.keyFile(), h.Recovery)
	if err != nil {
		return err
	}
	h.catalog, err = catalog.Open(ctx, h.DSN, clock, catalog.WithConnector((&catalogtest.Faults{Meet: h.i.sql}).Wrap))
	if err != nil {
		return err
	}
	disk, err := ingest.OpenSpool(filepath.Join(h.Dir, "spool"))
	if err != nil {
		return errors.Join(err, h.catalog.Close())
	}
	policy, err := policy()
	if err != nil {
		return errors.Join(err, h.catalog.Close())
	}
	reached := h.clean
	if h.via != nil {
		reached = *h.via
	}
	h.vault, h.direct = vault.New(h.i.wrap(reached), ring, clock), vault.New(h.clean, ring, h.clock)
	h.outbox = &upkeep.Outbox{Catalog: h.catalog, Vault: h.vault, Log: log, Believed: clock}
	h.logbook = &upkeep.Logbook{Catalog: h.catalog, Vault: h.vault, Clock: clock, Log: log, Archive: h.ArchiveID, Node: h.Node}
	deps := ingest.Deps{Catalog: h.catalog, Vault: h.vault, Policy: policy, Spool: faultySpool{disk, h.i}, Clock: clock, Log: log,
		Node: h.Node, MaxBytes: 1 << 20}
	h.intake = ingest.New(deps)
	h.archive = archive.New(archive.Deps{Catalog: h.catalog, Vault: h.vault, Policy: policy, Outbox: h.outbox, Clock: clock, Log: log,
		IndexKind: "index", ReadKind: ingest.KindRead})
	h.tasks = &upkeep.Tasks{Catalog: h.catalog, Vault: h.vault, Intake: h.intake, Logbook: h.logbook, Clock: clock, Log: log,
		Disposal: h.secondKey, IndexKind: "index",
		Time: &upkeep.Timekeeper{Catalog: h.catalog, Clock: clock, Log: log, Logbook: h.logbook, Store: h.vault.StoreTime,
			Elapsed: func() time.Duration { return h.clock.Now().Sub(time.Unix(0, 0)) }}}
	h.jobs = map[string]job.Handler{ingest.KindReadBack: h.intake.ReadBack, hold.JobKind: h.tasks.FollowHold}
	return nil
}

func (h *house) close() {
	h.t.Helper()
	h.ok(h.shut())
}

func (h *house) shut() error {
	err := h.catalog.Close()
	if h.server != nil {
		err = errors.Join(err, h.server.Close())
		h.server = nil
	}
	return err
}

// startStore starts the embedded store, which main does as well.
func (h *house) startStore(ctx context.Context) (err error) {
	if h.server, err = embedded.Start(ctx, embedded.Config{Dir: h.Store.Folder}); err != nil {
		return err
	}
	conn := func(c embedded.Credentials) s3.Config {
		return s3.Config{Endpoint: h.server.Endpoint(), AccessKey: c.AccessKey, SecretKey: c.SecretKey}
	}
	if err := s3.Create(ctx, conn(h.server.RootCredentials())); err != nil {
		return errors.Join(err, h.server.Close())
	}
	h.clean, err = s3.Open(conn(h.server.Credentials()))
	return err
}

// settle does what a start does before anything new begins.
func (h *house) settle(ctx context.Context) error {
	if err := h.catalog.ReleaseNode(ctx, h.Node); err != nil {
		return err
	}
	if err := h.outbox.Drain(ctx); err != nil {
		return err
	}
	r, err := h.intake.Recover(ctx)
	h.lost += r.Lost
	return err
}

// restart closes everything, opens it again and lets it settle.
func (h *house) restart() {
	h.t.Helper()
	h.close()
	h.ok(h.open())
	h.ok(h.settle(context.Background()))
}

// work runs the jobs that are due, each once. A job that fails is given back.
func (h *house) work(ctx context.Context) error {
	var kinds []string
	for k := range h.jobs {
		kinds = append(kinds, k)
	}
	jobs, err := h.catalog.Lease(ctx, h.Node, kinds, 100, time.Minute)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if jerr := h.jobs[j.Kind](ctx, j); jerr != nil {
			err = errors.Join(err, jerr, h.catalog.Retry(ctx, j.ID, h.Node, h.clock.Now(), "failed"))
			continue
		}
		err = errors.Join(err, h.catalog.Finish(ctx, j.ID, h.Node))
	}
	return err
}

func (h *house) read(fn func(tx *catalog.Tx) error) {
	h.t.Helper()
	h.ok(h.catalog.Read(context.Background(), fn))
}

// furnish makes a site with its people and two files, by the doors.
func (h *house) furnish() {
	h.t.Helper()
	ctx := context.Background()
	h.Users = map[string]record.Actor{}
	h.ok(h.catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		err := errors.Join(tx.PutSite(record.Site{Code: "03104", Name: "Neustadt", Teams: []record.Team{{Code: "L1", Name: "Leistung 1"}}}),
			tx.PutRetentionClass(record.RetentionClass{Class: "leistung", Years: 10, From: retention.FromEndOfYearOfClosing}))
		for name, role := range map[string]string{"sommer": record.RoleCaseworker, "herbst": record.RoleCaseworker, "lead": record.RoleTeamlead} {
			a := record.Actor{User: record.UserID(record.NewID()), Name: name, Via: "api", Request: record.NewID()}
			h.Users[name] = a
			err = errors.Join(err, tx.PutUser(catalog.User{ID: a.User, Name: name, Display: name}),
				tx.PutRoles(a.User, []record.RoleAt{{Role: role, Site: "03104", Team: "L1"}}))
		}
		return err
	}))
	h.ok(h.settle(ctx))
	h.File, h.Other = h.makeFile(ctx, number), h.makeFile(ctx, second)
}

func (h *house) makeFile(ctx context.Context, number string) record.FileID {
	h.t.Helper()
	f, err := h.archive.CreateFile(ctx, h.Users["sommer"], newFile(number, ""))
	h.ok(err)
	return f.ID
}

func newFile(number, key string) archive.NewFile {
	return archive.NewFile{Number: number, Kind: "leistung", Site: "03104", Team: "L1", IdempotencyKey: key,
		Customer: &archive.NewMember{Name: "Grünwiese", FirstName: "Sabine", BirthDate: "1984-06-17"}}
}

// accept takes one document in.
func (h *house) accept(ctx context.Context, body []byte, key string) (ingest.Receipt, error) {
	return h.intake.Accept(ctx, h.Users["sommer"], ingest.Submission{File: number, Name: "Brief.pdf", Title: "Brief", Channel: "api",
		IdempotencyKey: key, Body: newReader(body), Size: int64(len(body))})
}

// retitle changes a document's title, once for each key.
func (h *house) retitle(ctx context.Context, id record.DocumentID, title string) error {
	_, err := h.archive.ChangeDocument(ctx, h.Users["sommer"], id, archive.DocumentChange{Title: &title, IdempotencyKey: "title " + title})
	return err
}

// memorySite is a site on SQLite and buckets in memory. The catalog's file
// lies in memory as well where the machine has such a folder: what is tested
// is what the appliance makes of a fault, not the disk.
func memorySite(t testing.TB) site {
	t.Helper()
	clock := catalogtest.NewClock()
	dir := t.TempDir()
	if shm, err := os.MkdirTemp("/dev/shm", "eakte-faults-"); err == nil {
		dir = shm
		t.Cleanup(func() { os.RemoveAll(shm) })
	}
	return site{place: place{Dir: dir, DSN: "sqlite:" + filepath.Join(dir, "catalog.db"), Node: "one"}, clean: memory(clock), clock: clock}
}

// memory are buckets that go by a clock.
func memory(clock record.Clock) vault.Buckets {
	one := func() vault.Bucket {
		m := vaulttest.NewMemory()
		m.Clock = clock
		return m
	}
	return vault.Buckets{Records: one(), Audit: one(), Keys: one(), Derived: one()}
}

// copyOf makes a house that stands where this one does, of which nothing is
// shared. This one must be closed.
func (h *house) copyOf(t testing.TB) *house {
	t.Helper()
	s := memorySite(t)
	c := &house{site: h.site, t: t, i: &injector{pause: h.i.pause}}
	c.Dir, c.DSN, c.clean, c.clock = s.Dir, s.DSN, s.clean, s.clock
	c.clock.Advance(h.clock.Now().Sub(c.clock.Now()))
	c.ok(errors.Join(os.CopyFS(c.Dir, os.DirFS(h.Dir)), os.Chmod(c.keyFile(), 0o600)))
	from, to := buckets(h.clean), buckets(c.clean)
	for i := range from {
		copyBucket(c, from[i], to[i])
	}
	c.ok(c.open())
	return c
}

func buckets(b vault.Buckets) []vault.Bucket {
	return []vault.Bucket{b.Records, b.Audit, b.Keys, b.Derived}
}

func copyBucket(h *house, from, to vault.Bucket) {
	h.t.Helper()
	ctx := context.Background()
	h.ok(from.List(ctx, "", "", func(o vault.ObjectInfo) error {
		info, err := from.Stat(ctx, o.Name)
		if err != nil {
			return err
		}
		r, err := from.Get(ctx, o.Name, 0, -1)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
		return to.Put(ctx, vault.PutRequest{Name: o.Name, Size: info.Size, Digest: info.Digest, Body: newReader(body), LockUntil: info.LockedUntil})
	}))
}
