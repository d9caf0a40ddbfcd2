package embedded_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// TestCrowd: the words of files that may not be found take no place away from
// those that may, though there are more of them than are looked at; nor does
// the answer say that there are.
func TestCrowd(t *testing.T) {
	e := open(t, t.TempDir())
	var in []search.Entry
	put := func(ordinal uint32, text string) {
		in = append(in, search.Entry{Document: record.DocumentID(fmt.Sprintf("%032d", len(in))), File: "f", Ordinal: ordinal, Sensitivity: 1, Pages: []string{text}, Sequence: 1})
	}
	for i := range 2 * search.MaxExpansions {
		for range 2 {
			put(2, fmt.Sprintf("zufluchts%c%cx", 'a'+i%26, 'a'+i/26)) // begins so
			w := []rune("frauenhausadressen")
			w[1+i%16] = rune('a' + i/16)
			put(2, string(w)) // one letter misread
		}
	}
	own := len(in)
	put(1, "Zufluchtsort")
	put(1, "Frauenhausadresser")
	if err := e.Index(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]int{"zuflucht*": own, "frauenhausadressen": own + 1} {
		p, err := search.Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, sort := range []string{search.SortRelevance, search.SortDate} {
			r, err := e.Search(context.Background(), search.Query{Parsed: p, Sort: sort, Scopes: []search.Scope{{Files: roaring.BitmapOf(1), MaxSensitivity: 1}}})
			if err != nil || r.Total != 1 || !r.Exact || r.Hits[0].Document != in[want].Document {
				t.Errorf("%s by %s: %+v, %v", q, sort, r, err)
			}
		}
	}
}
