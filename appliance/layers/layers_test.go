package layers

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// The test opens every source, so a cached "ok" cannot outlive a violation.
func TestLaw(t *testing.T) {
	bad, err := Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bad {
		t.Error(b)
	}
}

func TestPlanted(t *testing.T) {
	for _, c := range []struct{ file, imports, want string }{
		{"ui/web/search.go", "eakte/appliance/catalog", "does not allow"},
		{"ui/api/search.go", "eakte/appliance/vault", "does not allow"},
		{"ui/api/search.go", "eakte/policy/access", "does not allow"},
		{"search/query.go", "eakte/appliance/catalog", "does not allow"},
		{"appliance/fixity/fixity.go", "eakte/appliance/vault", "does not allow"},
		{"appliance/record/x.go", "eakte/appliance/config", "does not allow"},
		{"search/query_test.go", "eakte/appliance", "nothing imports main"},
		{"appliance/archive/x.go", "github.com/minio/minio-go/v7", "only appliance/vault/s3 may"},
		{"appliance/archive/x_test.go", "github.com/minio/minio-go/v7/pkg/credentials", "only appliance/vault/s3 may"},
		{"ingest/x.go", "github.com/gofiber/fiber/v2/middleware/cors", "only ui"},
		{"ingest/x.go", "example.org/unheard/of", "in no list"},
		{"helpers/x.go", "fmt", "has no place"},
		{"ui/web/ok.go", "eakte/appliance/archive", ""},
		{"appliance/main.go", "eakte/appliance/vault/s3", ""},
		{"search/ok_test.go", "eakte/appliance/sample", ""},
	} {
		bad, err := Check(fstest.MapFS{c.file: {Data: []byte("package x\nimport _ \"" + c.imports + "\"\n")}})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(bad, "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s importing %s: got %q, want %q", c.file, c.imports, got, c.want)
		}
	}
}
