package sample

import (
	"math"
	"testing"
)

func TestCER(t *testing.T) {
	for _, c := range []struct {
		truth, got string
		want       float64
	}{
		{"", "", 0}, {"", "x", 1}, {"Straße", "Straße", 0}, {"Straße", "Strase", 1. / 6}, {"Straße", "Strasse", 2. / 6},
		{"a  b\n\nc", "a b c\f", 0}, {"Miete", "Mete", 1. / 5}, {"Miete", "", 1}, {"abc", "xxxxxx", 2},
	} {
		if got := CER(c.truth, c.got); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("CER(%q, %q) = %g, want %g", c.truth, c.got, got, c.want)
		}
	}
}

// TestCleanScansAreReadable has tesseract read a clean scan of 300 dpi of each
// type. More than two of a hundred characters wrong is a fault of the letter.
func TestCleanScansAreReadable(t *testing.T) {
	tool(t, "tesseract")
	o := Jobcenter(1, 8)
	for i, typ := range Types() {
		t.Run(string(typ), func(t *testing.T) {
			t.Parallel()
			l := o.Letter(o.Files[[]int{0, 6, 0, 4, 0}[i]], typ, day(t, "2026-02-01"), 1)
			l.Form = Form{Container: TIFF, DPI: 300, Compression: Deflate}
			r := render(t, l)
			out, err := run(t, r.Body, "tif", "tesseract", "FILE", "stdout", "-l", "deu+eng", "-c", "thresholding_method=2")
			if err != nil {
				t.Fatal(err)
			}
			cer := CER(r.Truth.Text(), out)
			t.Logf("%d pages, CER %.2f %%", len(r.Truth.Pages), 100*cer)
			if cer >= 0.02 {
				t.Errorf("CER %.2f %%\n%s", 100*cer, out)
			}
		})
	}
}
