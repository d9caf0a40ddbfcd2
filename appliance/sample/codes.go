package sample

import (
	"fmt"
	"image"
	"image/color"
	"slices"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code39"
	"github.com/boombuler/barcode/datamatrix"
	"github.com/boombuler/barcode/qr"
)

// The kinds of code beside Code 128. Text of the mark is what it says.
const (
	MarkQR         MarkKind = "qr"
	MarkDataMatrix MarkKind = "datamatrix"
	MarkCode39     MarkKind = "code39"
)

// qr draws a text as a QR code, its upper left module at x, y; side is without
// the quiet zone.
func (c *composer) qr(x, y, side float64, text string) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	c.matrix(MarkQR, x, y, side, text, code, err)
}

// dataMatrix draws a text as a DataMatrix, like qr.
func (c *composer) dataMatrix(x, y, side float64, text string) {
	code, err := datamatrix.Encode(text)
	c.matrix(MarkDataMatrix, x, y, side, text, code, err)
}

func (c *composer) matrix(kind MarkKind, x, y, side float64, text string, code barcode.Barcode, err error) {
	if err != nil {
		c.err = err
		return
	}
	c.drawMark(mark{kind: kind, text: text, ink: inkBlack, cover: 1, x: x, y: y}, func() {
		module := side / float64(code.Bounds().Dx())
		for _, r := range darkRuns(code) {
			c.page.fills = append(c.page.fills, fillBox{Rect{x + float64(r.Min.X)*module, y + float64(r.Min.Y)*module,
				float64(r.Dx()) * module, module * spread}, 0})
		}
	})
}

// spread is how much further than its module ink runs: rows close up.
const spread = 1.05

// code39 draws a text as Code 39 without a check digit, as its makers mostly
// do, and gives its width. A narrow bar is 0.34 mm.
func (c *composer) code39(x, y, height float64, text string) float64 {
	code, err := code39.Encode(text, false, false)
	if err != nil {
		c.err = err
		return 0
	}
	module := mm(0.34)
	c.drawMark(mark{kind: MarkCode39, text: text, ink: inkBlack, cover: 1, x: x, y: y}, func() {
		for _, r := range darkRuns(code) {
			c.page.fills = append(c.page.fills, fillBox{Rect{x + float64(r.Min.X)*module, y, float64(r.Dx()) * module, height}, 0})
		}
	})
	return float64(code.Bounds().Dx()) * module
}

// darkRuns gives the dark modules of a code, those beside each other as one.
func darkRuns(code barcode.Barcode) []image.Rectangle {
	var out []image.Rectangle
	b := code.Bounds()
	dark := func(x, y int) bool {
		return x < b.Max.X && color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y < 128
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			from := x
			for dark(x, y) {
				x++
			}
			if x > from {
				out = append(out, image.Rect(from-b.Min.X, y-b.Min.Y, x-b.Min.X, y-b.Min.Y+1))
			}
		}
	}
	return out
}

// payment is what banking programs read from a bill (EPC069-12). The account
// belongs to nobody.
func payment(name, reference string, cents int) string {
	return fmt.Sprintf("BCD\n002\n1\nSCT\n\n%s\nDE00000000000000000000\nEUR%d.%02d\n\n\n%s", name, cents/100, cents%100, reference)
}

// CodeKinds gives every kind of code that can be drawn.
func CodeKinds() []MarkKind { return []MarkKind{MarkCode, MarkCode39, MarkQR, MarkDataMatrix} }

// CodePage is a page of letter n with one code of the kind on it, of a size and
// at a place that letters have them: for measuring who reads codes.
func (o *Office) CodePage(kind MarkKind, n int, form Form) (Rendered, error) {
	file := o.Files[n%len(o.Files)]
	l := Letter{Type: Slip, Dated: "2026-02-01", Name: "code", Form: form, household: file, office: o, seed: o.seed, path: fmt.Sprint("code/", kind, "/", n)}
	d := l.streams()("code")
	w := writer{dice: d, fonts: o.fonts, file: file, office: o}
	s := w.jobcenter()
	c := newComposer(o.fonts, s.family, s.size)
	c.head(s, "")
	c.y = mm(100)
	w.prose(c, 4, noticeDuties(), w.values())
	x, y := d.within(mm(25), mm(90)), d.within(mm(34), mm(52))
	switch text := fmt.Sprintf("%s-%s", file.Number, d.digits(4)); kind {
	case MarkCode:
		c.barcode(x, y, d.within(mm(7), mm(14)), text)
	case MarkCode39:
		c.code39(mm(25), y, d.within(mm(7), mm(14)), text)
	case MarkQR:
		c.qr(x, y, d.within(mm(16), mm(32)), text+" "+d.digits(d.between(4, 60)))
	case MarkDataMatrix:
		c.dataMatrix(x, y, d.within(mm(9), mm(18)), text)
	}
	lay, err := c.end(s)
	if err != nil {
		return Rendered{}, err
	}
	lay.pages = lay.pages[:1]
	r := Rendered{Name: l.Name, Truth: l.truth(lay)}
	r.Body, r.ContentType, err = form.write(lay, l.streams(), l.Dated)
	return r, err
}

// PagesWithoutCodes renders, as PNG and each for itself, those pages of the
// letter that bear no code.
func (l Letter) PagesWithoutCodes() ([][]byte, error) {
	lay, err := l.layout()
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for i, p := range lay.pages {
		if slices.ContainsFunc(p.marks, func(m mark) bool { return slices.Contains(CodeKinds(), m.kind) }) {
			continue
		}
		form := l.Form
		form.Container = PNG
		b, _, err := form.write(&layout{pages: lay.pages[i : i+1]}, l.streams(), l.Dated)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
