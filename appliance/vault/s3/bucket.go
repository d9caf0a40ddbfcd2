package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// The headers that carry checksum and lock. minio-go's call for a retention
// can't read every server's answer; HEAD's headers are the same everywhere.
const (
	checksumHeader = "x-amz-checksum-sha256"
	modeHeader     = "X-Amz-Object-Lock-Mode"
	untilHeader    = "X-Amz-Object-Lock-Retain-Until-Date"
	holdHeader     = "X-Amz-Object-Lock-Legal-Hold"
)

// bucket is one bucket of the store. It implements vault.Bucket and vault.LockTester.
type bucket struct {
	client *minio.Core
	name   string
}

var (
	_ vault.Bucket     = (*bucket)(nil)
	_ vault.LockTester = (*bucket)(nil)
	_ vault.Disposal   = (*bucket)(nil)
)

// options are those of every put: one request, and the checksum as a header.
// AWS refuses a lock without a checksum; others don't, which would hide it.
func options(d record.Digest) minio.PutObjectOptions {
	return minio.PutObjectOptions{
		UserMetadata:     map[string]string{checksumHeader: d.Base64()},
		ContentType:      "application/octet-stream",
		DisableMultipart: true,
	}
}

// Put implements vault.Bucket.
func (b *bucket) Put(ctx context.Context, r vault.PutRequest) error {
	o := options(r.Digest)
	o.SetMatchETagExcept("*")
	if !r.LockUntil.IsZero() {
		o.Mode, o.RetainUntilDate = minio.Compliance, r.LockUntil.UTC()
	}
	_, err := b.client.Client.PutObject(ctx, b.name, r.Name, keepOpen{r.Body}, r.Size, o)
	return translate(ctx, err)
}

// keepOpen hides a file's Close from the client, which would call it and so
// spoil the next try.
type keepOpen struct{ io.ReadSeeker }

// Replace implements vault.Bucket.
func (b *bucket) Replace(ctx context.Context, name string, size int64, body io.Reader) error {
	seeker, ok := body.(io.ReadSeeker)
	if !ok { // small: what is large comes from a file
		whole, err := io.ReadAll(body)
		if err != nil {
			return fmt.Errorf("s3: read body: %w", err)
		}
		seeker = bytes.NewReader(whole)
	}
	h := sha256.New()
	if _, err := io.Copy(h, seeker); err != nil {
		return fmt.Errorf("s3: read body: %w", err)
	}
	if _, err := seeker.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("s3: rewind body: %w", err)
	}
	_, err := b.client.Client.PutObject(ctx, b.name, name, keepOpen{seeker}, size, options(record.FromHash(h)))
	return translate(ctx, err)
}

// Stat implements vault.Bucket.
func (b *bucket) Stat(ctx context.Context, name string) (vault.ObjectInfo, error) {
	return b.StatVersion(ctx, name, "")
}

// StatVersion implements vault.Bucket; an empty version is the current one.
func (b *bucket) StatVersion(ctx context.Context, name, version string) (vault.ObjectInfo, error) {
	o := minio.StatObjectOptions{Checksum: true, VersionID: version}
	info, err := b.client.StatObject(ctx, b.name, name, o)
	if err != nil {
		return vault.ObjectInfo{}, translate(ctx, err)
	}
	out := vault.ObjectInfo{Name: name, Size: info.Size, Modified: info.LastModified.UTC(), Version: info.VersionID,
		Mode: info.Headers.Get(modeHeader), Hold: info.Headers.Get(holdHeader) == "ON"}
	if sum, err := base64.StdEncoding.DecodeString(info.ChecksumSHA256); err == nil && len(sum) == sha256.Size {
		out.Digest = record.DigestOf(sum)
	}
	if until := info.Headers.Get(untilHeader); until != "" {
		if out.LockedUntil, err = time.Parse(time.RFC3339, until); err != nil {
			return vault.ObjectInfo{}, fmt.Errorf("s3: date of lock: %w", err)
		}
		out.LockedUntil = out.LockedUntil.UTC()
	}
	return out, nil
}

// Get implements vault.Bucket.
func (b *bucket) Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	return b.GetVersion(ctx, name, "", off, n)
}

// GetVersion implements vault.Bucket; an empty version is the current one.
func (b *bucket) GetVersion(ctx context.Context, name, version string, off, n int64) (io.ReadCloser, error) {
	if off < 0 {
		return nil, record.Bad("off", "must not be negative")
	}
	o := minio.GetObjectOptions{VersionID: version}
	switch {
	case n == 0:
		return io.NopCloser(bytes.NewReader(nil)), nil
	case n < 0 && off > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-", off))
	case n > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+n-1))
	}
	body, _, _, err := b.client.GetObject(ctx, b.name, name, o)
	if err != nil {
		return nil, translate(ctx, err)
	}
	return body, nil
}

