package vaulttest

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Lax makes a Memory bucket forget a duty, to show that the vault notices.
type Lax struct {
	NoLock       bool // takes objects without locking them
	Deletes      bool // lets a locked version go
	Bypasses     bool // lets a locked version go when asked to override
	Shortens     bool
	Weakens      bool
	Overwrites   bool // replaces the bytes of a locked object
	PutsTwice    bool // ignores that a name is taken
	OtherBytes   bool // keeps other bytes than it was given
	NoChecksum   bool // doesn't say an object's checksum
	ShortAnswers bool // ends every body one byte early
}

// Memory is a bucket in memory. It passes Run, unless it is told to be lax.
type Memory struct {
	Lax     Lax
	Clock   record.Clock // the store's; nil: the system's
	mu      sync.Mutex
	objects map[string]*object
	gets    int
}

type object struct {
	info vault.ObjectInfo
	body []byte
}

var (
	_ vault.Bucket     = (*Memory)(nil)
	_ vault.LockTester = (*Memory)(nil)
	_ vault.Disposal   = (*Memory)(nil)
)

// NewMemory gives an empty bucket.
func NewMemory() *Memory { return &Memory{objects: make(map[string]*object)} }

// NewBuckets gives four empty buckets in memory.
func NewBuckets() vault.Buckets {
	return vault.Buckets{Records: NewMemory(), Audit: NewMemory(), Keys: NewMemory(), Derived: NewMemory()}
}

// Now implements vault.Bucket.
func (m *Memory) Now(ctx context.Context) (time.Time, error) {
	return m.now().Truncate(time.Second), ctx.Err()
}

func (m *Memory) now() time.Time {
	if m.Clock == nil {
		return time.Now().UTC()
	}
	return m.Clock.Now()
}

func missing() error {
	return &record.Error{Category: record.NotFound, Message: "There is no such object."}
}

func refused(why string) error {
	return &record.Error{Category: record.Denied, Message: why}
}

func (m *Memory) store(r vault.PutRequest, body []byte) {
	if m.Lax.OtherBytes {
		body = append(bytes.Clone(body), '!')
	}
	info := vault.ObjectInfo{Name: r.Name, Size: int64(len(body)), Digest: record.Sum(body),
		Modified: time.Now().UTC(), Version: record.NewID()}
	if m.Lax.NoChecksum {
		info.Digest = ""
	}
	if !r.LockUntil.IsZero() && !m.Lax.NoLock {
		info.Mode, info.LockedUntil = vault.Compliance, r.LockUntil.UTC()
	}
	m.objects[r.Name] = &object{info: info, body: body}
}

// Put implements vault.Bucket.
func (m *Memory) Put(ctx context.Context, r vault.PutRequest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := r.Body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if record.Sum(body) != r.Digest || int64(len(body)) != r.Size {
		return refused("The bytes don't match their checksum.")
	}
	if !r.LockUntil.IsZero() && r.LockUntil.Before(m.now()) {
		return refused("A lock can't end in the past.")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.objects[r.Name]; taken && !m.Lax.PutsTwice {
		return vault.ErrExists
	}
	m.store(r, body)
	return nil
}

// Stat implements vault.Bucket.
func (m *Memory) Stat(ctx context.Context, name string) (vault.ObjectInfo, error) {
	return m.StatVersion(ctx, name, "")
}

// StatVersion implements vault.Bucket.
func (m *Memory) StatVersion(ctx context.Context, name, version string) (vault.ObjectInfo, error) {
	if err := ctx.Err(); err != nil {
		return vault.ObjectInfo{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[name]
	if !ok || version != "" && version != o.info.Version {
		return vault.ObjectInfo{}, missing()
	}
	return o.info, nil
}

// Get implements vault.Bucket.
func (m *Memory) Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[name]
	if !ok {
		return nil, missing()
	}
	m.gets++
	size := int64(len(o.body))
	if off < 0 || off >= size && (off > 0 || n > 0) {
		return nil, record.Bad("off", "lies behind the end")
	}
	end := size
	if n >= 0 {
		end = min(size, off+n)
	}
	body := o.body[off:end]
	if m.Lax.ShortAnswers && len(body) > 0 {
		body = body[:len(body)-1]
	}
	return io.NopCloser(bytes.NewReader(bytes.Clone(body))), nil
}

// Gets counts the calls of Get that found something.
func (m *Memory) Gets() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gets
}

// List implements vault.Bucket.
func (m *Memory) List(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	m.mu.Lock()
	var names []string
	for name := range m.objects {
		if strings.HasPrefix(name, prefix) && name > after {
			names = append(names, name)
		}
	}
	m.mu.Unlock()
	slices.Sort(names)
	for _, name := range names {
		info, err := m.Stat(ctx, name)
		if err != nil {
			return err
		}
		if err := fn(vault.ObjectInfo{Name: name, Size: info.Size, Modified: info.Modified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Replace implements vault.Bucket.
func (m *Memory) Replace(ctx context.Context, name string, size int64, body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if int64(len(b)) != size {
		return refused("The body has another size.")
	}
	return m.Overwrite(ctx, name, b)
}

// Damage flips one bit of an object's bytes, behind the store's back.
func (m *Memory) Damage(name string, off int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[name].body[off] ^= 1
}

// Truncate cuts an object off, behind the store's back.
func (m *Memory) Truncate(name string, size int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.objects[name]
	o.body, o.info.Size = o.body[:size], size
}
