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

	"github.com/otiai10/gosseract/v2"

	"eakte/appliance/record"
)

// Image is a page as it shall be recognised: 0 is black. It is not changed.
type Image struct {
	Gray    *image.Gray
	Bilevel bool // every pixel is 0 or 255
	DPI     int
}

// Page is what was recognised. Boxes are in pixels of the image, Start and Len
// of a word are bytes into Text. Text has a newline after each line and a
// blank line after each paragraph. Confidence is the mean of the words',
// weighted by their length: 0 to 100, and 0 for a page without words.
type Page struct {
	Text, Raw  string
	Words      []record.Word
	Confidence float32
	Skew       float64 // degrees the page was turned back by before recognition
}

// smallest is the shortest side that can hold a letter; tesseract fails on less.
const smallest = 12

// Engine recognises pages, one after the other. It is not for concurrent use.
type Engine struct{ client *gosseract.Client }

// New makes an engine. The models are loaded with the first page and stay
// loaded: a new client for each page costs a third more and leaks.
func New() (*Engine, error) {
	c := gosseract.NewClient()
	e := &Engine{client: c}
	if err := c.SetLanguage("deu", "eng"); err != nil {
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

// Read recognises one page.
func (e *Engine) Read(in Image) (Page, error) {
	size := in.Gray.Rect.Size()
	if size.X < smallest || size.Y < smallest {
		return Page{}, nil
	}
	ready, skew := prepare(in)
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
		box := b.Box
		if skew != 0 {
			box = turnedBack(box, size, skew)
		}
		tokens = append(tokens, Token{Raw: b.Word, Box: box.Intersect(image.Rectangle{Max: size}),
			Confidence: float32(min(100, max(0, b.Confidence))), Block: b.BlockNum, Paragraph: b.ParNum, Line: b.LineNum})
	}
	p := Assemble(Correct(tokens))
	p.Skew = skew
	return p, nil
}
