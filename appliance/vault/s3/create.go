package s3

import (
	"context"
	"fmt"

	"github.com/minio/minio-go/v7"

	"eakte/appliance/record"
)

// Create makes the four buckets that are missing: records and audit with
// object lock, keys with versions, derived plain. It needs credentials that
// may make buckets; the running appliance's should not. Buckets that are
// there are checked, not changed: one without the object lock it needs is
// record.Invalid, since a lock can't be added later.
func Create(ctx context.Context, root Config) error {
	client, err := connect(root)
	if err != nil {
		return err
	}
	for _, b := range []struct {
		suffix         string
		lock, versions bool
	}{{records, true, false}, {audit, true, false}, {keys, false, true}, {derived, false, false}} {
		if err := create(ctx, client, root.Region, root.bucket(b.suffix), b.lock, b.versions); err != nil {
			return fmt.Errorf("s3: create bucket %s: %w", root.bucket(b.suffix), err)
		}
	}
	return nil
}

func create(ctx context.Context, client *minio.Core, region, name string, lock, versions bool) error {
	there, err := client.BucketExists(ctx, name)
	if err != nil {
		return translate(ctx, err)
	}
	if !there {
		err := client.MakeBucket(ctx, name, minio.MakeBucketOptions{Region: region, ObjectLocking: lock})
		if code := minio.ToErrorResponse(err).Code; err != nil && code != "BucketAlreadyOwnedByYou" {
			return translate(ctx, err)
		}
	}
	if lock {
		enabled, _, _, _, err := client.GetObjectLockConfig(ctx, name)
		if err != nil && minio.ToErrorResponse(err).Code != "ObjectLockConfigurationNotFoundError" {
			return translate(ctx, err)
		}
		if err != nil || enabled != "Enabled" {
			return &record.Error{Category: record.Invalid, Field: "store",
				Message: "A bucket is there without object lock.",
				Hint:    "Remove the empty bucket or choose another prefix; a lock can't be added later.", Cause: err}
		}
	}
	if versions {
		if err := client.EnableVersioning(ctx, name); err != nil {
			return translate(ctx, err)
		}
	}
	return nil
}
