package vaulttest

import (
	"context"
	"errors"
	"io"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// ExtendLock implements vault.Bucket.
func (m *Memory) ExtendLock(ctx context.Context, name string, until time.Time) error {
	return m.SetLock(ctx, name, vault.Compliance, until, false)
}

// SetLock implements vault.LockTester.
func (m *Memory) SetLock(ctx context.Context, name, mode string, until time.Time, _ bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[name]
	if !ok {
		return missing()
	}
	if until.Before(m.now()) {
		return refused("A lock can't end in the past.")
	}
	if mode != vault.Compliance && !m.Lax.Weakens {
		return refused("A lock can't be weakened.")
	}
	if until.Before(o.info.LockedUntil) && !m.Lax.Shortens {
		return refused("A lock can't be shortened.")
	}
	if !m.Lax.NoLock {
		o.info.Mode, o.info.LockedUntil = mode, until.UTC()
	}
	return nil
}

// DeleteVersion implements vault.LockTester.
func (m *Memory) DeleteVersion(ctx context.Context, name, version string, bypass bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[name]
	if !ok || version != "" && version != o.info.Version {
		return missing()
	}
	if o.info.Hold {
		return refused("The object is held.")
	}
	if o.info.Mode != "" && m.now().Before(o.info.LockedUntil) && !m.Lax.Deletes && !(bypass && m.Lax.Bypasses) {
		return refused("The object is locked.")
	}
	delete(m.objects, name)
	return nil
}

// DeleteMany implements vault.LockTester.
func (m *Memory) DeleteMany(ctx context.Context, name, version string, bypass bool) error {
	return m.DeleteVersion(ctx, name, version, bypass)
}

// Delete implements vault.LockTester.
func (m *Memory) Delete(ctx context.Context, name string) error {
	return m.DeleteVersion(ctx, name, "", false)
}

// Overwrite implements vault.LockTester.
func (m *Memory) Overwrite(ctx context.Context, name string, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if o, ok := m.objects[name]; ok && o.info.Mode != "" {
		if !m.Lax.Overwrites {
			return refused("The object is locked.")
		}
		version := o.info.Version
		m.store(vault.PutRequest{Name: name, LockUntil: o.info.LockedUntil}, body)
		m.objects[name].info.Version = version
		return nil
	}
	m.store(vault.PutRequest{Name: name}, body)
	return nil
}

// Hold implements vault.Bucket.
func (m *Memory) Hold(ctx context.Context, name string) error { return m.setHold(ctx, name, true) }

// Release implements vault.Disposal.
func (m *Memory) Release(ctx context.Context, name string) error { return m.setHold(ctx, name, false) }

func (m *Memory) setHold(ctx context.Context, name string, on bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[name]
	if !ok {
		return missing()
	}
	o.info.Hold = on
	return nil
}

// Remove implements vault.Disposal.
func (m *Memory) Remove(ctx context.Context, name, version string) error {
	err := m.DeleteVersion(ctx, name, version, false)
	if errors.Is(err, record.NotFound) {
		return nil
	}
	return err
}

// Versions implements vault.Bucket: a name has one.
func (m *Memory) Versions(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	return m.List(ctx, prefix, after, func(o vault.ObjectInfo) error {
		info, err := m.Stat(ctx, o.Name)
		if err != nil {
			return err
		}
		o.Version, o.Latest = info.Version, true
		return fn(o)
	})
}

// GetVersion implements vault.Bucket.
func (m *Memory) GetVersion(ctx context.Context, name, version string, off, n int64) (io.ReadCloser, error) {
	if _, err := m.StatVersion(ctx, name, version); err != nil {
		return nil, err
	}
	return m.Get(ctx, name, off, n)
}
