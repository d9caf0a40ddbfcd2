package s3

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// retain asks for another lock.
func retain(mode minio.RetentionMode, until time.Time) func(ctx context.Context, c *minio.Core, b, o string) error {
	return func(ctx context.Context, c *minio.Core, b, o string) error {
		return c.PutObjectRetention(ctx, b, o, minio.PutObjectRetentionOptions{Mode: &mode, RetainUntilDate: &until, GovernanceBypass: true})
	}
}

// destroy asks for the end of a version, by itself or among many.
func destroy(many bool) func(ctx context.Context, c *minio.Core, b, o string) error {
	return func(ctx context.Context, c *minio.Core, b, o string) error {
		info, err := c.StatObject(ctx, b, o, minio.StatObjectOptions{})
		if err != nil && many {
			return err
		}
		by := &bucket{client: c, name: b}
		if many {
			err = by.DeleteMany(ctx, o, info.VersionID, true)
		} else {
			err = by.DeleteVersion(ctx, o, info.VersionID, true)
		}
		if errors.Is(err, record.Denied) {
			return minio.ErrorResponse{StatusCode: http.StatusForbidden}
		}
		return err
	}
}

// forSecond are acts that the second key may not do on what is locked.
func forSecond() []act {
	day := time.Now().Add(24 * time.Hour).UTC()
	body := []byte("more")
	return []act{
		{"delete what is locked", destroy(false)},
		{"delete what is locked among many", destroy(true)},
		{"lengthen a lock", retain(minio.Compliance, day.Add(48*time.Hour))},
		{"shorten a lock", retain(minio.Compliance, day.Add(-time.Hour))},
		{"weaken a lock", retain(minio.Governance, day.Add(48*time.Hour))},
		{"put an object", func(ctx context.Context, c *minio.Core, b, _ string) error {
			o := options(record.Sum(body))
			o.Mode, o.RetainUntilDate = minio.Compliance, day
			_, err := c.Client.PutObject(ctx, b, newObject(), bytes.NewReader(body), int64(len(body)), o)
			return err
		}},
	}
}

// inAudit are acts that the second key may not do there at all.
func inAudit() []act {
	on := minio.LegalHoldEnabled
	return []act{
		{"read", func(ctx context.Context, c *minio.Core, b, o string) error {
			_, err := c.StatObject(ctx, b, o, minio.StatObjectOptions{})
			return err
		}},
		{"list", func(ctx context.Context, c *minio.Core, b, _ string) error { return look(ctx, c, b) }},
		{"hold", func(ctx context.Context, c *minio.Core, b, o string) error {
			return c.PutObjectLegalHold(ctx, b, o, minio.PutObjectLegalHoldOptions{Status: &on})
		}},
		{"delete the name", func(ctx context.Context, c *minio.Core, b, o string) error {
			return c.RemoveObject(ctx, b, o, minio.RemoveObjectOptions{})
		}},
	}
}

func newObject() string { return vault.OriginalName(record.ObjectID(record.NewID())) }

// TestSecondKey tries with the second key, on both stores and on each bucket,
// what it may not do.
func TestSecondKey(t *testing.T) {
	for name, start := range stores() {
		t.Run(name, func(t *testing.T) {
			k := start(t)
			running, err := Open(k.running)
			if err != nil {
				t.Fatal(err)
			}
			client, err := connect(k.second)
			if err != nil {
				t.Fatal(err)
			}
			onBuckets := slices.DeleteFunc(slices.Concat(forNobody(), onMinIO(), forRunning()), func(a act) bool {
				return slices.Contains([]string{"delete the version", "lifting a hold"}, a.what) // its work
			})
			for suffix, b := range map[string]vault.Bucket{records: running.Records, audit: running.Audit, keys: running.Keys, derived: running.Derived} {
				locked := suffix == records || suffix == audit
				acts := onBuckets
				if locked {
					acts = slices.Concat(acts, onLocked(), forSecond())
				}
				if suffix == audit {
					acts = slices.Concat(acts, inAudit())
				}
				acts = slices.DeleteFunc(slices.Clone(acts), func(a act) bool { return maySecond(name, suffix, a.what) })
				t.Run(suffix, func(t *testing.T) { tryAll(t, acts, client, k.second.bucket(suffix), b, locked) })
			}
			if err := Create(t.Context(), Config{Endpoint: k.second.Endpoint, AccessKey: k.second.AccessKey, SecretKey: k.second.SecretKey, Prefix: "strange"}); err == nil {
				t.Error("it made buckets")
			}
		})
	}
}

