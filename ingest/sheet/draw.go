package sheet

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Quiet is the white that belongs round a QR code, in modules.
const Quiet = 4

// QR draws a text as a path of SVG: one unit a module, black on nothing, and
// Quiet modules of white to each side within size × size.
func QR(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.Q, qr.Auto) // a quarter may be torn or stained
	if err != nil {
		return "", 0, fmt.Errorf("sheet: %w", err)
	}
	b := code.Bounds()
	var d strings.Builder
	for y := range b.Dy() {
		for x := 0; x < b.Dx(); x++ {
			from := x
			for x < b.Dx() && dark(code.At(b.Min.X+x, b.Min.Y+y)) {
				x++
			}
			if x > from {
				fmt.Fprintf(&d, "M%d %dh%dv1h-%dz", from+Quiet, y+Quiet, x-from, x-from)
			}
		}
	}
	return d.String(), b.Dx() + 2*Quiet, nil
}

func dark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}

// Bar is one bar of a patch T: where it begins and how wide it is, in hundredths
// of an inch from the patch's outer side.
type Bar struct{ At, Width int }

// PatchDepth is how deep a patch is, in hundredths of an inch.
const PatchDepth = 80

// PatchT gives the four bars, from the edge of the sheet inwards.
func PatchT() []Bar { return []Bar{{0, 8}, {16, 20}, {44, 8}, {60, 20}} }
