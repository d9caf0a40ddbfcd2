package vault

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// PutAudit keeps a segment or checkpoint of the audit log, locked to at least
// until, with the promises of PutLocked.
func (v *Vault) PutAudit(ctx context.Context, name string, body []byte, until time.Time) error {
	return v.putLocked(ctx, v.buckets.Audit, PutRequest{Name: name, Size: int64(len(body)),
		Digest: record.Sum(body), Body: bytes.NewReader(body), LockUntil: wholeSecond(until)})
}

// GetAudit reads an object of the audit bucket, whole and checked against the
// store's checksum.
func (v *Vault) GetAudit(ctx context.Context, name string) ([]byte, error) {
	info, err := v.stat(ctx, v.buckets.Audit, name)
	if err != nil {
		return nil, err
	}
	body, err := v.getAll(ctx, v.buckets.Audit, name)
	if err != nil {
		return nil, err
	}
	if info.Digest != record.Sum(body) {
		return nil, corrupt("An object of the audit log", fmt.Errorf("%s: bytes don't match the checksum", name))
	}
	return body, nil
}

// ListAudit calls fn for every object of the audit bucket whose name has the
// prefix and sorts after the given one, in ascending order.
func (v *Vault) ListAudit(ctx context.Context, prefix, after string, fn func(ObjectInfo) error) error {
	return outward(v.buckets.Audit.List(ctx, prefix, after, fn))
}

// ExtendAuditLock is ExtendLock for the audit bucket.
func (v *Vault) ExtendAuditLock(ctx context.Context, name string, until time.Time) error {
	return v.extend(ctx, v.buckets.Audit, name, wholeSecond(until))
}
