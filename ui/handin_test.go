package ui

import (
	"bytes"
	"io"
	"mime/multipart"
	"strconv"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// handIn sends documents by a page's form, as a browser without script would,
// or one as the script does.
func (v *visitor) handIn(path string, script bool, values map[string]string, documents ...string) answer {
	v.t.Helper()
	page := v.get(path)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	field := func(name string) string { return page.Find("main form input[name="+name+"]").AttrOr("value", "") }
	for _, name := range []string{"csrf", "transmission"} {
		check(v.t, w.WriteField(name, field(name)))
	}
	for name, value := range values {
		check(v.t, w.WriteField(name, value))
	}
	for i, d := range documents {
		part := must(w.CreateFormFile("document", "scan-"+strconv.Itoa(i)+".pdf"))(v.t)
		must(io.WriteString(part, d))(v.t)
	}
	check(v.t, w.Close())
	headers := map[string]string{"Content-Type": w.FormDataContentType(), "Accept-Language": v.lang}
	if script {
		headers["X-Upload"], headers["X-CSRF-Token"] = "one", field("csrf")
	}
	return v.request(v.client, "POST", v.url+path, &b, headers)
}

// TestHandInWithoutFile: a scan operator hands in, follows it, and sees nothing
// of what is in it.
func TestHandInWithoutFile(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("s.scan")
	if v.get("/upload").Find("#file").Length() != 0 {
		t.Error("who finds no files is asked for one")
	}
	done := v.read(v.handIn("/upload", false, map[string]string{"title": "Streng vertraulich"}, "one", "two"))
	done.want(200)
	links := done.Find("[data-receipts] th a")
	if links.Length() != 2 || !strings.HasPrefix(links.AttrOr("href", ""), "/receipts/") {
		t.Fatalf("receipts: %s", done.Find("[data-receipts]").Text())
	}
	receipt := v.get(links.AttrOr("href", ""))
	receipt.want(200)
	if text := receipt.Find("main").Text(); !strings.Contains(text, "sicher aufbewahrt") || !strings.Contains(text, "sha256-") || strings.Contains(text, "Streng") {
		t.Errorf("the receipt: %s", text)
	}
	other := h.visitor("de")
	other.signIn("s.other")
	other.get(links.AttrOr("href", "")).want(404)
	if start := v.get("/").Find("#start-upload").Parent(); start.Find("tbody tr").Length() != 2 || strings.Contains(start.Text(), "Streng") {
		t.Errorf("the start page: %s", start.Text())
	}

	worker := h.visitor("de")
	worker.signIn("k.sommer")
	filed := worker.read(worker.handIn("/upload", false, map[string]string{"file": "03104BG0012345"}, "three"))
	if to := filed.Find("[data-receipts] th a").AttrOr("href", ""); !strings.HasPrefix(to, "/documents/") || !strings.Contains(worker.get(to).Find(".facts").Text(), number) {
		t.Errorf("with a number: %s", filed.Find("main").Text())
	}
	wrong := worker.read(worker.handIn("/upload", false, map[string]string{"file": "03104//7777777"}, "four"))
	wrong.want(404)
	if wrong.Find("#file-problem").Length() != 1 || wrong.Find("input#file").AttrOr("value", "") != "03104//7777777" {
		t.Errorf("a number that is not there: %s", wrong.Find("main").Text())
	}
}

// TestUploadRefusedRow: the script gets a line of the table, whatever happened,
// and never a page to pick a row from.
func TestUploadRefusedRow(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("k.sommer")
	for _, c := range []struct {
		values map[string]string
		body   string
		status int
		says   string
	}{
		{map[string]string{"file": "03104//7777777"}, "x", 404, "Eine Akte mit dieser Nummer"},
		{map[string]string{"received": "bald"}, "x", 400, "Das Datum ist nicht zu verstehen"},
		{nil, strings.Repeat("x", maxUpload+1), 200, "zu groß"},
	} {
		a := v.handIn("/upload", true, c.values, c.body)
		if a.Status != c.status || !strings.HasPrefix(strings.TrimSpace(a.Body), "<tr data-refused") || !strings.Contains(a.Body, c.says) {
			t.Errorf("%v: %d %.300s", c.values, a.Status, a.Body)
		}
	}
	reader := h.visitor("de")
	reader.signIn("t.lead")
	h.documents()
	ok := reader.handIn("/upload", true, nil, "good")
	if ok.Status != 200 || strings.Contains(ok.Body, "data-refused") || !strings.Contains(ok.Body, "Aufgenommen") {
		t.Errorf("a good one: %d %s", ok.Status, ok.Body)
	}
}

// TestQuarantinePage: reason in words, read again, and nothing of other people's.
func TestQuarantinePage(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("s.scan")
	done := v.read(v.handIn("/upload", false, map[string]string{"title": "Streng vertraulich"}, "kaputt"))
	id := record.DocumentID(strings.TrimPrefix(done.Find("[data-receipts] th a").AttrOr("href", ""), "/receipts/"))
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { return tx.SetState(id, record.StateQuarantined, "machine") }))
	p := v.get("/quarantine")
	row := p.Find("tr[data-doc='" + string(id) + "']")
	if row.Length() != 1 || !strings.Contains(row.Text(), "mehrmals am System") && !strings.Contains(row.Text(), "System") || !strings.Contains(row.Text(), "scan-0.pdf") || strings.Contains(p.Body, "Streng") {
		t.Errorf("the row: %s", p.Find("main").Text())
	}
	if start := v.get("/").Find("main"); !strings.Contains(start.Text(), "1 Schreiben konnte nicht gelesen werden") {
		t.Errorf("the start page: %s", start.Text())
	}
	for _, name := range []string{"s.other", "k.sommer", "e.tor"} {
		other := h.visitor("de")
		other.signIn(name)
		if n := other.get("/quarantine").Find("tr[data-doc]").Length(); n != 0 {
			t.Errorf("%s sees %d of others", name, n)
		}
		h.call(name, "POST", "/quarantine/"+string(id)+"/read-again", "", nil).failure(404, "not_found")
	}
	clearing := h.visitor("de")
	clearing.signIn("c.klar")
	if got := clearing.get("/quarantine").Find("tr[data-doc]").Text(); !strings.Contains(got, "Streng vertraulich") {
		t.Errorf("clearing does not see what waits there: %s", got)
	}
	var list struct {
		Items []map[string]any
		Total int
	}
	h.call("s.scan", "GET", "/quarantine", "", nil).json(&list)
	if list.Total != 1 || len(list.Items) != 1 || list.Items[0]["title"] != "" || list.Items[0]["reason"] != "machine" {
		t.Errorf("the interface: %+v", list)
	}
	h.call("a.admin", "GET", "/quarantine", "", nil).failure(403, "denied")
	v.send(p, "tr[data-doc='"+string(id)+"'] form", nil).want(303)
	if p = v.get("/quarantine?again=1"); p.Find("tr[data-doc]").Length() != 0 || p.Find(".kern-alert--success").Length() != 1 {
		t.Errorf("after reading again: %s", p.Find("main").Text())
	}
	v.send(v.get("/receipts/"+string(id)), "form.signout", nil).want(303)
}
