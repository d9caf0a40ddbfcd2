package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// The attributes in which the posix backend keeps an object's retention and
// legal hold. They are written here before the object has a name; the version
// of versitygw is pinned and the kill test watches over it.
const (
	retentionAttr = "object-retention"
	holdAttr      = "object-legal-hold"
)

// durable is the backend that is served. It forwards what the appliance needs
// (forward.go) and refuses everything else with "not implemented".
type durable struct {
	backend.BackendUnsupported
	posix       *posix.Posix
	root        string // absolute
	prefix      string // of the buckets' names
	running     string // access key of the running account
	disposition string // and of the second key's
	now         func() time.Time
	locks       [64]sync.Mutex // by object: changes of a lock, and deletes, one after the other
	rooted      rooted
}

func denied() error { return s3err.GetAPIError(s3err.ErrAccessDenied) }

func locked() error { return s3err.GetAPIError(s3err.ErrObjectLocked) }

// by says whose request it is: the access key, "" for one that nobody signed.
func by(ctx context.Context) string {
	account, ok := ctx.Value(string(utils.ContextKeyAccount)).(auth.Account) // the server keeps it by the plain word
	if !ok {
		return ""
	}
	return account.Access
}

// lockFor serialises what looks at an object's lock and then acts on it.
func (d *durable) lockFor(bucket, key string) *sync.Mutex {
	h := fnv.New32a()
	h.Write([]byte(bucket + "/" + key)) // never fails
	return &d.locks[h.Sum32()%uint32(len(d.locks))]
}

// CreateBucket makes one of the four buckets, each only in its own way.
func (d *durable) CreateBucket(ctx context.Context, in *s3.CreateBucketInput, acl []byte) error {
	c, ok := d.class(*in.Bucket)
	if !ok || c.locked != (in.ObjectLockEnabledForBucket != nil && *in.ObjectLockEnabledForBucket) {
		return denied()
	}
	if err := d.posix.CreateBucket(ctx, in, acl); err != nil {
		return err
	}
	// Where staged objects have no name: without it the first put of a bucket
	// would be staged as a named file.
	staged := filepath.Join(d.root, *in.Bucket, posix.MetaTmpDir)
	if err := os.Mkdir(staged, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make %s: %w", staged, err)
	}
	return errors.Join(syncDir(filepath.Join(d.root, *in.Bucket)), syncDir(d.root))
}

// PutBucketVersioning turns versions on; nothing turns them off.
func (d *durable) PutBucketVersioning(ctx context.Context, bucket string, status types.BucketVersioningStatus) error {
	if c, ok := d.class(bucket); !ok || !c.once || status != types.BucketVersioningStatusEnabled {
		return denied()
	}
	if err := d.posix.PutBucketVersioning(ctx, bucket, status); err != nil {
		return err
	}
	return syncDir(filepath.Join(d.root, bucket))
}

// GetBucketPolicy gives the policy that applies, which is not stored.
func (d *durable) GetBucketPolicy(_ context.Context, bucket string) ([]byte, error) {
	return d.policyOf(bucket)
}

// PutObject stores an object. It is complete, locked and its data on disk
// before it gets its name, and all of it is on disk before the answer.
func (d *durable) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	c, ok := d.class(*in.Bucket)
	if !ok {
		return s3response.PutObjectOutput{}, s3err.GetBucketErr(s3err.ErrNoSuchBucket, *in.Bucket)
	}
	if who := by(ctx); who != d.running && who != d.disposition { // root, too: it makes buckets
		return s3response.PutObjectOutput{}, denied()
	}
	if c.once {
		any := "*"
		in.IfMatch, in.IfNoneMatch = nil, &any
	}
	retention, err := d.retentionOf(ctx, c, in)
	if err != nil {
		return s3response.PutObjectOutput{}, err
	}
	held := in.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn
	// The backend would set these after the object is visible.
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = "", nil, ""
	out, err := d.posix.PutObjectWithPostFunc(ctx, in, func(staged *os.File) error {
		if retention != nil {
			if err := (meta.XattrMeta{}).StoreAttribute(staged, "", "", retentionAttr, retention); err != nil {
				return err
			}
		}
		if held {
			if err := (meta.XattrMeta{}).StoreAttribute(staged, "", "", holdAttr, []byte{1}); err != nil {
				return err
			}
		}
		return staged.Sync() // else a power cut could leave the name with blank data behind it
	})
	if err != nil {
		return out, err
	}
	return out, d.syncObject(*in.Bucket, *in.Key)
}

