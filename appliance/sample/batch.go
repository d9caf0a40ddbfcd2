package sample

import (
	"fmt"
	"time"
)

// Sheet is what lies in a batch at one place: a letter, a separator, or a blank
// page.
type Sheet struct {
	Letter    *Letter
	Separator Separator
}

// Separator says what is printed on a separator sheet; empty: nothing.
type Separator struct {
	QR     string // what our own sheet's code says
	PatchT bool   // four bars along the upper edge
	Code39 string // what other programs print: PATCHT
}

// Batch scans sheets in one go, in their order, all in one form.
func (o *Office) Batch(name string, form Form, sheets ...Sheet) (Rendered, error) {
	all := &layout{}
	for i, s := range sheets {
		lay, err := o.sheet(s)
		if err != nil {
			return Rendered{}, fmt.Errorf("sample: sheet %d: %w", i+1, err)
		}
		all.pages = append(all.pages, lay.pages...)
	}
	l := Letter{Type: Slip, Dated: "2026-02-01", Name: name, Form: form, household: o.Files[0], office: o, seed: o.seed, path: "batch/" + name}
	r := Rendered{Name: name, Truth: l.truth(all)}
	var err error
	r.Body, r.ContentType, err = form.write(all, l.streams(), l.Dated)
	return r, err
}

func (o *Office) sheet(s Sheet) (*layout, error) {
	if s.Letter != nil {
		return s.Letter.layout()
	}
	c := newComposer(o.fonts, "sans", 11)
	if s.Separator.QR != "" {
		c.qr(mm(80), mm(110), mm(50), s.Separator.QR)
	}
	if s.Separator.Code39 != "" {
		c.code39(mm(40), mm(60), mm(20), s.Separator.Code39)
	}
	if s.Separator.PatchT {
		const inch = 72.0 // bars of 0.08 and 0.2 inch, 0.08 apart, the first 0.4 from the edge
		for _, bar := range [][2]float64{{0.40, 0.08}, {0.56, 0.20}, {0.84, 0.08}, {1.00, 0.20}} {
			c.page.fills = append(c.page.fills, fillBox{Rect{(pageWidth - 3.2*inch) / 2, bar[0] * inch, 3.2 * inch, bar[1] * inch}, 0})
		}
	}
	return c.finish()
}

// batch is a stack that the scan provider delivers in one file: two letters,
// each behind a separator sheet, of which the first names a file.
func (o *Office) batch() []Delivery {
	today, err := time.Parse(isoDate, o.Today)
	if err != nil {
		return nil
	}
	var sheets []Sheet
	for i, sep := range []Separator{{QR: "eakte:sep:1:file:" + o.Files[0].Number}, {PatchT: true}} {
		l := o.letter(o.Files[i%len(o.Files)], Slip, today.AddDate(0, 0, -6-i), fmt.Sprint("batch/", i))
		sheets = append(sheets, Sheet{Separator: sep}, Sheet{Letter: &l})
	}
	form := Form{Container: PDF, DPI: 200, Compression: DCT, Quality: 60}
	p := Post{Name: "stapel-0117.pdf", Received: today.AddDate(0, 0, -1).Format(isoDate), make: func() ([]byte, error) {
		r, err := o.Batch("stapel-0117.pdf", form, sheets...)
		return r.Body, err
	}}
	return []Delivery{{User: o.Providers[0].User, Post: &p}}
}
