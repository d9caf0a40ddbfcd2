package meili_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
	"eakte/search/meili"
)

// TestRecorded holds the engine to what a real Meilisearch 1.50 answered, where
// none runs: each case asks in the order it was recorded in.
func TestRecorded(t *testing.T) {
	t.Run("Questions", tapedQuestions)
	t.Run("Order", tapedOrder)
	t.Run("Change", tapedChange)
	t.Run("Beside", tapedBeside)
	t.Run("MissingIndex", tapedMissing)
	t.Run("FailedTask", tapedFailed)
	t.Run("Keys", tapedKeys)
}

// tape is an engine with short ways to ask it.
type tape struct {
	*testing.T
	cfg    meili.Config
	engine *meili.Engine
}

func newTape(t *testing.T) *tape {
	p := &tape{T: t, cfg: taped(t)}
	p.open("recorded")
	return p
}

func (p *tape) open(analyzer string) {
	p.Helper()
	e, err := meili.OpenAs(context.Background(), p.cfg, analyzer, settled)
	p.done(err)
	p.engine = e
}

func (p *tape) done(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *tape) index(entries ...search.Entry) {
	p.Helper()
	p.done(p.engine.Index(context.Background(), entries))
}

// find asks and gives what was found as "a b c", in order.
func (p *tape) find(text string, change ...func(*search.Query)) (search.Result, string) {
	p.Helper()
	q := search.Query{Scopes: []search.Scope{{Files: roaring.BitmapOf(1, 2, 3, 4, 9), MaxSensitivity: 1}, {Files: roaring.BitmapOf(2), MaxSensitivity: 2}}, Limit: 10}
	if text != "" {
		parsed, err := search.Parse(text)
		p.done(err)
		q.Parsed, q.Filters = parsed, parsed.Filters
	}
	for _, c := range change {
		c(&q)
	}
	r, err := p.engine.Search(context.Background(), q)
	p.done(err)
	var names []string
	for _, h := range r.Hits {
		names = append(names, string(h.Document))
	}
	return r, strings.Join(names, " ")
}

func (p *tape) finds(text, want string, change ...func(*search.Query)) search.Result {
	p.Helper()
	r, got := p.find(text, change...)
	if got != want || r.Total != len(strings.Fields(want)) || !r.Exact || r.Partial {
		p.Errorf("%q finds %q of %d, exact %v, partial %v; want %q", text, got, r.Total, r.Exact, r.Partial, want)
	}
	return r
}

// letters are some of each kind; d5 nobody who asks here may see.
func letters() []search.Entry {
	in := func(name string, file uint32, kind, date string, pages ...string) search.Entry {
		e := search.Entry{Document: record.DocumentID(name), Ordinal: file, Sensitivity: 1, Site: "03104", Team: "L1", Type: kind, Date: date, Sequence: 1, Pages: pages}
		for i := range pages {
			e.Words = append(e.Words, record.PageWords{Width: 100 + i, Height: 200, Words: []record.Word{{Start: 0, Len: 4, X: 10, Y: 20, W: 30, H: 8}}})
		}
		return e
	}
	d1 := in("d1", 1, "bescheid", "2026-01-02", "Kosten der Unterkunft", "Unterkunft der Kosten, 03104//0012345")
	d1.Title, d1.Section = "Mietvertrag", "wohnen"
	d2 := in("d2", 2, "Antrag Ä", "2025-12-31", "Die Heizkosten der Wohnung", "Die Unterkumft und 563,00 Euro")
	d2.Sensitivity, d2.Received, d2.Sender = 2, "2026-01-03", "Stadtwerke Neustadt GmbH"
	d3 := in("d3", 3, "bescheid", "", "Kosten der Heizung, Unterkunft der anderen, Kosten der der Unterkunft")
	d4 := in("d4", 4, "", "2026-01-02")
	d4.Title, d4.Site = "Mietvertrag ohne Seiten", "03105"
	d5 := in("d5", 9, "geheim", "2026-01-02", "Geheimwort Kosten der Unterkunft Unterkinft Wohnumg")
	d5.Sensitivity = 3
	return []search.Entry{d1, d2, d3, d4, d5}
}