// maySecond says what the second key can do that is no refusal: throw away what
// can be made again, and on a store of others put a key over a key, which
// keeps the old version.
func maySecond(store, suffix, what string) bool {
	if suffix == derived && what == "delete marker" || suffix == audit && what == "put if it matches" { // it can't see what would match
		return true
	}
	overKey := []string{"put over it without condition", "put if it matches", "multipart upload", "copy onto itself", "copy elsewhere"}
	return store == "MinIO" && suffix == keys && slices.Contains(overKey, what)
}

// TestVersionsAreNotReplaced: MinIO lets a put name the version that it makes,
// and a copy change a version in its place. A key that may put can't use
// either to take a lock or a hold off.
func TestVersionsAreNotReplaced(t *testing.T) {
	k := startMinIO(t)
	running, err := Open(k.running)
	if err != nil {
		t.Fatal(err)
	}
	name, body := newObject(), []byte("kept")
	if err := running.Records.Put(t.Context(), vault.PutRequest{Name: name, Size: 4, Digest: record.Sum(body), Body: bytes.NewReader(body), LockUntil: tomorrow()}); err != nil {
		t.Fatal(err)
	}
	if err := running.Records.Hold(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	before, err := running.Records.Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	path := "/" + k.running.bucket(records) + "/" + name
	soon := time.Now().UTC().Add(time.Minute).Format(time.RFC3339)
	for what, headers := range map[string]map[string]string{
		"a put of the version": {}, "as a replica": {"X-Amz-Bucket-Replication-Status": "REPLICA"},
		"a copy in its place": {"X-Amz-Copy-Source": path + "?versionId=" + before.Version, "X-Amz-Metadata-Directive": "REPLACE"},
		"a copy as a replica": {"X-Amz-Copy-Source": path + "?versionId=" + before.Version, "X-Amz-Metadata-Directive": "REPLACE",
			"X-Amz-Bucket-Replication-Status": "REPLICA"},
		"a copy with a hold off": {"X-Amz-Copy-Source": path + "?versionId=" + before.Version, "X-Amz-Metadata-Directive": "REPLACE",
			holdHeader: "OFF", "X-Amz-Content-Sha256": sum256(holdOn)},
	} {
		for _, key := range []Config{k.running, k.second} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+key.Endpoint+path+"?"+url.Values{"versionId": {before.Version}}.Encode(), strings.NewReader("other"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Amz-Content-Sha256", sum256("other"))
			r.Header.Set(modeHeader, "COMPLIANCE")
			r.Header.Set(untilHeader, soon)
			for h, v := range headers {
				r.Header.Set(h, v)
			}
			answer, err := http.DefaultClient.Do(v4(r, key))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode < 400 || answer.StatusCode >= 500 {
				t.Errorf("%s: %s", what, answer.Status)
			}
			after, err := running.Records.StatVersion(t.Context(), name, before.Version)
			if err != nil || after != before {
				t.Errorf("%s: the version was %+v and is %+v, %v", what, before, after, err)
			}
		}
	}
}

// TestRootOnlyMakesBuckets: in the embedded store root can neither put nor
// destroy, nor touch a hold.
func TestRootOnlyMakesBuckets(t *testing.T) {
	k := stores()["embedded"](t)
	running, err := Open(k.running)
	if err != nil {
		t.Fatal(err)
	}
	byRoot, err := OpenDisposal(k.root)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("a sealed key")
	r := vault.PutRequest{Name: vault.KeyName(record.ObjectID(record.NewID())), Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body)}
	if err := byRoot.Keys.Put(t.Context(), r); !errors.Is(err, record.Denied) {
		t.Errorf("put a key: %v", err)
	}
	if err := running.Keys.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	info, err := running.Keys.Stat(t.Context(), r.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := byRoot.Keys.Remove(t.Context(), r.Name, info.Version); !errors.Is(err, record.Denied) {
		t.Errorf("destroy a key: %v", err)
	}
	r.Name, r.LockUntil = newObject(), tomorrow()
	if err := running.Records.Put(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := byRoot.Records.Hold(t.Context(), r.Name); !errors.Is(err, record.Denied) {
		t.Errorf("hold: %v", err)
	}
	if err := byRoot.Records.ExtendLock(t.Context(), r.Name, tomorrow().Add(time.Hour)); !errors.Is(err, record.Denied) {
		t.Errorf("lengthen: %v", err)
	}
}
