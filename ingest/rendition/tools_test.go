package rendition

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// tool gives a program's path. It is a skip without it, but a failure in CI.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" is not installed")
	}
	return path
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// run gives what a program prints; a program that fails or complains fails the test.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(tool(t, name), args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, said.Bytes(), out)
	}
	return out
}

// verdict is what veraPDF says of one file.
type verdict struct {
	profile   string
	compliant bool
	failed    []string
}

// validate asks veraPDF about files, all in one go: it takes its time to start.
// Each is held against the level it claims.
func validate(t testing.TB, files []string) map[string]verdict {
	t.Helper()
	java := tool(t, "java")
	fetch := exec.Command("../../.ci/verapdf")
	fetch.Stderr = os.Stderr
	jars, err := fetch.Output()
	if err != nil {
		missing(t, "veraPDF can't be fetched: "+err.Error())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	args := []string{"-XX:TieredStopAtLevel=1", "-Duser.home=" + t.TempDir(), "-cp", string(bytes.TrimSpace(jars)) + "/*", "org.verapdf.apps.GreenfieldCliWrapper", "--format", "json"}
	cmd := exec.CommandContext(ctx, java, append(args, files...)...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // it exits with 1 if a file does not conform
		t.Fatal(err)
	}
	return verdicts(t, out)
}

func verdicts(t testing.TB, out []byte) map[string]verdict {
	t.Helper()
	var report struct {
		Report struct {
			Jobs []struct {
				ItemDetails      struct{ Name string }
				ValidationResult []struct {
					ProfileName string
					Compliant   bool
					Details     struct {
						RuleSummaries []struct {
							Clause, Description string
							Checks              []struct{ Context, ErrorMessage string }
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %.2000s", err, out)
	}
	all := map[string]verdict{}
	for _, j := range report.Report.Jobs {
		var v verdict
		for _, r := range j.ValidationResult {
			v.profile, v.compliant = r.ProfileName, r.Compliant
			for _, s := range r.Details.RuleSummaries {
				v.failed = append(v.failed, s.Clause+" "+s.Description)
				for _, c := range s.Checks[:min(2, len(s.Checks))] {
					v.failed = append(v.failed, "  "+c.ErrorMessage+" "+c.Context)
				}
			}
		}
		all[filepath.Base(j.ItemDetails.Name)] = v
	}
	return all
}
