package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"eakte/appliance/audit"
	"eakte/appliance/backup"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// BenchmarkRebuild makes a catalog anew from so many manifests, with real keys
// and encryption, packs and an audit log that names them all. The objects lie
// as files in a folder, so that what is measured is the rebuild's own memory.
// The yardstick is a listing and a GET of the same manifests, as many at once.
//
//	go test -run '^$' -bench 'Rebuild/10000$' -benchtime 1x ./appliance/backup
func BenchmarkRebuild(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchRebuild(b, n) })
	}
}

func benchRebuild(b *testing.B, n int) {
	g := newGenerator(b)
	made := g.fill(n)
	for b.Loop() {
		bare := g.bare()
		cat := catalogtest.SQLite(b, g.clock)
		resetPeak(b)
		began, used := time.Now(), cpu(b)
		r, err := backup.Rebuild(context.Background(), g.deps(vault.New(g.store, g.ring, g.clock), cat))
		took := time.Since(began)
		if err != nil {
			b.Fatal(err)
		}
		if r.Counts.Manifests != int64(made) || r.Counts.Problems != 0 {
			b.Fatalf("%d manifests made, report %+v", made, r)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(made)/took.Seconds(), "manifests/s")
		b.ReportMetric((cpu(b) - used).Seconds(), "s-cpu") // of all cores: what a loaded machine doesn't change
		b.ReportMetric(peakMiB(b), "MiB-peak")
		b.ReportMetric(bare.Seconds(), "s-bare")
		b.ReportMetric(took.Seconds()/bare.Seconds(), "x-bare")
	}
}

// generator fills a folder with the objects of an archive.
type generator struct {
	*house
	records, audit, keys, derived *folder
	vault                         *vault.Vault
	rows                          []audit.Row
	first                         uint64
	tree                          *audit.Tree
}

func newGenerator(b *testing.B) *generator {
	dir := b.TempDir()
	at := func(name string) *folder { return &folder{filepath.Join(dir, name)} }
	g := &generator{records: at("records"), audit: at("audit"), keys: at("keys"), derived: at("derived")}
	store := vault.Buckets{Records: g.records, Audit: g.audit, Keys: g.keys, Derived: g.derived}
	g.house = newHouse(b, catalogtest.SQLite, store)
	g.vault = vault.New(store, g.ring, g.clock)
	tree, err := audit.NewTree(0, nil)
	g.ok(err)
	g.tree = tree
	return g
}

// documentsOfFile is how many documents lie in a file; one in four has changed
// once. With the file's and its person's that makes 25 manifests a file.
const documentsOfFile = 18

// fill makes at least n manifests and gives how many there are.
func (g *generator) fill(n int) int {
	made := 1 // the house's
	for i := 0; made < n; i++ {
		person := g.subject()
		g.manifest(person, 1, "", "", "created", vault.PersonPersonal{Names: []record.DatedName{{Name: fmt.Sprint("Muster", i%5000), FirstName: "Sabine"}},
			BirthDate: "1984-06-17", CustomerNumber: fmt.Sprintf("031D%06d", i), Address: "Musterweg 1, 17033 Neustadt", CreatedAt: g.clock.Now()})
		file := g.subject()
		g.manifest(file, 1, "", "", "created", vault.FilePersonal{Ordinal: uint32(i + 1), Kind: "leistung", Site: "03104", Team: "L1",
			Responsible: g.users["sommer"].User, RetentionClass: "leistung", Sensitivity: 1, CreatedAt: g.clock.Now(),
			Numbers: []record.DatedNumber{{Number: fmt.Sprintf("03104//%07d", i), From: "2026-01-01"}},
			Members: []record.Member{{Person: record.PersonID(person.Object()), Role: "applicant"}}})
		made += 2
		for j := range documentsOfFile {
			made += g.document(record.FileID(file.Object()), j)
		}
		g.clock.Advance(time.Second)
	}
	g.seal()
	origin, err := audit.Origin(archiveID, g.clock.Now().Year())
	g.ok(err)
	signer, err := audit.NewSigner(origin, g.ring.AuditSeed())
	g.ok(err)
	root, err := g.tree.Root()
	g.ok(err)
	note, err := signer.Sign(g.tree.Size(), root, g.clock.Now())
	g.ok(err)
	name, err := audit.CheckpointName(g.clock.Now().Year(), g.tree.Size())
	g.ok(err)
	g.audit.write(g, name, note)
	return made
}

