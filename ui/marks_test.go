package ui

import (
	"net/url"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// TestMarksAreSaid: what is noteworthy about a document stands in the viewer
// in words, in the register as a short sign, and nothing of it elsewhere.
func TestMarksAreSaid(t *testing.T) {
	h := open(t)
	doc, plain := h.document("Vollmacht", "eins", "", "drei", "vier"), h.document("Brief", "eins", "zwei")
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return tx.SetMarks(doc, []record.Mark{{Page: 0, Kind: record.MarkSigned}, {Page: 0, Kind: record.MarkConverted}, {Page: 2, Kind: record.MarkBlank},
			{Page: 3, Kind: record.MarkDoubtful}, {Page: 3, Kind: record.MarkTurned}, {Page: 4, Kind: record.MarkUnreadable}, {Page: 4, Kind: record.MarkUnmapped}})
	}))
	v := h.visitor("de")
	v.signIn("k.sommer")
	page := v.get("/documents/" + string(doc) + "?page=3")
	page.want(200)
	notes := page.Find("#pane .notes").Text()
	for _, word := range []string{"Dieses Original trägt eine digitale Signatur. Sie gilt nur für das Original, nicht für die PDF/A-Fassung.", "Umgewandelt",
		"das Original kann anders aussehen", "Nicht lesbar:", "Schlecht lesbar:", "PDF/A-2b"} {
		if !strings.Contains(notes, word) {
			t.Errorf("%q is missing in %s", word, notes)
		}
	}
	if n := page.Find("#pane .notes a[href='/documents/" + string(doc) + "/original']").Length(); n != 2 {
		t.Errorf("%d ways to the original", n)
	}
	if s := page.Find("#pane .notes .marked a").First(); s.Text() != "4" || !strings.HasSuffix(s.AttrOr("href", ""), "page=4") {
		t.Errorf("the page that is not readable: %s", s.AttrOr("href", ""))
	}
	strip := page.Find("#pane .strip a")
	if strip.Length() != 4 || !strings.Contains(strip.Eq(1).Text(), "Leerseite") || !strings.Contains(strip.Eq(2).Text(), "prüfen") ||
		strip.Eq(2).AttrOr("aria-current", "") != "page" || strip.Eq(0).Find(".strip-word").Length() != 0 {
		t.Errorf("the pages: %s", strip.Text())
	}
	if n := page.Find("#pane .page-note").Length(); n != 2 {
		t.Errorf("%d notes on the page, want doubtful and turned", n)
	}
	res := v.send(page, "#pane form[action$='/read-again']", url.Values{})
	res.want(303)
	if p := v.get(res.Header.Get("Location")); !strings.Contains(p.Find("#pane").Text(), "wird noch einmal gelesen") || p.Find("#pane img").Length() != 1 {
		t.Errorf("after asking: %s", p.Find("#pane").Text())
	}
	other := v.get("/documents/" + string(plain))
	if n := other.Find("#pane .notes, #pane .strip, #pane .page-note, #pane form[action$='/read-again']").Length(); n != 0 {
		t.Errorf("%d notes on what is not noteworthy", n)
	}
	v.send(page, "#pane form[action$='/read-again']", url.Values{"csrf": {"forged"}}).want(403)
	list := v.get("/files/" + string(h.file))
	if s := list.Find("tr[data-doc='" + string(doc) + "'] th").Text(); !strings.Contains(s, "Seite fehlt") || !strings.Contains(s, "prüfen") || !strings.Contains(s, "signiert") {
		t.Errorf("the register says %s", s)
	}
	if n := list.Find("tr[data-doc='" + string(plain) + "'] th .kern-badge").Length(); n != 0 {
		t.Errorf("%d signs of a plain letter", n)
	}
}

// TestLongDocumentsStrip: of a thousand pages only some with a mark are listed.
func TestLongDocumentsStrip(t *testing.T) {
	h := open(t)
	texts := make([]string, 120)
	doc := h.document("Stapel", texts...)
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		var marks []record.Mark
		for n := 2; n <= len(texts); n += 2 {
			marks = append(marks, record.Mark{Page: n, Kind: record.MarkBlank})
		}
		return tx.SetMarks(doc, marks)
	}))
	v := h.visitor("de")
	v.signIn("k.sommer")
	for page, want := range map[string]string{"1": "1", "61": "61", "120": "120"} {
		p := v.get("/documents/" + string(doc) + "?page=" + page)
		p.want(200)
		if s := p.Find("#pane .strip a"); s.Length() != 40 || s.Filter("[aria-current]").AttrOr("id", "") != "s-"+want {
			t.Errorf("page %s: %d pages, open %q", page, s.Length(), s.Filter("[aria-current]").AttrOr("id", ""))
		}
	}
}
