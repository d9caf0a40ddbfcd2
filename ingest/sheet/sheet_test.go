package sheet

import (
	"errors"
	"strings"
	"testing"

	"eakte/appliance/record"
)

func TestWhatIsWrittenIsFound(t *testing.T) {
	for _, want := range []Separator{{}, {File: "03104//0012345"}, {File: "A-1 b/2.3"}} {
		text, err := want.Text()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Find([]record.Code{{Format: "code128", Text: "x"}, {Format: "patch-t", Text: "T"}, {Format: "qr", Text: text}})
		if !ok || got != want {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
}

func TestOnlySeparatorsSeparate(t *testing.T) {
	for _, c := range []record.Code{{Format: "qr", Text: "eakte:sep:2"}, {Format: "qr", Text: "eakte:sep:1:file:"},
		{Format: "qr", Text: "eakte:sep:1:file:<b>"}, {Format: "qr", Text: "https://example.org/eakte:sep:1"},
		{Format: "code128", Text: "eakte:sep:1"}, {Format: "qr", Text: "PATCHT"}, {Format: "code39", Text: "PATCHT2"}} {
		if s, ok := Find([]record.Code{c}); ok {
			t.Errorf("%+v: %+v", c, s)
		}
	}
	for _, c := range []record.Code{{Format: "patch-t", Text: "T"}, {Format: "code39", Text: "PATCHT"}} {
		if s, ok := Find([]record.Code{c}); !ok || s != (Separator{}) {
			t.Errorf("%+v: %+v, %v", c, s, ok)
		}
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	for _, n := range []string{" 1", "1\n2", "Müller", strings.Repeat("1", MostNumber+1)} {
		var e *record.Error
		if _, err := (Separator{File: n}).Text(); !errors.As(err, &e) || e.Category != record.Invalid || e.Field != "number" {
			t.Errorf("%q: %v", n, err)
		}
	}
}

// TestPatchTIsByTheBook holds the bars against the published widths and places.
func TestPatchTIsByTheBook(t *testing.T) {
	bars := PatchT()
	for i, end := range []int{8, 36, 52, 80} {
		if bars[i].At+bars[i].Width != end || i > 0 && bars[i].At-bars[i-1].At-bars[i-1].Width != 8 {
			t.Errorf("bar %d: %+v", i, bars[i])
		}
	}
	if bars[3].At+bars[3].Width != PatchDepth {
		t.Error("the patch is not as deep as it says")
	}
}
