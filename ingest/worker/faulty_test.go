package worker

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"eakte/ingest/render"
)

// TestFaultyPages: a page that the program which draws it complains about is
// shown and recognised as far as it goes, says so, and leaves the pages beside
// it alone. One of which nothing can be seen is damage.
func TestFaultyPages(t *testing.T) {
	var some, none pdf
	some.text("", paragraph...)
	font := some.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	some.page(fmt.Sprintf("/Resources<</Font<</F %d 0 R>>>>", font), // ends with a state taken back that nobody set
		"BT /F 11 Tf 14 TL 72 760 Td ("+latin1(strings.Join(paragraph, ") Tj T* ("))+") Tj T* ET Q Q")
	some.text("", paragraph...)
	none.text("", paragraph...)
	none.page("", "Q Q")
	p := newPool(t, Config{})
	for _, onDemand := range []bool{false, true} {
		var pages []Page
		sum, err := p.Process(t.Context(), Input{Body: bytes.NewReader(some.bytes()), Size: -1, OnDemand: onDemand}, func(pg Page) error {
			pages = append(pages, pg)
			return nil
		})
		if err != nil || sum.Pages != 3 {
			t.Fatalf("%+v %v", sum, err)
		}
		for i, pg := range pages {
			faulty := i == 1
			if pg.Faulty != faulty || (pg.Source == SourceOCR) != faulty || faulty && len(pg.Full) == 0 {
				t.Errorf("page %d: faulty %v, source %s, %d bytes of picture", pg.Number, pg.Faulty, pg.Source, len(pg.Full))
			}
		}
		sees(t, pages[1], "Widerspruch")
	}
	_, _, err := process(t, p, none.bytes())
	var f *Fault
	if !errors.As(err, &f) || f.Reason != render.ReasonDamaged || f.Page != 2 {
		t.Errorf("%v", err)
	}
}
