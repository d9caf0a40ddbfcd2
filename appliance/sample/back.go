package sample

import (
	"fmt"
	"image"
	"math"
	"time"
)

// Back says what is on the back of a sheet.
type Back string

// The backs on which nothing stands.
const (
	BackWhite    Back = "white"
	BackGrey     Back = "grey"          // recycled paper
	BackShows    Back = "bleed-through" // the front shines through
	BackPunched  Back = "punched"
	BackStapled  Back = "stapled"
	BackDusty    Back = "dusty"
	BackBordered Back = "bordered" // the sheet is smaller than the scanner's glass
	BackAll      Back = "all of it"
)

// Backs on which something stands, if little.
const (
	BackPencil    Back = "pencil line"
	BackDate      Back = "small date"
	BackStamp     Back = "stamp"
	BackNumber    Back = "page number"
	BackSignature Back = "signature"
	BackCode      Back = "code"
	BackTick      Back = "tick"
)

// BlankBacks gives the kinds on which nothing stands.
func BlankBacks() []Back {
	return []Back{BackWhite, BackGrey, BackShows, BackPunched, BackStapled, BackDusty, BackBordered, BackAll}
}

// WrittenBacks gives the kinds on which something stands.
func WrittenBacks() []Back {
	return []Back{BackPencil, BackDate, BackStamp, BackNumber, BackSignature, BackCode, BackTick}
}

// BackPage draws the back of the n-th letter's sheet. Written ones have some
// of what blank ones have as well.
func (o *Office) BackPage(kind Back, n int, form Form) (Rendered, error) {
	file := o.Files[n%len(o.Files)]
	l := Letter{Type: Slip, Dated: "2026-02-01", Name: "back", Form: form, household: file, office: o, seed: o.seed, path: fmt.Sprint("back/", kind, "/", n)}
	d := l.streams()("back")
	c := newComposer(o.fonts, "sans", 11)
	c.written(kind, d)
	lay, err := c.finish()
	if err != nil {
		return Rendered{}, err
	}
	v := form.view(d, 0)
	img := drawPage(lay.pages[0], v, false, d)
	if kind == BackShows || kind == BackAll {
		front := o.Letter(file, Types()[n%len(Types())], time.Date(2026, 2, 1+n%27, 0, 0, 0, 0, time.UTC), n)
		through, err := front.layout()
		if err != nil {
			return Rendered{}, err
		}
		shine(img.Gray, drawPage(through.pages[0], v, false, d).Gray, d.within(0.06, 0.15), v.dpi)
	}
	if kind != BackWhite {
		paper := d.between(205, 245)
		for i, p := range img.Pix {
			img.Pix[i] = uint8(int(p) * paper / 255)
		}
	}
	wear(img.Gray, kind, d, v)
	if form.Noise > 0 || form.Light > 0 {
		shadeAndNoise(img.Gray, d, form.Noise, form.Light)
	}
	page, err := form.encode(img, v)
	if err != nil {
		return Rendered{}, err
	}
	if form.Container == PNG || form.Container == JPEG {
		return Rendered{Name: l.Name, Truth: l.truth(lay), Body: page.data, ContentType: "image/" + string(form.Container)}, nil
	}
	r := Rendered{Name: l.Name, Truth: l.truth(lay)}
	r.Body, r.ContentType, err = form.contain([]scanned{page}, l.Dated)
	return r, err
}

// written puts on a back the little that stands on it.
func (c *composer) written(kind Back, d dice) {
	x, y := d.within(mm(30), mm(130)), d.within(mm(30), mm(250))
	switch kind {
	case BackPencil:
		h := hands()[d.IntN(4)]
		c.drawMark(mark{kind: MarkNote, ink: inkBlack, cover: d.within(0.4, 0.7), angle: d.within(-3, 3), x: x, y: y}, func() {
			c.lineAt(x, y, style{face: h, size: d.within(11, 15)}, d.pick([]string{"erledigt, bitte ablegen", "Kopie an Team L2", "tel. geklärt", "siehe Akte"}))
		})
	case BackSignature:
		c.note(d, hands()[d.IntN(4)], x, y, 14, d.pick([]string{"M. Musterfeld", "Sabine B.", "i. A. Kranich"}))
	case BackTick:
		c.drawMark(mark{kind: MarkNote, ink: inkBlue, cover: 0.9, x: x, y: y}, func() {
			c.page.curves = append(c.page.curves, curve{width: 1.2, points: []point{{x, y}, {x + 2, y + 2}, {x + 3, y + 4}, {x + 4, y + 6}, {x + 7, y}, {x + 10, y - 6}, {x + 14, y - 10}}})
		})
	case BackDate:
		c.lineAt(x, y, style{face: "sans", size: d.within(6, 9), grey: uint8(d.between(0, 90))}, "12.03.2026")
	case BackNumber:
		c.lineAt(pageWidth/2, pageHeight-mm(d.within(10, 16)), style{face: "serif", size: 9}, d.pick([]string{"2", "- 4 -", "17"}))
	case BackStamp:
		c.received(d, false, "Musterstadt", "12.03.2026")
	case BackCode:
		c.dataMatrix(x, y, d.within(mm(9), mm(14)), "03104//0012345")
	}
}

