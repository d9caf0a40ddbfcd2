package fixity

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

var now = time.Date(2026, 6, 15, 3, 0, 0, 0, time.UTC)

type fixedClock struct{}

func (fixedClock) Now() time.Time { return now }

// fakeStore is a bucket in memory.
type fakeStore struct {
	mu      sync.Mutex
	objects map[string]*fakeObject
	above   map[string][]*fakeObject // what was put over an object by somebody else, the newest first
	fail    map[string]error         // by name: what reading it gives
	down    error                    // what everything gives
}

type fakeObject struct {
	Object
	body []byte
}

func newFakeStore() *fakeStore {
	return &fakeStore{objects: map[string]*fakeObject{}, above: map[string][]*fakeObject{}, fail: map[string]error{}}
}

func (s *fakeStore) put(name string, body []byte, lockedUntil time.Time) {
	o := &fakeObject{Object{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Modified: now.Add(-48 * time.Hour), Version: "ours"}, body}
	if !lockedUntil.IsZero() {
		o.Mode, o.LockedUntil = "COMPLIANCE", lockedUntil
	}
	s.objects[name] = o
}

// over puts bytes over an object, hide a delete marker.
func (s *fakeStore) over(name string, body []byte) {
	o := &fakeObject{Object{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Modified: now, Version: record.NewID()}, body}
	s.above[name] = append([]*fakeObject{o}, s.above[name]...)
}

func (s *fakeStore) hide(name string) {
	o := &fakeObject{Object: Object{Name: name, Modified: now, Version: record.NewID(), Marker: true}}
	s.above[name] = append([]*fakeObject{o}, s.above[name]...)
}

func (s *fakeStore) get(name, version string) (*fakeObject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	all := s.above[name]
	if o := s.objects[name]; o != nil {
		all = append(slices.Clone(all), o)
	}
	for _, o := range all {
		if version == "" || o.Version == version {
			if o.Marker {
				break
			}
			return o, nil
		}
	}
	return nil, record.NotFound
}

func (s *fakeStore) Stat(ctx context.Context, name string) (Object, error) {
	return s.StatVersion(ctx, name, "")
}

func (s *fakeStore) StatVersion(_ context.Context, name, version string) (Object, error) {
	o, err := s.get(name, version)
	if err != nil {
		return Object{}, err
	}
	return o.Object, nil
}

func (s *fakeStore) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return s.OpenVersion(ctx, name, "")
}

func (s *fakeStore) OpenVersion(_ context.Context, name, version string) (io.ReadCloser, error) {
	o, err := s.get(name, version)
	if err != nil {
		return nil, err
	}
	if err := s.fail[name]; err != nil { // in the middle of reading
		return io.NopCloser(io.MultiReader(bytes.NewReader(o.body[:len(o.body)/2]), failing{err})), nil
	}
	return io.NopCloser(bytes.NewReader(o.body)), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (s *fakeStore) Versions(_ context.Context, prefix string, fn func(Object) error) error {
	all := map[string][]*fakeObject{}
	for n, list := range s.above {
		all[n] = slices.Clone(list)
	}
	for n, o := range s.objects {
		all[n] = append(all[n], o)
	}
	for _, n := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(n, prefix) {
			continue
		}
		for _, o := range all[n] {
			if err := fn(Object{Name: o.Name, Size: o.Size, Modified: o.Modified, Version: o.Version, Marker: o.Marker}); err != nil {
				return err
			}
		}
	}
	return nil
}

// fakeCatalog is a catalog in memory.
type fakeCatalog struct {
	docs   []Document
	files  map[record.FileID]File
	people map[record.PersonID]record.Person
	house  House
	heads  map[string]Head
	known  map[string]bool // unfinished journal rows
	outbox map[string][]byte
	asked  func()                  // called after a file was read
	fresh  func(record.DocumentID) // called before a document is read on its own
}

func (c *fakeCatalog) DocumentCount(context.Context) (int64, error) { return int64(len(c.docs)), nil }

