package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"
)

// The answers of Reason.
const (
	ReasonWrongKey = "wrong_key"  // the store knows the key not, or another secret with it
	ReasonDenied   = "denied"     // the key may not do this
	ReasonClock    = "clock"      // the two clocks are too far apart
	ReasonNoBucket = "no_bucket"  // the bucket is not there
	ReasonTaken    = "taken"      // the bucket belongs to somebody else
	ReasonNotS3    = "not_s3"     // what answers is no S3 store
	ReasonNeedsTLS = "needs_tls"  // it wants https
	ReasonNoLock   = "no_lock"    // the bucket has no object lock
	ReasonVersions = "no_version" // the bucket keeps no versions
	ReasonRegion   = "region"     // the store wants another region named
)

// Fault says what is wrong with a bucket that Check looked at.
type Fault struct {
	Reason string // one of the reasons; "" if only Err says
	Bucket string
	Err    error
}

// Error names reason and bucket.
func (f *Fault) Error() string {
	s := "s3: bucket " + f.Bucket + ": " + f.Reason
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Reason sorts the error of any call to a store; "" if it is none of the reasons.
func Reason(err error) string {
	var f *Fault
	if errors.As(err, &f) && f.Reason != "" {
		return f.Reason
	}
	var answer minio.ErrorResponse
	var syntax *xml.SyntaxError
	var shape xml.UnmarshalError
	if !errors.As(err, &answer) {
		if errors.As(err, &syntax) || errors.As(err, &shape) || errors.Is(err, io.EOF) { // an answer, but none of S3's
			return ReasonNotS3
		}
		return ""
	}
	if answer.StatusCode == http.StatusBadRequest && strings.Contains(answer.Message+answer.Code, "HTTPS server") {
		return ReasonNeedsTLS
	}
	if answer.RequestID == "" && answer.HostID == "" && answer.StatusCode < 500 { // every S3 store names its request
		return ReasonNotS3
	}
	switch answer.Code {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidTokenId":
		return ReasonWrongKey
	case "AccessDenied", "AllAccessDisabled", "AccountProblem":
		return ReasonDenied
	case "RequestTimeTooSkewed", "RequestExpired", "AccessDeniedRequestExpired":
		return ReasonClock
	case "NoSuchBucket":
		return ReasonNoBucket
	case "BucketAlreadyExists":
		return ReasonTaken
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "InvalidRegion", "IllegalLocationConstraintException":
		return ReasonRegion
	}
	return ""
}

// Check looks at the four buckets with the running key and makes nothing:
// missing names the buckets that are not there; a *Fault is the first one that
// is there and not as it must be. What the key may not look at is passed over:
// the vault's probe proves the lock itself.
func Check(ctx context.Context, cfg Config) (missing []string, err error) {
	client, err := connect(cfg)
	if err != nil {
		return nil, err
	}
	for _, b := range []struct {
		suffix         string
		lock, versions bool
	}{{records, true, false}, {audit, true, false}, {keys, false, true}, {derived, false, false}} {
		name := cfg.bucket(b.suffix)
		err := look(ctx, client, name)
		if Reason(err) == ReasonNoBucket {
			missing = append(missing, name)
			continue
		}
		if err == nil && b.lock {
			err = lookAtLock(ctx, client, name)
		}
		if err == nil && b.versions {
			err = lookAtVersions(ctx, client, name)
		}
		if err != nil {
			return missing, &Fault{Reason: Reason(err), Bucket: name, Err: err}
		}
	}
	return missing, nil
}

// look lists a bucket's first object: unlike HEAD, a refusal then says why.
func look(ctx context.Context, client *minio.Core, name string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for info := range client.Client.ListObjects(ctx, name, minio.ListObjectsOptions{MaxKeys: 1, Recursive: true}) {
		return info.Err
	}
	return ctx.Err()
}

func lookAtLock(ctx context.Context, client *minio.Core, name string) error {
	enabled, _, _, _, err := client.GetObjectLockConfig(ctx, name)
	switch {
	case err == nil && enabled == "Enabled", Reason(err) == ReasonDenied:
		return nil
	case err == nil || minio.ToErrorResponse(err).Code == "ObjectLockConfigurationNotFoundError":
		return &Fault{Reason: ReasonNoLock, Bucket: name}
	}
	return err
}

func lookAtVersions(ctx context.Context, client *minio.Core, name string) error {
	v, err := client.GetBucketVersioning(ctx, name)
	switch {
	case err == nil && v.Enabled(), Reason(err) == ReasonDenied:
		return nil
	case err == nil:
		return &Fault{Reason: ReasonVersions, Bucket: name}
	}
	return err
}
