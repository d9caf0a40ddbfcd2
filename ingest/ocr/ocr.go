// Package ocr recognises the words of a page image. It runs only in the worker
// process (see ingest/worker).
//
// The engine is tesseract, called through gosseract, with one recognition a
// page. What it misreads by rule is put right in the corrected text; what it
// said stays beside it as the raw text.
package ocr

import (
	"fmt"
	"image"
	"time"

	"github.com/otiai10/gosseract/v2"

	"eakte/appliance/record"
)

// Image is a page as it shall be recognised: 0 is black. It is not changed.
type Image struct {
	Gray    *image.Gray
	Bilevel bool // every pixel is 0 or 255
	Colour  bool // Gray is the lightness of a page with colours
	DPI     int
}

// Page is what was recognised. Boxes are in pixels of the image once it is
// turned by Turned degrees clockwise (0, 90, 180 or 270), Start and Len
// of a word are bytes into Text. Text has a newline after each line and a
// blank line after each paragraph. Confidence is the mean of the words',
// weighted by their length: 0 to 100, and 0 for a page without words. Blank
// pages have nothing on them; a doubtful page was read so badly that a person
// should look.
type Page struct {
	Text, Raw  string
	Words      []record.Word
	Confidence float32
	Skew       float64       // degrees the page was turned back by before recognition
	Care       time.Duration // what was done to the image before recognition
	Turned     int
	Blank      bool
	Doubtful   bool

	shadowed bool
}

// smallest is the shortest side that can hold a letter; tesseract fails on less.
const smallest = 12

// Engine recognises pages, one after the other. It is not for concurrent use.
type Engine struct{ client *gosseract.Client }

// New makes an engine. The models are loaded with the first page and stay
// loaded: a new client for each page costs a third more and leaks.
func New() (*Engine, error) { return newEngine("", "deu", "eng") }

// newEngine makes an engine with a configuration file of tesseract's, which may
// be none, and these models.
func newEngine(config string, languages ...string) (*Engine, error) {
	c := gosseract.NewClient()
	c.ConfigFilePath = config
	e := &Engine{client: c}
	if err := c.SetLanguage(languages...); err != nil {
		return nil, fmt.Errorf("set languages: %w", err)
	}
	for name, value := range map[gosseract.SettableVariable]string{
		// The client's own setter is undone when the models are loaded. 3 is
		// automatic layout; tesseract as a library would take one block.
		"tessedit_pageseg_mode": "3",
		"thresholding_method":   "2", // Sauvola: uneven light does no harm
		"debug_file":            "/dev/null",
	} {
		if err := c.SetVariable(name, value); err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
	}
	return e, nil
}

// Close frees the models.
func (e *Engine) Close() error { return e.client.Close() }

// Read recognises one page, whichever way it was fed in. Nothing is looked for
// on a blank page.
func (e *Engine) Read(in Image) (Page, error) {
	began := time.Now()
	if Blank(in) {
		return Page{Blank: true, Care: time.Since(began)}, nil
	}
	looked := time.Since(began)
	p, err := e.upright(in)
	p.Care += looked
	p.Doubtful = p.doubtful() || p.shadowed
	return p, err
}

// recognise reads a page as it lies.
func (e *Engine) recognise(in Image) (Page, error) {
	size := in.Gray.Rect.Size()
	if size.X < smallest || size.Y < smallest {
		return Page{}, nil
	}
	began := time.Now()
	ready, at := prepare(in)
	care := time.Since(began)
	// The bytes are made here, so they are an image; gosseract would pass
	// anything else on to tesseract as a null pointer.
	if err := e.client.SetImageFromBytes(encode(ready)); err != nil {
		return Page{}, fmt.Errorf("set image: %w", err)
	}
	boxes, err := e.client.GetBoundingBoxesVerbose()
	if err != nil {
		return Page{}, fmt.Errorf("recognise: %w", err)
	}
	tokens := make([]Token, 0, len(boxes))
	for _, b := range boxes {
		tokens = append(tokens, Token{Raw: b.Word, Box: at.back(b.Box),
			Confidence: float32(min(100, max(0, b.Confidence))), Block: b.BlockNum, Paragraph: b.ParNum, Line: b.LineNum})
	}
	p := Assemble(Correct(tokens))
	p.Skew, p.Care, p.shadowed = at.skew, care, shadowed(ready.Gray, ready.DPI)
	return p, nil
}
