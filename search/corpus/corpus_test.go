package corpus_test

import (
	"reflect"
	"slices"
	"testing"

	"eakte/search"
	"eakte/search/corpus"
)

func TestCorpus(t *testing.T) {
	spec := corpus.Usual(400)
	c, err := corpus.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	var all []search.Entry
	pages, words := 0, 0
	terms := map[string]bool{}
	for e := range c.Entries() {
		all = append(all, e)
		pages += len(e.Pages)
		for i, p := range e.Pages {
			words += len(e.Words[i].Words)
			for _, w := range e.Words[i].Words {
				terms[p[w.Start:w.Start+w.Len]] = true
			}
		}
		if e.Ordinal == 0 || int(e.Ordinal) > spec.Files || e.Site != corpus.Site(c.SiteOf(e.Ordinal)) || len(e.Words) != len(e.Pages) {
			t.Fatalf("%+v", e)
		}
	}
	if pages < spec.Pages || pages > spec.Pages+7 {
		t.Errorf("%d pages", pages)
	}
	if each := words / pages; each < 120 || each > 500 {
		t.Errorf("%d words a page", each)
	}
	t.Logf("%d documents, %d pages, %d words, %d different", len(all), pages, words, len(terms))
	again := slices.Collect(c.Entries())
	if !reflect.DeepEqual(all, again) {
		t.Error("the same corpus is another the second time")
	}
}