// tapedQuestions asks every kind of clause and filter.
func tapedQuestions(t *testing.T) {
	p := newTape(t)
	p.index(letters()...)
	p.done(p.engine.Rebuilt(context.Background()))
	r := p.finds("unterkunft", "d1 d3 d2")
	want := map[string][]search.FacetCount{
		search.FacetType:    {{Value: "bescheid", Count: 2}, {Value: "Antrag Ä", Count: 1}},
		search.FacetSite:    {{Value: "03104", Count: 3}},
		search.FacetYear:    {{Value: "2025", Count: 1}, {Value: "2026", Count: 1}},
		search.FacetSection: {{Value: "wohnen", Count: 1}},
	}
	for name, w := range want {
		if !slices.Equal(r.Facets[name], w) {
			t.Errorf("facet %s is %v, want %v", name, r.Facets[name], w)
		}
	}
	if h := r.Hits[2]; h.Page != 2 || !h.Kept || h.Text != "Die Unterkumft und 563,00 Euro" || h.Words.Width != 101 || h.Words.Words[0].X != 10 {
		t.Errorf("the page of d2 is %+v", h)
	}
	p.finds("kosten", "d1 d3 d2") // the last as part of a compound
	p.finds("geheimwort", "")
	p.finds(`"kosten der unterkunft"`, "d1") // three words: they are read
	p.finds(`"der unterkunft"`, "d1 d3")
	p.finds("mietvertrag", "d4 d1")
	p.finds("wohn*", "d2")
	p.finds("03104 BG 0012345", "d1")
	p.finds("heizung OR mietvertrag", "d4 d1 d3")
	p.finds("kosten -heizung", "d1 d2")
	p.finds("from:stadtwerkc", "d2")
	p.finds(`from:"stadtwerke neustadt"`, "d2")
	p.finds(`type:"Antrag Ä",bescheid -section:wohnen`, "d2 d3")
	p.finds("received:2026-01", "d2")
	p.finds("file:1,2 kosten", "d1 d2")
	p.finds("", "d1 d4", func(q *search.Query) { q.From = "2026-01-01" })
	p.finds("kosten", "d1 d2 d3", func(q *search.Query) { q.Sort = search.SortDate })
	p.finds("kosten", "d3", func(q *search.Query) {
		q.ExcludeDocuments, q.ExcludeFiles = []record.DocumentID{"d1"}, []uint32{2}
	})
	for _, c := range [][2]string{{"mietv", "Mietvertrag"}, {"geh", ""}} {
		prefix, want := c[0], c[1]
		s, err := p.engine.Suggest(context.Background(), prefix, []search.Scope{{Files: roaring.BitmapOf(1, 9), MaxSensitivity: 1}}, nil, nil, 5)
		if got := strings.Join(s, " "); got != want || err != nil {
			t.Errorf("%q suggests %q, %v", prefix, got, err)
		}
	}
}

// tapedOrder goes through tiers and pages of answers.
func tapedOrder(t *testing.T) {
	p := newTape(t)
	var in []search.Entry
	for i := range 12 {
		n := search.Entry{Document: record.DocumentID(fmt.Sprintf("o%02d", i)), Ordinal: 1, Sensitivity: 1, Sequence: 1, Date: fmt.Sprintf("2026-01-%02d", i%3+1),
			Pages: []string{[]string{"Kündigung", "Die Kündigung liegt nun schon lange bei den Akten", "Kündigungsschreiben", "Kündigunq"}[i%4]}}
		if i == 5 {
			n.Title = "Kündigung"
		}
		in = append(in, n)
	}
	p.index(in...)
	p.done(p.engine.Rebuilt(context.Background()))
	const relevance, date = "o05 o08 o04 o00 o01 o09 o02 o10 o06 o11 o07 o03", "o02 o05 o08 o11 o01 o04 o07 o10 o00 o03 o06 o09"
	p.finds("kündigung", relevance, func(q *search.Query) { q.Limit = 100 })
	p.pages(search.SortRelevance, relevance)
	p.pages(search.SortDate, date)
}

// pages asks page by page.
func (p *tape) pages(sort, want string) {
	p.Helper()
	var got []string
	cursor := ""
	for range 4 {
		r, names := p.find("kündigung", func(q *search.Query) { q.Limit, q.Sort, q.Cursor = 5, sort, cursor })
		if r.Total != 12 {
			p.Errorf("by %s: total %d", sort, r.Total)
		}
		got = append(got, names)
		if cursor = r.Next; cursor == "" {
			break
		}
	}
	if all := strings.Join(got, " "); all != want || len(got) != 3 {
		p.Errorf("by %s: %v, want %s", sort, got, want)
	}
}

