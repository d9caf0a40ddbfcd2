package ui

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestPDFOverTheWire: a document and a file as PDF, whole and by range, in API
// and pages alike.
func TestPDFOverTheWire(t *testing.T) {
	h := open(t)
	one, two := h.document("Abrechnung", "Die Heizkosten für März", "Und Miete"), h.document("Auszug", "Zinsen")
	path := "/documents/" + string(one) + "/pdf"
	whole := h.call("k.sommer", "GET", path, "", nil)
	whole.want(200)
	if !strings.HasPrefix(whole.Body, "%PDF-1.7") || !strings.HasSuffix(whole.Body, "%%EOF\n") || whole.Header.Get("Content-Type") != "application/pdf" ||
		whole.Header.Get("X-PDF-Conformance") != "PDF/A-2u" || !strings.Contains(whole.Header.Get("Content-Disposition"), `"Abrechnung.pdf"`) {
		t.Errorf("%v", whole.Header)
	}
	size := len(whole.Body)
	part := h.call("k.sommer", "GET", path, "", map[string]string{"Range": "bytes=1000-1999", "If-Range": whole.Header.Get("ETag")})
	if part.Status != 206 || part.Body != whole.Body[1000:2000] || part.Header.Get("Content-Range") != fmt.Sprintf("bytes 1000-1999/%d", size) {
		t.Errorf("range: %d %v", part.Status, part.Header)
	}
	h.call("k.sommer", "GET", path, "", map[string]string{"If-None-Match": whole.Header.Get("ETag")}).want(304)
	h.call("b.winter", "GET", path, "", nil).failure(404, "not_found")
	all := "/files/" + string(h.file) + "/pdf"
	file := h.call("k.sommer", "GET", all+"?lang=en", "", nil)
	file.want(200)
	chosen := h.call("k.sommer", "GET", all+"?documents="+string(two)+","+string(one), "", nil)
	body, err := json.Marshal(map[string]any{"documents": []any{two, one}})
	check(t, err)
	posted := h.call("k.sommer", "POST", all, string(body), nil)
	if posted.want(200); posted.Body != chosen.Body || chosen.Body == file.Body {
		t.Error("the selection is not what was asked for")
	}
	h.call("k.sommer", "GET", all+"?documents=nothing", "", nil).failure(404, "not_found")
	h.call("b.winter", "POST", all, "{", nil).failure(404, "not_found")
	h.call("a.admin", "GET", all, "", nil).failure(404, "not_found")
}

// TestChosenPDF: the ticked letters of a register, in its order, by a plain
// form; none ticked is no wish for the whole file.
func TestChosenPDF(t *testing.T) {
	h := open(t)
	one, two := h.document("Abrechnung", "Die Heizkosten"), h.document("Auszug", "Zinsen")
	v := h.visitor("de")
	v.signIn("k.sommer")
	page := v.get("/files/" + string(h.file))
	page.want(200)
	var order []string
	page.Find("input[name=documents]").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("form", "") != "picked" {
			t.Errorf("a tick box without a form")
		}
		order = append(order, s.AttrOr("value", ""))
	})
	if len(order) != 2 || order[0] != page.Find("tr[data-doc]").First().AttrOr("data-doc", "") {
		t.Fatalf("tick boxes %v", order)
	}
	for _, ids := range [][]string{order, {string(one)}, {string(two)}} {
		got := v.send(page, "#picked", url.Values{"documents": ids})
		got.want(200)
		want := h.call("k.sommer", "GET", "/files/"+string(h.file)+"/pdf?documents="+strings.Join(ids, ","), "", nil)
		if got.Header.Get("Content-Type") != "application/pdf" || got.Body != want.Body {
			t.Errorf("%v: %v", ids, got.Header)
		}
	}
	none := v.send(page, "#picked", nil)
	none.want(303)
	if p := v.get(none.Header.Get("Location")); !strings.Contains(p.Find("#list").Text(), "noch nichts ausgewählt") {
		t.Error("nobody says that nothing is ticked")
	}
	v.send(page, "#picked", url.Values{"documents": {"nothing"}}).want(404)
	v.send(page, "#picked", url.Values{"documents": {string(one)}, "csrf": {"forged"}}).want(403)
}
