package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"eakte/appliance/config"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/s3"
)

// maxDrift is how far the store's clock and this machine's may be apart. Locks
// end by the store's clock and are reckoned by this one.
const maxDrift = 5 * time.Minute

// openS3 connects to an outside store, and says in a sentence what keeps it
// from being used.
func openS3(ctx context.Context, conn s3.Config, clock record.Clock) (vault.Buckets, error) {
	missing, err := s3.Check(ctx, conn)
	if err == nil && len(missing) > 0 {
		err = &record.Error{Category: record.Unavailable, Field: "store", Message: "At the object store are no buckets " + strings.Join(missing, ", ") + ".",
			Hint: "Make them with compose/minio/init.sh or in the setup, or correct the prefix; the running key can't."}
	}
	if err != nil {
		return vault.Buckets{}, storeFault(err)
	}
	buckets, err := s3.Open(conn)
	if err != nil {
		return vault.Buckets{}, err
	}
	return buckets, storeFault(sameTime(ctx, buckets.Records, clock))
}

// sameTime is a fault where the store's clock and ours are too far apart.
func sameTime(ctx context.Context, b vault.Bucket, clock record.Clock) error {
	theirs, err := b.Now(ctx)
	if err != nil {
		return err
	}
	if drift := theirs.Sub(clock.Now()); drift.Abs() > maxDrift {
		return &s3.Fault{Reason: s3.ReasonClock, Err: fmt.Errorf("the store's clock is %s off", drift.Round(time.Second))}
	}
	return nil
}

// storeFaults has a sentence and a remedy for what a store can answer.
var storeFaults = map[string][2]string{
	s3.ReasonWrongKey: {"The object store does not accept the access key or its secret.", "Correct EAKTE_S3_ACCESS_KEY and EAKTE_S3_SECRET_KEY, or the files they are read from."},
	s3.ReasonDenied:   {"The key may not read the buckets at the object store.", "Give its user the policy in compose/minio/policy-running.json."},
	s3.ReasonClock:    {"The clocks of the object store and of this machine are more than five minutes apart.", "Set both by a time server; locks end by the store's."},
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
	if err == nil {
		return nil
	}
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

// disposal opens the buckets with the second key, which is read at this moment
// and kept nowhere.
func (a *app) disposal(context.Context) (vault.Disposals, error) {
	st := a.cfg.Store
	if a.store != nil {
		return s3.OpenDisposal(a.embeddedConfig(a.store.DispositionCredentials()))
	}
	if st.DispositionKeyFile == "" {
		return vault.Disposals{}, &record.Error{Category: record.Unavailable, Field: "store.disposition_key_file",
			Message: "No second key is configured: nothing can be destroyed and no hold lifted.",
			Hint: "Make its user with compose/minio/init.sh, write access key and secret on a line each into a file that " +
				"only the appliance can read, and name it in EAKTE_DISPOSITION_KEY_FILE."}
	}
	conn, err := secondKey(st)
	if err != nil {
		return vault.Disposals{}, err
	}
	return s3.OpenDisposal(conn)
}

// secondKey reads the file that the configuration names.
func secondKey(st config.Store) (s3.Config, error) {
	wrong := func(what, hint string, cause error) (s3.Config, error) {
		return s3.Config{}, &record.Error{Category: record.Unavailable, Field: "store.disposition_key_file", Message: what, Hint: hint, Cause: cause}
	}
	open, err := readableByOthers(st.DispositionKeyFile)
	if err != nil {
		return wrong("The file of the second key can't be read.", "Correct EAKTE_DISPOSITION_KEY_FILE or the file's owner.", err)
	}
	if open {
		return wrong("Others can read the file of the second key.", "Take their rights away: chmod 600.", nil)
	}
	b, err := os.ReadFile(st.DispositionKeyFile)
	if err != nil {
		return wrong("The file of the second key can't be read.", "Correct EAKTE_DISPOSITION_KEY_FILE or the file's owner.", err)
	}
	words := strings.Fields(string(b))
	if len(words) != 2 {
		return wrong("The file of the second key does not hold two lines.", "The first is the access key, the second its secret.", nil)
	}
	if words[0] == st.AccessKey {
		return wrong("The second key is the running key.", "Make a user of its own for it, with compose/minio/policy-disposition.json.", nil)
	}
	st.AccessKey, st.SecretKey = words[0], config.Secret(words[1])
	return s3Config(st), nil
}

// containerSecrets is where a container is given its secrets. Their modes are
// those of the host, where the folder above is closed.
const containerSecrets = "/run/secrets"

// readableByOthers says whether other users reach a file: by its own mode, in
// a folder that lets them in.
func readableByOthers(path string) (bool, error) {
	file, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	const others fs.FileMode = 0o077
	return file.Mode()&others != 0 && folder.Mode()&others != 0 && filepath.Dir(path) != containerSecrets, nil
}
