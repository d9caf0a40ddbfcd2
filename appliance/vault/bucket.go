package vault

import (
	"context"
	"errors"
	"io"
	"time"

	"eakte/appliance/record"
)

// ErrExists is Bucket.Put's answer when the name is already taken. It is also
// the answer when an earlier try of the same call got through and its reply
// was lost, so it says "look", not "lost".
var ErrExists = errors.New("vault: the name is taken")

// Compliance is the only lock mode that is used: nobody, root included, can
// take it off before its date.
const Compliance = "COMPLIANCE"

// Bucket is one bucket of an object store, as the vault needs it. All methods
// may be called at the same time.
//
// Errors: record.NotFound for what isn't there, record.Denied for what the
// store refuses for good (lock, policy, bad checksum), record.Unavailable for
// what may work when tried again. An error never means "not there" unless it
// is record.NotFound: unknown is not absent.
type Bucket interface {
	// Put stores a new object under a name that must not be taken, in one
	// step: nobody ever sees it without its content, checksum and lock. The
	// store checks the bytes against r.Digest and refuses others. When Put
	// returns nil the object is on stable storage. Of any number of
	// concurrent Puts of one name exactly one succeeds; the others get
	// ErrExists. Body is read from its start; it may be read more than once.
	Put(ctx context.Context, r PutRequest) error
	// Stat looks at an object without reading it.
	Stat(ctx context.Context, name string) (ObjectInfo, error)
	// Get reads n bytes from offset off, or to the end if n < 0. An offset at
	// or behind the end is record.Invalid. The caller closes the reader.
	Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error)
	// List calls fn for every object whose name has the prefix and sorts
	// after the given name (empty: from the start), in ascending order of
	// bytes, until fn returns an error, which List returns. Name, Size and
	// Modified are filled in; digest and lock are not.
	List(ctx context.Context, prefix, after string, fn func(ObjectInfo) error) error
	// ExtendLock moves an object's COMPLIANCE date to until. Moving it back
	// is record.Denied.
	ExtendLock(ctx context.Context, name string, until time.Time) error
	// Replace stores an object whether or not the name is taken. Only buckets
	// without lock allow it. Size is that of body.
	Replace(ctx context.Context, name string, size int64, body io.Reader) error
	// Hold puts an object's legal hold on, which keeps it whatever its date.
	// Taking one off is Disposal's.
	Hold(ctx context.Context, name string) error
	// Versions calls fn for every version and every delete marker of the names
	// with the prefix that sort after the given one: names ascending, of each
	// the newest first. Name, Size, Modified, Version, Latest and Marker are
	// filled in. A name with more than one of them, or with a marker, was
	// touched by somebody else.
	Versions(ctx context.Context, prefix, after string, fn func(ObjectInfo) error) error
	// GetVersion is Get of one version.
	GetVersion(ctx context.Context, name, version string, off, n int64) (io.ReadCloser, error)
	// StatVersion is Stat of one version; an empty version is the one that is
	// read.
	StatVersion(ctx context.Context, name, version string) (ObjectInfo, error)
	// Now is the store's own clock, which decides when a lock ends: in UTC, in
	// whole seconds, as it stood in an answer of this moment.
	Now(ctx context.Context) (time.Time, error)
}

// Disposal is a bucket opened with the second key: the one that may destroy
// what no lock protects, and lift a hold. Only the job that does so opens it.
type Disposal interface {
	Bucket
	// Release takes an object's legal hold off.
	Release(ctx context.Context, name string) error
	// Remove destroys one version. One that a lock or a hold protects is
	// record.Denied, one that is not there is success.
	Remove(ctx context.Context, name, version string) error
}

// Disposals are the buckets that something may end in. The audit log is none
// of them.
type Disposals struct{ Records, Keys, Derived Disposal }

// PutRequest is what Bucket.Put stores.
type PutRequest struct {
	Name      string
	Size      int64         // bytes in Body
	Digest    record.Digest // of the bytes in Body
	Body      io.ReadSeeker
	LockUntil time.Time // zero: no lock; whole seconds
}

// ObjectInfo is what the store says about an object.
type ObjectInfo struct {
	Name        string
	Size        int64
	Digest      record.Digest // as the store computed it; empty if it doesn't say
	Mode        string        // Compliance, another mode, or empty: not locked
	LockedUntil time.Time     // zero: not locked
	Hold        bool          // legal hold
	Modified    time.Time
	Version     string // the store's version id, if it keeps versions
	Latest      bool   // of several versions the one that is read; Versions only
	Marker      bool   // a delete marker, which has no bytes; Versions only
}

// Buckets are the four that the vault works on.
type Buckets struct{ Records, Audit, Keys, Derived Bucket }

// LockTester is what an intruder with the same credentials could try. Probe
// and the conformance suite ask for it; nothing else may call it. An act that
// the store refuses returns record.Denied.
type LockTester interface {
	StatVersion(ctx context.Context, name, version string) (ObjectInfo, error) // Bucket's
	// DeleteVersion destroys one version of an object, with or without
	// asking to override governance.
	DeleteVersion(ctx context.Context, name, version string, bypass bool) error
	// DeleteMany is DeleteVersion by the call that takes many at once.
	DeleteMany(ctx context.Context, name, version string, bypass bool) error
	// Delete removes a name the plain way. On a bucket with versions the
	// store may answer nil and only hide the object.
	Delete(ctx context.Context, name string) error
	// SetLock replaces an object's lock, whatever it is.
	SetLock(ctx context.Context, name, mode string, until time.Time, bypass bool) error
	// Overwrite puts other bytes under the name, without any condition.
	Overwrite(ctx context.Context, name string, body []byte) error
}
