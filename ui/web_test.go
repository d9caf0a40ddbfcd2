package ui

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// visitor is somebody with a browser and no script.
type visitor struct {
	*house
	client *http.Client
	lang   string
}

func (h *house) visitor(lang string) *visitor { return &visitor{h, browser(h.t), lang} }

// page is an answer read as HTML; every page is checked for what holds for all.
type webPage struct {
	answer
	*goquery.Document
}

func (v *visitor) get(path string, headers ...string) webPage {
	v.t.Helper()
	h := map[string]string{"Accept-Language": v.lang}
	for i := 0; i+1 < len(headers); i += 2 {
		h[headers[i]] = headers[i+1]
	}
	return v.read(v.request(v.client, "GET", v.url+path, nil, h))
}

func (v *visitor) read(a answer) webPage {
	v.t.Helper()
	doc := must(goquery.NewDocumentFromReader(strings.NewReader(a.Body)))(v.t)
	v.decent(a, doc)
	return webPage{a, doc}
}

// decent holds for every page: nothing inline, a token in every form that
// changes something, a label at every field, one h1, tables with heads.
func (v *visitor) decent(a answer, doc *goquery.Document) {
	v.t.Helper()
	if n := doc.Find("script:not([src]), style, [style], [hx-on], a[href^='javascript:']").Length(); n > 0 {
		v.t.Errorf("%d inline scripts or styles: %.300s", n, a.Body)
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, at := range s.Nodes[0].Attr {
			if strings.HasPrefix(at.Key, "on") || strings.HasPrefix(at.Key, "hx-on") || strings.Contains(at.Val, "js:") {
				v.t.Errorf("an inline handler: %s=%q", at.Key, at.Val)
			}
		}
	})
	doc.Find("form[method=post]").Each(func(_ int, s *goquery.Selection) {
		if s.Find("input[name=csrf]").AttrOr("value", "") == "" {
			v.t.Errorf("a form without token: %s", s.AttrOr("action", "?"))
		}
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("id", ""); id == "" || doc.Find("label[for='"+id+"']").Length() != 1 {
			v.t.Errorf("a field without label: %s", s.AttrOr("name", "?"))
		}
	})
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if s.Find("caption").Length() != 1 || s.Find("thead th[scope=col]").Length() == 0 {
			v.t.Error("a table without caption or head")
		}
	})
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("id", ""); seen[id] {
			v.t.Errorf("two elements have the id %s", id)
		} else {
			seen[id] = true
		}
	})
	if doc.Find("main").Length() == 1 {
		if n := doc.Find("main h1").Length(); n != 1 {
			v.t.Errorf("%d h1 on a page: %.200s", n, doc.Find("title").Text())
		}
		if doc.Find("a.skip[href='#main']").Length() != 1 || doc.Find("html[lang]").Length() != 1 || doc.Find("header, footer").Length() < 2 {
			v.t.Error("a page without skip link, language or landmarks")
		}
	}
}

// send posts a form of the page as a browser without script would.
func (v *visitor) send(from webPage, selector string, values url.Values) answer {
	v.t.Helper()
	form := from.Find(selector)
	if form.Length() != 1 {
		v.t.Fatalf("%d forms %s", form.Length(), selector)
	}
	all := url.Values{}
	form.Find("input[name], select[name]").Each(func(_ int, s *goquery.Selection) {
		all.Set(s.AttrOr("name", ""), s.AttrOr("value", s.Find("option[selected], option").First().AttrOr("value", "")))
	})
	for k, list := range values {
		all[k] = list
	}
	return v.request(v.client, "POST", v.url+form.AttrOr("action", ""), strings.NewReader(all.Encode()),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": v.lang})
}

func (v *visitor) signIn(name string) {
	v.t.Helper()
	v.send(v.get("/sign-in"), "main form", url.Values{"name": {name}, "password": {password}}).want(303)
}

func TestSignIn(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	if res := v.request(v.client, "GET", h.url+"/search?q=Miete", nil, nil); res.Status != 303 || res.Header.Get("Location") != "/sign-in?next=%2Fsearch%3Fq%3DMiete" {
		t.Errorf("without session: %d %s", res.Status, res.Header.Get("Location"))
	}
	page := v.get("/sign-in?next=%2Fsearch%3Fq%3DMiete")
	page.want(200)
	wrong := v.send(page, "main form", url.Values{"name": {"k.sommer"}, "password": {"wrong"}})
	unknown := v.send(page, "main form", url.Values{"name": {"nobody"}, "password": {"wrong"}})
	wrong.want(401)
	strip := func(s string) string { return strings.NewReplacer("k.sommer", "", "nobody", "").Replace(s) }
	if strip(wrong.Body) != strip(unknown.Body) || !strings.Contains(wrong.Body, "Anmeldename oder Kennwort") {
		t.Error("an unknown name and a wrong password are told apart")
	}
	v.send(page, "main form", url.Values{"name": {"k.sommer"}, "password": {password}, "csrf": {"forged"}}).want(403)
	res := v.send(page, "main form", url.Values{"name": {"k.sommer"}, "password": {password}})
	if res.Status != 303 || res.Header.Get("Location") != "/search?q=Miete" {
		t.Fatalf("signed in: %d %v", res.Status, res.Header)
	}
	cookie := strings.Join(res.Header.Values("Set-Cookie"), "\n")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") || strings.Contains(strings.ToLower(cookie), "secure") {
		t.Errorf("cookie %s", cookie)
	}
	start := v.get("/")
	start.want(200)
	v.send(start, "form.signout", url.Values{"csrf": {"forged"}}).want(403)
	v.get("/").want(200)
	v.send(start, "form.signout", nil).want(303)
	v.request(v.client, "GET", h.url+"/", nil, nil).want(303)
}

