package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Wanted is what must become of a piece of post.
type Wanted string

// What can be wanted.
const (
	// Filed: it carries a number, or a name and birth date.
	Filed Wanted = "sufficient"
	// Unsure: what it carries is not enough; somebody has to look.
	Unsure Wanted = "insufficient"
	// Torn: something on it speaks for another file that exists, or for two.
	Torn Wanted = "conflict"
	// Either: filed rightly or looked at, both are good.
	Either Wanted = "either"
)

// Piece is one piece of post that comes to a House, with its truth.
type Piece struct {
	Letter   Letter
	Case     string // which of RouteCases it is
	Want     Wanted
	File     int    // the file it belongs to, a place in House.Files; -1: none of this house
	Site     string // whose post it is; empty: nothing on it tells
	Type     Type   // empty: none of Types
	Manifest []string
	Sheet    string // number on the separator sheet before it
	Reworded bool   // headed by other words than the sample's own letters are

	house *House
	blank func(w writer) (*layout, error) // draws what is no letter
}

// Post gives the n-th piece of post, always the same.
func (h *House) Post(n int) Piece {
	d := newDice(h.seed, "post", n)
	cases := routeCases()
	sum := 0
	for _, c := range cases {
		sum += c.weight
	}
	at := d.IntN(sum)
	for _, c := range cases {
		if at -= c.weight; at < 0 {
			return h.piece(c, d, n)
		}
	}
	return Piece{}
}

// RouteCases names all kinds of post there are.
func RouteCases() []string {
	var out []string
	for _, c := range routeCases() {
		out = append(out, c.name)
	}
	return out
}

// Slip gives the code of our own slip on it; empty: it bears none.
func (p Piece) Slip() string {
	if p.Case != caseSlip {
		return ""
	}
	return p.house.Slip(p.File)
}

func (h *House) piece(c routeCase, d dice, n int) Piece {
	p := Piece{Case: c.name, Want: c.want, house: h, File: h.fileFor(c, d)}
	f := h.Files[p.File].File
	f.Members = append([]Member(nil), f.Members...)
	p.Type, p.Site = Type(d.pick(c.types)), f.Site
	if slices.Contains(typesLetters(), string(p.Type)) && d.chance(0.25) {
		p.Type = other
	}
	day, _ := time.Parse(isoDate, h.office.Today)
	day = day.AddDate(0, 0, -d.between(2, 120))
	l := h.office.letter(f, p.Type, day, fmt.Sprintf("post/%d", n))
	l.Received = day.AddDate(0, 0, d.between(1, 5)).Format(isoDate)
	l.Form = scanned200(d)
	l.Stamped = d.chance(0.6)
	p.Letter = l
	c.make(&p, d)
	if d.chance(0.25) {
		p.Reworded = true
		p.Letter.edits = append(p.Letter.edits, reworded(d, wordings()))
	}
	p.Letter.name(n)
	if p.Type == other {
		p.Type = ""
	}
	return p
}

// scanned200 is how scan providers deliver: mostly 200 or 300 dpi, grey or
// black and white, a few faxes in truth and photographs.
func scanned200(d dice) Form {
	skew := d.within(-0.8, 0.8)
	switch n := d.IntN(20); {
	case n < 7:
		return Form{Container: PDF, DPI: 200, Compression: DCT, Quality: 60, Skew: skew, Noise: 1.2}
	case n < 11:
		return Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 65, Skew: skew, Noise: 1}
	case n < 15:
		return Form{Container: TIFF, DPI: 300, Bilevel: true, Compression: Group4, Skew: skew, Speckle: 1}
	case n < 18:
		return Form{Container: TIFF, DPI: 200, Bilevel: true, Compression: Group4, Skew: skew, Speckle: 0.5}
	case n < 19:
		return WornScan()
	}
	return Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 60, Noise: 2, Light: 0.35, Photo: true, Skew: skew}
}

// fileFor draws a file of the kind that a case is about.
func (h *House) fileFor(c routeCase, d dice) int {
	for range 200 {
		from := h.kinds[c.kin]
		var at int
		if len(from) == 0 {
			at = d.IntN(len(h.Files))
		} else {
			at = from[d.IntN(len(from))]
		}
		if (c.kin != kinPlain || h.plain(at)) && (c.fits == nil || c.fits(h, at)) {
			return at
		}
	}
	return 0
}

// plain says that nobody of a file is somewhere else too.
func (h *House) plain(at int) bool {
	for _, p := range h.Files[at].Persons {
		if len(h.Persons[p].Files) > 1 {
			return false
		}
	}
	return true
}

// layout sets the piece.
func (p Piece) layout() (*layout, error) {
	if p.blank == nil {
		return p.Letter.layout()
	}
	d := p.Letter.streams()("blank")
	return p.blank(writer{dice: d, fonts: p.house.office.fonts, file: p.Letter.household, office: p.house.office})
}

// Truth says what stands on it.
func (p Piece) Truth() (Truth, error) {
	lay, err := p.layout()
	if err != nil {
		return Truth{}, err
	}
	t := p.Letter.truth(lay)
	t.Type = p.Type
	return t, nil
}

// Render draws it in its form.
func (p Piece) Render() (Rendered, error) {
	lay, err := p.layout()
	if err != nil {
		return Rendered{}, err
	}
	r := Rendered{Name: p.Letter.Name, Truth: p.Letter.truth(lay)}
	r.Truth.Type = p.Type
	r.Body, r.ContentType, err = p.Letter.Form.write(lay, p.Letter.streams(), p.Letter.Dated)
	return r, err
}

// Condition names the form the piece comes in: in which noise was measured.
func (p Piece) Condition() string {
	f := p.Letter.Form
	switch {
	case f.Photo:
		return "photo"
	case f.Bilevel:
		return fmt.Sprintf("bilevel %d", f.DPI)
	case f.Noise > 3:
		return "worn"
	}
	return fmt.Sprintf("grey %d", f.DPI)
}

// writings are the ways a household's number is written.
func writings(d dice, number string) string {
	office, rest, _ := strings.Cut(number, "//")
	return d.pick([]string{office + "BG" + rest, office + " BG " + rest, office + " // " + rest, office + "//" + rest[:4] + " " + rest[4:], office + "/" + rest})
}
