package vaulttest

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// ErrInjected is the cause of every failure that Faults makes.
var ErrInjected = errors.New("vaulttest: injected")

// Faults counts the calls of the buckets it wraps and makes some fail. Set
// the fields before the first call.
type Faults struct {
	// From and To are the numbers, counted from 1, of the calls that fail;
	// To 0 means that only call From does, From 0 that none does.
	From, To int
	// Late lets the failing call happen and loses only its answer.
	Late bool
	// Category of the error; nil: record.Unavailable.
	Category error

	mu sync.Mutex
	n  int
}

// Calls is how many calls there were.
func (f *Faults) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// Wrap puts the faults in front of four buckets.
func (f *Faults) Wrap(b vault.Buckets) vault.Buckets {
	return vault.Buckets{Records: f.Bucket(b.Records), Audit: f.Bucket(b.Audit), Keys: f.Bucket(b.Keys), Derived: f.Bucket(b.Derived)}
}

// Bucket puts the faults in front of one bucket.
func (f *Faults) Bucket(b vault.Bucket) vault.Bucket {
	if t, ok := b.(vault.LockTester); ok {
		return faultyTester{&faulty{b, f}, t}
	}
	return &faulty{b, f}
}

// faultyTester is a bucket with faults whose locks can be tried.
type faultyTester struct {
	*faulty
	vault.LockTester
}

func (t faultyTester) StatVersion(ctx context.Context, name, version string) (vault.ObjectInfo, error) {
	return t.faulty.StatVersion(ctx, name, version)
}

// call runs one call of a bucket, or makes it fail.
func (f *Faults) call(act func() error) error {
	f.mu.Lock()
	f.n++
	fails := f.From > 0 && (f.n == f.From || f.n > f.From && f.n <= f.To)
	f.mu.Unlock()
	if !fails {
		return act()
	}
	if f.Late {
		if err := act(); err != nil {
			return err
		}
	}
	category := f.Category
	if category == nil {
		category = record.Unavailable
	}
	return &record.Error{Category: category, Message: "The object store failed.", Cause: ErrInjected}
}

type faulty struct {
	b vault.Bucket
	f *Faults
}

func (w *faulty) Put(ctx context.Context, r vault.PutRequest) error {
	return w.f.call(func() error { return w.b.Put(ctx, r) })
}

func (w *faulty) Stat(ctx context.Context, name string) (info vault.ObjectInfo, err error) {
	err = w.f.call(func() error { info, err = w.b.Stat(ctx, name); return err })
	if err != nil {
		return vault.ObjectInfo{}, err
	}
	return info, nil
}

func (w *faulty) Get(ctx context.Context, name string, off, n int64) (body io.ReadCloser, err error) {
	err = w.f.call(func() error { body, err = w.b.Get(ctx, name, off, n); return err })
	if err != nil {
		if body != nil {
			err = errors.Join(err, body.Close())
		}
		return nil, err
	}
	return body, nil
}

func (w *faulty) List(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	return w.f.call(func() error { return w.b.List(ctx, prefix, after, fn) })
}

func (w *faulty) ExtendLock(ctx context.Context, name string, until time.Time) error {
	return w.f.call(func() error { return w.b.ExtendLock(ctx, name, until) })
}

func (w *faulty) Replace(ctx context.Context, name string, size int64, body io.Reader) error {
	return w.f.call(func() error { return w.b.Replace(ctx, name, size, body) })
}

func (w *faulty) Hold(ctx context.Context, name string) error {
	return w.f.call(func() error { return w.b.Hold(ctx, name) })
}

func (w *faulty) Versions(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	return w.f.call(func() error { return w.b.Versions(ctx, prefix, after, fn) })
}

func (w *faulty) StatVersion(ctx context.Context, name, version string) (info vault.ObjectInfo, err error) {
	err = w.f.call(func() error { info, err = w.b.StatVersion(ctx, name, version); return err })
	if err != nil {
		return vault.ObjectInfo{}, err
	}
	return info, nil
}

func (w *faulty) GetVersion(ctx context.Context, name, version string, off, n int64) (body io.ReadCloser, err error) {
	err = w.f.call(func() error { body, err = w.b.GetVersion(ctx, name, version, off, n); return err })
	if err != nil {
		if body != nil {
			err = errors.Join(err, body.Close())
		}
		return nil, err
	}
	return body, nil
}

func (w *faulty) Now(ctx context.Context) (now time.Time, err error) {
	err = w.f.call(func() error { now, err = w.b.Now(ctx); return err })
	if err != nil {
		return time.Time{}, err
	}
	return now, nil
}
