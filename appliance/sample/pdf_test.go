package sample

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestDigitalTextIsTruth reads born-digital letters back with pdftotext: the
// text, and where each word stands.
func TestDigitalTextIsTruth(t *testing.T) {
	tool(t, "pdftotext")
	o := Jobcenter(1, 50)
	for i, f := range o.Files {
		if i%5 != 0 && !strings.ContainsAny(f.Members[0].Full(), "ịḤʿşŁ") {
			continue // all spellings, and some of the others
		}
		l := o.Letter(f, Types()[i%5], day(t, "2026-02-01"), 1)
		l.Form = Digital()
		r := render(t, l)
		out, err := run(t, r.Body, "pdf", "pdftotext", "-raw", "-enc", "UTF-8", "FILE", "-")
		if err != nil {
			t.Fatal(err)
		}
		pages := strings.Split(strings.TrimSuffix(out, "\f"), "\f")
		if len(pages) != len(r.Truth.Pages) {
			t.Fatalf("%s: %d pages, want %d", l.Type, len(pages), len(r.Truth.Pages))
		}
		for n, p := range r.Truth.Pages {
			if got, want := fields(pages[n]), fields(p.Text); got != want {
				t.Errorf("%s of %s, page %d:\n got %s\nwant %s", l.Type, f.Number, n+1, got, want)
			}
		}
	}
}

func fields(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestBuiltInFonts(t *testing.T) {
	o := Jobcenter(1, 30)
	o.UseFonts("")
	for _, f := range []File{o.Files[0], o.Files[6], o.Files[9]} {
		l := o.Letter(f, Renewal, day(t, "2026-02-01"), 1)
		l.Form = Digital()
		r := render(t, l)
		out, err := run(t, r.Body, "pdf", "pdftotext", "-raw", "-enc", "UTF-8", "FILE", "-")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fields(out), fields(r.Truth.Text()); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		if !strings.Contains(out, "Änderungen seit der letzten Antragstellung") {
			t.Error("umlauts are lost")
		}
	}
}

// TestWordsStandWhereTheTruthSays holds our boxes against poppler's.
func TestWordsStandWhereTheTruthSays(t *testing.T) {
	l := Showcase().Heating
	l.Form = Digital()
	r := render(t, l)
	out, err := run(t, r.Body, "pdf", "pdftotext", "-bbox", "FILE", "-")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Pages []struct {
			Words []struct {
				XMin float64 `xml:"xMin,attr"`
				XMax float64 `xml:"xMax,attr"`
				YMin float64 `xml:"yMin,attr"`
				YMax float64 `xml:"yMax,attr"`
				Text string  `xml:",chardata"`
			} `xml:"word"`
		} `xml:"body>doc>page"`
	}
	if err := xml.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	for n, p := range r.Truth.Pages {
		for _, w := range p.Words {
			found := false
			for _, g := range doc.Pages[n].Words {
				box := w.Points
				found = found || g.Text == w.Text && math.Abs(g.XMin-box.X) < 2.5 && math.Abs(g.XMax-box.X-box.W) < 2.5 &&
					g.YMin-1 < box.Y && box.Y+box.H < g.YMax+1
			}
			if !found {
				t.Errorf("page %d: %q is not at %+v", n+1, w.Text, w.Points)
			}
		}
	}
}

// TestScanPDFIsOneImagePerPage looks at scans as the appliance will.
func TestScanPDFIsOneImagePerPage(t *testing.T) {
	tool(t, "pdfimages")
	o := Jobcenter(1, 1)
	for _, form := range []Form{CleanScan(), WornScan(),
		{Container: PDF, DPI: 200, Bilevel: true, Compression: Group4},
		{Container: PDF, DPI: 200, Bilevel: true, Compression: Deflate},
		{Container: PDF, DPI: 100, Compression: Deflate}} {
		l := o.Letter(o.Files[0], Notice, day(t, "2026-02-01"), 1)
		l.Form = form
		r := render(t, l)
		out, err := run(t, r.Body, "pdf", "pdfimages", "-list", "FILE")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")[2:]
		if len(lines) != len(r.Truth.Pages) {
			t.Fatalf("%+v: %d images, want %d", form, len(lines), len(r.Truth.Pages))
		}
		p := r.Truth.Pages[0]
		if want := fmt.Sprintf("image %d %d gray", p.Width, p.Height); !strings.Contains(fields(lines[0]), want) {
			t.Errorf("%s, want %s", lines[0], want)
		}
	}
}
