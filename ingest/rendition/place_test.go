package rendition

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// TestTextLiesOnItsWords: what a reader selects is where the eye sees it, and
// a page is as large as the paper was.
func TestTextLiesOnItsWords(t *testing.T) {
	p := withWords(Page{Width: 1240, Height: 1754, DPI: 150, JPEG: plainJPEG(t, 620, 877)}, "Heizkosten", "für", "März")
	d := document{pages: []Page{p}}
	out := string(run(t, "pdftotext", "-bbox", save(t, t.TempDir(), "place", mustNew(t, info("place"), d.part("place"))), "-"))
	near := func(what string, got string, want float64) {
		t.Helper()
		f, err := strconv.ParseFloat(got, 64)
		if err != nil || math.Abs(f-want) > 1 {
			t.Errorf("%s is at %s, want %.1f", what, got, want)
		}
	}
	size := regexp.MustCompile(`<page width="([\d.]+)" height="([\d.]+)"`).FindStringSubmatch(out)
	if size == nil {
		t.Fatal(out)
	}
	near("the right edge", size[1], 1240*72.0/150)
	near("the bottom edge", size[2], 1754*72.0/150)
	found := regexp.MustCompile(`<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]+)<`).FindAllStringSubmatch(out, -1)
	if len(found) != len(p.Words) {
		t.Fatalf("%d words: %s", len(found), out)
	}
	for i, w := range p.Words {
		s := 72.0 / 150
		if found[i][5] != w.Text {
			t.Errorf("%q instead of %q", found[i][5], w.Text)
		}
		near(w.Text+"'s left", found[i][1], float64(w.X)*s)
		near(w.Text+"'s top", found[i][2], float64(w.Y)*s)
		near(w.Text+"'s right", found[i][3], float64(w.X+w.W)*s)
		near(w.Text+"'s bottom", found[i][4], float64(w.Y+w.H)*s)
	}
}