func TestSignInCarefully(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example"} {
		page := v.get("/sign-in?next=" + url.QueryEscape(next))
		if got := page.Find("input[name=next]").AttrOr("value", ""); got != "/" {
			t.Errorf("next=%s leads to %s", next, got)
		}
	}
	res := h.request(browser(t), "GET", h.url+"/sign-in", nil, map[string]string{"X-Forwarded-Proto": "https"})
	if !strings.Contains(strings.ToLower(strings.Join(res.Header.Values("Set-Cookie"), "")), "secure") || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("behind TLS: %v", res.Header)
	}
	if got := res.Header.Get("Content-Security-Policy"); got != "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" {
		t.Errorf("policy %s", got)
	}
	hx := v.request(v.client, "GET", h.url+"/search?q=a", nil, map[string]string{"HX-Request": "true"})
	if hx.Status != 401 || hx.Header.Get("HX-Redirect") != "/sign-in" {
		t.Errorf("htmx without session: %d %v", hx.Status, hx.Header)
	}
}

// TestReadWithoutScript: search, open, read, next hit, by links alone.
func TestReadWithoutScript(t *testing.T) {
	h := open(t)
	id := h.document("Heizkosten-2026", "Die Heizkosten und wieder Heizkosten", "nichts davon", "zuletzt Heizkosten")
	v := h.visitor("de")
	v.signIn("k.sommer")
	found := v.get("/search?q=heizkosten")
	found.want(200)
	if found.Find("tr[data-doc] mark").Length() == 0 || found.Find("h1").Text() != "Suche nach „heizkosten“" {
		t.Errorf("found: %s", found.Find("main").Text())
	}
	doc := v.get(found.Find("tr[data-doc] a[data-row]").AttrOr("href", ""))
	doc.want(200)
	if n := doc.Find("#pane svg[aria-hidden=true] rect.hit").Length(); n != 2 {
		t.Errorf("%d hits on page 1", n)
	}
	if src := doc.Find("#pane img").AttrOr("src", ""); src != "/documents/"+string(id)+"/pages/1/image" {
		t.Errorf("image %s", src)
	}
	v.request(v.client, "GET", h.url+doc.Find("#pane img").AttrOr("src", ""), nil, nil).want(200)
	if !strings.Contains(doc.Find("#pane .page-text").Text(), "wieder Heizkosten") || doc.Find("#pane .page-text mark").Length() != 2 {
		t.Errorf("text: %s", doc.Find("#pane .page-text").Text())
	}
	if doc.Find("rect.hit-here").Length() != 1 || doc.Find("#v-hits").Text() != "Treffer 1 von 2 der Seite" {
		t.Errorf("opened at %s", doc.Find("#v-hits").Text())
	}
	two := v.get(doc.Find("#v-nexthit").AttrOr("href", ""))
	three := v.get(two.Find("#v-nexthit").AttrOr("href", ""))
	if two.Find("#v-hits").Text() != "Treffer 2 von 2 der Seite" || three.Find("#v-page").AttrOr("value", "") != "3" || three.Find("rect.hit-here").Length() != 1 {
		t.Errorf("hits: %s, page %s", two.Find("#v-hits").Text(), three.Find("#v-page").AttrOr("value", ""))
	}
	if three.Find("#v-nexthit[href]").Length() != 0 || three.Find("#v-nexthit[aria-disabled=true]").Length() != 1 {
		t.Error("behind the last hit there is another")
	}
	// only the pane, with script
	pane := v.get(found.Find("tr[data-doc] a[data-row]").AttrOr("href", ""), "HX-Request", "true", "HX-Target", "section#pane")
	if pane.Find("main").Length() != 0 || pane.Find("#pane img").Length() != 1 {
		t.Errorf("for htmx: %.200s", pane.Body)
	}
	alone := v.get("/documents/" + string(id) + "?view=text&q=heizkosten")
	if alone.Find("img").Length() != 0 || alone.Find(".page-text.kern-sr-only").Length() != 0 {
		t.Error("the text view still shows the picture")
	}
}

