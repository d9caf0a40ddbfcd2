package searchtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// testList goes through what the engine holds, in pages of every kind, after
// entries were changed and deleted.
func testList(t *testing.T, f *fixture) {
	f.listed(nil)
	var want []search.Held
	for i := range 23 {
		e := entry(fmt.Sprintf("d%02d", i), make([]string, i%4)...)
		e.Ordinal, e.Sensitivity, e.Sequence = uint32(i+1), record.Sensitivity(i%3+1), int64(100+i)
		f.index(e)
		if i%5 == 0 { // indexed once more, as another
			e.Ordinal, e.Sensitivity, e.Sequence, e.Pages = 500, record.SensitivityRestricted, 900, []string{"a", "b", "c", "d", "e"}
			f.index(e)
		}
		want = append(want, search.Held{Document: e.Document, Ordinal: e.Ordinal, Sensitivity: e.Sensitivity, Pages: len(e.Pages), Sequence: e.Sequence})
	}
	f.listed(want)
	if err := f.engine.Delete(context.Background(), []record.DocumentID{want[7].Document, want[22].Document}); err != nil {
		t.Fatal(err)
	}
	f.listed(slices.Delete(slices.Delete(want, 22, 23), 7, 8))
	if err := f.engine.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	f.listed(nil)
}

func (f *fixture) listed(want []search.Held) {
	f.t.Helper()
	for _, n := range []int{1, 7, 100} {
		var got []search.Held
		var after record.DocumentID
		for {
			page, err := f.engine.List(context.Background(), after, n)
			if err != nil {
				f.t.Fatalf("List: %v", err)
			}
			if got = append(got, page...); len(page) < n {
				break
			}
			after = page[n-1].Document
		}
		if !slices.Equal(got, want) {
			f.t.Errorf("pages of %d list %v, want %v", n, got, want)
		}
	}
}
