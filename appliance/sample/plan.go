package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// Letters plans the letters of a file, oldest first: two to eight, of the last
// two years. Nothing is drawn until Render. The first file's plan begins with
// the letters of Showcase.
func (o *Office) Letters(f File) []Letter {
	today, err := time.Parse(isoDate, o.Today)
	if err != nil {
		return nil // Today was made by formatting
	}
	d := newDice(o.seed, "plan", f.Number)
	var letters []Letter
	if f.Number == showcaseNumber {
		letters = o.showcaseLetters(f, today)
	}
	for i := len(letters); i < 2+d.IntN(7); i++ {
		dated := today.AddDate(0, 0, -d.between(6, 728))
		l := o.letter(f, d.letterType(), dated, fmt.Sprintf("%s/%d", f.Number, i))
		l.Received = dated.AddDate(0, 0, d.between(1, 5)).Format(isoDate)
		l.Form = o.formFor(d, l)
		l.name(i)
		letters = append(letters, l)
	}
	slices.SortStableFunc(letters, func(a, b Letter) int { return strings.Compare(a.Dated, b.Dated) })
	return letters
}

// Letter makes one letter of a type for a file, as a clean scan. n tells apart
// letters of the same type. Tests ask for what they need this way.
func (o *Office) Letter(f File, t Type, dated time.Time, n int) Letter {
	l := o.letter(f, t, dated, fmt.Sprintf("%s/%s/%d", f.Number, t, n))
	l.Received = l.Dated
	l.name(n)
	return l
}

func (o *Office) letter(f File, t Type, dated time.Time, path string) Letter {
	l := Letter{Type: t, Title: t.Title() + " " + fmt.Sprint(dated.Year()), Direction: record.DirectionIn, File: f.Number,
		Dated: dated.Format(isoDate), Form: CleanScan(), household: f, office: o, seed: o.seed, path: path}
	if t == Account {
		l.Title = "Kontoauszug " + monthYear(dated)
	}
	if t == Notice {
		l.Direction = record.DirectionOut
	}
	return l
}

func (d dice) letterType() Type {
	return []Type{Rent, Account, Account, Account, Heating, Heating, Renewal, Renewal, Notice}[d.IntN(9)]
}

// formFor chooses how a letter comes: the office's own are born digital, most
// others are scans of several makes.
func (o *Office) formFor(d dice, l Letter) Form {
	if l.Type == Notice || d.chance(0.18) {
		return Digital()
	}
	skew := d.within(-0.7, 0.7)
	if lay, err := l.layout(); err == nil && len(lay.pages) == 1 && d.chance(0.5) {
		if d.chance(0.6) { // photographed
			return Form{Container: JPEG, DPI: 300, Quality: 65, Skew: 2 * skew, Noise: 4, Light: 0.2}
		}
		return Form{Container: PNG, DPI: 200, Bilevel: true}
	}
	switch n := d.IntN(18); {
	case n < 7:
		return Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 70, Skew: skew, Noise: 1.5}
	case n < 10:
		return Form{Container: PDF, DPI: 200, Compression: DCT, Quality: 75, Skew: skew, Noise: 2, Light: 0.06}
	case n < 13:
		return Form{Container: PDF, DPI: 300, Bilevel: true, Compression: Group4, Skew: skew}
	case n < 15:
		return FaxScan(300)
	case n < 16:
		return Form{Container: TIFF, DPI: 200, Bilevel: true, Compression: Deflate, Skew: skew}
	case n < 17:
		return WornScan()
	}
	return CleanScan()
}

// name gives a file name as scanners and customers give them.
func (l *Letter) name(i int) {
	ext := map[Container]string{PDF: "pdf", TIFF: "tif", JPEG: "jpg", PNG: "png"}[l.Form.Container]
	d := l.streams()("name")
	switch {
	case l.Form.Digital:
		l.Name = fmt.Sprintf("%s_%s.%s", l.Type.Title(), l.Dated, ext)
	case d.chance(0.5):
		l.Name = fmt.Sprintf("SDN-%s-%04d.%s", strings.ReplaceAll(l.Received, "-", ""), i*17+d.IntN(17)+1, ext)
	default:
		l.Name = fmt.Sprintf("scan%03d.%s", d.IntN(1000), ext)
	}
}