func TestPagesInBothLanguages(t *testing.T) {
	h := open(t)
	id := string(h.document("Kontoauszug", "Miete"))
	file := "/files/" + string(h.file)
	for _, lang := range []string{"de", "en"} {
		v := h.visitor(lang)
		v.signIn("k.sommer")
		for _, path := range []string{"/", "/search", "/search?q=Miete", "/search?q=nirgends", "/files", "/files?q=M%C3%BCller", file, file + "?doc=" + id, file + "/upload",
			"/files/new", "/documents/" + id, "/documents/" + id + "?view=both&zoom=150&turn=90", "/documents/" + id + "/change", "/keys"} {
			p := v.get(path)
			p.want(200)
			if got := p.Find("html").AttrOr("lang", ""); got != lang {
				t.Errorf("%s is in %s, not %s", path, got, lang)
			}
			if strings.Contains(p.Find("title").Text(), ".title") {
				t.Errorf("%s has the title %s", path, p.Find("title").Text())
			}
		}
	}
	v := h.visitor("de")
	v.signIn("k.sommer")
	res := v.send(v.get("/"), "form.prefs", url.Values{"lang": {"en"}, "theme": {"dark"}, "return": {"/files?q=x"}})
	if res.Status != 303 || res.Header.Get("Location") != "/files?q=x" {
		t.Errorf("preferences: %d %v", res.Status, res.Header)
	}
	p := v.get("/")
	if p.Find("html").AttrOr("lang", "") != "en" || p.Find("html").AttrOr("data-kern-theme", "") != "dark" {
		t.Error("the preferences did not stay")
	}
	v.send(v.get("/keys"), "main form", nil).want(303)
	if v.get("/").Find("body").AttrOr("data-keys", "") != "off" {
		t.Error("the keys are still on")
	}
}

func TestErrorPages(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("b.winter")
	id := string(h.document("Geheim", "Miete"))
	there, absent := v.get("/documents/"+id), v.get("/documents/"+strings.Repeat("0", 32))
	there.want(404)
	if there.Find("main").Text() == "" || strings.Contains(there.Body, "Geheim") {
		t.Errorf("refused: %s", there.Find("main").Text())
	}
	ref := func(p webPage) string {
		return strings.ReplaceAll(p.Find("main").Text(), p.answer.Header.Get("X-Request-Id"), "")
	}
	if ref(there) != ref(absent) || !strings.Contains(there.Body, there.answer.Header.Get("X-Request-Id")) {
		t.Error("a hidden document and none at all look different")
	}
	v.get("/nowhere").want(404)
	for path, want := range map[string]string{
		`/search?q=%22a`: "Ein Anführungszeichen fehlt", "/search?q=" + strings.Repeat("x", 10_000): "zu lang", "/search?q=!!!": "nichts, wonach",
		"/search?q=a&from=bald": "Das Datum ist nicht zu verstehen",
	} {
		p := v.get(path)
		p.want(400)
		if !strings.Contains(p.Find("main").Text(), want) {
			t.Errorf("%.40s says %s", path, p.Find("main").Text())
		}
	}
}

