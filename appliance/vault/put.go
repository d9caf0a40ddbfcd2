package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"eakte/appliance/record"
)

// PutLocked keeps bytes under a name of records, locked to at least until.
// When it returns nil the store has said, asked afresh, that the object has
// this size, this checksum, a COMPLIANCE lock and at least this date.
//
// The same bytes again are success (and a date that is too early is moved),
// so a redo needs no knowledge of how far the first try came. Other bytes
// under the name are record.Conflict; what can't be confirmed is an error.
func (v *Vault) PutLocked(ctx context.Context, name string, size int64, d record.Digest, body io.ReadSeeker, until time.Time) error {
	b, err := v.bucketOf(name)
	if err != nil {
		return err
	}
	return v.putLocked(ctx, b, PutRequest{Name: name, Size: size, Digest: d, Body: body, LockUntil: wholeSecond(until)})
}

func (v *Vault) putLocked(ctx context.Context, b Bucket, r PutRequest) error {
	if r.LockUntil.IsZero() {
		return record.Bad("until", "a locked object needs a date")
	}
	info, err := v.putOnce(ctx, b, r)
	if err != nil {
		return err
	}
	if info.Mode == Compliance && info.LockedUntil.Before(r.LockUntil) {
		// It was there already, from a try of long ago.
		if err := v.extend(ctx, b, r.Name, r.LockUntil); err != nil {
			return err
		}
		if info, err = v.stat(ctx, b, r.Name); err != nil {
			return err
		}
	}
	if info.Mode != Compliance || info.LockedUntil.Before(r.LockUntil) {
		return &record.Error{Category: record.Corrupt, Message: "The object store did not lock an object as asked.",
			Hint:  "Check that the bucket was made with object lock; eakte setup makes it so.",
			Cause: fmt.Errorf("mode %q until %s, wanted %s", info.Mode, info.LockedUntil.Format(time.RFC3339), r.LockUntil.Format(time.RFC3339))}
	}
	return nil
}

// putOnce puts and looks again: on nil the object has the wanted size and checksum.
func (v *Vault) putOnce(ctx context.Context, b Bucket, r PutRequest) (ObjectInfo, error) {
	err := v.retry(ctx, func() error {
		if _, err := r.Body.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("vault: rewind: %w", err)
		}
		return b.Put(ctx, r)
	})
	taken := errors.Is(err, ErrExists)
	if err != nil && !taken {
		return ObjectInfo{}, fmt.Errorf("vault: put %s: %w", r.Name, err)
	}
	info, err := v.stat(ctx, b, r.Name)
	if err != nil {
		if !taken && errors.Is(err, record.NotFound) {
			return ObjectInfo{}, corrupt("An object that was just put", fmt.Errorf("vault: %s is not there: %w", r.Name, err))
		}
		return ObjectInfo{}, err
	}
	if info.Size == r.Size && info.Digest == r.Digest {
		return info, nil
	}
	cause := fmt.Errorf("%s has %d bytes, %s; wanted %d, %s", r.Name, info.Size, info.Digest, r.Size, r.Digest)
	if taken {
		return ObjectInfo{}, &record.Error{Category: record.Conflict, Message: "The name is taken by other bytes.",
			Hint: "Names are random and used once; run eakte verify.", Cause: cause}
	}
	return ObjectInfo{}, corrupt("An object that was just put", cause)
}

func (v *Vault) stat(ctx context.Context, b Bucket, name string) (info ObjectInfo, err error) {
	err = v.retry(ctx, func() error {
		info, err = b.Stat(ctx, name)
		return err
	})
	if err != nil {
		return ObjectInfo{}, fmt.Errorf("vault: stat %s: %w", name, err)
	}
	return info, nil
}

// Stat looks at an object by its name, in the bucket that the name belongs to.
func (v *Vault) Stat(ctx context.Context, name string) (ObjectInfo, error) {
	b, err := v.bucketOf(name)
	if err != nil {
		return ObjectInfo{}, err
	}
	return v.stat(ctx, b, name)
}

