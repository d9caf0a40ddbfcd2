package vaulttest

import (
	"context"

	"eakte/appliance/vault"
)

// Disposal puts the faults in front of a bucket of the second key.
func (f *Faults) Disposal(d vault.Disposal) vault.Disposal {
	return faultyDisposal{&faulty{d, f}, d}
}

type faultyDisposal struct {
	*faulty
	d vault.Disposal
}

func (w faultyDisposal) Release(ctx context.Context, name string) error {
	return w.f.call(func() error { return w.d.Release(ctx, name) })
}

func (w faultyDisposal) Remove(ctx context.Context, name, version string) error {
	return w.f.call(func() error { return w.d.Remove(ctx, name, version) })
}