// retentionOf checks what a put asks for and encodes its lock; nil is none.
func (d *durable) retentionOf(ctx context.Context, c class, in s3response.PutObjectInput) ([]byte, error) {
	asked := in.ObjectLockMode != "" || in.ObjectLockLegalHoldStatus != ""
	if !c.locked {
		if asked {
			return nil, s3err.GetAPIError(s3err.ErrMissingObjectLockConfigurationNoSpaces)
		}
		return nil, nil
	}
	if _, err := d.posix.GetObjectLockConfiguration(ctx, *in.Bucket); err != nil {
		return nil, err
	}
	if types.ObjectLockRetentionMode(in.ObjectLockMode) != types.ObjectLockRetentionModeCompliance ||
		in.ObjectLockRetainUntilDate == nil || !in.ObjectLockRetainUntilDate.After(d.now()) {
		return nil, denied() // here nothing is kept without a lock, or with a lesser one
	}
	if in.ChecksumSHA256 == nil {
		return nil, s3err.GetAPIError(s3err.ErrInvalidRequest) // as AWS: no lock without a checksum
	}
	return json.Marshal(types.ObjectLockRetention{
		Mode: types.ObjectLockRetentionModeCompliance, RetainUntilDate: in.ObjectLockRetainUntilDate})
}

// PutObjectRetention moves a lock's date, only forward. The server has checked
// this too, but before, and two requests could pass its check together.
func (d *durable) PutObjectRetention(ctx context.Context, bucket, object, version string, retention []byte) error {
	wanted, err := auth.ParseObjectLockRetentionOutput(retention)
	if err != nil {
		return err
	}
	if c, ok := d.class(bucket); !ok || !c.locked || by(ctx) != d.running || wanted.RetainUntilDate == nil ||
		wanted.Mode != types.ObjectLockRetentionModeCompliance {
		return denied()
	}
	m := d.lockFor(bucket, object)
	m.Lock()
	defer m.Unlock()
	current, err := d.retention(ctx, bucket, object, version)
	if err != nil {
		return err
	}
	if current.RetainUntilDate != nil && wanted.RetainUntilDate.Before(*current.RetainUntilDate) {
		return locked()
	}
	encoded, err := json.Marshal(wanted)
	if err != nil {
		return fmt.Errorf("encode retention: %w", err)
	}
	if err := d.posix.PutObjectRetention(ctx, bucket, object, version, encoded); err != nil {
		return err
	}
	return syncFile(d.path(bucket, object))
}

// PutObjectLegalHold sets a hold, or lifts it for the second key alone. It is
// on the disk before the answer.
func (d *durable) PutObjectLegalHold(ctx context.Context, bucket, object, version string, on bool) error {
	who := by(ctx)
	if c, ok := d.class(bucket); !ok || !c.locked || who != d.disposition && (who != d.running || !on) {
		return denied()
	}
	m := d.lockFor(bucket, object)
	m.Lock()
	defer m.Unlock()
	if err := d.posix.PutObjectLegalHold(ctx, bucket, object, version, on); err != nil {
		return err
	}
	return syncFile(d.path(bucket, object))
}

// held says whether a hold is on an object.
func (d *durable) held(ctx context.Context, bucket, object, version string) (bool, error) {
	on, err := d.posix.GetObjectLegalHold(ctx, bucket, object, version)
	if errors.Is(err, s3err.GetAPIError(s3err.ErrNoSuchObjectLockConfiguration)) {
		return false, nil
	}
	return err == nil && on != nil && *on, err
}

// retention reads an object's lock; one without a lock has an empty one.
func (d *durable) retention(ctx context.Context, bucket, object, version string) (*types.ObjectLockRetention, error) {
	b, err := d.posix.GetObjectRetention(ctx, bucket, object, version)
	if errors.Is(err, s3err.GetAPIError(s3err.ErrNoSuchObjectLockConfiguration)) {
		return &types.ObjectLockRetention{}, nil
	}
	if err != nil {
		return nil, err
	}
	return auth.ParseObjectLockRetentionOutput(b)
}

// DeleteObject removes, for the second key alone, a version that neither a
// lock nor a hold protects. Where names are put once it never hides one: a
// delete has to name the version.
func (d *durable) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	c, ok := d.class(*in.Bucket)
	if !ok {
		return nil, s3err.GetBucketErr(s3err.ErrNoSuchBucket, *in.Bucket)
	}
	version := backend.GetStringFromPtr(in.VersionId)
	if by(ctx) != d.disposition || c.once && version == "" {
		return nil, denied()
	}
	m := d.lockFor(*in.Bucket, *in.Key)
	m.Lock()
	defer m.Unlock()
	if c.locked {
		current, err := d.retention(ctx, *in.Bucket, *in.Key, version)
		if err != nil {
			return nil, err
		}
		held, err := d.held(ctx, *in.Bucket, *in.Key, version)
		if err != nil {
			return nil, err
		}
		if held || current.RetainUntilDate != nil && current.RetainUntilDate.After(d.now()) {
			return nil, locked()
		}
	}
	path := d.path(*in.Bucket, *in.Key)
	d.rooted.forget(path)
	out, err := d.posix.DeleteObject(ctx, in)
	if err != nil {
		return nil, err
	}
	d.rooted.forget(path)                   // another put may have come in between
	return out, d.rooted.sync(d.root, path) // a key that was destroyed must not come back
}