// shine lets the front show through, mirrored and blurred by the paper.
func shine(back, front *image.Gray, share float64, dpi int) {
	w, h := back.Rect.Dx(), back.Rect.Dy()
	for range 3 {
		front = boxBlur(front, max(1, dpi/110))
	}
	for y := range h {
		row, src := back.Pix[y*back.Stride:][:w], front.Pix[y*front.Stride:][:w]
		for x := range row {
			row[x] = uint8(max(0, float64(row[x])-share*float64(255-src[w-1-x])))
		}
	}
}

// boxBlur gives the mean of the pixels up to r away.
func boxBlur(g *image.Gray, r int) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	pass := func(src []uint8, n, step, lines, jump int) []uint8 {
		out := make([]uint8, len(src))
		for l := range lines {
			sum := 0
			at := func(i int) int { return int(src[l*jump+max(0, min(n-1, i))*step]) }
			for i := -r; i <= r; i++ {
				sum += at(i)
			}
			for i := range n {
				out[l*jump+i*step] = uint8(sum / (2*r + 1))
				sum += at(i+r+1) - at(i-r)
			}
		}
		return out
	}
	return &image.Gray{Pix: pass(pass(g.Pix, w, 1, h, w), h, w, w, 1), Stride: w, Rect: g.Rect}
}

// wear puts on a back what punch, stapler, dust and scanner leave.
func wear(g *image.Gray, kind Back, d dice, v view) {
	one := float64(v.dpi) / 25.4
	w, h := float64(v.width), float64(v.height)
	if kind == BackPunched || kind == BackAll || kind == BackDate {
		x, grey := w-12*one+d.within(-1, 1)*one, uint8(d.between(20, 110))
		disc(g, x, h/2-40*one, 3*one, grey)
		disc(g, x, h/2+40*one, 3*one, grey)
	}
	if kind == BackStapled || kind == BackAll || kind == BackPencil {
		x, y, long, a := w-d.within(8, 15)*one, d.within(5, 12)*one, 11*one, d.within(-0.06, 0.06)
		for i := range int(long) {
			disc(g, x+math.Sin(a)*float64(i), y+float64(i), 0.25*one, 90)
		}
	}
	if kind == BackDusty || kind == BackAll {
		for range d.between(20, 90) {
			disc(g, d.Float64()*w, d.Float64()*h, d.within(0.05, 0.22)*one, uint8(d.between(40, 150)))
		}
	}
	if kind == BackBordered || kind == BackAll {
		lean, wide, grey := d.within(0, 0.015), d.within(1, 4)*one, uint8(d.between(20, 120))
		for y := range v.height {
			edge := int(wide + lean*float64(y))
			for x := range min(v.width, edge) {
				g.Pix[y*g.Stride+x] = grey
			}
		}
		for y := v.height - int(d.within(0, 3)*one); y < v.height; y++ {
			for x := range v.width {
				g.Pix[y*g.Stride+x] = grey
			}
		}
	}
}

func disc(g *image.Gray, cx, cy, r float64, grey uint8) {
	for y := int(cy - r); y <= int(cy+r)+1; y++ {
		for x := int(cx - r); x <= int(cx+r)+1; x++ {
			cover := min(1, max(0, r+0.5-math.Hypot(float64(x)-cx, float64(y)-cy)))
			if cover > 0 && image.Pt(x, y).In(g.Rect) {
				p := &g.Pix[y*g.Stride+x]
				*p = uint8(float64(*p)*(1-cover) + float64(grey)*cover)
			}
		}
	}
}
