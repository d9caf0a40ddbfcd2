package embedded_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// start runs a store over dir and stops it with the test. There is one at a
// time in a process, so no test here is parallel.
func start(t *testing.T, dir string) *embedded.Server {
	t.Helper()
	t.Chdir(dir) // the store does so, too; this brings it back
	s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir, CredentialsFile: filepath.Join(dir, "keys.json")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func config(s *embedded.Server, c embedded.Credentials) s3.Config {
	return s3.Config{Endpoint: s.Endpoint(), AccessKey: c.AccessKey, SecretKey: c.SecretKey}
}

// connect makes the buckets and opens them with the running credentials and
// with root's.
func connect(ctx context.Context, s *embedded.Server) (running, root vault.Buckets, err error) {
	if err := s3.Create(ctx, config(s, s.RootCredentials())); err != nil {
		return running, root, err
	}
	if running, err = s3.Open(config(s, s.Credentials())); err != nil {
		return running, root, err
	}
	root, err = s3.Open(config(s, s.RootCredentials()))
	return running, root, err
}

// openDisposal opens them with the second key.
func openDisposal(t *testing.T, s *embedded.Server) vault.Disposals {
	t.Helper()
	d, err := s3.OpenDisposal(config(s, s.DispositionCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t *testing.T, s *embedded.Server) (running, root vault.Buckets) {
	t.Helper()
	running, root, err := connect(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return running, root
}
