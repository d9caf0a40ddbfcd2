package rendition

import (
	"bytes"
	"fmt"
	"image/color"
	"image/jpeg"
	"math"
	"strconv"

	"eakte/appliance/record"
)

// segment is one page as it stands in the file: three objects side by side.
type segment struct {
	objects [perPage][]byte
	joined  []byte
}

func (s segment) bytes() []byte { return s.joined }
func (s segment) len() int64    { return int64(len(s.joined)) }

// noteOffsets remembers where the objects of page i lie.
func (l *layout) noteOffsets(i int, at int64, s segment) {
	for k, b := range s.objects {
		l.offsets[pageObject(i)+k] = at
		at += int64(len(b))
	}
}

// What PDF/A-2 allows a page's side to have, in points (ISO 32000-1, annex C).
const (
	minSide = 3
	maxSide = 14400
)

// defaultLong is the long side taken when the resolution is not known: A4's.
const defaultLong = 841.89

// scale gives the points a pixel of the page has.
func (p Page) scale() float64 {
	long, short := float64(max(p.Width, p.Height)), float64(min(p.Width, p.Height))
	s := defaultLong / long
	if p.DPI > 0 {
		s = 72 / float64(p.DPI)
	}
	s = max(s, minSide/short)
	return min(s, maxSide/long)
}

// page makes the bytes of page i of the body.
func (l *layout) page(i int, p Page) (segment, error) {
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
	if err != nil {
		return segment{}, damaged(err)
	}
	if p.Width <= 0 || p.Height <= 0 {
		p.Width, p.Height = cfg.Width, cfg.Height
	}
	space := "/DeviceRGB"
	switch cfg.ColorModel {
	case color.GrayModel:
		space = "/DeviceGray"
	case color.CMYKModel:
		return segment{}, damaged(fmt.Errorf("four colours"))
	}
	s := p.scale()
	width, height := number(float64(p.Width)*s), number(float64(p.Height)*s)
	drawn := fmt.Appendf(nil, "q %s 0 0 %s 0 0 cm /I Do Q\n", width, height)
	drawn = l.text.layer(drawn, p, s)
	o := newObjects(0)
	n := pageObject(i)
	o.add(n, fmt.Sprintf("<</Type/Page/Parent %s/MediaBox[0 0 %s %s]/Contents %s/Resources<</XObject<</I %s>>/Font<</T %s>>>>>>",
		ref(l.tree.parent(l.contents+i)), width, height, ref(n+1), ref(n+2), ref(objFont)))
	o.stream(n+1, "", drawn)
	o.raw(n+2, fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace%s/Filter/DCTDecode",
		cfg.Width, cfg.Height, space), p.JPEG)
	return o.segment(), nil
}

func damaged(err error) error {
	return &record.Error{Category: record.Corrupt, Message: "The page's picture is damaged.",
		Hint: "It can be made anew from the original.", Cause: err}
}

// number writes a length with as many decimals as an eye can see.
func number(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}
