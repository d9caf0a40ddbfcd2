package sample

import (
	"bytes"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
)

// TestStampsCoverNothing holds the stamp of the post room against the words.
func TestStampsCoverNothing(t *testing.T) {
	o := Jobcenter(1, 12)
	for _, typ := range Types() {
		for i, f := range o.Files[2:] {
			l := o.Letter(f, typ, day(t, "2026-02-01"), i)
			l.Stamped, l.Received = true, "2026-02-03"
			truth, err := l.Truth()
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(truth.Pages[0].Marks, func(m TruthMark) bool { return m.Kind == MarkStamp })
			if at < 0 {
				t.Fatalf("%s is not stamped", typ)
			}
			m := truth.Pages[0].Marks[at]
			if !strings.Contains(m.Text, "03.02.2026") || !strings.Contains(m.Text, "EINGANG") {
				t.Errorf("the stamp says %q", m.Text)
			}
			for _, w := range truth.Pages[0].Words {
				if meet(m.Points, w.Points) {
					t.Errorf("%s of %s: the stamp covers %q", typ, f.Number, w.Text)
				}
			}
			if m.Points.X < 0 || m.Points.Y < 0 || m.Points.X+m.Points.W > pageWidth {
				t.Errorf("%s: the stamp is at %+v", typ, m.Points)
			}
		}
	}
}

func meet(a, b Rect) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

// TestColour finds the stamp's blue in a scan, and none in grey ones.
func TestColour(t *testing.T) {
	o := Jobcenter(1, 3)
	l := o.Letter(o.Files[2], Slip, day(t, "2026-02-01"), 1)
	l.Stamped = true
	for _, photo := range []bool{false, true} {
		l.Form = Form{Container: JPEG, DPI: 100, Quality: 75, Colour: true, Photo: photo}
		r := render(t, l)
		img, err := jpeg.Decode(bytes.NewReader(r.Body))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(r.Truth.Pages[0].Marks, func(m TruthMark) bool { return m.Kind == MarkStamp })
		box, coloured := r.Truth.Pages[0].Marks[at].Pixels, 0
		for y := box.Y; y < box.Y+box.H; y++ {
			for x := box.X; x < box.X+box.W; x++ {
				r, g, b, _ := img.At(x, y).RGBA()
				if max(r, g, b)-min(r, g, b) > 40<<8 {
					coloured++
				}
			}
		}
		if coloured*40 < box.W*box.H {
			t.Errorf("photo %v: %d of %d pixels of the stamp are coloured", photo, coloured, box.W*box.H)
		}
	}
	l.Form = Form{Container: PDF, DPI: 100, Bilevel: true, Compression: Group4, Colour: true}
	if _, err := l.Render(); err == nil {
		t.Error("a bilevel scan was in colour")
	}
}

// TestPhotographsKeepTheirBoxes looks for ink where the truth says that words
// fall on a picture taken at an angle.
func TestPhotographsKeepTheirBoxes(t *testing.T) {
	img, p := firstPage(t, Form{Container: JPEG, DPI: 150, Photo: true, Skew: 1.5})
	for _, w := range p.Words {
		lo, hi := uint8(255), uint8(0)
		for y := w.Pixels.Y; y < w.Pixels.Y+w.Pixels.H; y++ {
			for x := w.Pixels.X; x < w.Pixels.X+w.Pixels.W; x++ {
				lo, hi = min(lo, img.GrayAt(x, y).Y), max(hi, img.GrayAt(x, y).Y)
			}
		}
		if w.Text != "-" && (hi < 180 || lo > 150) {
			t.Errorf("%q at %+v is from %d to %d", w.Text, w.Pixels, lo, hi)
		}
	}
	flat, _ := firstPage(t, Form{DPI: 150})
	if dark(img, img.Rect) < 2*dark(flat, flat.Rect) {
		t.Error("the table does not show round the sheet")
	}
}

// TestSlipsAreReadByTheirCode has a reader of codes find the file's number, on
// scans as they come.
func TestSlipsAreReadByTheirCode(t *testing.T) {
	tool(t, "ZXingReader")
	o := Jobcenter(1, 6)
	for i, f := range []Form{{Container: PNG, DPI: 200, Bilevel: true}, {Container: PNG, DPI: 150, Skew: 1, Noise: 3, Light: 0.2},
		{Container: JPEG, DPI: 200, Quality: 60, Colour: true, Photo: true}} {
		l := o.Letter(o.Files[1+i], Slip, day(t, "2026-02-01"), i)
		l.Form, l.Stamped, l.ByHand, l.Remarks = f, true, true, []string{"erl."}
		r := render(t, l)
		out, err := run(t, r.Body, string(f.Container), "ZXingReader", "FILE")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out, "Code128") || !strings.Contains(out, o.Files[1+i].Number) {
			t.Errorf("%+v: %s", f, out)
		}
	}
}

func TestCode128Refuses(t *testing.T) {
	if _, err := code128Bars("Grün"); err == nil {
		t.Error("an umlaut went into Code 128")
	}
}

func TestHandwriting(t *testing.T) {
	o := Jobcenter(1, 3)
	l := o.Letter(o.Files[2], Change, day(t, "2026-02-01"), 1)
	printed := render(t, l).Truth
	l.ByHand = true
	written := render(t, l).Truth
	if printed.Text() != written.Text() {
		t.Error("by hand it says something else")
	}
	hand := 0
	for _, w := range written.Pages[0].Words {
		if w.Hand {
			hand++
		}
	}
	if hand < 8 || slices.ContainsFunc(printed.Pages[0].Words, func(w TruthWord) bool { return w.Hand }) {
		t.Errorf("%d words by hand", hand)
	}
	if missing := o.MissingHands(); len(missing) > 0 {
		t.Errorf("not installed: %v", missing)
	}
	o.UseFonts("")
	if len(o.MissingHands()) == 0 {
		t.Error("nothing is missing where there are no fonts")
	}
	if _, err := l.Render(); err != nil {
		t.Errorf("without the fonts: %v", err)
	}
}
