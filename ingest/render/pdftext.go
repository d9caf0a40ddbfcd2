package render

import (
	"bufio"
	"bytes"
	"errors"
	"html"
	"image"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// pdfWord is a word of pdftotext -bbox-layout, in points from the upper left.
type pdfWord struct {
	text                   string
	xMin, yMin, xMax, yMax float64
	block, line            int
}

// readWords reads what pdftotext -bbox-layout writes, a line an element. It is
// not read as XML: control characters in a document's text make it none.
func readWords(out io.Reader, facts []pdfFacts) error {
	in := bufio.NewReaderSize(out, 1<<16)
	page, block, line, kept := -1, 0, 0, 0
	for {
		raw, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return errors.New("a word longer than a page")
		}
		s := bytes.TrimSpace(raw)
		switch {
		case bytes.HasPrefix(s, []byte("<page ")):
			if page, block, line = page+1, 0, 0; page >= len(facts) {
				return errors.New("more pages than asked for")
			}
		case bytes.HasPrefix(s, []byte("<block ")):
			block++
		case bytes.HasPrefix(s, []byte("<line ")):
			line++
		case bytes.HasPrefix(s, []byte("<word ")) && page >= 0:
			f := &facts[page]
			if f.tooMany = f.tooMany || len(f.words) >= pageWords; f.tooMany {
				break
			}
			if w, ok := parseWord(string(s)); ok {
				w.block, w.line = block, line
				f.words = append(f.words, w)
				if kept++; kept > aheadWords && len(facts) > 1 {
					return errors.New("too many words to be kept at once")
				}
			}
		}
		if err == io.EOF {
			if page+1 != len(facts) {
				return errors.New("fewer pages than asked for")
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// parseWord reads <word xMin="1.0" yMin="2.0" xMax="3.0" yMax="4.0">text</word>.
func parseWord(s string) (pdfWord, bool) {
	var w pdfWord
	for _, a := range []struct {
		name string
		to   *float64
	}{{`xMin="`, &w.xMin}, {`yMin="`, &w.yMin}, {`xMax="`, &w.xMax}, {`yMax="`, &w.yMax}} {
		_, rest, ok := strings.Cut(s, a.name)
		if !ok {
			return w, false
		}
		num, rest, ok := strings.Cut(rest, `"`)
		v, err := strconv.ParseFloat(num, 64)
		if !ok || err != nil || math.IsNaN(v) || math.Abs(v) > 1e6 {
			return w, false
		}
		*a.to, s = v, rest
	}
	_, text, ok := strings.Cut(s, ">")
	text, found := strings.CutSuffix(text, "</word>")
	if w.text = cleanWord(html.UnescapeString(text)); !ok || !found || w.text == "" {
		return w, false
	}
	return w, true
}

// cleanWord takes ligatures apart and drops what is no character.
func cleanWord(s string) string {
	s = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st", "\u00ad", "-").Replace(s)
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// digital says whether the page's own words can be believed.
func (f pdfFacts) digital() bool {
	good := 0
	for _, w := range f.words {
		if believable(w.text) {
			good++
		}
	}
	return !f.tooMany && good >= digitalWords && float64(good) >= plausible*float64(len(f.words))
}

// believable says whether a word can be one. A font without a proper table of
// its letters gives private characters, or words without a vowel.
func believable(s string) bool {
	letters, others, vowels, latin := 0, 0, 0, true
	for _, r := range s {
		switch {
		case r == '\ufffd', unicode.Is(unicode.Co, r), strings.HasPrefix(s, "(cid:"):
			return false
		case unicode.IsLetter(r):
			letters++
			latin = latin && unicode.Is(unicode.Latin, r)
			if strings.ContainsRune("aeiouyäöüáàâéèêíóôúAEIOUYÄÖÜÉ", r) {
				vowels++
			}
		case unicode.IsDigit(r):
		default:
			others++
		}
	}
	if n := len([]rune(s)); n > 40 || others == n {
		return false
	}
	return letters < 4 || vowels > 0 || !latin
}

// onRaster brings words from points to pixels, inside the picture.
func onRaster(words []pdfWord, s pdfSize, r Raster) []Word {
	fx, fy := float64(r.Width())/s.w, float64(r.Height())/s.h
	out := make([]Word, 0, len(words))
	for _, w := range words {
		box := image.Rect(int(math.Floor(w.xMin*fx)), int(math.Floor(w.yMin*fy)),
			int(math.Ceil(w.xMax*fx)), int(math.Ceil(w.yMax*fy))).Intersect(r.Y.Rect)
		if box.Empty() { // beside the sheet: nobody sees it
			continue
		}
		out = append(out, Word{Text: w.text, Box: box, Block: w.block, Line: w.line})
	}
	return out
}