// subject makes a key; a file's and a person's id is its key's.
func (g *generator) subject() vault.Key {
	key, err := g.vault.NewKey(record.ObjectID(record.NewID()))
	g.ok(err)
	g.keys.write(g, vault.KeyName(key.Object()), key.Sealed())
	return key
}

func (g *generator) document(file record.FileID, j int) (made int) {
	key := g.subject()
	body := g.seals(key, func(w io.Writer) error { _, err := w.Write([]byte("%PDF-1.4")); return err })
	g.records.write(g, vault.OriginalName(key.Object()), body)
	g.derived.write(g, vault.PackName(key.Object()), g.seals(key, func(w io.Writer) error { return writePack(g, w, []string{"Seite"}) }))
	p := vault.DocumentPersonal{File: file, Title: "Heizkostenabrechnung", Type: "rechnung", Direction: record.DirectionIn, Sensitivity: 1,
		State: record.StateReceived, Received: "2026-03-02", ReceivedPlace: "03104", Name: "scan.pdf", ContentType: "application/pdf", Size: 8,
		Plain: record.Sum([]byte("%PDF-1.4")), CreatedAt: g.clock.Now(), CreatedBy: g.users["sommer"].User, Channel: "api"}
	name, digest := g.put(key, 1, "", "", "created", p, body)
	if j%4 != 0 {
		return 1
	}
	p.Section = "Unterkunft"
	g.put(key, 2, name, digest, "classified", p, body)
	return 2
}

func (g *generator) seals(key vault.Key, fn func(io.Writer) error) []byte {
	var b bytes.Buffer
	w, err := key.Encrypt(&b)
	g.ok(err)
	g.ok(fn(w))
	g.ok(w.Close())
	return b.Bytes()
}

func (g *generator) manifest(key vault.Key, sequence int, before string, digest record.Digest, change string, personal any) {
	g.put(key, sequence, before, digest, change, personal, nil)
}

// put writes a manifest and the entry that names it.
func (g *generator) put(key vault.Key, sequence int, before string, digest record.Digest, change string, personal any, cipher []byte) (string, record.Digest) {
	h := vault.Header{Manifest: record.ObjectID(record.NewID()), Subject: string(key.Object()), Object: key.Object(), Sequence: sequence,
		Predecessor: before, PredecessorDigest: digest, Change: change, CreatedAt: g.clock.Now(), LockedUntil: g.clock.Now()}
	if cipher != nil {
		h.Cipher, h.CipherSize = record.Sum(cipher), int64(len(cipher))
	}
	body, err := g.vault.BuildManifest(key, h, personal)
	g.ok(err)
	name, sum := vault.ManifestName(h.Manifest), record.Sum(body)
	g.records.write(g, name, body)
	leaf, err := audit.Seal(audit.Entry{At: g.clock.Now(), Action: audit.DocumentChange, Outcome: audit.Done, Actor: g.users["sommer"].User, Via: "api",
		Request:  record.NewID(),
		Objects:  []audit.Object{{Kind: audit.KindDocument, ID: h.Subject}, {Kind: audit.KindManifest, ID: string(sum)}},
		Personal: audit.Personal{ActorName: "sommer", Detail: map[string]string{"channel": "api"}}})
	g.ok(err)
	g.rows = append(g.rows, audit.Row{Header: leaf.Header, Salt: leaf.Salt, Payload: leaf.Payload})
	_, err = g.tree.Append(audit.LeafHash(leaf.Header))
	g.ok(err)
	if len(g.rows) == 5000 {
		g.seal()
	}
	return name, sum
}

