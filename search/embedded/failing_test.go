package embedded_test

import (
	"testing"

	"eakte/search"
	"eakte/search/embedded"
	"eakte/search/searchtest"
)

// reopened is an engine that can be closed and opened again.
type reopened struct{ *embedded.Engine }

// TestFailing: an engine that is closed answers with an error, never with an
// empty list, and goes on when it is open again.
func TestFailing(t *testing.T) {
	searchtest.RunFailing(t, func(t *testing.T) (search.Engine, func(bool)) {
		dir := t.TempDir()
		r := &reopened{open(t, dir)}
		return r, func(on bool) {
			if !on {
				r.Engine = open(t, dir)
			} else if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
