package sample

import "image"

// FirstPage renders the letter's first page alone, as PNG.
func (l Letter) FirstPage() ([]byte, Truth, error) {
	lay, err := l.layout()
	if err != nil {
		return nil, Truth{}, err
	}
	lay.pages = lay.pages[:1]
	form := l.Form
	form.Container = PNG
	b, _, err := form.write(lay, l.streams(), l.Dated)
	return b, l.truth(lay), err
}

// fed is the sheet as the scanner had it: turned, and with half its lines.
func (f Form) fed(s sheet, v view) (sheet, view) {
	for range f.Turned / 90 {
		s = s.quarter()
		v.width, v.height = v.height, v.width
	}
	if f.Coarse {
		v.height /= 2
		low := image.NewGray(image.Rect(0, 0, v.width, v.height))
		for y := range v.height {
			copy(low.Pix[y*low.Stride:][:v.width], s.Pix[2*y*s.Stride:])
		}
		s = sheet{Gray: low}
	}
	return s, v
}

// quarter turns the sheet a quarter clockwise.
func (s sheet) quarter() sheet {
	out := sheet{Gray: quarter(s.Gray)}
	if s.cb != nil {
		size := image.Rect(0, 0, s.chromaStride(), (s.Rect.Dy()+1)/2)
		out.cb = quarter(&image.Gray{Pix: s.cb, Stride: size.Dx(), Rect: size}).Pix
		out.cr = quarter(&image.Gray{Pix: s.cr, Stride: size.Dx(), Rect: size}).Pix
	}
	return out
}

func quarter(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, h, w))
	for y := range h {
		for x, v := range g.Pix[y*g.Stride:][:w] {
			out.Pix[x*h+h-1-y] = v
		}
	}
	return out
}
