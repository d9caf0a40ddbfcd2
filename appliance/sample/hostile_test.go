package sample

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"path/filepath"
	"strings"
	"testing"
)

// hostile gives the document of that label.
func hostile(t *testing.T, label string) []byte {
	t.Helper()
	for _, h := range Hostile() {
		if h.Label == label {
			b, err := h.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Fatalf("no hostile document %q", label)
	return nil
}

func TestHostileSet(t *testing.T) {
	seen, labels := map[string]int{}, map[string]bool{}
	for _, h := range Hostile() {
		if labels[h.Label] {
			t.Errorf("label %q twice", h.Label)
		}
		labels[h.Label] = true
		seen[h.Outcome]++
		b, err := h.Bytes()
		if err != nil {
			t.Errorf("%s: %v", h.Label, err)
		}
		if (len(b) == 0) != (h.Outcome == OutcomeEmpty) || len(b) > 2<<20 {
			t.Errorf("%s: %d bytes", h.Label, len(b))
		}
		if h.Outcome == OutcomeRendered && bytes.HasPrefix(b, []byte("%PDF")) {
			if out, err := run(t, b, "pdf", "pdftotext", "FILE", "-"); err != nil || !strings.Contains(out, "Heizkostenabrechnung") {
				t.Errorf("%s is not readable: %v", h.Label, err)
			}
		}
	}
	for _, o := range []string{OutcomeRendered, OutcomeEmpty, OutcomeUnknown, OutcomeDamaged, OutcomeLocked, OutcomePixels} {
		if seen[o] == 0 {
			t.Errorf("no document should be %s", o)
		}
	}
	paths := 0
	for _, name := range hostileNames() {
		if !filepath.IsLocal(name) {
			paths++
		}
	}
	if paths < 3 {
		t.Errorf("only %d names would leave a folder", paths)
	}
}

func TestHostileIsDamaged(t *testing.T) {
	for _, label := range []string{"truncated pdf", "truncated scan", "head of a pdf"} {
		if out, err := run(t, hostile(t, label), "pdf", "pdfinfo", "FILE"); err == nil {
			t.Errorf("%s opens: %s", label, out)
		}
	}
	if _, err := jpeg.Decode(bytes.NewReader(hostile(t, "truncated jpeg"))); err == nil {
		t.Error("truncated jpeg decodes")
	}
	if _, err := png.Decode(bytes.NewReader(hostile(t, "truncated png"))); err == nil {
		t.Error("truncated png decodes")
	}
	for label, pages := range map[string]int{"truncated tiff": 0, "tiff that lacks its second page": 1} {
		out, err := run(t, hostile(t, label), "tif", "tiffinfo", "FILE")
		if n := strings.Count(out, "Image Width"); n != pages || (n == 0 && err == nil) {
			t.Errorf("%s: %d pages, %v: %s", label, n, err, out)
		}
	}
}

func TestHostileIsLocked(t *testing.T) {
	b := hostile(t, "password")
	if _, err := run(t, b, "pdf", "pdftotext", "FILE", "-"); err == nil {
		t.Error("opens without its password")
	}
	for _, flag := range [][2]string{{"-upw", "Heizung2026"}, {"-opw", "Vermieter"}} {
		out, err := run(t, b, "pdf", "pdftotext", flag[0], flag[1], "FILE", "-")
		if err != nil || !strings.Contains(out, "Heizkostenabrechnung") {
			t.Errorf("%s does not open it: %v", flag[0], err)
		}
	}
}

func TestHostileIsGiant(t *testing.T) {
	for _, label := range []string{"giant png", "jpeg that claims to be giant"} {
		c, _, err := image.DecodeConfig(bytes.NewReader(hostile(t, label)))
		if err != nil || c.Width*c.Height < 800_000_000 {
			t.Errorf("%s: %d x %d, %v", label, c.Width, c.Height, err)
		}
	}
	out, err := run(t, hostile(t, "giant page"), "pdf", "pdfinfo", "FILE")
	if err != nil || !strings.Contains(out, "14400 x 14400 pts") {
		t.Errorf("giant page: %v\n%s", err, out)
	}
	out, err = run(t, hostile(t, "pdf with a giant image"), "pdf", "pdfimages", "-list", "FILE")
	if err != nil || !strings.Contains(fields(out), "30000 30000") {
		t.Errorf("giant image: %v\n%s", err, out)
	}
}
