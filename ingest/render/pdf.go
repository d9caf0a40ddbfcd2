package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pdfDoc is a PDF, read with poppler's programs.
type pdfDoc struct {
	f     *os.File
	o     Options
	sizes []pdfSize
	facts map[int]pdfFacts // of the pages asked for next; small
	ahead int              // how many pages to look at next time
	run   *greyRun         // pages drawn for their codes; nil: none were
}

// pdfSize is a page as shown: points, after rotation.
type pdfSize struct {
	w, h float64
	rot  int // degrees clockwise: 0, 90, 180, 270
}

// pdfFacts are what decides how a page is read.
type pdfFacts struct {
	images  int      // on the page, of any kind
	cover   pdfImage // the largest
	words   []pdfWord
	tooMany bool // more words than a page can have
	faulty  bool // the list of its images may not be whole
}

// What a page is rendered at.
const (
	digitalDPI   = 200 // nothing to recognise: sharp enough when zoomed
	scanDPI      = 300
	coverShare   = 0.8 // of the page: an image that large is the page
	digitalWords = 30  // plausible ones make a page born digital
	plausible    = 0.7 // of all words, or the fonts lie about their letters
	leastAhead   = 16  // pages looked at by one call of pdftotext and pdfimages
	mostAhead    = 256
	pageWords    = 20e3            // no page has more
	aheadWords   = 10 * pageWords  // kept at once, of several pages
	quick        = 2 * time.Second // looking ahead that took no longer goes twice as far next time
)

func openPDF(ctx context.Context, f *os.File, o Options) (Document, error) {
	d := &pdfDoc{f: f, o: o, facts: map[int]pdfFacts{}, ahead: leastAhead}
	pages := 0
	read := func(out io.Reader) error {
		in := bufio.NewScanner(io.LimitReader(out, 8<<20))
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			if n, ok := strings.CutPrefix(in.Text(), "Pages:"); ok { // the last one: a title could pretend
				pages, _ = strconv.Atoi(strings.TrimSpace(n))
				d.sizes = make([]pdfSize, max(0, min(pages, o.MaxPages)))
			}
			d.size(in.Text())
		}
		return in.Err()
	}
	if err := tool(ctx, f, 0, read, "pdfinfo", "-f", "1", "-l", strconv.Itoa(o.MaxPages), inTool); err != nil {
		return nil, err
	}
	switch {
	case pages <= 0:
		return nil, fault(ReasonDamaged, 0, "a PDF without pages")
	case pages > o.MaxPages:
		return nil, fault(ReasonTooManyPages, 0, strconv.Itoa(pages)+" pages")
	}
	for i, s := range d.sizes {
		if !(s.w > 0 && s.h > 0 && s.w < 1e6 && s.h < 1e6) {
			return nil, fault(ReasonDamaged, i+1, "a page without a size")
		}
	}
	return d, nil
}

// pixels is the long side of the picture of page n: ours, not the document's,
// since a page of 14,400 points is drawn coarser.
func (d *pdfDoc) pixels(n int, dpi float64) (long, realDPI int) {
	s := d.sizes[n-1]
	dpi = min(dpi, 72*math.Sqrt(fullPixels/(s.w*s.h)), 72*fullSide/max(s.w, s.h))
	return max(8, int(math.Round(max(s.w, s.h)*dpi/72))), max(1, int(math.Round(dpi)))
}

// size reads "Page    1 size:  595 x 842 pts (A4)" and "Page    1 rot:   90".
func (d *pdfDoc) size(line string) {
	f := strings.Fields(line)
	if len(f) < 4 || f[0] != "Page" {
		return
	}
	n, err := strconv.Atoi(f[1])
	if err != nil || n < 1 || n > len(d.sizes) {
		return
	}
	s := &d.sizes[n-1]
	switch {
	case f[2] == "size:" && len(f) >= 6:
		w, errW := strconv.ParseFloat(f[3], 64)
		h, errH := strconv.ParseFloat(f[5], 64)
		if errW == nil && errH == nil {
			s.w, s.h = w, h
		}
	case f[2] == "rot:":
		if s.rot, err = strconv.Atoi(f[3]); err == nil && s.rot%180 != 0 {
			s.w, s.h = s.h, s.w
		}
	}
}

func (d *pdfDoc) ContentType() string { return TypePDF }

func (d *pdfDoc) Pages() int { return len(d.sizes) }

func (d *pdfDoc) Close() error { return nil }

// Page reads page n. One that poppler complains about is drawn and recognised:
// what can be seen of it is worth more than nothing, if it says what it is.
func (d *pdfDoc) Page(ctx context.Context, n int) (Page, error) {
	facts, err := d.look(ctx, n)
	if err != nil {
		return Page{}, err
	}
	if !facts.faulty {
		if p, err := d.sound(ctx, n, facts); !errors.Is(err, errComplained) {
			return p, err
		}
	}
	r, err := d.draw(ctx, n, scanDPI)
	if err != nil && (!errors.Is(err, errComplained) || empty(r.Y)) {
		return Page{}, err
	}
	return Page{Raster: r, Faulty: true}, nil
}

// empty says whether a picture shows nothing.
func empty(g *image.Gray) bool {
	const contrast = 48
	lo, hi := byte(255), byte(0)
	for _, v := range g.Pix {
		lo, hi = min(lo, v), max(hi, v)
	}
	return len(g.Pix) == 0 || hi-lo < contrast
}