// List implements vault.Bucket.
func (b *bucket) List(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	noOwner := false
	for info := range b.client.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{
		Prefix: prefix, StartAfter: after, Recursive: true, FetchOwner: &noOwner}) {
		if info.Err != nil {
			return translate(ctx, info.Err)
		}
		if err := fn(vault.ObjectInfo{Name: info.Key, Size: info.Size, Modified: info.LastModified.UTC()}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Versions implements vault.Bucket.
func (b *bucket) Versions(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var last minio.ObjectInfo
	for info := range b.client.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{
		Prefix: prefix, StartAfter: after, Recursive: true, WithVersions: true}) {
		if info.Err != nil {
			return translate(ctx, info.Err)
		}
		// Some stores begin a listing of versions with the name itself, and
		// each further page of it with the last entry of the one before.
		if info.Key <= after || info.Key == last.Key && info.VersionID == last.VersionID {
			continue
		}
		last = info
		if err := fn(vault.ObjectInfo{Name: info.Key, Size: info.Size, Modified: info.LastModified.UTC(),
			Version: info.VersionID, Latest: info.IsLatest, Marker: info.IsDeleteMarker}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Hold implements vault.Bucket.
func (b *bucket) Hold(ctx context.Context, name string) error {
	return b.setHold(ctx, name, minio.LegalHoldEnabled)
}

// Release implements vault.Disposal.
func (b *bucket) Release(ctx context.Context, name string) error {
	return b.setHold(ctx, name, minio.LegalHoldDisabled)
}

func (b *bucket) setHold(ctx context.Context, name string, status minio.LegalHoldStatus) error {
	return translate(ctx, b.client.PutObjectLegalHold(ctx, b.name, name, minio.PutObjectLegalHoldOptions{Status: &status}))
}

// Remove implements vault.Disposal.
func (b *bucket) Remove(ctx context.Context, name, version string) error {
	err := b.DeleteVersion(ctx, name, version, false)
	if errors.Is(err, record.NotFound) {
		return nil
	}
	return err
}

// ExtendLock implements vault.Bucket.
func (b *bucket) ExtendLock(ctx context.Context, name string, until time.Time) error {
	return b.SetLock(ctx, name, vault.Compliance, until, false)
}

// SetLock implements vault.LockTester.
func (b *bucket) SetLock(ctx context.Context, name, mode string, until time.Time, bypass bool) error {
	m, until := minio.RetentionMode(mode), until.UTC()
	return translate(ctx, b.client.PutObjectRetention(ctx, b.name, name, minio.PutObjectRetentionOptions{
		Mode: &m, RetainUntilDate: &until, GovernanceBypass: bypass}))
}

// DeleteVersion implements vault.LockTester.
func (b *bucket) DeleteVersion(ctx context.Context, name, version string, bypass bool) error {
	return translate(ctx, b.client.RemoveObject(ctx, b.name, name, minio.RemoveObjectOptions{VersionID: version, GovernanceBypass: bypass}))
}

// DeleteMany implements vault.LockTester.
func (b *bucket) DeleteMany(ctx context.Context, name, version string, bypass bool) error {
	one := make(chan minio.ObjectInfo, 1)
	one <- minio.ObjectInfo{Key: name, VersionID: version}
	close(one)
	var failed error
	for e := range b.client.Client.RemoveObjects(ctx, b.name, one, minio.RemoveObjectsOptions{GovernanceBypass: bypass}) {
		answer := minio.ToErrorResponse(e.Err)
		if answer.StatusCode == 0 { // said in the list of results, which has no status
			answer.StatusCode = http.StatusForbidden
		}
		failed = answer
	}
	return translate(ctx, failed)
}

// Delete implements vault.LockTester.
func (b *bucket) Delete(ctx context.Context, name string) error {
	return b.DeleteVersion(ctx, name, "", false)
}

// Overwrite implements vault.LockTester.
func (b *bucket) Overwrite(ctx context.Context, name string, body []byte) error {
	_, err := b.client.Client.PutObject(ctx, b.name, name, bytes.NewReader(body), int64(len(body)), options(record.Sum(body)))
	return translate(ctx, err)
}

// translate gives a store's answer its category. The servers agree on what
// they refuse but not on the status: a locked version is 400, 403 or 409.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil { // not by the error: a dial that timed out calls itself a deadline, too
		return fmt.Errorf("s3: %w", errors.Join(ctx.Err(), err))
	}
	answer := minio.ToErrorResponse(err)
	// What a store asks to be tried again, though it says 4xx.
	again := map[string]bool{"SlowDown": true, "ConditionalRequestConflict": true, "OperationAborted": true, "RequestTimeout": true}
	switch {
	case answer.Code == "NoSuchKey" || answer.Code == "NoSuchVersion":
		return &record.Error{Category: record.NotFound, Message: "The object store has no such object.", Cause: err}
	case answer.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%w: %w", vault.ErrExists, err)
	case answer.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return &record.Error{Category: record.Invalid, Field: "off", Message: "The range lies behind the end of the object.", Cause: err}
	case again[answer.Code] || answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusRequestTimeout:
		return record.Down("The object store", err)
	case answer.StatusCode >= 400 && answer.StatusCode < 500 || answer.StatusCode == http.StatusNotImplemented:
		return &record.Error{Category: record.Denied, Message: "The object store refused.",
			Hint: "Check the appliance's key and the buckets at the store.", Cause: err}
	}
	return record.Down("The object store", err)
}
