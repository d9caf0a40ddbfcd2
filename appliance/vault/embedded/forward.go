package embedded

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/s3response"
)

// What is served as the posix backend does it. Everything that is neither
// here nor in durable.go is refused: copying, multipart uploads, deleting many
// at once, tags, policies, access lists, changes of a bucket's settings,
// removing buckets, changing owners.

func (d *durable) Shutdown() { d.posix.Shutdown() }

func (d *durable) String() string { return "eAkte store" }

func (d *durable) NormalizeObjectKey(bucket, object string) string {
	return d.posix.NormalizeObjectKey(bucket, object)
}

func (d *durable) ListBuckets(ctx context.Context, in s3response.ListBucketsInput) (s3response.ListAllMyBucketsResult, error) {
	return d.posix.ListBuckets(ctx, in)
}

func (d *durable) HeadBucket(ctx context.Context, in *s3.HeadBucketInput) (*s3.HeadBucketOutput, error) {
	return d.posix.HeadBucket(ctx, in)
}

func (d *durable) GetBucketAcl(ctx context.Context, in *s3.GetBucketAclInput) ([]byte, error) {
	return d.posix.GetBucketAcl(ctx, in)
}

func (d *durable) GetBucketVersioning(ctx context.Context, bucket string) (s3response.GetBucketVersioningOutput, error) {
	return d.posix.GetBucketVersioning(ctx, bucket)
}

func (d *durable) GetBucketOwnershipControls(ctx context.Context, bucket string) (types.ObjectOwnership, error) {
	return d.posix.GetBucketOwnershipControls(ctx, bucket)
}

func (d *durable) GetBucketCors(ctx context.Context, bucket string) ([]byte, error) {
	return d.posix.GetBucketCors(ctx, bucket) // every request asks; there never is one
}

func (d *durable) GetObjectLockConfiguration(ctx context.Context, bucket string) ([]byte, error) {
	return d.posix.GetObjectLockConfiguration(ctx, bucket)
}

func (d *durable) GetObjectRetention(ctx context.Context, bucket, object, version string) ([]byte, error) {
	return d.posix.GetObjectRetention(ctx, bucket, object, version)
}

func (d *durable) GetObjectLegalHold(ctx context.Context, bucket, object, version string) (*bool, error) {
	return d.posix.GetObjectLegalHold(ctx, bucket, object, version)
}

func (d *durable) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	return d.posix.HeadObject(ctx, in)
}

func (d *durable) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	return d.posix.GetObject(ctx, in)
}

func (d *durable) ListObjects(ctx context.Context, in *s3.ListObjectsInput) (s3response.ListObjectsResult, error) {
	return d.posix.ListObjects(ctx, in)
}

func (d *durable) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input) (s3response.ListObjectsV2Result, error) {
	return d.posix.ListObjectsV2(ctx, in)
}

func (d *durable) ListObjectVersions(ctx context.Context, in *s3.ListObjectVersionsInput) (s3response.ListVersionsResult, error) {
	return d.posix.ListObjectVersions(ctx, in)
}
