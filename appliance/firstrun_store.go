package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"eakte/appliance/config"
	"eakte/appliance/install"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/s3"
	"eakte/search/meili"
)

// comfortable is the free space below which the setup warns.
const comfortable = 20 << 30

// testTime bounds one test of a store or a search engine.
const testTime = 45 * time.Second

// testStore looks whether a store can keep documents.
func (f *first) testStore(ctx context.Context, st config.Store, root *install.RootKey) install.Verdict {
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	if st.Kind == "s3" {
		return f.testS3(ctx, st, root)
	}
	return testEmbedded(f.cfg.Data)
}

// testEmbedded looks whether the data folder can hold the embedded store: it
// needs extended attributes, and room.
func testEmbedded(data string) install.Verdict {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return install.Verdict{Code: "not_writable"}
	}
	file, err := os.CreateTemp(data, "setup-test-*")
	if err != nil {
		return install.Verdict{Code: "not_writable"}
	}
	_, err = file.WriteString("eAkte\n")
	err = errors.Join(err, file.Sync())
	xattr := unix.Fsetxattr(int(file.Fd()), "user.eakte-test", []byte("1"), 0)
	err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	var fs syscall.Statfs_t
	switch {
	case err != nil:
		return install.Verdict{Code: "not_writable"}
	case xattr != nil:
		return install.Verdict{Code: "no_xattr"}
	case syscall.Statfs(data, &fs) != nil:
		return install.Verdict{Code: "not_writable"}
	}
	free := int64(fs.Bavail) * fs.Bsize
	switch {
	case free < noSpace:
		return install.Verdict{Code: "no_space", Free: free}
	case free < comfortable:
		return install.Verdict{OK: true, Warn: true, Code: "low_space", Free: free}
	}
	return install.Verdict{OK: true, Code: "embedded_ok", Free: free}
}

// testS3 looks for the buckets, makes those that are missing where it may, and
// lets the vault prove the lock on throwaway objects.
func (f *first) testS3(ctx context.Context, st config.Store, root *install.RootKey) install.Verdict {
	conn := s3Config(st)
	conn.Dial = install.Dialer(nil).DialContext
	missing, err := s3.Check(ctx, conn)
	if err == nil && len(missing) > 0 {
		if v := f.makeBuckets(ctx, conn, root, missing); v.Code != install.CodeOK {
			return v
		}
		_, err = s3.Check(ctx, conn)
	}
	if err != nil {
		return f.storeVerdict(err)
	}
	buckets, err := s3.Open(conn)
	if err != nil {
		return f.storeVerdict(err)
	}
	if err := sameTime(ctx, buckets.Records, record.SystemClock{}); err != nil {
		return f.storeVerdict(err)
	}
	if err := vault.New(buckets, nil, record.SystemClock{}).Probe(ctx); err != nil {
		return f.storeVerdict(err)
	}
	switch foreign, err := f.foreign(ctx, buckets.Keys); {
	case err != nil:
		return f.storeVerdict(err)
	case foreign:
		return install.Verdict{Code: "occupied", Detail: st.Prefix}
	}
	return install.Verdict{OK: true, Code: "s3_ok"}
}

func (f *first) makeBuckets(ctx context.Context, conn s3.Config, root *install.RootKey, missing []string) install.Verdict {
	if root != nil {
		conn.AccessKey, conn.SecretKey = root.AccessKey, root.SecretKey
	}
	err := s3.Create(ctx, conn)
	reason := s3.Reason(err)
	switch {
	case err == nil:
		return install.Verdict{Code: install.CodeOK}
	case reason == s3.ReasonDenied && root == nil:
		return install.Verdict{Code: install.CodeBucketsMissing, Detail: strings.Join(missing, ", ")}
	case root != nil && (reason == s3.ReasonDenied || reason == s3.ReasonWrongKey):
		return install.Verdict{Code: "root_" + reason, Detail: strings.Join(missing, ", ")}
	}
	return f.storeVerdict(err)
}

// storeVerdict puts an error of a store into a code.
func (f *first) storeVerdict(err error) install.Verdict {
	f.log.Info("the test of the store did not succeed", "error", err)
	var fault *s3.Fault
	var told *record.Error
	v := install.Verdict{Code: "other"}
	if errors.As(err, &fault) {
		v.Detail = fault.Bucket
	}
	if code := install.ConnectionCode(err); code != "" {
		return install.Verdict{Code: code}
	}
	if reason := s3.Reason(err); reason != "" {
		v.Code = reason
		return v
	}
	if errors.As(err, &told) && errors.Is(err, record.Invalid) { // the probe's own words
		v.Code, v.Detail = "no_protection", told.Message
	}
	return v
}

// foreign says whether the buckets belong to another archive: custodians'
// files lie there that are not those of this folder.
func (f *first) foreign(ctx context.Context, keys vault.Bucket) (bool, error) {
	var names []string
	err := keys.List(ctx, "r/", "", func(o vault.ObjectInfo) error {
		names = append(names, o.Name)
		return nil
	})
	if err != nil {
		return false, err
	}
	for _, n := range names {
		ours, err := os.ReadFile(filepath.Join(f.cfg.Data, "recovery", filepath.Base(n)))
		if err != nil {
			return true, nil
		}
		body, err := keys.Get(ctx, n, 0, -1)
		if err != nil {
			return false, err
		}
		theirs, err := io.ReadAll(io.LimitReader(body, 1<<20))
		if err = errors.Join(err, body.Close()); err != nil {
			return false, fmt.Errorf("read %s: %w", n, err)
		}
		if string(ours) != string(theirs) {
			return true, nil
		}
	}
	return false, nil
}

// testSearch looks whether a search engine can be used.
func (f *first) testSearch(ctx context.Context, se config.Search) install.Verdict {
	if se.Kind != "meili" {
		return install.Verdict{OK: true, Code: "search_embedded"}
	}
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	version, err := meili.Check(ctx, meili.Config{URL: se.URL, Prefix: se.Prefix, SearchKey: string(se.SearchKey),
		DocumentKey: string(se.DocumentKey), AdminKey: string(se.AdminKey), HTTP: install.Client()})
	if err == nil {
		return install.Verdict{OK: true, Code: "meili_ok", Detail: version}
	}
	f.log.Info("the test of the search engine did not succeed", "error", err)
	if code := install.ConnectionCode(err); code != "" {
		return install.Verdict{Code: code}
	}
	var told *record.Error
	switch {
	case !errors.As(err, &told):
		return install.Verdict{Code: "other"}
	case version != "":
		return install.Verdict{Code: "meili_version", Detail: version}
	case errors.Is(err, record.Invalid) && told.Field != "":
		return install.Verdict{Code: "meili_" + told.Field}
	}
	return install.Verdict{Code: "no_meili"}
}
