package s3

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

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

// TestMinIO runs the suite on a real MinIO, if there is one on the path.
func TestMinIO(t *testing.T) {
	exe, err := exec.LookPath("minio")
	if err != nil {
		t.Skip("there is no minio on the path")
	}
	port := freePort(t)
	cmd := exec.Command(exe, "server", "--quiet", "--address", port, t.TempDir())
	cmd.Env = append(os.Environ(), "MINIO_ROOT_USER=eaktetest", "MINIO_ROOT_PASSWORD=eaktetest-secret", "MINIO_BROWSER=off")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		cmd.Wait() // killed: it always has something to say
	})
	deadline := time.Now().Add(30 * time.Second)
	for !healthy(t.Context(), "http://"+port+"/minio/health/ready") {
		if time.Now().After(deadline) {
			t.Fatal("MinIO did not start")
		}
		time.Sleep(100 * time.Millisecond)
	}
	conform(t, Config{Endpoint: port, AccessKey: "eaktetest", SecretKey: "eaktetest-secret"})
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func healthy(ctx context.Context, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
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
