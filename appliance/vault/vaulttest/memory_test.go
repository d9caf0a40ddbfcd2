package vaulttest_test

import (
	"testing"

	"eakte/appliance/vault/vaulttest"
)

func TestMemory(t *testing.T) {
	b := vaulttest.NewBuckets()
	vaulttest.Run(t, vaulttest.Store{Buckets: b, Root: &b})
}