// GetLocked reads a whole small object of records (a manifest, a tombstone)
// of at most 16 MiB, from another place (see UseReplica) where it isn't sound
// in its own. If it is sound nowhere, what lies in its own place is given: what
// it is worth is for the caller to judge.
func (v *Vault) GetLocked(ctx context.Context, name string) ([]byte, error) {
	body, own, err := v.getSound(ctx, name, func(b []byte) error { return sound(name, b) })
	if errors.Is(err, record.Corrupt) && own != nil {
		return own, nil
	}
	return body, err
}

// GetKnown is GetLocked for who knows the hash: what has another is nowhere
// given, and record.Corrupt.
func (v *Vault) GetKnown(ctx context.Context, name string, d record.Digest) ([]byte, error) {
	body, _, err := v.getSound(ctx, name, func(b []byte) error {
		if got := record.Sum(b); got != d {
			return corrupt("An object", fmt.Errorf("%s has the hash %s, not %s", name, got, d))
		}
		return nil
	})
	return body, err
}

// getSound reads an object from the first place where it is sound; own is what
// lies in its own place, if it could be read.
func (v *Vault) getSound(ctx context.Context, name string, sound func([]byte) error) (body, own []byte, err error) {
	err = v.anywhere(ctx, name, func(s source) error {
		b, err := v.getSource(ctx, s, name)
		if err != nil {
			return err
		}
		if s.place == "" {
			own = b
		}
		if err := sound(b); err != nil {
			return err
		}
		body = b
		return nil
	})
	return body, own, err
}

// ExtendLock moves an object's lock to at least until and makes sure of it.
// A date that already reaches as far is success; a lock never gets shorter.
func (v *Vault) ExtendLock(ctx context.Context, name string, until time.Time) error {
	b, err := v.bucketOf(name)
	if err != nil {
		return err
	}
	until = wholeSecond(until)
	info, err := v.stat(ctx, b, name)
	if err != nil {
		return err
	}
	if info.Mode == Compliance && !info.LockedUntil.Before(until) {
		return nil
	}
	if err := v.extend(ctx, b, name, until); err != nil {
		return err
	}
	if info, err = v.stat(ctx, b, name); err != nil {
		return err
	}
	if info.Mode != Compliance || info.LockedUntil.Before(until) {
		return corrupt("The lock of an object", fmt.Errorf("%s is locked until %s, wanted %s", name,
			info.LockedUntil.Format(time.RFC3339), until.Format(time.RFC3339)))
	}
	return nil
}

func (v *Vault) extend(ctx context.Context, b Bucket, name string, until time.Time) error {
	err := v.retry(ctx, func() error { return b.ExtendLock(ctx, name, until) })
	if err != nil {
		return fmt.Errorf("vault: extend lock of %s: %w", name, err)
	}
	return nil
}

// maxSmall bounds what is read whole into memory.
const maxSmall = 16 << 20

func (v *Vault) getAll(ctx context.Context, b Bucket, name string) ([]byte, error) {
	return v.getSource(ctx, source{bucket: b}, name)
}

func (v *Vault) getSource(ctx context.Context, s source, name string) (body []byte, err error) {
	err = v.retry(ctx, func() (err error) {
		r, err := s.get(ctx, name, 0, -1)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		if body, err = io.ReadAll(io.LimitReader(r, maxSmall+1)); err != nil {
			return record.Down("The object store", err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("vault: get %s: %w", name, err)
	}
	if len(body) > maxSmall {
		return nil, corrupt("An object", fmt.Errorf("%s is larger than %d bytes", name, maxSmall))
	}
	return body, nil
}

// wholeSecond rounds up: stores keep dates to the second.
func wholeSecond(t time.Time) time.Time {
	if s := t.UTC().Truncate(time.Second); !s.Equal(t) {
		return s.Add(time.Second)
	}
	return t.UTC()
}
