package s3

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/vault/vaulttest"
)

// conform makes the buckets, which may be done again, and runs the suite with
// the three keys; a second or a root key that is empty is not there.
func conform(t *testing.T, k accounts, lasting bool) {
	store := vaulttest.Store{Lasting: lasting}
	var err error
	if k.root.AccessKey != "" {
		for range 2 {
			if err := Create(t.Context(), k.root); err != nil {
				t.Fatal(err)
			}
		}
		byRoot, err := Open(k.root)
		if err != nil {
			t.Fatal(err)
		}
		store.Root = &byRoot
	}
	if k.second.AccessKey != "" {
		second, err := OpenDisposal(k.second)
		if err != nil {
			t.Fatal(err)
		}
		store.Second = &second
	}
	if store.Buckets, err = Open(k.running); err != nil {
		t.Fatal(err)
	}
	vaulttest.Run(t, store)
}

// TestEndpoint runs the suite on the store that the environment names
// (docs/stores.md). It leaves locked objects there for a day.
func TestEndpoint(t *testing.T) {
	endpoint := os.Getenv("EAKTE_TEST_S3_ENDPOINT")
	if endpoint == "" {
		t.Skip("EAKTE_TEST_S3_ENDPOINT names no store")
	}
	host, tls := strings.CutPrefix(endpoint, "https://")
	key := func(which string) Config {
		return Config{Endpoint: strings.TrimPrefix(host, "http://"), TLS: tls, Region: os.Getenv("EAKTE_TEST_S3_REGION"), Prefix: os.Getenv("EAKTE_TEST_S3_PREFIX"),
			AccessKey: os.Getenv("EAKTE_TEST_S3_" + which + "ACCESS_KEY"), SecretKey: os.Getenv("EAKTE_TEST_S3_" + which + "SECRET_KEY")}
	}
	conform(t, accounts{key(""), key("SECOND_"), key("ROOT_")}, true)
}

// startMinIO runs a real MinIO and gives what connects its three keys.
func startMinIO(t *testing.T) accounts {
	t.Helper()
	return accountsOf(vaulttest.StartMinIO(t))
}

func accountsOf(m *vaulttest.MinIO) accounts {
	config := func(k vaulttest.Key) Config {
		return Config{Endpoint: m.Host, AccessKey: k.Access, SecretKey: k.Secret}
	}
	return accounts{config(m.Running), config(m.Disposition), config(m.Root)}
}

// TestMinIO runs the suite on a real MinIO with its three keys: on one drive,
// and in the full run on a set of four.
func TestMinIO(t *testing.T) { conform(t, startMinIO(t), false) }

// TestMinIOOnFourDrives spreads the objects over a set of four, as production does.
func TestMinIOOnFourDrives(t *testing.T) {
	if !vaulttest.Full() {
		t.Skip("EAKTE_TEST_FULL is not set")
	}
	conform(t, accountsOf(vaulttest.StartMinIOOn(t, 4)), false)
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
	k := startEmbedded(t)
	running, root := k.running, k.root
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
	root := startEmbedded(t).root
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