// sound decides how page n is read: its own words, its one image as it stands
// in the file, or drawn by poppler.
func (d *pdfDoc) sound(ctx context.Context, n int, facts pdfFacts) (Page, error) {
	size := d.sizes[n-1]
	share := facts.cover.share(size)
	if share <= coverShare && (facts.digital() || d.o.Converted && facts.images == 0) {
		if d.o.OnDemand {
			r, err := d.grey(ctx, n)
			if err != nil {
				return Page{}, err
			}
			return Page{Raster: r, Digital: true, OnDemand: true, Words: onRaster(facts.words, size, r)}, nil
		}
		r, err := d.draw(ctx, n, digitalDPI)
		if err != nil {
			return Page{}, err
		}
		return Page{Raster: r, Digital: true, Words: onRaster(facts.words, size, r)}, nil
	}
	if facts.images == 1 && share > coverShare && facts.cover.plain() && d.o.Scratch != "" {
		r, ok, err := d.passThrough(ctx, n, facts.cover)
		if err != nil || ok {
			return Page{Raster: r.normal()}, err
		}
	}
	dpi := float64(scanDPI)
	if share > coverShare && facts.images == 1 && len(facts.words) == 0 { // a scan: not finer than it is
		dpi = max(150, min(scanDPI, facts.cover.xppi))
	}
	r, err := d.draw(ctx, n, dpi)
	return Page{Raster: r}, err
}

// look gives the facts of page n, reading ahead because starting a program
// and opening the file costs more than a page. It reads the further ahead the
// quicker that went: finding a page behind many others takes time of its own.
func (d *pdfDoc) look(ctx context.Context, n int) (pdfFacts, error) {
	if f, ok := d.facts[n]; ok {
		return f, nil
	}
	last := min(n+d.ahead-1, len(d.sizes))
	start := time.Now()
	err := d.read(ctx, n, last)
	if d.ahead = min(2*d.ahead, mostAhead); err != nil || time.Since(start) > quick {
		d.ahead = leastAhead
	}
	var f *Fault
	if errors.As(err, &f) && last > n { // which page is it? The ones before are read still
		err = d.read(ctx, n, n)
	}
	if err != nil {
		return pdfFacts{}, err
	}
	return d.facts[n], nil
}

// read gathers the facts of the pages from first to last.
func (d *pdfDoc) read(ctx context.Context, first, last int) error {
	facts := make([]pdfFacts, last-first+1)
	args := []string{"-f", strconv.Itoa(first), "-l", strconv.Itoa(last)}
	list := func(out io.Reader) error { return readImageList(out, first, facts, d.sizes, d.o.Limits) }
	err := tool(ctx, d.f, first, list, "pdfimages", append(args, "-list", inTool)...)
	if errors.Is(err, errComplained) && first == last {
		facts[0].faulty = true
	} else if err != nil {
		return err
	}
	words := func(out io.Reader) error { return readWords(out, facts) }
	err = tool(ctx, d.f, first, words, "pdftotext", append(args, "-cropbox", "-bbox-layout", inTool, "-")...)
	var f *Fault
	if errors.As(err, &f) && f.Reason == ReasonDamaged && first == last {
		facts[0].words = nil // then it is drawn and recognised, if it can be drawn
	} else if err != nil {
		return err
	}
	clear(d.facts)
	for i, f := range facts {
		d.facts[first+i] = f
	}
	return nil
}

// draw lets poppler draw page n.
func (d *pdfDoc) draw(ctx context.Context, n int, dpi float64) (Raster, error) {
	long, real := d.pixels(n, dpi)
	var r Raster
	read := func(out io.Reader) error {
		var err error
		r, err = readPNM(bufio.NewReaderSize(out, 1<<16), long, real)
		return err
	}
	err := tool(ctx, d.f, n, read, "pdftoppm", drawArgs(n, n, long)...)
	return r, err
}

// glance draws page n small and grey.
func (d *pdfDoc) glance(ctx context.Context, n, long int) (*image.Gray, error) {
	var r Raster
	read := func(out io.Reader) error {
		var err error
		r, err = readPNM(bufio.NewReader(out), long, 1)
		return err
	}
	err := tool(ctx, d.f, n, read, "pdftoppm", "-cropbox", "-gray", "-f", strconv.Itoa(n), "-l", strconv.Itoa(n),
		"-scale-to", strconv.Itoa(long), inTool)
	return r.Y, err
}

// readPNM reads one binary PGM or PPM picture of at most long × long pixels.
func readPNM(in *bufio.Reader, long, dpi int) (Raster, error) {
	var kind string
	var w, h, top int
	if _, err := fmt.Fscan(in, &kind, &w, &h, &top); err != nil {
		return Raster{}, fmt.Errorf("no picture: %w", err)
	}
	if _, err := in.ReadByte(); err != nil {
		return Raster{}, fmt.Errorf("no picture: %w", err)
	}
	if (kind != "P5" && kind != "P6") || top != 255 || w < 1 || h < 1 || w > long+1 || h > long+1 {
		return Raster{}, errors.New("not the picture asked for")
	}
	if kind == "P5" {
		g := newGray(w, h)
		_, err := io.ReadFull(in, g.Pix)
		return Raster{Y: g, DPI: dpi}, err
	}
	var failed error
	r := rasterOfRGB(w, h, dpi, func(_ int, row []byte) {
		if failed == nil {
			_, failed = io.ReadFull(in, row)
		}
	})
	return r, failed
}

// emptyScratch removes what a tool left in the scratch folder.
func (d *pdfDoc) emptyScratch() error {
	names, err := filepath.Glob(filepath.Join(d.o.Scratch, "p-*"))
	for _, name := range names {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
