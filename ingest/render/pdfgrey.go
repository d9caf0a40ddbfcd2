package render

import (
	"bufio"
	"context"
	"io"
	"strconv"
)

// greyRun draws pages of one size in grey, one after the other, by one
// program: opening the document anew for each would cost more than drawing it
// where it has many. The program waits while nobody takes a page.
type greyRun struct {
	first, next, last int
	stop              context.CancelFunc
	pages             chan Raster // closed when there are no more
	err               error       // of the program; read it when pages is closed
}

// startRun begins with page n and goes on for as long as the pages that were
// looked at are as large.
func (d *pdfDoc) startRun(ctx context.Context, n int) *greyRun {
	long, dpi := d.pixels(n, digitalDPI)
	last := n
	for _, known := d.facts[last+1]; known; _, known = d.facts[last+1] {
		if next, _ := d.pixels(last+1, digitalDPI); next != long {
			break
		}
		last++
	}
	ctx, stop := context.WithCancel(ctx)
	run := &greyRun{first: n, next: n, last: last, stop: stop, pages: make(chan Raster)}
	read := func(out io.Reader) error {
		in := bufio.NewReaderSize(out, 1<<16)
		for range last - n + 1 {
			r, err := readPNM(in, long, dpi)
			if err != nil {
				return err
			}
			select {
			case run.pages <- r:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	go func() {
		defer close(run.pages)
		run.err = tool(ctx, d.f, n, read, "pdftoppm", greyArgs(n, last, long)...)
	}()
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
	if d.run != nil && d.run.next != n {
		d.dropRun()
	}
	if d.run == nil {
		d.run = d.startRun(ctx, n)
	}
	run := d.run
	r, ok := <-run.pages
	if !ok {
		d.dropRun()
		return d.again(ctx, run, n)
	}
	if run.next++; n < run.last {
		return r, nil
	}
	<-run.pages
	d.dropRun()
	if run.err != nil {
		return d.again(ctx, run, n)
	}
	return r, nil
}

// again draws the pages of a run that failed one by one, up to page n, which
// it gives: so it is known which of them is to blame, if any is.
func (d *pdfDoc) again(ctx context.Context, run *greyRun, n int) (r Raster, err error) {
	for k := run.first; k <= n && err == nil; k++ {
		r, err = d.greyAlone(ctx, k)
	}
	return r, err
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

// dropRun ends what is being drawn.
func (d *pdfDoc) dropRun() {
	if d.run == nil {
		return
	}
	d.run.stop()
	for range d.run.pages { // until it has ended
	}
	d.run = nil
}
