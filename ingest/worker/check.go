package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"math"
	"strings"
	"unicode/utf8"

	"eakte/appliance/record"
	"eakte/ingest/barcode"
	"eakte/ingest/office"
	"eakte/ingest/render"
)

// pageHead is what a page frame says of a page besides its blobs.
type pageHead struct {
	Number     int           `json:"number"`
	Width      int           `json:"width"`
	Height     int           `json:"height"`
	DPI        int           `json:"dpi"`
	Source     string        `json:"source"`
	Confidence float32       `json:"confidence"`
	Blank      bool          `json:"blank"`
	Doubtful   bool          `json:"doubtful"`
	Faulty     bool          `json:"faulty"`
	Turned     int           `json:"turned"`
	Codes      []record.Code `json:"codes"`
	Took       Took          `json:"took"`
}

// faultHead is a Fault on its way.
type faultHead struct {
	Reason string `json:"reason"`
	Page   int    `json:"page"`
	Cause  string `json:"cause"`
}

// most words a page can have, and the side of the smallest image's square.
const (
	mostWords = 50_000
	thumbSide = 256
)

// checkedPage makes a Page of a frame. The child may have been taken over by
// the document it reads: what does not fit together is refused.
func checkedPage(f frame, want int, l Limits) (Page, error) {
	var h pageHead
	if err := json.Unmarshal(f.parts[0], &h); err != nil {
		return Page{}, fmt.Errorf("page head: %w", err)
	}
	p := Page{Number: h.Number, Width: h.Width, Height: h.Height, DPI: h.DPI, Source: h.Source, Confidence: h.Confidence, Codes: h.Codes,
		Blank: h.Blank, Doubtful: h.Doubtful, Faulty: h.Faulty, Turned: h.Turned, Took: h.Took,
		Text: string(f.parts[2]), Raw: string(f.parts[3]), Image: f.parts[4], Full: f.parts[5], Thumb: f.parts[6]}
	if err := json.Unmarshal(f.parts[1], &p.Words); err != nil {
		return Page{}, fmt.Errorf("page words: %w", err)
	}
	switch {
	case p.Number != want || want > l.MaxPages:
		return Page{}, fmt.Errorf("page %d came instead of %d", p.Number, want)
	case p.Width < 1 || p.Height < 1 || int64(p.Width) > l.MaxPixels || int64(p.Width)*int64(p.Height) > l.MaxPixels:
		return Page{}, fmt.Errorf("a page of %d × %d pixels", p.Width, p.Height)
	case p.DPI < 1 || p.DPI > 10_000:
		return Page{}, fmt.Errorf("a page of %d dpi", p.DPI)
	case p.Source != SourceOCR && p.Source != SourceDigital:
		return Page{}, fmt.Errorf("unknown source of words")
	case p.Turned%90 != 0 || p.Turned < 0 || p.Turned > 270:
		return Page{}, fmt.Errorf("a page turned by %d degrees", p.Turned)
	case !percent(p.Confidence):
		return Page{}, fmt.Errorf("confidence out of range")
	case !plainText(p.Text) || !plainText(p.Raw):
		return Page{}, fmt.Errorf("text is not UTF-8 or has control characters")
	}
	if err := errors.Join(checkWords(p), p.Took.check(l)); err != nil {
		return Page{}, err
	}
	if err := barcode.Check(p.Codes, p.Width, p.Height); err != nil {
		return Page{}, err
	}
	if p.Source == SourceDigital && len(p.Image)+len(p.Full)+len(p.Thumb) == 0 {
		p.OnDemand = true
		p.ImageWidth, p.ImageHeight = render.PictureSize(p.Width, p.Height, p.DPI)
		return p, nil
	}
	return p, checkImages(p)
}

