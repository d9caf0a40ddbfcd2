package vaulttest_test

import (
	"testing"

	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

func TestMemory(t *testing.T) {
	b := vaulttest.NewBuckets()
	second := vault.Disposals{Records: b.Records.(vault.Disposal), Keys: b.Keys.(vault.Disposal), Derived: b.Derived.(vault.Disposal)}
	vaulttest.Run(t, vaulttest.Store{Buckets: b, Second: &second, Root: &b, OneKey: true, OneVersion: true, Objects: 10_000})
}
