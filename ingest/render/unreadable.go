package render

import (
	"image"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The page that stands for one that can't be read: A4, coarse.
const (
	unreadableDPI    = 100
	unreadableWidth  = 827
	unreadableHeight = 1169
	unreadableZoom   = 3 // of the letters, which are 13 pixels high
)

// Unreadable gives a blank page that says so in German and English, for the
// place of one that no child could read. It reads nothing of any document.
func Unreadable() Raster {
	page := newGray(unreadableWidth, unreadableHeight)
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	for i, line := range []string{"Seite nicht lesbar", "page unreadable"} {
		label := newGray(7*len(line), 13)
		draw.Draw(label, label.Rect, image.White, image.Point{}, draw.Src)
		d := font.Drawer{Dst: label, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(0, 11)}
		d.DrawString(line)
		left, top := (page.Rect.Dx()-unreadableZoom*label.Rect.Dx())/2, page.Rect.Dy()/3+i*20*unreadableZoom
		for y := range unreadableZoom * label.Rect.Dy() {
			for x := range unreadableZoom * label.Rect.Dx() {
				page.SetGray(left+x, top+y, label.GrayAt(x/unreadableZoom, y/unreadableZoom))
			}
		}
	}
	return Raster{Y: page, Bilevel: true, DPI: unreadableDPI}
}
