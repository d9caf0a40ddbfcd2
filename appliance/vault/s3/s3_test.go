package s3

import (
	"errors"
	"net"
	"os"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/vault/vaulttest"
)

// conform makes the buckets under a prefix of this run and runs the suite.
func conform(t *testing.T, cfg Config) {
	cfg.Prefix = "eakte-test-" + record.NewID()[:8]
	for range 2 { // it may be called again
		if err := Create(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Run(t, vaulttest.Store{Buckets: b, Root: &b})
}

// TestEndpoint runs the suite on the store that the environment names. It
// makes buckets of its own and leaves locked objects in them for a day.
func TestEndpoint(t *testing.T) {
	endpoint := os.Getenv("EAKTE_TEST_S3_ENDPOINT")
	if endpoint == "" {
		t.Skip("EAKTE_TEST_S3_ENDPOINT names no store")
	}
	conform(t, Config{Endpoint: endpoint, Region: os.Getenv("EAKTE_TEST_S3_REGION"), TLS: os.Getenv("EAKTE_TEST_S3_TLS") != "",
		AccessKey: os.Getenv("EAKTE_TEST_S3_ACCESS"), SecretKey: os.Getenv("EAKTE_TEST_S3_SECRET")})
}

// startMinIO runs a real MinIO and gives what connects its two keys.
func startMinIO(t *testing.T) (running, root Config) {
	t.Helper()
	m := vaulttest.StartMinIO(t)
	config := func(k vaulttest.Key) Config {
		return Config{Endpoint: m.Host, AccessKey: k.Access, SecretKey: k.Secret}
	}
	return config(m.Running), config(m.Root)
}

// TestMinIO runs the suite on a real MinIO, as root and with the running key.
func TestMinIO(t *testing.T) {
	running, root := startMinIO(t)
	t.Run("root", func(t *testing.T) { conform(t, root) })
	t.Run("running", func(t *testing.T) {
		b, err := Open(running)
		if err != nil {
			t.Fatal(err)
		}
		byRoot, err := Open(root)
		if err != nil {
			t.Fatal(err)
		}
		vaulttest.Run(t, vaulttest.Store{Buckets: b, Root: &byRoot})
	})
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestUnreachable shows that a store that is away is unavailable, and never
// an object that is absent.
func TestUnreachable(t *testing.T) {
	for _, endpoint := range []string{freePort(t), "unix:" + t.TempDir() + "/none.sock"} {
		b, err := Open(Config{Endpoint: endpoint, AccessKey: "a", SecretKey: "b"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Records.Stat(t.Context(), "o/00/x"); !errors.Is(err, record.Unavailable) {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

// TestWrongKey shows that a key the store doesn't know is refused, and never
// an object that is absent.
func TestWrongKey(t *testing.T) {
	running, root := startEmbedded(t)
	if err := Create(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Config{
		{Endpoint: running.Endpoint, AccessKey: running.AccessKey, SecretKey: "wrong"},
		{Endpoint: running.Endpoint, AccessKey: "nobody", SecretKey: running.SecretKey},
	} {
		b, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Records.Stat(t.Context(), "o/00/x"); !errors.Is(err, record.Denied) {
			t.Errorf("stat: %v", err)
		}
	}
}

// TestCreateChecks shows that a bucket without object lock is not taken for one with.
func TestCreateChecks(t *testing.T) {
	_, root := startEmbedded(t)
	if err := Create(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	client, err := connect(root)
	if err != nil {
		t.Fatal(err)
	}
	err = create(t.Context(), client, "", root.bucket(derived), true, false)
	if !errors.Is(err, record.Invalid) {
		t.Errorf("a plain bucket passed for a locked one: %v", err)
	}
}
