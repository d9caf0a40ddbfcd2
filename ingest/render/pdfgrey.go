package render

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"time"
)

// greyRun is pages of one size drawn in grey by one program: opening the
// document anew for each would cost more than drawing it where it has many.
// They are kept until all are drawn, since only then it is known whether the
// program has complained about one of them.
type greyRun struct {
	first, last int
	pages       []Raster
	err         error // one of them is to blame: each is drawn alone
}

// Bounds of a run.
const (
	runPages  = 16
	runPixels = 64 << 20 // of all its pages
	runTime   = 10 * time.Second
)

// drawRun draws page n and those behind it that were looked at and are as large.
func (d *pdfDoc) drawRun(ctx context.Context, n int) *greyRun {
	long, dpi := d.pixels(n, digitalDPI)
	most := max(1, min(runPages, runPixels/(long*long)))
	run := &greyRun{first: n, last: n}
	for _, known := d.facts[run.last+1]; known && run.last-n+1 < most; _, known = d.facts[run.last+1] {
		if next, _ := d.pixels(run.last+1, digitalDPI); next != long {
			break
		}
		run.last++
	}
	ctx, stop := context.WithTimeout(ctx, runTime)
	defer stop()
	read := func(out io.Reader) error {
		in := bufio.NewReaderSize(out, 1<<16)
		for range run.last - n + 1 {
			r, err := readPNM(in, long, dpi)
			if err != nil {
				return err
			}
			run.pages = append(run.pages, r)
		}
		return nil
	}
	if run.err = tool(ctx, d.f, n, read, "pdftoppm", greyArgs(n, run.last, long)...); run.err != nil {
		run.pages = nil
	}
	return run
}

func greyArgs(first, last, long int) []string {
	return append([]string{"-gray"}, drawArgs(first, last, long)...)
}

// drawArgs are what pdftoppm is told wherever a page is drawn in full: so the
// same page has the same size each time.
func drawArgs(first, last, long int) []string {
	return []string{"-cropbox", "-f", strconv.Itoa(first), "-l", strconv.Itoa(last), "-scale-to", strconv.Itoa(long), inTool}
}

// grey draws page n as far as reading codes needs it, in the size that its
// picture will have.
func (d *pdfDoc) grey(ctx context.Context, n int) (Raster, error) {
	if d.run == nil || n < d.run.first || n > d.run.last {
		d.run = d.drawRun(ctx, n)
	}
	if d.run.err != nil {
		return d.greyAlone(ctx, n)
	}
	r := d.run.pages[n-d.run.first]
	d.run.pages[n-d.run.first] = Raster{} // it is asked for once
	if r.Y == nil {
		return d.greyAlone(ctx, n)
	}
	return r, nil
}

func (d *pdfDoc) greyAlone(ctx context.Context, n int) (Raster, error) {
	long, dpi := d.pixels(n, digitalDPI)
	var r Raster
	read := func(out io.Reader) (err error) {
		r, err = readPNM(bufio.NewReaderSize(out, 1<<16), long, dpi)
		return err
	}
	err := tool(ctx, d.f, n, read, "pdftoppm", greyArgs(n, n, long)...)
	return r, err
}
