package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// probeLock is how long a probe object stays locked: long enough for the
// probe, short enough to be of no weight.
const probeLock = time.Hour

// Probe proves that the store locks what it says it locks, on records and on
// audit: it puts a small object and tries, with the running credentials, to
// destroy its version, to override the lock, to replace it, to shorten and to
// weaken the lock. It returns nil only if all of that failed and the object
// is as it was. Once at start is enough. It leaves one small object (p/…) a
// bucket behind, since nothing can take it away.
func (v *Vault) Probe(ctx context.Context) error {
	for _, b := range []struct {
		name   string
		bucket Bucket
	}{{"records", v.buckets.Records}, {"audit", v.buckets.Audit}} {
		if err := v.probe(ctx, b.name, b.bucket); err != nil {
			return err
		}
	}
	return nil
}

// unprotected is the verdict that a store does not protect documents.
func unprotected(bucket, what string, cause error) error {
	return &record.Error{Category: record.Invalid, Field: "store",
		Message: "The object store does not protect documents: in the bucket " + bucket + " " + what + ".",
		Hint: "Use a store with S3 object lock in COMPLIANCE mode, make the buckets with eakte setup, " +
			"and give the appliance a key that may not delete.",
		Cause: cause}
}

func (v *Vault) probe(ctx context.Context, bucket string, b Bucket) error {
	tester, ok := b.(LockTester)
	if !ok {
		return unprotected(bucket, "the lock can't be tried", nil)
	}
	name := objectName("p", record.ObjectID(record.NewID()))
	body := []byte("eAkte lock probe\n")
	until := wholeSecond(v.clock.Now().Add(probeLock))
	put := PutRequest{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body), LockUntil: until}
	if err := v.putLocked(ctx, b, put); err != nil {
		if errors.Is(err, record.Unavailable) && !errors.Is(err, ErrRefused) {
			return err
		}
		return unprotected(bucket, "an object can't be locked", fmt.Errorf("%v", err)) // one verdict, one category
	}
	before, err := v.stat(ctx, b, name)
	if err != nil {
		return err
	}
	other := []byte("something else\n")
	acts := []struct {
		what string
		try  func() error
	}{
		{"a locked version can be deleted", func() error { return tester.DeleteVersion(ctx, name, before.Version, false) }},
		{"a lock can be overridden", func() error { return tester.DeleteVersion(ctx, name, before.Version, true) }},
		{"a lock can be shortened", func() error { return tester.SetLock(ctx, name, Compliance, until.Add(-probeLock/2), false) }},
		{"a lock can be shortened by override", func() error { return tester.SetLock(ctx, name, Compliance, until.Add(-probeLock/2), true) }},
		{"a lock can be weakened", func() error { return tester.SetLock(ctx, name, "GOVERNANCE", until, true) }},
		{"a name can be put twice", func() error {
			return b.Put(ctx, PutRequest{Name: name, Size: int64(len(other)), Digest: record.Sum(other),
				Body: bytes.NewReader(other), LockUntil: until})
		}},
	}
	for _, act := range acts {
		err := act.try()
		switch {
		case err == nil:
			return unprotected(bucket, act.what, nil)
		case !errors.Is(err, record.Denied) && !errors.Is(err, ErrExists):
			return fmt.Errorf("vault: probe of %s: %w", bucket, err)
		}
	}
	return v.probeOverwrite(ctx, bucket, tester, before, other)
}

// probeOverwrite overwrites and deletes the plain way. S3 with versions lets
// both happen beside the old version; what counts is that this one is whole
// and locked afterwards.
func (v *Vault) probeOverwrite(ctx context.Context, bucket string, tester LockTester, before ObjectInfo, other []byte) error {
	for _, try := range []func() error{
		func() error { return tester.Overwrite(ctx, before.Name, other) },
		func() error { return tester.Delete(ctx, before.Name) },
	} {
		if err := try(); err != nil && !errors.Is(err, record.Denied) {
			return fmt.Errorf("vault: probe of %s: %w", bucket, err)
		}
	}
	var after ObjectInfo
	err := v.retry(ctx, func() (err error) {
		after, err = tester.StatVersion(ctx, before.Name, before.Version)
		return err
	})
	if errors.Is(err, record.Unavailable) {
		return err
	}
	if err != nil {
		return unprotected(bucket, "a locked object can be overwritten or deleted", fmt.Errorf("%v", err))
	}
	if after.Size != before.Size || after.Digest != before.Digest {
		return unprotected(bucket, "a locked object can be overwritten", nil)
	}
	return nil
}
