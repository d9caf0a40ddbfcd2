package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// Letters plans the letters of a file, oldest first: one to six, in a few files
// some twenty, of the last two years, one in six of the last weeks. Nothing
// is drawn until Render. The first file's plan begins with the letters of
// Showcase.
func (o *Office) Letters(f File) []Letter {
	today, err := time.Parse(isoDate, o.Today)
	if err != nil {
		return nil // Today was made by formatting
	}
	d := newDice(o.seed, "plan", f.Number)
	var letters []Letter
	n := d.between(1, 5)
	switch {
	case f.Number == showcaseNumber:
		letters = o.showcaseLetters(f, today)
		n = len(letters) + 2
	case f.Number == canaryNumber:
		l := o.letter(f, Objection, today.AddDate(0, 0, -9), f.Number+"/canary")
		l.Received = today.AddDate(0, 0, -7).Format(isoDate)
		letters = append(letters, l.canary())
	case d.chance(0.025):
		n = d.between(14, 22)
	}
	for i := len(letters); i < n; i++ {
		letters = append(letters, o.planned(d, f, today, i))
	}
	slices.SortStableFunc(letters, func(a, b Letter) int { return strings.Compare(a.Dated, b.Dated) })
	return letters
}

// planned makes one letter as it came in, or went out.
func (o *Office) planned(d dice, f File, today time.Time, i int) Letter {
	days, recent := d.between(22, 728), 0.16
	if f.Responsible == o.Files[0].Responsible { // the walk-through's desk is well filled
		recent = 0.3
	}
	if d.chance(recent) {
		days = d.between(6, 21)
	}
	dated := today.AddDate(0, 0, -days)
	l := o.letter(f, d.letterType(), dated, fmt.Sprintf("%s/%d", f.Number, i))
	l.Received = dated.AddDate(0, 0, d.between(1, 5)).Format(isoDate)
	if l.Direction != record.DirectionIn {
		l.Received = "" // it was made in the house
	}
	l.ByHand = d.chance(0.75)
	l.Form = o.formFor(d, l)
	if l.Direction == record.DirectionIn && !l.Form.Digital {
		l.Stamped = d.chance(0.85)
		l.Envelope = (l.Type == Objection || l.Type == Dismissal) && l.Form.Container != JPEG && l.Form.Container != PNG && d.chance(0.6)
		if d.chance(0.18) {
			l.Remarks = []string{d.pick([]string{"z.d.A.", "erl.", "bitte prüfen!", "WV 14 Tage", "Kopie an FM", "Original zurück"})}
		}
	}
	l.name(i)
	return l
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
	l := Letter{Type: t, Title: t.Title() + " " + fmt.Sprint(dated.Year()), Direction: t.Direction(), File: f.Number,
		Dated: dated.Format(isoDate), Form: CleanScan(), household: f, office: o, seed: o.seed, path: path}
	if t == Account || t == Wage {
		l.Title = t.Title() + " " + monthYear(dated.AddDate(0, -1, 0))
	}
	return l
}

// letterType draws a type as often as a jobcenter sees it: two in five are the
// office's own.
func (d dice) letterType() Type {
	n := d.IntN(100)
	for _, t := range []struct {
		t Type
		n int
	}{{Notice, 13}, {Minute, 11}, {Invitation, 9}, {Hearing, 5}, {Account, 12}, {Wage, 8}, {Heating, 5}, {Utilities, 4}, {Renewal, 5},
		{Rent, 5}, {Lease, 2}, {Application, 2}, {Sick, 5}, {Dismissal, 3}, {Objection, 3}, {Change, 4}, {Service, 2}, {Slip, 2}} {
		if n -= t.n; n < 0 {
			return t.t
		}
	}
	return Notice
}

// formFor chooses how a letter comes: the office's own are born digital, most
// others are scans of several makes, some pictures taken by telephone.
func (o *Office) formFor(d dice, l Letter) Form {
	if l.Direction != record.DirectionIn || d.chance(0.15) && l.Type != Sick && l.Type != Service && l.Type != Slip {
		return Digital()
	}
	skew := d.within(-0.7, 0.7)
	if lay, err := l.layout(); err == nil && len(lay.pages) == 1 && d.chance(0.3) {
		if d.chance(0.7) {
			return Form{Container: JPEG, DPI: 200, Quality: 60, Skew: 2 * skew, Noise: 2, Light: 0.35, Colour: true, Photo: true}
		}
		return Form{Container: PNG, DPI: 200, Bilevel: true}
	}
	switch n := d.IntN(20); {
	case n < 6 || l.Type == Sick || l.Type == Service:
		return Form{Container: PDF, DPI: 200, Compression: DCT, Quality: 60, Skew: skew, Noise: 1, Colour: true}
	case n < 9:
		return Form{Container: PDF, DPI: 200, Compression: DCT, Quality: 65, Skew: skew, Noise: 1.2, Light: 0.06}
	case n < 11:
		return Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 60, Skew: skew, Noise: 0.8}
	case n < 15:
		return Form{Container: PDF, DPI: 300, Bilevel: true, Compression: Group4, Skew: skew}
	case n < 17:
		return FaxScan(300)
	case n < 18:
		return Form{Container: TIFF, DPI: 200, Bilevel: true, Compression: Group4, Skew: skew, Speckle: 0.8} // a fax in truth
	case n < 19:
		return WornScan()
	}
	return Form{Container: TIFF, DPI: 200, Bilevel: true, Compression: Deflate, Skew: skew}
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
