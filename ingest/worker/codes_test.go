package worker

import (
	"slices"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/render"
)

// TestCodesComeWithTheirPage: the codes of a scanned letter and of one that
// never was on paper.
func TestCodesComeWithTheirPage(t *testing.T) {
	p := newPool(t, Config{})
	o := sample.Jobcenter(1, 6)
	for typ, form := range map[sample.Type]sample.Form{
		sample.Slip:   {Container: sample.PDF, DPI: 200, Compression: sample.DCT, Quality: 70, Skew: 1, Noise: 3},
		sample.Notice: sample.Digital(),
	} {
		l := o.Letter(o.Files[1], typ, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), 1)
		l.Form = form
		r, err := l.Render()
		if err != nil {
			t.Fatal(err)
		}
		pages := mustProcess(t, p, r.Body, render.TypePDF, len(r.Truth.Pages))
		for _, m := range r.Truth.Pages[0].Marks {
			if m.Kind != sample.MarkCode && m.Kind != sample.MarkDataMatrix {
				continue
			}
			if !slices.ContainsFunc(pages[0].Codes, func(c record.Code) bool { return c.Text == m.Text && c.W > 20 && c.H > 5 }) {
				t.Errorf("%s: %q is not among %+v", typ, m.Text, pages[0].Codes)
			}
		}
		if len(pages[0].Codes) != 1 {
			t.Errorf("%s: %+v", typ, pages[0].Codes)
		}
	}
}
