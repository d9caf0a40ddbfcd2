// Package faults lets everything fail that can fail, one call after the other,
// and asks afterwards what is left. It holds tests only.
//
// One counter goes over all calls that leave the process: statements and
// commits of the catalog, calls of the object store, of the spool's files, and
// readings of the clock. For each kind of fault the n-th of them fails, for
// every n, until the action runs through. After each the appliance is closed
// and opened again, as by a restart, settles, and one checker (check_test.go)
// asserts the invariants 1 to 5 of the design. Beside that a real process is
// killed at random moments, and the store behind it fails as a network does.
//
// What was injected and what came of it stands in docs/faults.md. `make faults`
// runs everything; a test run takes a seeded part. EAKTE_SEED=n replays a run.
package faults
