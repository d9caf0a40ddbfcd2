package ocr_test

import (
	"slices"
	"strings"
	"testing"

	"eakte/appliance/sample"
	"eakte/ingest/ocr"
	"eakte/ingest/worker"
)

// TestPagesAreRecognised is a small part of `make ocr-eval`: one page in some
// of the conditions something is asked of, through the worker's child.
func TestPagesAreRecognised(t *testing.T) {
	few := []string{"grey 200", "bilevel 200, specks", "skew 2.5°", "uneven light", "turned right, 200"}
	for i, c := range conditions() {
		if !slices.Contains(few, c.name) {
			continue
		}
		s, _ := c.run(t, 1, func(_ sample.Type, _ int, p worker.Page, s score) {
			if p.Blank || p.Doubtful {
				t.Errorf("%s: blank %v, doubtful %v", c.name, p.Blank, p.Doubtful)
			}
			t.Logf("%d %s: %d of %d wrong", i, c.name, s.wrong, s.chars)
		})
		for _, m := range c.missed(s) {
			t.Errorf("%s: %s, lines:\n%s", c.name, m, strings.Join(s.worst, "\n"))
		}
		if share(s.wrong, s.chars) > 0.03 {
			t.Errorf("%s: %d of %d characters wrong", c.name, s.wrong, s.chars)
		}
	}
}

// TestNothingUprightIsTurned: pages with little on them or bad ones, which are
// tried in other directions, stay as they are. `make ocr-eval` takes letters
// of all types in all conditions as well.
func TestNothingUprightIsTurned(t *testing.T) {
	e, err := ocr.New()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	backs(t, sample.WrittenBacks(), (backCount()+1)/2, func(kind sample.Back, i int, m ocr.Image) {
		p, err := e.Read(m)
		if err != nil {
			t.Fatal(err)
		}
		if p.Turned != 0 || p.Blank {
			t.Errorf("%s, page %d: turned by %d°, blank %v: %q", kind, i, p.Turned, p.Blank, p.Text)
		}
	})
}
