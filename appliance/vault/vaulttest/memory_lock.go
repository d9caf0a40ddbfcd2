package vaulttest

import (
	"context"
	"time"

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
func (m *Memory) DeleteVersion(ctx context.Context, name, _ string, bypass bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[name]
	if !ok {
		return missing()
	}
	if o.info.Mode != "" && !m.Lax.Deletes && !(bypass && m.Lax.Bypasses) {
		return refused("The object is locked.")
	}
	delete(m.objects, name)
	return nil
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
