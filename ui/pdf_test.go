package ui

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
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
