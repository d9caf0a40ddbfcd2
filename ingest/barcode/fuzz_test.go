package barcode

import (
	"strings"
	"testing"
	"unicode/utf8"

	"eakte/appliance/record"
)

// FuzzCheck: what passes lies on the page and can be printed.
func FuzzCheck(f *testing.F) {
	f.Add(QR, "eakte:sep:1", 10, 10, 20, 20, 300, 400)
	f.Add(Code39, "\x1b[2J", -1, 0, 1<<62, 1<<62, 1<<62, 1<<62)
	f.Add("html", "x", 0, 0, 1, 1, 1, 1)
	f.Fuzz(func(t *testing.T, format, text string, x, y, w, h, width, height int) {
		if width < 1 || height < 1 || width > 1<<31 || height > 1<<31 {
			return // the page was checked before
		}
		if Check([]record.Code{{Format: format, Text: text, X: x, Y: y, W: w, H: h}}, width, height) != nil {
			return
		}
		if x < 0 || y < 0 || w < 1 || h < 1 || x > width-w || y > height-h || !utf8.ValidString(text) || len(text) > MostText || strings.ContainsAny(text, "\x00\x1b\r\u202e\ufeff") {
			t.Errorf("%q at %d, %d: %d × %d on %d × %d", text, x, y, w, h, width, height)
		}
	})
}
