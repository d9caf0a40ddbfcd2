package ui

import (
	"net/url"
	"strings"
	"testing"
)

// TestSheets: who hands in prints separator sheets, without script, and a
// file's number never gets into an address.
func TestSheets(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("s.scan")
	page := v.get("/sheets")
	page.want(200)
	if page.Find("svg.separator-sheet rect[fill='#000']").Length() != 16 || !strings.Contains(page.Find("svg.separator-sheet").Text(), "Trennblatt") {
		t.Errorf("the sheet: %s", page.Find("svg.separator-sheet").Text())
	}
	plain := page.Find("svg.separator-sheet path").AttrOr("d", "")
	form := "main form[action='/sheets']"
	res := v.send(page, form, url.Values{"number": {"03104//0012345"}})
	res.want(200)
	named := v.read(res)
	if d := named.Find("svg.separator-sheet path").AttrOr("d", ""); d == "" || d == plain || !strings.Contains(named.Find("svg.separator-sheet text").Text(), "03104//0012345") {
		t.Error("the number is not on the sheet")
	}
	if strings.Contains(res.Header.Get("Location"), "03104") || named.Find("[href*='03104'], [action*='03104']").Length() > 0 {
		t.Error("the number is in an address")
	}
	bad := v.send(page, form, url.Values{"number": {"<script>"}})
	bad.want(422)
	if b := v.read(bad); b.Find("svg.separator-sheet").Length() != 0 || b.Find("#number-problem").Length() != 1 {
		t.Error("what is no number got onto a sheet")
	}
	v.send(page, form, url.Values{"number": {"1"}, "csrf": {"forged"}}).want(403)
}
