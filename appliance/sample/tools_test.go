package sample

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// tool gives a program's path. It is a skip without it, but a failure in CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing", name)
	}
	return path
}

// run gives a program's output on a file, and what it complained about.
func run(t *testing.T, body []byte, ext, name string, args ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "in."+ext)
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	cmd := exec.Command(tool(t, name), args...)
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	return out.String(), err
}

func day(t *testing.T, iso string) time.Time {
	t.Helper()
	d, err := time.Parse(isoDate, iso)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func render(t *testing.T, l Letter) Rendered {
	t.Helper()
	r, err := l.Render()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
