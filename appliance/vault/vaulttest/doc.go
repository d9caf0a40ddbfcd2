// Package vaulttest holds what every object store behind the vault must do
// (Run), a store in memory for tests of what stands above (Memory), and a
// wrapper that makes any call of a store fail (Faults).
package vaulttest