// TestUploadForm: fields first, then documents; each gets its receipt.
func TestUploadForm(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("k.sommer")
	path := "/files/" + string(h.file) + "/upload"
	page := v.get(path)
	field := func(name string) string { return page.Find("main form input[name="+name+"]").AttrOr("value", "") }
	post := func(csrf, received string, documents ...string) answer {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, f := range [][2]string{{"csrf", csrf}, {"transmission", field("transmission")}, {"type", "Kontoauszug"}, {"direction", "in"}, {"received", received}} {
			check(t, w.WriteField(f[0], f[1]))
		}
		for i, d := range documents {
			part := must(w.CreateFormFile("document", fmt.Sprintf("Auszug %d.pdf", i)))(t)
			must(io.WriteString(part, d))(t)
		}
		check(t, w.Close())
		return h.request(v.client, "POST", h.url+path, &b, map[string]string{"Content-Type": w.FormDataContentType(), "Accept-Language": "de"})
	}
	post("forged", "", "one").want(403)
	post(field("csrf"), "bald", "one").want(400)
	post(field("csrf"), "+2W", "one").want(400)
	post(field("csrf"), "").want(400)
	if n := h.documents(); n != 0 {
		t.Fatalf("%d documents after refusals", n)
	}
	done := v.read(post(field("csrf"), "gestern", "one", "two"))
	done.want(200)
	if done.Find("[data-receipts] tbody tr").Length() != 2 || !strings.Contains(done.Find("[data-receipts]").Text(), "sha256-") {
		t.Errorf("receipts: %s", done.Find("[data-receipts]").Text())
	}
	again := v.read(post(field("csrf"), "gestern", "one", "two"))
	if !strings.Contains(again.Find("[data-receipts]").Text(), "Schon aufgenommen") || h.documents() != 2 {
		t.Errorf("the same form again: %s", again.Find("[data-receipts]").Text())
	}
	if large := v.read(post(field("csrf"), "", strings.Repeat("x", maxUpload+1))); !strings.Contains(large.Text(), "zu groß") {
		t.Errorf("too large: %s", large.Find("main").Text())
	}
	waiting := v.get("/documents/" + strings.TrimPrefix(done.Find("[data-receipts] a").First().AttrOr("href", ""), "/documents/"))
	if !strings.Contains(waiting.Find("#pane").Text(), "wird gleich gelesen") {
		t.Errorf("not read yet: %s", waiting.Find("#pane").Text())
	}
}

// TestChangeAndUndo: a change says so and can be taken back once.
func TestChangeAndUndo(t *testing.T) {
	h := open(t)
	id := string(h.document("Alt", "Miete"))
	v := h.visitor("de")
	v.signIn("k.sommer")
	form := v.get("/documents/" + id + "/change")
	v.send(form, "main form", url.Values{"received": {"bald"}}).want(400)
	v.send(form, "main form", url.Values{"file": {"03104//7777777"}}).want(404)
	v.send(form, "main form", url.Values{"title": {"Neu"}, "type": {"Bescheid"}}).want(303)
	changed := v.get("/documents/" + id)
	if changed.Find("h1").Text() != "Neu" || changed.Find("form[data-undo]").Length() != 1 || !strings.Contains(changed.Find(".facts").Text(), "Bescheid") {
		t.Fatalf("changed: %s", changed.Find("main").Text())
	}
	v.send(changed, "form[data-undo]", nil).want(303)
	back := v.get("/documents/" + id)
	if back.Find("h1").Text() != "Alt" || back.Find("form[data-undo]").Length() != 0 || !strings.Contains(back.Find(".facts").Text(), "Kontoauszug") {
		t.Errorf("taken back: %s", back.Find("main").Text())
	}
}

func TestNewFile(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("k.sommer")
	form := v.get("/files/new")
	taken := v.read(v.send(form, "main form", url.Values{"number": {"03104BG0012345"}, "name": {"X"}}))
	taken.want(409)
	if !strings.Contains(taken.Text(), "trägt schon eine andere Akte") || taken.Find("input#name").AttrOr("value", "") != "X" {
		t.Errorf("taken: %s", taken.Find("main").Text())
	}
	res := v.send(form, "main form", url.Values{"number": {"03104//0055555"}, "name": {"Neumann"}, "first_name": {"Eva"}, "birth_date": {"3.4.1985"}})
	res.want(303)
	if p := v.get(res.Header.Get("Location")); p.Find("h1").Text() != "Neumann, Eva · 03104//0055555" || !strings.Contains(p.Text(), "03.04.1985") {
		t.Errorf("new file: %s", p.Find("main").Text())
	}
}
