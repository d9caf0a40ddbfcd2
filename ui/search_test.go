package ui

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// spaced is the text of what was selected, with single spaces.
func spaced(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// TestSearchNarrowed: the chips of a section and of the file, and the way back.
func TestSearchNarrowed(t *testing.T) {
	h := open(t)
	id := string(h.document("Mietvertrag", "Die Miete und die Kaution"))
	h.document("Kontoauszug", "Die Miete wurde bezahlt")
	h.call("k.sommer", "PATCH", "/documents/"+id, `{"section":"Wohnen & Heizen"}`, nil).want(200)
	check(t, h.index.Bring(t.Context(), record.DocumentID(id)))
	v := h.visitor("de")
	v.signIn("k.sommer")
	all := v.get("/search?q=miete")
	if n := all.Find("tr[data-doc]").Length(); n != 2 {
		t.Fatalf("%d found: %s", n, all.Find("main").Text())
	}
	chip := all.Find(`.chips[aria-label="Register"] a`)
	if spaced(chip) != "Wohnen & Heizen 1" {
		t.Fatalf("chips of the section: %q", spaced(chip))
	}
	one := v.get(chip.AttrOr("href", ""))
	if n := one.Find("tr[data-doc]").Length(); n != 1 || one.Find(".chip-on").Length() != 1 {
		t.Errorf("narrowed to the section: %d found, %s", n, spaced(one.Find(".chip-on")))
	}
	if back := one.Find(".chip-on").AttrOr("href", ""); back != "/search?q=miete" {
		t.Errorf("the chip leads back to %s", back)
	}
	in := v.get("/search?q=miete&section=Gibt+es+nicht&from=gestern&file=" + string(h.file))
	if h1 := in.Find("h1").Text(); h1 != "Suche nach „miete“ in der Akte Müller, Anna · "+number {
		t.Errorf("heading %s", h1)
	}
	var set []string
	in.Find(".chip-on").Each(func(_ int, s *goquery.Selection) { set = append(set, spaced(s)) })
	want := []string{"Müller, Anna · " + number, "Gibt es nicht", "ab gestern"}
	for i, s := range want {
		if i >= len(set) || !strings.HasPrefix(set[i], s) {
			t.Fatalf("set: %q, want %q", set, want)
		}
	}
	if in.Find(`#list a[href="/files/`+string(h.file)+`"]`).Length() == 0 || in.Find(`.in-file-head input[name=file]`).Length() != 1 {
		t.Error("no way back to the file, or none to ask it anew")
	}
	other := h.visitor("de")
	other.signIn("b.winter") // may not find the file: nothing of it is said
	if p := other.get("/search?q=miete&file=" + string(h.file)); p.Status != 404 || strings.Contains(p.Body, "Müller") {
		t.Errorf("searching in a hidden file: %d", p.Status)
	}
}

// TestSearchWhy: a file found otherwise than as typed says how.
func TestSearchWhy(t *testing.T) {
	h := open(t)
	h.newFile("03104//0012399", "Grünwiese", "Sabine", "1984-06-17")
	v := h.visitor("de")
	v.signIn("k.sommer")
	for q, want := range map[string]string{
		"Grünwiese Sabine": "", "gruenwise": "ähnlich geschrieben: „Grünwiese“", "17.6.1984": "Geburtsdatum passt", "12399": "Nummer endet so",
	} {
		p := v.get("/search?q=" + url.QueryEscape(q))
		row := p.Find("#list table").First().Find("tbody th")
		if got := spaced(row.Find(".snippet")); row.Length() != 1 || got != want {
			t.Errorf("%s: %q, want %q", q, got, want)
		}
	}
}

// TestSearchRefused: every query that can't be asked has its reason, and what
// was found by name stays beside it.
func TestSearchRefused(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("k.sommer")
	for q, want := range map[string]string{
		strings.Repeat("wort ", 65): "zu viele Wörter", `"a`: "Anführungszeichen fehlt", "-miete": "nur gesagt", "!!!": "nichts, wonach",
		"ODER miete": "ODER steht nicht", "art:": "Hinter dem Doppelpunkt", "eingang:bald": "Tag des Eingangs",
	} {
		p := v.get("/search?q=" + url.QueryEscape(q))
		p.want(400)
		if got := p.Find("main .kern-alert").Text(); !strings.Contains(got, want) {
			t.Errorf("%.20s says %q", q, spaced(p.Find("main .kern-alert")))
		}
	}
	p := v.get("/search?q=" + url.QueryEscape(`"Müller`))
	p.want(400)
	if !strings.Contains(p.Find("#list table").Text(), "Müller, Anna") {
		t.Error("the file found by name is not beside it")
	}
}

// TestSearchPartial: while the index is made anew the page says so, found or not.
func TestSearchPartial(t *testing.T) {
	h := open(t) // its index is new
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { return tx.SetMeta(catalog.MetaIndexProgress, "1200/5000") }))
	h.document("Mietvertrag", "Die Miete")
	v := h.visitor("de")
	v.signIn("k.sommer")
	for _, q := range []string{"miete", "nirgendwo"} {
		p := v.get("/search?q=" + q)
		if !strings.Contains(p.Find(".kern-alert").Text(), "1.200 von 5.000 Schreiben") {
			t.Errorf("%s: %s", q, spaced(p.Find("#list")))
		}
	}
}

