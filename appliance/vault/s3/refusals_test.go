package s3

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
	"github.com/minio/minio-go/v7/pkg/tags"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
)

// accounts are a store's three keys.
type accounts struct{ running, second, root Config }

// stores start each store with its three keys.
func stores() map[string]func(t *testing.T) accounts {
	return map[string]func(t *testing.T) accounts{
		"embedded": func(t *testing.T) accounts {
			k := startEmbedded(t)
			if err := Create(t.Context(), k.root); err != nil {
				t.Fatal(err)
			}
			return k
		},
		"MinIO": startMinIO,
	}
}

// startEmbedded runs the store inside the process; there is one at a time.
func startEmbedded(t *testing.T) accounts {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	config := func(c embedded.Credentials) Config {
		return Config{Endpoint: s.Endpoint(), AccessKey: c.AccessKey, SecretKey: c.SecretKey}
	}
	return accounts{config(s.Credentials()), config(s.DispositionCredentials()), config(s.RootCredentials())}
}

// act is something that must be refused.
type act struct {
	what string
	do   func(ctx context.Context, c *minio.Core, bucket, object string) error
}

// nobody may do these on the store inside the process, root included.
func forNobody() []act {
	until := time.Now().Add(48 * time.Hour).UTC()
	copyTo := func(ctx context.Context, c *minio.Core, bucket, object, target string) error {
		_, err := c.Client.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: target, ReplaceMetadata: true,
			UserMetadata: map[string]string{"x": "y"}}, minio.CopySrcOptions{Bucket: bucket, Object: object})
		return err
	}
	return []act{
		{"copy onto itself", func(ctx context.Context, c *minio.Core, b, o string) error { return copyTo(ctx, c, b, o, o) }},
		{"copy elsewhere", func(ctx context.Context, c *minio.Core, b, o string) error { return copyTo(ctx, c, b, o, o+"x") }},
		{"multipart upload", func(ctx context.Context, c *minio.Core, b, o string) error {
			_, err := c.NewMultipartUpload(ctx, b, o+"y", minio.PutObjectOptions{})
			return err
		}},
		{"tags", func(ctx context.Context, c *minio.Core, b, o string) error {
			set, err := tags.NewTags(map[string]string{"a": "b"}, true)
			if err != nil {
				return nil // the test would be wrong: not refused by the store
			}
			return c.PutObjectTagging(ctx, b, o, set, minio.PutObjectTaggingOptions{})
		}},
		{"bucket policy", func(ctx context.Context, c *minio.Core, b, _ string) error {
			return c.PutBucketPolicy(ctx, b, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::`+b+`","arn:aws:s3:::`+b+`/*"]}]}`)
		}},
		{"removing the bucket policy", func(ctx context.Context, c *minio.Core, b, _ string) error {
			return c.Client.SetBucketPolicy(ctx, b, "")
		}},
		{"suspending versions", func(ctx context.Context, c *minio.Core, b, _ string) error { return c.SuspendVersioning(ctx, b) }},
		{"lock settings of the bucket", func(ctx context.Context, c *minio.Core, b, _ string) error {
			mode, days, unit := minio.Governance, uint(1), minio.Days
			return c.SetObjectLockConfig(ctx, b, &mode, &days, &unit)
		}},
		{"removing the bucket", func(ctx context.Context, c *minio.Core, b, _ string) error { return c.RemoveBucket(ctx, b) }},
		{"another bucket", func(ctx context.Context, c *minio.Core, b, _ string) error {
			return c.MakeBucket(ctx, b+"-other", minio.MakeBucketOptions{})
		}},
		{"delete marker", func(ctx context.Context, c *minio.Core, b, o string) error {
			return c.RemoveObject(ctx, b, o, minio.RemoveObjectOptions{})
		}},
		{"a longer lock in governance mode", func(ctx context.Context, c *minio.Core, b, o string) error {
			mode := minio.Governance
			return c.PutObjectRetention(ctx, b, o, minio.PutObjectRetentionOptions{Mode: &mode, RetainUntilDate: &until, GovernanceBypass: true})
		}},
		{"put over it without condition", func(ctx context.Context, c *minio.Core, b, o string) error {
			body, options := []byte("other"), options(record.Sum([]byte("other")))
			options.Mode, options.RetainUntilDate = minio.Compliance, until
			_, err := c.Client.PutObject(ctx, b, o, bytes.NewReader(body), int64(len(body)), options)
			return err
		}},
		{"put if it matches", func(ctx context.Context, c *minio.Core, b, o string) error {
			info, err := c.StatObject(ctx, b, o, minio.StatObjectOptions{})
			if err != nil {
				return nil
			}
			body, options := []byte("other"), options(record.Sum([]byte("other")))
			options.Mode, options.RetainUntilDate = minio.Compliance, until
			options.SetMatchETag(info.ETag)
			_, err = c.Client.PutObject(ctx, b, o, bytes.NewReader(body), int64(len(body)), options)
			return err
		}},
	}
}

// nobody may do these on records and audit.
func onLocked() []act {
	body := []byte("fresh")
	fresh := func(change func(*minio.PutObjectOptions)) func(ctx context.Context, c *minio.Core, b, o string) error {
		return func(ctx context.Context, c *minio.Core, b, o string) error {
			options := options(record.Sum(body))
			change(&options)
			id := record.NewID()
			_, err := c.Client.PutObject(ctx, b, vault.OriginalName(record.ObjectID(id)), bytes.NewReader(body), int64(len(body)), options)
			return err
		}
	}
	until := time.Now().Add(48 * time.Hour).UTC()
	return []act{
		{"put without a lock", fresh(func(*minio.PutObjectOptions) {})},
		{"put in governance mode", fresh(func(o *minio.PutObjectOptions) { o.Mode, o.RetainUntilDate = minio.Governance, until })},
		{"put with a lock without checksum", fresh(func(o *minio.PutObjectOptions) {
			o.UserMetadata, o.Mode, o.RetainUntilDate = nil, minio.Compliance, until
		})},
	}
}

// the running account may not do these, anywhere.
func forRunning() []act {
	return []act{
		{"delete the version", func(ctx context.Context, c *minio.Core, b, o string) error {
			info, err := c.StatObject(ctx, b, o, minio.StatObjectOptions{})
			if err != nil {
				return nil
			}
			return c.RemoveObject(ctx, b, o, minio.RemoveObjectOptions{VersionID: info.VersionID, GovernanceBypass: true})
		}},
		{"turn versions on", func(ctx context.Context, c *minio.Core, b, _ string) error { return c.EnableVersioning(ctx, b) }},
		{"read the policy", func(ctx context.Context, c *minio.Core, b, _ string) error {
			_, err := c.GetBucketPolicy(ctx, b)
			return err
		}},
		{"make a bucket that is missing", func(ctx context.Context, c *minio.Core, b, _ string) error {
			return c.MakeBucket(ctx, strings.Replace(b, DefaultPrefix, "strange", 1), minio.MakeBucketOptions{ObjectLocking: true})
		}},
	}
}

// TestRefusals tries by hand, with both accounts, what the vault never asks
// for, on each bucket of the store inside the process.
func TestRefusals(t *testing.T) {
	k := startEmbedded(t)
	running, root := k.running, k.root
	if err := Create(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	buckets, err := Open(running)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []struct {
		name string
		Config
	}{{"running", running}, {"root", root}} {
		client, err := connect(who.Config)
		if err != nil {
			t.Fatal(err)
		}
		for suffix, b := range map[string]vault.Bucket{records: buckets.Records, audit: buckets.Audit, keys: buckets.Keys} {
			acts := forNobody()
			if suffix != keys {
				acts = append(acts, onLocked()...)
			}
			if who.name == "running" {
				acts = append(acts, forRunning()...)
			}
			t.Run(who.name+suffix, func(t *testing.T) { tryAll(t, acts, client, running.bucket(suffix), b, suffix != keys) })
		}
	}
	// What may be thrown away, may still not be thrown away by the running key.
	client, err := connect(running)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("running-derived", func(t *testing.T) { tryAll(t, forRunning(), client, running.bucket(derived), buckets.Derived, false) })
}

// TestMinIORefusals tries the same on a real MinIO with the running key. What
// only the store inside the process refuses is left out: S3's policies can't
// forbid a second version, a part upload or a copy within what may be put.
func TestMinIORefusals(t *testing.T) {
	running := startMinIO(t).running
	client, err := connect(running)
	if err != nil {
		t.Fatal(err)
	}
	buckets, err := Open(running)
	if err != nil {
		t.Fatal(err)
	}
	beyond := map[string]bool{"put over it without condition": true, "put if it matches": true, "put with a lock without checksum": true}
	unlocked := map[string]bool{"copy onto itself": true, "copy elsewhere": true, "multipart upload": true}
	for suffix, b := range map[string]vault.Bucket{records: buckets.Records, audit: buckets.Audit, keys: buckets.Keys, derived: buckets.Derived} {
		locked := suffix == records || suffix == audit
		acts := slices.Concat(forNobody(), forRunning(), onMinIO())
		if locked {
			acts = append(acts, onLocked()...)
		}
		acts = slices.DeleteFunc(acts, func(a act) bool { return beyond[a.what] || !locked && unlocked[a.what] })
		t.Run("running"+suffix, func(t *testing.T) { tryAll(t, acts, client, running.bucket(suffix), b, locked) })
	}
}

// onMinIO are acts that only a whole S3 server knows.
func onMinIO() []act {
	return []act{
		{"lifting a hold", func(ctx context.Context, c *minio.Core, b, o string) error {
			off := minio.LegalHoldDisabled
			return c.PutObjectLegalHold(ctx, b, o, minio.PutObjectLegalHoldOptions{Status: &off})
		}},
		{"a shorter lock", func(ctx context.Context, c *minio.Core, b, o string) error {
			mode, until := minio.Compliance, time.Now().Add(time.Hour).UTC()
			return c.PutObjectRetention(ctx, b, o, minio.PutObjectRetentionOptions{Mode: &mode, RetainUntilDate: &until, GovernanceBypass: true})
		}},
		{"rules that delete", func(ctx context.Context, c *minio.Core, b, _ string) error {
			rules := lifecycle.NewConfiguration()
			rules.Rules = []lifecycle.Rule{{ID: "x", Status: "Enabled", Expiration: lifecycle.Expiration{Days: 1}}}
			return c.SetBucketLifecycle(ctx, b, rules)
		}},
		{"removing the bucket with all in it", func(ctx context.Context, c *minio.Core, b, _ string) error {
			return c.RemoveBucketWithOptions(ctx, b, minio.RemoveBucketOptions{ForceDelete: true})
		}},
	}
}

func tryAll(t *testing.T, acts []act, client *minio.Core, name string, b vault.Bucket, locked bool) {
	for _, a := range acts {
		body := []byte("kept")
		object := vault.OriginalName(record.ObjectID(record.NewID()))
		r := vault.PutRequest{Name: object, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body)}
		if locked {
			r.LockUntil = time.Now().Add(24 * time.Hour).Truncate(time.Second)
		}
		if err := b.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		before, err := b.Stat(t.Context(), object)
		if err != nil {
			t.Fatal(err)
		}
		err = a.do(t.Context(), client, name, object)
		if status := minio.ToErrorResponse(err).StatusCode; err == nil || status < 400 || status >= 500 && status != 501 {
			t.Errorf("%s: %v, want it refused", a.what, err)
		}
		if after, err := b.Stat(t.Context(), object); err != nil || after != before {
			t.Errorf("%s: the object was %+v and is %+v, %v", a.what, before, after, err)
		}
	}
}
