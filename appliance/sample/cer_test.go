package sample

import (
	"math"
	"slices"
	"strings"
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
	o := Jobcenter(1, 40)
	var plain []File // names that the models know the letters of
	for _, f := range o.Files {
		if !strings.ContainsFunc(f.Members[0].Full(), func(r rune) bool { return r > 'ÿ' }) {
			plain = append(plain, f)
		}
	}
	boxed := []Type{Application, Renewal, Sick, Change, Slip, Service, Minute, Invitation, Hearing}
	for i, typ := range Types() {
		t.Run(string(typ), func(t *testing.T) {
			t.Parallel()
			l := o.Letter(plain[i%len(plain)], typ, day(t, "2026-02-01"), 1)
			l.Form = Form{Container: TIFF, DPI: 300, Compression: Deflate}
			r := render(t, l)
			out, err := run(t, r.Body, "tif", "tesseract", "FILE", "stdout", "-l", "deu+eng", "-c", "thresholding_method=2")
			if err != nil {
				t.Fatal(err)
			}
			limit, cer := 0.02, CER(r.Truth.Text(), out)
			if slices.Contains(boxed, typ) { // boxes are read as letters, a column of them as a column of text
				limit, cer = 0.04, min(cer, CER(sorted(r.Truth.Text()), sorted(out)))
			}
			t.Logf("%d pages, CER %.2f %%", len(r.Truth.Pages), 100*cer)
			if cer >= limit {
				t.Errorf("CER %.2f %%\n%s", 100*cer, out)
			}
		})
	}
}

// sorted gives a text's words in the order of the alphabet.
func sorted(text string) string {
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}
