package searchtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// testCrowd: the words of files that may not be found take no place away from
// those that may, though there are more of them than are looked at; nor does
// the answer say that there are.
func testCrowd(t *testing.T, f *fixture) {
	var in []search.Entry
	put := func(ordinal uint32, text string) {
		e := entry(fmt.Sprintf("crowd%d", len(in)), text)
		e.Ordinal = ordinal
		in = append(in, e)
	}
	for i := range 2 * search.MaxExpansions {
		for range 2 {
			w := []rune("frauenhausadressen") // one letter misread
			w[1+i%16] = rune('a' + i/16)
			put(2, fmt.Sprintf("zufluchts%c%cx %s", 'a'+i%26, 'a'+i/26, string(w)))
		}
	}
	own := len(in)
	put(1, "Zufluchtsort")
	put(1, "Frauenhausadresser")
	for part := range 16 { // many more than are completed at once, each twice
		var words []string
		for i := range 100 {
			words = append(words, fmt.Sprintf("zu%c%c%cwort", 'a'+part, 'a'+i/10, 'a'+i%10))
		}
		put(2, strings.Join(words, " "))
		put(2, strings.Join(words, " "))
	}
	f.index(in...)
	if got := f.suggest("zu", []search.Scope{scope(record.SensitivityNormal, 1)}, 8); len(got) != 1 || got[0] != "Zufluchtsort" {
		t.Errorf("zu suggests %v", got)
	}
	for q, want := range map[string]int{"zuflucht*": own, "frauenhausadressen": own + 1} {
		for _, sort := range []string{search.SortRelevance, search.SortDate} {
			r := f.search(search.Query{Parsed: parse(t, q), Sort: sort,
				Scopes: []search.Scope{{Files: roaring.BitmapOf(1), MaxSensitivity: record.SensitivityNormal}}})
			f.same(q+" by "+sort, r, short(in[want].Document))
			if !r.Exact {
				t.Errorf("%s by %s is not exact: it tells of other people's words", q, sort)
			}
		}
	}
}