// TestSearchDown: without the index files are found, documents and inbox open.
func TestSearchDown(t *testing.T) {
	h := open(t)
	id := string(h.document("Mietvertrag", "Die Miete"))
	check(t, h.engine.Close())
	v := h.visitor("de")
	v.signIn("k.sommer")
	p := v.get("/search?q=" + url.QueryEscape("Müller"))
	p.want(200)
	if !strings.Contains(p.Find(".kern-alert").Text(), "nicht erreichbar") || !strings.Contains(p.Find("#list table").Text(), "Müller, Anna") {
		t.Errorf("while search is down: %s", spaced(p.Find("#list")))
	}
	for _, path := range []string{"/", "/files/" + string(h.file), "/documents/" + id + "?q=miete", "/documents/" + id + "/pages/1/image", "/inbox", "/suggest?q=mie"} {
		v.request(v.client, "GET", h.url+path, nil, nil).want(200)
	}
}

// TestSavedSearches: kept, used and removed without script, by nobody else.
func TestSavedSearches(t *testing.T) {
	h := open(t)
	h.document("Mietvertrag", "Die Miete")
	v := h.visitor("de")
	v.signIn("k.sommer")
	found := v.get("/search?q=miete&type=kontoauszug&doc=&cursor=")
	if name := found.Find(".keep input[name=name]").AttrOr("value", ""); name != "miete" {
		t.Errorf("proposed as %q", name)
	}
	v.send(found, ".keep form", url.Values{"csrf": {"forged"}}).want(403)
	res := v.send(found, ".keep form", url.Values{"name": {"Mieten & mehr"}})
	res.want(303)
	kept := v.get(res.Header.Get("Location"))
	if !strings.Contains(kept.Find("[role=status].undo").Text(), "Gemerkt als „Mieten & mehr“") {
		t.Errorf("kept: %s", spaced(kept.Find("#list")))
	}
	start := v.get("/")
	link := start.Find(".saved a")
	if link.Text() != "Mieten & mehr" || link.AttrOr("href", "") != "/search?q=miete&type=kontoauszug" {
		t.Fatalf("on the start page: %s %s", link.Text(), link.AttrOr("href", ""))
	}
	if p := v.get(link.AttrOr("href", "")); p.Find("tr[data-doc]").Length() != 1 {
		t.Errorf("used: %s", spaced(p.Find("#list")))
	}
	other := h.visitor("de")
	other.signIn("t.lead")
	if other.get("/").Find(".saved").Length() != 0 || other.get("/search").Find(".saved").Length() != 0 {
		t.Error("somebody else sees it")
	}
	if res := v.send(found, ".keep form", url.Values{"name": {"  "}}); !strings.Contains(v.get(res.Header.Get("Location")).Find(".kern-alert").Text(), "fehlt ein Name") {
		t.Error("without a name nothing is said")
	}
	page := v.get("/search")
	res = v.send(page, ".saved form", nil)
	if res.Header.Get("Location") != "/search?kept=gone" {
		t.Errorf("removed: %d %s", res.Status, res.Header.Get("Location"))
	}
	if p := v.get("/search?kept=gone"); p.Find(".saved").Length() != 0 || !strings.Contains(p.Find("[role=status].undo").Text(), "nicht mehr gemerkt") {
		t.Errorf("removed: %s", spaced(p.Find("#list")))
	}
	v.send(page, ".saved form", nil).want(303) // once more: it is gone already
	v.send(start, ".saved form", nil).want(303)
}