func (c *fakeCatalog) Documents(_ context.Context, after record.DocumentID, limit int) ([]Document, error) {
	docs := slices.SortedFunc(slices.Values(c.docs), func(a, b Document) int { return cmp.Compare(a.ID, b.ID) })
	i, _ := slices.BinarySearchFunc(docs, after+"!", func(d Document, id record.DocumentID) int { return cmp.Compare(d.ID, id) })
	return docs[i:min(len(docs), i+limit)], nil
}

func (c *fakeCatalog) Document(_ context.Context, id record.DocumentID) (Document, error) {
	if c.fresh != nil {
		c.fresh(id)
	}
	for _, d := range c.docs {
		if d.ID == id {
			return d, nil
		}
	}
	return Document{}, record.NotFound
}

func (c *fakeCatalog) File(_ context.Context, id record.FileID) (File, error) {
	f, ok := c.files[id]
	if c.asked != nil {
		c.asked()
	}
	if !ok {
		return File{}, record.NotFound
	}
	return f, nil
}

func (c *fakeCatalog) Person(_ context.Context, id record.PersonID) (record.Person, error) {
	p, ok := c.people[id]
	if !ok {
		return record.Person{}, record.NotFound
	}
	return p, nil
}

func (c *fakeCatalog) House(context.Context) (House, error) { return c.house, nil }

func (c *fakeCatalog) Undescribed(_ context.Context, after string, limit int) (ids []string, err error) {
	for id := range c.files {
		ids = append(ids, string(id))
	}
	for id := range c.people {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(ids, func(id string) bool { _, ok := c.heads[id]; return ok || id <= after })
	return ids[:min(limit, len(ids))], nil
}

func (c *fakeCatalog) Heads(_ context.Context, after string, limit int) ([]Head, error) {
	var heads []Head
	for _, h := range c.heads {
		if h.Subject > after {
			heads = append(heads, h)
		}
	}
	slices.SortFunc(heads, func(a, b Head) int { return cmp.Compare(a.Subject, b.Subject) })
	return heads[:min(limit, len(heads))], nil
}

func (c *fakeCatalog) Head(_ context.Context, subject string) (Head, error) {
	h, ok := c.heads[subject]
	if !ok {
		return Head{}, record.NotFound
	}
	return h, nil
}

func (c *fakeCatalog) Waiting(_ context.Context, name string) ([]byte, error) {
	if b := c.outbox[name]; b != nil {
		return b, nil
	}
	return nil, record.NotFound
}

func (c *fakeCatalog) Knows(_ context.Context, name string) (bool, error) {
	for _, d := range c.docs {
		if name == objectName("o", d.Object) || name == objectName("k", d.Object) {
			return true, nil
		}
	}
	return c.known[name], nil
}

// fakeLog is the audit tables in memory.
type fakeLog struct {
	states []LogState
	rows   map[int][]Row
	notes  map[int][]Note
	grow   func() // called before each page of rows
}

func (l *fakeLog) Logs(context.Context) ([]LogState, error) { return slices.Clone(l.states), nil }

func (l *fakeLog) Rows(_ context.Context, year int, from uint64, limit int) ([]Row, error) {
	if l.grow != nil {
		l.grow()
	}
	var rows []Row
	for _, r := range l.rows[year] {
		if r.Index >= from && len(rows) < limit {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func (l *fakeLog) Checkpoints(_ context.Context, year int) ([]Note, error) { return l.notes[year], nil }

// realKeys opens with the real vault: age, and the appliance's key file.
type realKeys struct {
	v     *vault.Vault
	bound map[record.ObjectID]record.ObjectID
}

func (k realKeys) Decrypt(_ context.Context, id record.ObjectID, sealed []byte, cipher io.Reader) (io.Reader, error) {
	for k.bound[id] != "" {
		id = k.bound[id]
	}
	key, err := k.v.KeyFromSealed(id, sealed)
	if err != nil {
		return nil, err
	}
	return key.Decrypt(cipher)
}

var errDisk = errors.New("input/output error")