// seal writes the entries so far as a segment.
func (g *generator) seal() {
	if len(g.rows) == 0 {
		return
	}
	origin, err := audit.Origin(archiveID, g.clock.Now().Year())
	g.ok(err)
	key := g.subject()
	s := audit.Segment{Origin: origin, Edition: 1, Key: string(key.Object()), First: g.first, Rows: g.rows}
	body, err := audit.EncodeSegment(s, func(plain []byte) ([]byte, error) {
		return g.seals(key, func(w io.Writer) error { _, err := w.Write(plain); return err }), nil
	})
	g.ok(err)
	name, err := s.Name()
	g.ok(err)
	g.audit.write(g, name, body)
	g.first, g.rows = g.first+uint64(len(g.rows)), nil
}

// bare lists the manifests and reads each, eight at once, and does nothing else.
func (g *generator) bare() time.Duration {
	ctx := context.Background()
	began := time.Now()
	var e errgroup.Group
	e.SetLimit(8)
	g.ok(g.records.List(ctx, "m/", "", func(o vault.ObjectInfo) error {
		e.Go(func() error {
			r, err := g.records.Get(ctx, o.Name, 0, -1)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, r)
			return errors.Join(err, r.Close())
		})
		return nil
	}))
	g.ok(e.Wait())
	return time.Since(began)
}

// resetPeak lets the kernel measure the peak anew; peakMiB reads it.
func resetPeak(b *testing.B) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Log("the peak is that of the whole process:", err)
	}
}

func peakMiB(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	return 0
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// folder is a bucket whose objects are files: for reading, without locks.
type folder struct{ dir string }

func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f *folder) write(t testing.TB, name string, body []byte) {
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path(name), body, 0o600); err != nil {
		t.Fatal(err)
	}
}

func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &record.Error{Category: record.NotFound, Message: "There is no such object."}
	}
	return err
}

func (f *folder) Put(_ context.Context, r vault.PutRequest) error {
	if _, err := os.Stat(f.path(r.Name)); err == nil {
		return vault.ErrExists
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path(r.Name)), 0o700); err != nil {
		return err
	}
	return os.WriteFile(f.path(r.Name), body, 0o600)
}

func (f *folder) Stat(ctx context.Context, name string) (vault.ObjectInfo, error) {
	return f.StatVersion(ctx, name, "")
}

func (f *folder) StatVersion(_ context.Context, name, _ string) (vault.ObjectInfo, error) {
	body, err := os.ReadFile(f.path(name))
	if err != nil {
		return vault.ObjectInfo{}, missing(err)
	}
	return vault.ObjectInfo{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Mode: vault.Compliance,
		LockedUntil: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), Version: "1"}, nil
}

func (f *folder) Get(_ context.Context, name string, off, n int64) (io.ReadCloser, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, missing(err)
	}
	if n < 0 {
		n = 1 << 40
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, off, n), file}, nil
}

func (f *folder) GetVersion(ctx context.Context, name, _ string, off, n int64) (io.ReadCloser, error) {
	return f.Get(ctx, name, off, n)
}

func (f *folder) List(_ context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	start := prefix
	if i := strings.LastIndex(prefix, "/"); i >= 0 {
		start = prefix[:i]
	}
	err := filepath.WalkDir(f.path(start), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(f.dir, path)
		if err != nil || !strings.HasPrefix(name, prefix) || name <= after {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return fn(vault.ObjectInfo{Name: filepath.ToSlash(name), Size: info.Size(), Modified: info.ModTime(), Version: "1", Latest: true})
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f *folder) Versions(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	return f.List(ctx, prefix, after, fn)
}

func (f *folder) Replace(_ context.Context, name string, _ int64, body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return os.WriteFile(f.path(name), slices.Clip(b), 0o600)
}

func (*folder) ExtendLock(context.Context, string, time.Time) error { return nil }
func (*folder) Hold(context.Context, string) error                  { return nil }
func (*folder) Now(context.Context) (time.Time, error)              { return time.Now().UTC(), nil }