// checkWords holds the words against text and page.
func checkWords(p Page) error {
	if len(p.Words) > mostWords {
		return fmt.Errorf("%d words on a page", len(p.Words))
	}
	for i, w := range p.Words {
		inText := w.Start >= 0 && w.Len > 0 && w.Start <= len(p.Text) && w.Len <= len(p.Text)-w.Start
		inPage := w.X >= 0 && w.Y >= 0 && w.W > 0 && w.H > 0 && w.X <= p.Width && w.Y <= p.Height &&
			w.W <= p.Width-w.X && w.H <= p.Height-w.Y
		if !inText || p.Text[w.Start:w.Start+w.Len] != w.Text || !inPage || !percent(w.Confidence) || !plainText(w.Raw) {
			return fmt.Errorf("word %d does not fit text or page", i)
		}
	}
	return nil
}

// checkImages looks at the headers of the images only: decoding them is the
// browser's business.
func checkImages(p Page) error {
	for i, b := range [][]byte{p.Image, p.Full, p.Thumb} {
		c, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			return fmt.Errorf("image %d: %w", i, err)
		}
		switch {
		case c.Width < 1, c.Height < 1, c.Width > p.Width, c.Height > p.Height,
			i == 1 && (c.Width != p.Width || c.Height != p.Height),
			i == 2 && max(c.Width, c.Height) > thumbSide:
			return fmt.Errorf("image %d has %d × %d pixels", i, c.Width, c.Height)
		}
	}
	return nil
}

// request is what is asked of a child with a document.
type request struct {
	From     int   `json:"from"`                // the first page that is wanted; 0 is 1
	Skip     []int `json:"skip"`                // pages that are not wanted
	OnDemand bool  `json:"on_demand,omitempty"` // pictures of a PDF's born-digital pages are not wanted
}

// opened is what is known when a document could be opened.
type opened struct {
	Pages int `json:"pages"`
}

// checkedOpened takes over how many pages there are; page is the last one that
// came already.
func checkedOpened(f frame, page int, l Limits) (int, error) {
	var o opened
	if err := json.Unmarshal(f.parts[0], &o); err != nil {
		return 0, fmt.Errorf("opened: %w", err)
	}
	if o.Pages < max(1, page) || o.Pages > l.MaxPages {
		return 0, fmt.Errorf("opened: %d pages", o.Pages)
	}
	return o.Pages, nil
}

// checkedSummary takes over the end of a document.
func checkedSummary(f frame, pages int) (Summary, error) {
	var s Summary
	if err := json.Unmarshal(f.parts[0], &s); err != nil {
		return Summary{}, fmt.Errorf("summary: %w", err)
	}
	_, fromOffice := office.KindOf(s.ContentType)
	switch s.ContentType {
	case render.TypePDF, render.TypeTIFF, render.TypeJPEG, render.TypePNG, render.TypeHEIC, render.TypeEML, render.TypeMSG,
		render.TypeZIP, render.TypeCMS, render.TypeText, render.TypeHTML:
	default:
		if !fromOffice {
			return Summary{}, fmt.Errorf("summary: unknown content type")
		}
	}
	if s.Converted != fromOffice {
		return Summary{}, fmt.Errorf("summary: a conversion of nothing")
	}
	if s.Pages != pages || pages < 1 {
		return Summary{}, fmt.Errorf("summary: %d pages announced, %d came", s.Pages, pages)
	}
	return s, nil
}

// checkedFault takes over a fault the child has found.
func checkedFault(f frame, l Limits) (*Fault, error) {
	var h faultHead
	if err := json.Unmarshal(f.parts[0], &h); err != nil {
		return nil, fmt.Errorf("fault: %w", err)
	}
	if !render.ValidReason(h.Reason) || h.Page < 0 || h.Page > l.MaxPages {
		return nil, fmt.Errorf("fault: unknown reason")
	}
	return &Fault{Reason: h.Reason, Page: h.Page, Cause: said(h.Cause)}, nil
}

// said is what a child says of itself, made fit for a log.
type said string

// Error gives the sentence, printable ASCII only.
func (s said) Error() string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, string(s))
}

func percent(v float32) bool { return !math.IsNaN(float64(v)) && v >= 0 && v <= 100 }

// plainText says whether s is UTF-8 with no control characters but newlines.
func plainText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' && r != '\n' || r == 0x7f {
			return false
		}
	}
	return true
}
