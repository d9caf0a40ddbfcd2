package searchtest

import (
	"slices"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// where asks for q with its fields as filters: their values are codes already.
func (f *fixture) where(q string) search.Result {
	f.t.Helper()
	p := parse(f.t, q)
	return f.search(search.Query{Parsed: p, Filters: p.Filters, Scopes: all(), Limit: search.MaxLimit})
}

// leaves checks that q, with its fields as filters, finds exactly the named
// documents, and that all of them are counted.
func (f *fixture) leaves(q string, names ...string) {
	f.t.Helper()
	r := f.where(q)
	f.same(q, r, names...)
	facets(f.t, q, r, len(names))
}

func testOr(t *testing.T, f *fixture) {
	title := entry("titel", "Seite ohne viel")
	title.Title = "Fernwärme"
	f.index(title,
		entry("strom", "Die Stromrechnung liegt bei", "Bescheid folgt"),
		entry("gas", "Gasabrechnung vom Versorger, ein Bescheid"),
		entry("nummer", "Zu 03104//0012345 ein Bescheid"),
		entry("satz", "Kosten der Unterkunft"),
		entry("woerter", "Unterkunft der Kosten", "Gasabrechnunq"),
	)
	f.finds("stromrechnung OR gasabrechnung", "strom", "gas", "woerter") // the last with a typing error
	f.finds("stromrechnung ODER gasabrechnung", "strom", "gas", "woerter")
	f.finds("strom OR gasabrechnung bescheid", "strom", "gas") // OR binds tighter
	f.finds("bescheid strom OR gasabrechnung", "strom", "gas")
	f.finds("fernwärme OR strom OR nirgendwo", "titel", "strom")
	f.finds("nirgendwo OR nirgends")
	f.finds(`"kosten der unterkunft" OR stromrechnung`, "satz", "strom")
	f.finds(`fernw* OR 031040012345`, "titel", "nummer")
	f.finds(`03104 BG 0012345 OR fernwärme`, "titel", "nummer") // a number in three words is one neighbour
	f.finds("strom OR gasabrechnung -versorger", "strom", "woerter")
	f.finds("bescheid strom OR gasabrechnung nummer OR liegt", "strom")
	f.finds("strom or gasabrechnung") // a word as any other
	f.finds(`strom "OR" gasabrechnung`)
	for _, q := range []string{"bescheid OR versorger", "bescheid OR nirgendwo"} {
		for _, h := range f.ask(q).Hits {
			if want := map[string]int{"strom": 2}[short(h.Document)]; want != 0 && h.Page != want {
				t.Errorf("%q shows page %d of %s, want %d", q, h.Page, short(h.Document), want)
			}
		}
	}
}

// testOrRank: of several alternatives the best one says where to look.
func testOrRank(t *testing.T, f *fixture) {
	f.index(entry("eins", "Ein Mietvertraq mit Anlage", "Kündigung und sonst nichts", "Anlage"))
	for q, want := range map[string]int{"mietvertrag OR nirgendwo": 1, "kündigung OR mietvertrag": 2, "anlage mietvertrag OR nirgendwo": 1} {
		if r := f.ask(q); len(r.Hits) != 1 || r.Hits[0].Page != want {
			t.Errorf("%q gives %+v, want page %d", q, r.Hits, want)
		}
	}
}

func testSender(t *testing.T, f *fixture) {
	from := func(name, sender string, pages ...string) search.Entry {
		e := entry(name, pages...)
		e.Sender = sender
		return e
	}
	closed := from("zu", "Frauenberatung Geheimwort", "Brief")
	closed.Ordinal = 7
	f.index(closed,
		from("werke", "Stadtwerke Neustadt GmbH Kundenservice", "Abschlag", "Mahnung"),
		from("kasse", "Sparkasse Neustadt poststelle@sparkasse.example", "Der Abschlag der Stadtwerke"),
		from("heizung", "Heizkostenservice Nord, Bedarf 24"),
		entry("ohne", "Stadtwerke Neustadt"),
	)
	for q, want := range map[string][]string{
		"from:stadtwerke":                   {"werke"},
		"von:STADTWERKE":                    {"werke"},
		"absender:stadtwerkc":               {"werke"}, // one typing error
		"from:stadtw*":                      {"werke"},
		"from:neustadt":                     {"werke", "kasse"},
		`from:"stadtwerke neustadt"`:        {"werke"},
		`from:"neustadt stadtwerke"`:        nil,
		"from:heizkosten":                   {"heizung"}, // part of a compound
		"from:24":                           {"heizung"},
		"from:neustadt -from:sparkasse":     {"werke"},
		"from:stadtwerke,heizkostenservice": {"werke", "heizung"},
		"from:heizkostenservice OR mahnung": {"werke", "heizung"},
		"from:neustadt stadtwerke":          {"kasse"}, // the word on a page
		"stadtwerke":                        {"kasse", "ohne"},
		"kundenservice":                     nil, // without from: only title and pages
		"kundenserv*":                       nil,
		"from:abschlag":                     nil,
		"abschlag -kundenservice":           {"werke", "kasse"},
	} {
		f.finds(q, want...)
	}
	for q, want := range map[string]int{"from:kundenservice": 1, "from:kundenservice mahnung from:neustadt": 1, "mahnung from:gmbh OR nirgendwo mahnung": 2, "from:nord": 0} {
		if r := f.ask(q); len(r.Hits) != 1 || r.Hits[0].Page != want {
			t.Errorf("%q gives %+v, want page %d", q, r.Hits, want)
		}
	}
	r := f.search(search.Query{Parsed: parse(t, "from:frauenberatung OR from:geheimw*"), Scopes: []search.Scope{scope(9, 1, 2)}})
	f.same("the sender of a closed file", r)
	if got := f.suggest("kundens", all(), 5); len(got) != 0 {
		t.Errorf("a sender suggests %v", got)
	}
}

// placed are documents of every kind that filters tell apart.
func placed() []search.Entry {
	in := func(name string, file uint32, site, kind, section, received string) search.Entry {
		e := entry(name, "Seite")
		e.Ordinal, e.Site, e.Type, e.Section, e.Received = file, site, kind, section, received
		return e
	}
	return []search.Entry{
		in("a", 1, "03104", "antrag", "wohnen", "2025-12-31"),
		in("b", 1, "03104", "bescheid", "wohnen", "2026-01-01"),
		in("c", 2, "03105", "attest", "", "2026-01-31"),
		in("d", 3, "03106", "bescheid", "einkommen", ""),
		in("e", 11, "03105", "bescheid", "", "2024-02-29"),
	}
}

func testFields(t *testing.T, f *fixture) {
	f.index(placed()...)
	for q, want := range map[string][]string{
		"type:bescheid":                          {"b", "d", "e"},
		"typ:bescheid,attest":                    {"b", "c", "d", "e"},
		"type:bescheid OR type:attest":           {"b", "c", "d", "e"},
		"-type:bescheid":                         {"a", "c"},
		"-type:bescheid,attest":                  {"a"},
		"type:bescheid type:attest":              nil,
		"site:03105":                             {"c", "e"},
		"-site:03105":                            {"a", "b", "d"},
		"file:1":                                 {"a", "b"},
		"file:1,11":                              {"a", "b", "e"},
		"-file:1,2":                              {"d", "e"},
		"section:wohnen":                         {"a", "b"},
		"-section:wohnen":                        {"c", "d", "e"}, // those without one, too
		"type:bescheid section:wohnen site:3104": nil,
		"seite type:bescheid -file:3":            {"b", "e"},
		"type:bescheid -nirgendwo":               {"b", "d", "e"},
		"type:bescheid -seite":                   nil,
		"type:nothing":                           nil,
		"file:0":                                 nil,
		"file:x":                                 nil,
		"file:99999999999999999999":              nil,
		"-file:x":                                {"a", "b", "c", "d", "e"},
	} {
		f.leaves(q, want...)
	}
	none := func(not bool) search.Query {
		return search.Query{Filters: []search.Filter{{Field: search.FieldType, Not: not}}, Scopes: all()}
	}
	f.same("a filter without values", f.search(none(false)))
	f.same("the same turned round", f.search(none(true)), "a", "b", "c", "d", "e")
	f.same("the parameter", f.search(search.Query{Section: "wohnen", Scopes: all()}), "a", "b")
	q := search.Query{Parsed: parse(t, "type:bescheid"), Filters: parse(t, "type:bescheid").Filters, Scopes: []search.Scope{scope(9, 1)}}
	f.same("beyond the scope", f.search(q), "b")
	q.Filters, q.Scopes = nil, all()
	f.same("filters of Parsed alone", f.search(q), "a", "b", "c", "d", "e") // the door's affair
}

func testReceived(t *testing.T, f *fixture) {
	f.index(placed()...)
	for q, want := range map[string][]string{
		"received:2026":                   {"b", "c"},
		"eingang:2026-01":                 {"b", "c"},
		"received:01.2026":                {"b", "c"},
		"received:31.01.2026":             {"c"},
		"received:2025-12-31..2026-01-01": {"a", "b"},
		"received:2025..2025":             {"a"},
		"received:..2025":                 {"a", "e"},
		"received:2026..":                 {"b", "c"},
		"received:2024-02":                {"e"},
		"-received:2026":                  {"a", "d", "e"}, // also without a day
		"-received:2025-12-31..":          {"d", "e"},
		"received:2027":                   nil,
		"received:2026 type:bescheid":     {"b"},
	} {
		f.leaves(q, want...)
	}
}

func testSection(t *testing.T, f *fixture) {
	f.index(placed()...)
	r := f.search(search.Query{Parsed: parse(t, "seite"), Scopes: all(), Limit: 1})
	want := []search.FacetCount{{Value: "wohnen", Count: 2}, {Value: "einkommen", Count: 1}}
	if !slices.Equal(r.Facets[search.FacetSection], want) {
		t.Errorf("facet section is %v, want %v", r.Facets[search.FacetSection], want)
	}
	r = f.search(search.Query{Parsed: parse(t, "seite"), Scopes: []search.Scope{scope(9, 3)}})
	if want = want[1:]; !slices.Equal(r.Facets[search.FacetSection], want) {
		t.Errorf("in file 3 facet section is %v, want %v", r.Facets[search.FacetSection], want)
	}
}

// withWords is a document whose pages are kept: each word of each page in a
// box of its own.
func withWords(name string, pages ...string) search.Entry {
	e := entry(name, pages...)
	for i, p := range pages {
		e.Words = append(e.Words, wordsOf(p, i))
	}
	return e
}

// wordsOf lays the words of text side by side, ten pixels apart, in line n.
func wordsOf(text string, n int) record.PageWords {
	w := record.PageWords{Width: 1000, Height: 1400}
	start := -1
	for i, r := range text + " " {
		space := r == ' ' || r == '\n'
		if space && start >= 0 {
			w.Words = append(w.Words, record.Word{X: 10 * len(w.Words), Y: 20 * n, W: 9, H: 12, Start: start, Len: i - start})
			start = -1
		} else if !space && start < 0 {
			start = i
		}
	}
	return w
}

func testKept(t *testing.T, f *fixture) {
	e := withWords("eins", "Kündigung der Wohnung", "Mahnung über 12,50 €")
	e.Title = "Schriftwechsel"
	f.index(e, withWords("leer"), entry("ohne", "Kündigung"))
	kept := func(q, name string, page int) {
		t.Helper()
		r := f.ask(q)
		for _, h := range r.Hits {
			if h.Document == id(name) {
				checkKept(t, q, h, e)
				if h.Page != page || !h.Kept {
					t.Errorf("%q shows page %d of %s, kept: %v; want page %d", q, h.Page, name, h.Kept, page)
				}
				return
			}
		}
		t.Errorf("%q does not find %s", q, name)
	}
	kept("kündigung", "eins", 1)
	kept("mahnung", "eins", 2)
	kept("schriftwechsel", "eins", 1)
	for _, h := range f.search(search.Query{Scopes: all()}).Hits {
		if want := h.Document == id("eins"); h.Kept != want {
			t.Errorf("%s: kept is %v, want %v", short(h.Document), h.Kept, want)
		}
	}
	e = withWords("eins", "Mahnung, neu geschrieben")
	e.Sequence, e.Changed = 2, 2
	f.index(e)
	kept("mahnung", "eins", 1)
	e.Words, e.Sequence, e.Changed = nil, 3, 3
	f.index(e)
	if h := f.ask("mahnung").Hits; len(h) != 1 || h[0].Kept || h[0].Text != "" || len(h[0].Words.Words) != 0 {
		t.Errorf("indexed without words: %+v", h)
	}
}

// checkKept checks that a hit's text and words are those of its page.
func checkKept(t *testing.T, what string, h search.Hit, e search.Entry) {
	t.Helper()
	if kept := e.Words != nil && h.Page > 0; h.Kept != kept {
		t.Fatalf("%s: page %d of %s: kept is %v, want %v", what, h.Page, short(h.Document), h.Kept, kept)
	}
	if !h.Kept {
		return
	}
	w := e.Words[h.Page-1]
	if h.Text != e.Pages[h.Page-1] || h.Words.Width != w.Width || h.Words.Height != w.Height || !slices.Equal(h.Words.Words, w.Words) {
		t.Fatalf("%s: page %d of %s comes with %q, %+v; want %q, %+v", what, h.Page, short(h.Document), h.Text, h.Words, e.Pages[h.Page-1], w)
	}
}

// testOffsets: what is marked lies over the word that was asked for, behind
// letters of every length.
func testOffsets(t *testing.T, f *fixture) {
	text := "Größe über Äußerung 👍👩‍👧 Mu\u0308ller öffnete 03104 BG 0012345 die Übergabe €uro Heizkosten-\nabrechnung"
	f.index(withWords("eins", text))
	for q, want := range map[string][]string{
		"größe":                 {"Größe"},
		"müller":                {"Mu\u0308ller"},
		"offnete":               {"öffnete"},
		"03104//0012345":        {"03104", "BG", "0012345"},
		"uebergabe":             {"Übergabe"},
		"kosten":                {"Heizkosten-"},
		"heizkostenabrechnung":  {"Heizkosten-", "abrechnung"},
		`"müller öffnete"`:      {"Mu\u0308ller", "öffnete"},
		"nirgendwo OR äußerung": {"Äußerung"},
	} {
		r := f.ask(q)
		if len(r.Hits) != 1 || !r.Hits[0].Kept {
			t.Errorf("%q gives %+v", q, r.Hits)
			continue
		}
		h := r.Hits[0]
		var got []string
		for _, b := range search.Highlight(h.Words, h.Text, parse(t, q)).Boxes {
			w := h.Words.Words[b.X/10]
			got = append(got, h.Text[w.Start:w.Start+w.Len])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q boxes %q, want %q", q, got, want)
		}
	}
}
