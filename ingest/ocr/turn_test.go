package ocr

import (
	"strings"
	"testing"
)

func TestPagesFedInOtherwiseAreTurned(t *testing.T) {
	e, clean := engine(t), drawn(t, letter, 1700, 1100)
	for _, fed := range []int{90, 180, 270} {
		p := read(t, e, Image{Gray: Turned(clean, fed), DPI: 300})
		if rate := errorRate(p.Text, letter); rate > 0.012 || (p.Turned+fed)%360 != 0 || p.Doubtful {
			t.Errorf("fed in turned by %d: turned by %d, %.1f %% wrong, doubtful %v", fed, p.Turned, 100*rate, p.Doubtful)
		}
	}
}

func TestTurned(t *testing.T) {
	g := drawn(t, "Probe", 700, 300)
	for _, deg := range []int{90, 180, 270} {
		if back := Turned(Turned(g, deg), 360-deg); string(back.Pix) != string(g.Pix) || back.Rect != g.Rect {
			t.Errorf("%d degrees and back is another picture", deg)
		}
	}
	if q := Turned(g, 90); q.Rect.Dx() != 300 || q.GrayAt(300-1-250, 200) != g.GrayAt(200, 250) {
		t.Error("90 degrees are not clockwise")
	}
}

func TestTheTableIsTakenAway(t *testing.T) {
	sheet := drawn(t, letter, 1700, 1100)
	photo := reduced(sheet, 1) // a copy
	for y := range 1100 {
		for x := range 1700 {
			if x < 80 || y < 60 || x >= 1640 || y >= 1050 {
				photo.Pix[y*1700+x] = 90
			}
		}
	}
	got := withoutSurroundings(photo, 300)
	if got == photo || got.Pix[20*1700+20] != 255 || got.Pix[600*1700+10] != 255 {
		t.Error("the table is still there")
	}
	for y := 100; y < 1000; y++ {
		if string(got.Pix[y*1700+150:y*1700+1600]) != string(photo.Pix[y*1700+150:y*1700+1600]) {
			t.Fatal("the sheet was changed")
		}
	}
	shaded := reduced(sheet, 1) // darker and darker to the right: no table
	for i, v := range shaded.Pix {
		shaded.Pix[i] = byte(int(v) * (1700 - i%1700*7/10) / 1700)
	}
	if withoutSurroundings(shaded, 300) != shaded {
		t.Error("a shadow was taken for a table")
	}
}

// BenchmarkCare is what looking for a blank page, surroundings and shadows
// costs an ordinary page of 300 dpi.
func BenchmarkCare(b *testing.B) {
	g := drawn(b, strings.Repeat(letter+"\n", 4), 2480, 3508)
	for b.Loop() {
		if Blank(Image{Gray: g, DPI: 300}) || withoutSurroundings(g, 300) != g || shadowed(g, 300) {
			b.Fatal("an ordinary page was taken for another")
		}
	}
}
