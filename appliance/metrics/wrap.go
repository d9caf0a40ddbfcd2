package metrics

import (
	"context"
	"errors"
	"io"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/search"
)

// Buckets measures each of the four.
func (s *Set) Buckets(b vault.Buckets) vault.Buckets {
	return vault.Buckets{Records: s.bucket("records", b.Records), Audit: s.bucket("audit", b.Audit),
		Keys: s.bucket("keys", b.Keys), Derived: s.bucket("derived", b.Derived)}
}

// Replica wraps what is read of a replica: its calls are those that the first
// store could not serve.
func (s *Set) Replica(b vault.Buckets) vault.Buckets {
	return vault.Buckets{Records: s.bucket("replica-records", b.Records), Audit: s.bucket("replica-audit", b.Audit),
		Keys: s.bucket("replica-keys", b.Keys), Derived: s.bucket("replica-derived", b.Derived)}
}

func (s *Set) bucket(name string, b vault.Bucket) vault.Bucket {
	m := measured{Bucket: b, set: s, name: name}
	if t, ok := b.(vault.LockTester); ok { // the start-up probe asks for it
		return struct {
			measured
			vault.LockTester
		}{m, t}
	}
	return m
}

// measured is a bucket whose calls are timed.
type measured struct {
	vault.Bucket
	set  *Set
	name string
}

func (m measured) time(call string, f func() error) error {
	began := time.Now()
	err := f()
	ended := err
	if errors.Is(err, record.NotFound) || errors.Is(err, vault.ErrExists) {
		ended = nil // an answer, not a failure
	}
	m.set.store.WithLabelValues(m.name, call, outcome(ended)).Observe(time.Since(began).Seconds())
	return err
}

func (m measured) Put(ctx context.Context, r vault.PutRequest) error {
	return m.time("put", func() error { return m.Bucket.Put(ctx, r) })
}

func (m measured) Stat(ctx context.Context, name string) (info vault.ObjectInfo, err error) {
	err = m.time("stat", func() error { info, err = m.Bucket.Stat(ctx, name); return err })
	return info, err
}

// Get is timed until the reader is there; reading on is the reader's pace.
func (m measured) Get(ctx context.Context, name string, off, n int64) (r io.ReadCloser, err error) {
	err = m.time("get", func() error { r, err = m.Bucket.Get(ctx, name, off, n); return err })
	return r, err
}

func (m measured) ExtendLock(ctx context.Context, name string, until time.Time) error {
	return m.time("extend_lock", func() error { return m.Bucket.ExtendLock(ctx, name, until) })
}

func (m measured) Replace(ctx context.Context, name string, size int64, body io.Reader) error {
	return m.time("replace", func() error { return m.Bucket.Replace(ctx, name, size, body) })
}

func (m measured) Now(ctx context.Context) (now time.Time, err error) {
	err = m.time("now", func() error { now, err = m.Bucket.Now(ctx); return err })
	return now, err
}

func (m measured) Hold(ctx context.Context, name string) error {
	return m.time("hold", func() error { return m.Bucket.Hold(ctx, name) })
}

// Engine measures a search engine.
func (s *Set) Engine(e search.Engine) search.Engine { return engine{e, s} }

type engine struct {
	search.Engine
	set *Set
}

func (e engine) time(call string, f func() error) error {
	began := time.Now()
	err := f()
	e.set.search.WithLabelValues(call, outcome(err)).Observe(time.Since(began).Seconds())
	return err
}

func (e engine) Index(ctx context.Context, entries []search.Entry) error {
	return e.time("index", func() error { return e.Engine.Index(ctx, entries) })
}

func (e engine) Search(ctx context.Context, q search.Query) (r search.Result, err error) {
	err = e.time("search", func() error { r, err = e.Engine.Search(ctx, q); return err })
	return r, err
}

func (e engine) Suggest(ctx context.Context, prefix string, scopes []search.Scope, documents []record.DocumentID, files []uint32, n int) (words []string, err error) {
	err = e.time("suggest", func() error { words, err = e.Engine.Suggest(ctx, prefix, scopes, documents, files, n); return err })
	return words, err
}

// Handler measures a job's handler.
func (s *Set) Handler(kind string, h job.Handler) job.Handler {
	return func(ctx context.Context, j job.Job) error {
		began := time.Now()
		err := h(ctx, j)
		s.jobs.WithLabelValues(kind, outcome(err)).Observe(time.Since(began).Seconds())
		return err
	}
}