// tapedChange changes, deletes, lists and resets.
func tapedChange(t *testing.T) {
	p, ctx := newTape(t), context.Background()
	if why, err := p.engine.NeedsRebuild(ctx); why != "new" || err != nil {
		t.Errorf("a new index needs a rebuild because of %q, %v", why, err)
	}
	if r, _ := p.find(""); !r.Partial {
		t.Error("a new index answers as if it were whole")
	}
	p.index(letters()...)
	p.done(p.engine.SetRebuild(ctx, "under way"))
	p.done(p.engine.Rebuilt(ctx))
	newer := letters()[0]
	newer.Sequence, newer.Pages, newer.Words = 7, []string{"Ganz neu gelesen"}, nil
	p.index(newer, letters()[1])
	p.index(letters()[0]) // older than what is there
	p.finds("gelesen", "d1")
	if h := p.finds("ganz", "d1").Hits[0]; h.Kept || h.Page != 1 {
		t.Errorf("without words the page is %+v", h)
	}
	p.done(p.engine.Delete(ctx, []record.DocumentID{"d2", "unknown"}))
	if docs, pages, err := p.engine.Count(ctx); docs != 4 || pages != 3 || err != nil {
		t.Errorf("Count gives %d, %d, %v", docs, pages, err)
	}
	held, err := p.engine.List(ctx, "d1", 2)
	p.done(err)
	if want := []search.Held{{Document: "d3", Ordinal: 3, Sensitivity: 1, Pages: 1, Sequence: 1}, {Document: "d4", Ordinal: 4, Sensitivity: 1, Sequence: 1}}; !slices.Equal(held, want) {
		t.Errorf("List gives %+v", held)
	}
	p.done(p.engine.Reset(ctx))
	if why, err := p.engine.NeedsRebuild(ctx); why != "reset" || err != nil {
		t.Errorf("after Reset a rebuild is needed because of %q, %v", why, err)
	}
	if r, _ := p.find("gelesen"); r.Total != 0 || !r.Partial {
		t.Errorf("after Reset %+v", r)
	}
}

// tapedBeside builds the index of another analyzer beside the old one.
func tapedBeside(t *testing.T) {
	p, ctx := newTape(t), context.Background()
	p.index(letters()...)
	p.done(p.engine.Rebuilt(ctx))
	p.open("other")
	if why, err := p.engine.NeedsRebuild(ctx); why != "other version" || err != nil {
		t.Errorf("a rebuild is needed because of %q, %v", why, err)
	}
	p.finds("mietvertrag", "d4 d1")
	changed := letters()[3]
	changed.Title, changed.Sequence, changed.Changed = "Wohnungsgeberbestätigung", 2, 2
	p.index(letters()[0], changed)
	p.finds("mietvertrag", "d1")
	p.done(p.engine.Delete(ctx, []record.DocumentID{"d1"}))
	p.finds("mietvertrag", "")
	p.done(p.engine.Rebuilt(ctx))
	p.finds("wohnungsgeberbestätigung", "d4")
	p.open("other")
	p.finds("unterkunft", "") // as the new one was called whole
}

// tapedMissing takes the index away behind the engine's back.
func tapedMissing(t *testing.T) {
	p := newTape(t)
	p.index(letters()...)
	p.done(p.engine.Rebuilt(context.Background()))
	p.finds("0012345", "d1")
	if *recording {
		dropped(t, p.cfg.Prefix+"_documents_")
	}
	if r, _ := p.find("0012345"); r.Total != 0 || !r.Partial {
		t.Errorf("the lost index answers %+v", r)
	}
	if why, err := p.engine.NeedsRebuild(context.Background()); why != "damaged" || err != nil {
		t.Errorf("a rebuild is needed because of %q, %v", why, err)
	}
}

// tapedFailed has a task fail.
func tapedFailed(t *testing.T) {
	p := newTape(t)
	if err := p.engine.AddNameless(context.Background()); !errors.Is(err, record.Unavailable) {
		t.Errorf("a failed task gives %v", err)
	}
	p.index(letters()[0])
}

// tapedKeys asks with wrong keys.
func tapedKeys(t *testing.T) {
	p, ctx := newTape(t), context.Background()
	if v, err := meili.Check(ctx, p.cfg); !strings.HasPrefix(v, "1.50.") || err != nil {
		t.Errorf("Check gives %q, %v", v, err)
	}
	p.cfg.SearchKey = "wrong"
	var e *record.Error
	if _, err := meili.Check(ctx, p.cfg); !errors.As(err, &e) || e.Field != "search_key" {
		t.Errorf("Check gives %v", err)
	}
	p.open("recorded")
	_, err := p.engine.Search(ctx, search.Query{Scopes: []search.Scope{{Files: roaring.BitmapOf(1), MaxSensitivity: 1}}})
	if !errors.As(err, &e) || !errors.Is(err, record.Unavailable) || !strings.Contains(e.Message, "key") {
		t.Errorf("Search gives %v", err)
	}
	if e.Cause == nil || !strings.Contains(e.Cause.Error(), fmt.Sprint(http.StatusForbidden)) {
		t.Errorf("its cause is %v", e.Cause)
	}
}
