package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Config says where the store is and who we are there.
type Config struct {
	// Endpoint is host:port, or unix: and the absolute path of a socket.
	Endpoint  string
	Region    string // empty: us-east-1
	AccessKey string
	SecretKey string
	TLS       bool   // https; not with a socket
	CAFile    string // PEM file of an authority to trust besides the system's; may be empty
	Prefix    string // of the buckets' names; empty: eakte
	// Dial opens the connections to the store; nil: any may be opened.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// DefaultPrefix begins the buckets' names unless configured otherwise.
const DefaultPrefix = "eakte"

// The names of the buckets, behind the prefix.
const (
	records = "-records"
	audit   = "-audit"
	keys    = "-keys"
	derived = "-derived"
)

const (
	socketScheme  = "unix:"
	defaultRegion = "us-east-1"
	retries       = 2 // of one request by the client itself; the vault tries again above that
)

func (c Config) bucket(suffix string) string {
	if c.Prefix == "" {
		return DefaultPrefix + suffix
	}
	return c.Prefix + suffix
}

// Open gives the four buckets. It makes no request: a store that can't be
// reached shows at the first use as record.Unavailable.
func Open(cfg Config) (vault.Buckets, error) {
	client, err := connect(cfg)
	if err != nil {
		return vault.Buckets{}, err
	}
	return vault.Buckets{
		Records: &bucket{client: client, name: cfg.bucket(records)},
		Audit:   &bucket{client: client, name: cfg.bucket(audit)},
		Keys:    &bucket{client: client, name: cfg.bucket(keys)},
		Derived: &bucket{client: client, name: cfg.bucket(derived)},
	}, nil
}

// OpenDisposal gives the buckets with the credentials of the second key, for
// the job that destroys or lifts holds.
func OpenDisposal(second Config) (vault.Disposals, error) {
	client, err := connect(second)
	if err != nil {
		return vault.Disposals{}, err
	}
	return vault.Disposals{
		Records: &bucket{client: client, name: second.bucket(records)},
		Keys:    &bucket{client: client, name: second.bucket(keys)},
		Derived: &bucket{client: client, name: second.bucket(derived)},
	}, nil
}

func connect(cfg Config) (*minio.Core, error) {
	transport, err := newTransport(cfg)
	if err != nil {
		return nil, err
	}
	endpoint := cfg.Endpoint
	if strings.HasPrefix(endpoint, socketScheme) {
		endpoint = "localhost" // what is signed and sent as Host; the socket decides where it goes
	}
	region := cfg.Region
	if region == "" {
		region = defaultRegion
	}
	client, err := minio.NewCore(endpoint, &minio.Options{
		Creds:           credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure:          cfg.TLS,
		Transport:       dateNoter{transport},
		Region:          region,
		BucketLookup:    minio.BucketLookupPath,
		TrailingHeaders: true,
		MaxRetries:      retries,
	})
	if err != nil {
		return nil, &record.Error{Category: record.Invalid, Field: "store.endpoint",
			Message: "The object store's address is not host:port.", Cause: err}
	}
	return client, nil
}

func newTransport(cfg Config) (*http.Transport, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		DialContext:           dialer.DialContext,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
		DisableCompression:    true, // what is kept is encrypted
	}
	if path, ok := strings.CutPrefix(cfg.Endpoint, socketScheme); ok {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		}
		return t, nil
	}
	if cfg.Dial != nil {
		t.DialContext = cfg.Dial
	}
	if cfg.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(cfg.CAFile)
	if err != nil {
		return nil, &record.Error{Category: record.Invalid, Field: "store.ca_file",
			Message: "The authority's certificate can't be read.", Cause: err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, record.Bad("store.ca_file", "there is no certificate in it")
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}
