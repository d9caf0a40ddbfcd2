package faults

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

var errStore = errors.New("faults: injected")

// wrap puts an injector before four buckets.
func (i *injector) wrap(b vault.Buckets) vault.Buckets {
	one := func(b vault.Bucket) vault.Bucket { return &faultyBucket{b, i} }
	return vault.Buckets{Records: one(b.Records), Audit: one(b.Audit), Keys: one(b.Keys), Derived: one(b.Derived)}
}

// faultyBucket is a bucket whose calls an injector can make fail.
type faultyBucket struct {
	vault.Bucket
	i *injector
}

func failed(category error) error {
	return &record.Error{Category: category, Message: "The object store failed.", Cause: errStore}
}

// do runs one call, or lets it fail.
func (b *faultyBucket) do(kind fault, act func() error) error {
	switch kind {
	case refused:
		return failed(record.Denied)
	case unavailable, down:
		return failed(record.Unavailable)
	case lost, late:
		if err := act(); err != nil {
			return err
		}
		if kind == lost {
			return failed(record.Denied)
		}
		return failed(record.Unavailable)
	}
	return act()
}

func (b *faultyBucket) Put(ctx context.Context, r vault.PutRequest) error {
	kind := b.i.meet(ctx, "store", "put")
	if kind == otherBytes {
		if _, err := r.Body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body[len(body)/2] ^= 1
		r.Body = bytes.NewReader(body)
	}
	return b.do(kind, func() error { return b.Bucket.Put(ctx, r) })
}

func (b *faultyBucket) Stat(ctx context.Context, name string) (info vault.ObjectInfo, err error) {
	kind := b.i.meet(ctx, "store", "stat")
	err = b.do(kind, func() error { info, err = b.Bucket.Stat(ctx, name); return err })
	if err != nil {
		return vault.ObjectInfo{}, err
	}
	if kind == otherBytes {
		info.Digest = record.Sum([]byte("other bytes"))
	}
	return info, nil
}

func (b *faultyBucket) Get(ctx context.Context, name string, off, n int64) (body io.ReadCloser, err error) {
	kind := b.i.meet(ctx, "store", "get")
	err = b.do(kind, func() error { body, err = b.Bucket.Get(ctx, name, off, n); return err })
	if err != nil {
		if body != nil {
			err = errors.Join(err, body.Close())
		}
		return nil, err
	}
	return bent(kind, body)
}

// bent lets a body end early, or flips a bit of it.
func bent(kind fault, body io.ReadCloser) (io.ReadCloser, error) {
	if kind != truncated && kind != otherBytes {
		return body, nil
	}
	all, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return nil, err
	}
	if kind == truncated {
		all = all[:len(all)/2]
	} else if len(all) > 0 {
		all[len(all)/2] ^= 1
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}

func (b *faultyBucket) List(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	return b.do(b.i.meet(ctx, "store", "list"), func() error { return b.Bucket.List(ctx, prefix, after, fn) })
}

func (b *faultyBucket) ExtendLock(ctx context.Context, name string, until time.Time) error {
	return b.do(b.i.meet(ctx, "store", "lock"), func() error { return b.Bucket.ExtendLock(ctx, name, until) })
}

func (b *faultyBucket) Replace(ctx context.Context, name string, size int64, body io.Reader) error {
	return b.do(b.i.meet(ctx, "store", "replace"), func() error { return b.Bucket.Replace(ctx, name, size, body) })
}

func (b *faultyBucket) Hold(ctx context.Context, name string) error {
	return b.do(b.i.meet(ctx, "store", "hold"), func() error { return b.Bucket.Hold(ctx, name) })
}

func (b *faultyBucket) Versions(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	return b.do(b.i.meet(ctx, "store", "versions"), func() error { return b.Bucket.Versions(ctx, prefix, after, fn) })
}
