package main

import (
	"context"
	"errors"
	"strings"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/s3"
)

// openS3 connects to an outside store, and says in a sentence what keeps it
// from being used.
func openS3(ctx context.Context, conn s3.Config) (vault.Buckets, error) {
	missing, err := s3.Check(ctx, conn)
	if err == nil && len(missing) > 0 {
		err = &record.Error{Category: record.Unavailable, Field: "store", Message: "At the object store are no buckets " + strings.Join(missing, ", ") + ".",
			Hint: "Make them with compose/minio/init.sh or in the setup, or correct the prefix; the running key can't."}
	}
	if err != nil {
		return vault.Buckets{}, storeFault(err)
	}
	return s3.Open(conn)
}

// storeFaults has a sentence and a remedy for what a store can answer.
var storeFaults = map[string][2]string{
	s3.ReasonWrongKey: {"The object store does not accept the access key or its secret.", "Correct EAKTE_S3_ACCESS_KEY and EAKTE_S3_SECRET_KEY, or the files they are read from."},
	s3.ReasonDenied:   {"The key may not read the buckets at the object store.", "Give its user the policy in compose/minio/policy-running.json."},
	s3.ReasonClock:    {"The clocks of the object store and of this machine are too far apart.", "Set both by a time server."},
	s3.ReasonTaken:    {"A bucket of this name belongs to somebody else.", "Choose another prefix."},
	s3.ReasonNotS3:    {"What answers at the store's address is no S3 store.", "Correct EAKTE_S3_ENDPOINT; MinIO's own port is 9000."},
	s3.ReasonNeedsTLS: {"The object store wants https.", "Begin EAKTE_S3_ENDPOINT with https://."},
	s3.ReasonRegion:   {"The object store lies in another region.", "Set EAKTE_S3_REGION to the store's."},
	s3.ReasonVersions: {"The bucket of the keys keeps no versions.", "Turn versioning on for it, as compose/minio/init.sh does."},
	s3.ReasonNoLock: {"A bucket has no object lock, so documents would not be protected.",
		"Remove it while it is empty and make it anew with object lock, as compose/minio/init.sh does; a lock can't be added later."},
}

// storeFault puts an error of s3.Check into words.
func storeFault(err error) error {
	words, ok := storeFaults[s3.Reason(err)]
	if !ok {
		return err
	}
	return &record.Error{Category: record.Unavailable, Field: "store", Message: words[0], Hint: words[1], Cause: errors.New(err.Error())} // not the store's own category
}

// atStart is the probe's verdict for whoever starts the appliance: the store
// can't be used now, which is not wrong use of a command.
func atStart(err error) error {
	var verdict *record.Error
	if !errors.As(err, &verdict) || verdict.Category != record.Invalid {
		return err
	}
	told := *verdict
	told.Category = record.Unavailable
	return &told
}
