package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// FontDir is where Debian's fonts-liberation, fonts-dejavu-core and
// fonts-freefont-ttf put their files, and for handwriting fonts-breip,
// fonts-dkg-handwriting and fonts-sjfonts. All may be embedded into documents.
const FontDir = "/usr/share/fonts/truetype"

// Fonts are the typefaces letters are set in. A face whose file is missing is
// replaced by one of the Go fonts, which are built in. Safe for concurrent use.
type Fonts struct {
	dir   string
	mu    sync.Mutex
	faces map[string]*face
}

// LoadFonts looks for the faces below dir, when they are first used.
func LoadFonts(dir string) *Fonts { return &Fonts{dir: dir, faces: map[string]*face{}} }

// fontFile is the file of a family and cut; "" asks for a Go font.
func fontFile(name string) string {
	return map[string]string{
		"sans":        "liberation/LiberationSans-Regular.ttf",
		"sans-b":      "liberation/LiberationSans-Bold.ttf",
		"sans-i":      "liberation/LiberationSans-Italic.ttf",
		"serif":       "liberation/LiberationSerif-Regular.ttf",
		"serif-b":     "liberation/LiberationSerif-Bold.ttf",
		"serif-i":     "liberation/LiberationSerif-Italic.ttf",
		"humanist":    "dejavu/DejaVuSans.ttf",
		"humanist-b":  "dejavu/DejaVuSans-Bold.ttf",
		"humanist-i":  "dejavu/DejaVuSans-Oblique.ttf",
		"grotesque":   "freefont/FreeSans.ttf",
		"grotesque-b": "freefont/FreeSansBold.ttf",
		"grotesque-i": "freefont/FreeSansOblique.ttf",
		"mono":        "liberation/LiberationMono-Regular.ttf",
		"mono-b":      "liberation/LiberationMono-Bold.ttf",
		"mono-i":      "liberation/LiberationMono-Italic.ttf",

		"hand-dkg":      "fifthhorseman/dkg.ttf",
		"hand-breip":    "breip/Breip.ttf",
		"hand-delphine": "sjfonts/Delphine.ttf",
		"hand-steve":    "sjfonts/SteveHand.ttf",
	}[name]
}

// builtIn is the Go font that stands in for a face.
func builtIn(name string) []byte {
	switch {
	case strings.HasPrefix(name, "mono"):
		return gomono.TTF
	case strings.HasSuffix(name, "-b"):
		return gobold.TTF
	case strings.HasSuffix(name, "-i"), strings.HasPrefix(name, "hand-"):
		return goitalic.TTF
	}
	return goregular.TTF
}

// face is one font: metrics and outlines in font units.
type face struct {
	name string // PostScript name
	data []byte
	upem float64
	asc  float64 // ascent, descent: of the em
	desc float64

	mu     sync.Mutex
	font   *sfnt.Font
	buf    sfnt.Buffer
	glyphs map[rune]glyph
}

// glyph is the outline of one character, y downwards from the baseline.
type glyph struct {
	id       sfnt.GlyphIndex
	advance  float64 // font units
	segments []sfnt.Segment
	bounds   fixed.Rectangle26_6
}

// MissingHands names the Debian packages whose handwriting is not installed:
// letters are then written in an italic.
func (f *Fonts) MissingHands() []string {
	var missing []string
	for i, name := range hands() {
		if _, err := os.Stat(filepath.Join(f.dir, fontFile(name))); err != nil {
			missing = append(missing, []string{"fonts-dkg-handwriting", "fonts-breip", "fonts-sjfonts", "fonts-sjfonts"}[i])
		}
	}
	return slices.Compact(missing)
}

// get gives the face of that family and cut.
func (f *Fonts) get(name string) (*face, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fc, ok := f.faces[name]; ok {
		return fc, nil
	}
	data := builtIn(name)
	if file := fontFile(name); file != "" && f.dir != "" {
		if b, err := os.ReadFile(filepath.Join(f.dir, file)); err == nil {
			data = b
		} else if !os.IsNotExist(err) {
			return nil, fmt.Errorf("sample: read font: %w", err)
		}
	}
	fc, err := newFace(data)
	if err != nil {
		return nil, fmt.Errorf("sample: font %s: %w", name, err)
	}
	f.faces[name] = fc
	return fc, nil
}

func newFace(data []byte) (*face, error) {
	font, err := sfnt.Parse(data)
	if err != nil {
		return nil, err
	}
	fc := &face{data: data, font: font, upem: float64(font.UnitsPerEm()), glyphs: map[rune]glyph{}}
	if fc.name, err = font.Name(&fc.buf, sfnt.NameIDPostScript); err != nil {
		return nil, err
	}
	m, err := font.Metrics(&fc.buf, fixed.I(1000), 0)
	if err != nil {
		return nil, err
	}
	fc.asc, fc.desc = float64(m.Ascent)/64000, float64(m.Descent)/64000
	return fc, nil
}

// glyph loads a character's outline, ok is false if the font has none.
func (fc *face) glyph(r rune) (glyph, bool) {
	fc.mu.Lock()
	defer fc.mu.Unlock()
	if g, ok := fc.glyphs[r]; ok {
		return g, g.id != 0
	}
	g := fc.load(r)
	fc.glyphs[r] = g
	return g, g.id != 0
}

func (fc *face) load(r rune) glyph {
	id, err := fc.font.GlyphIndex(&fc.buf, r)
	if err != nil || id == 0 {
		return glyph{}
	}
	// At ppem = upem one pixel is one font unit, so nothing is rounded.
	ppem := fixed.Int26_6(fc.upem * 64)
	segs, err := fc.font.LoadGlyph(&fc.buf, id, ppem, nil)
	if err != nil {
		return glyph{}
	}
	adv, err := fc.font.GlyphAdvance(&fc.buf, id, ppem, 0)
	if err != nil {
		return glyph{}
	}
	g := glyph{id: id, advance: float64(adv) / 64, segments: append([]sfnt.Segment(nil), segs...)}
	g.bounds = sfnt.Segments(g.segments).Bounds()
	return g
}

// has says whether the font can draw all of s.
func (fc *face) has(s string) bool {
	for _, r := range s {
		if _, ok := fc.glyph(r); !ok {
			return false
		}
	}
	return true
}

// width of s in points at that size.
func (fc *face) width(s string, size float64) float64 {
	var w float64
	for _, r := range s {
		g, _ := fc.glyph(r)
		w += g.advance
	}
	return w * size / fc.upem
}

// faceFor gives a face that can draw the word: the wanted one, else one with
// more letters, else the wanted one and the word without its marks. Names of
// DIN 91379 need it.
func (f *Fonts) faceFor(name, word string) (*face, string, error) {
	wanted, err := f.get(name)
	if err != nil || wanted.has(word) {
		return wanted, word, err
	}
	for _, other := range []string{"humanist", "serif", "sans", "go"} {
		if strings.HasSuffix(name, "-b") {
			other += "-b"
		}
		fc, err := f.get(other)
		if err != nil {
			return nil, "", err
		}
		if fc.has(word) {
			return fc, word, nil
		}
	}
	var plain []rune
	for _, r := range norm.NFD.String(word) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if _, ok := wanted.glyph(r); ok {
			plain = append(plain, r)
		}
	}
	return wanted, string(plain), nil
}
