package ui

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

const manifest = `{"version":1,"delivery_id":"SDN-1","provider":"Scandienst Nord","documents":[{"name":"1.pdf","sha256":"` +
	`7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"},{"name":"2.pdf","sha256":"` +
	`3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"}]}` // "one", "two"

// provider lets s.scan hand in for a provider.
func (h *house) provider() {
	h.t.Helper()
	check(h.t, h.cat.WithTx(h.t.Context(), func(tx *catalog.Tx) error {
		return tx.SetMeta("providers", `[{"name":"Scandienst Nord","user":"s.scan"}]`)
	}))
}

// TestDeliveryByHTTP: a delivery waits with what does not fit, is healed by
// sending it again, and gives a receipt; nobody else learns that it is there.
func TestDeliveryByHTTP(t *testing.T) {
	h := open(t)
	h.provider()
	made := h.call("s.scan", "POST", "/deliveries", manifest, nil)
	made.want(201)
	var v delivery.View
	made.json(&v)
	at := "/deliveries/" + v.ID
	if v.State != delivery.StateOpen || made.Header.Get("Location") != "/api/v1"+at {
		t.Fatalf("%+v %s", v, made.Header.Get("Location"))
	}
	h.call("s.scan", "POST", "/deliveries", manifest, nil).want(200)
	h.call("s.scan", "PUT", at+"/objects/1.pdf", "one", nil).want(200)
	h.call("s.scan", "PUT", at+"/objects/2.pdf", "wrong", nil).want(200)
	refused := h.call("s.scan", "POST", at+"/complete", "", nil)
	refused.failure(409, "conflict")
	var failure struct {
		Error struct{ Problems []delivery.Problem }
	}
	refused.json(&failure)
	if p := failure.Error.Problems; len(p) != 1 || p[0].Name != "2.pdf" || p[0].Kind != "hash" {
		t.Errorf("problems %+v", p)
	}
	h.call("s.scan", "GET", at+"/receipt", "", nil).failure(409, "conflict")
	h.call("s.scan", "PUT", at+"/objects/2.pdf", "two", nil).want(200)
	done := h.call("s.scan", "POST", at+"/complete", "", nil)
	done.want(200)
	var r delivery.Receipt
	done.json(&r)
	if len(r.Documents) != 2 || r.Documents[0].SHA256 != record.Sum([]byte("one")) {
		t.Fatalf("%+v", r)
	}
	again := h.call("s.scan", "POST", at+"/complete", "", nil)
	again.want(200)
	h.call("s.scan", "POST", "/deliveries", strings.Replace(manifest, "1.pdf", "3.pdf", 1), nil).failure(409, "conflict")
	h.call("s.other", "GET", at, "", nil).failure(404, "not_found")
	h.call("s.other", "PUT", at+"/objects/1.pdf", "one", nil).failure(404, "not_found")
	h.call("s.other", "GET", at+"/receipt", "", nil).failure(404, "not_found")
	h.call("s.other", "POST", "/deliveries", manifest, nil).failure(403, "denied")
	h.call("k.sommer", "POST", "/deliveries", "no manifest", nil).failure(403, "denied") // rights before parameters
	h.call("s.scan", "POST", "/deliveries", "no manifest", nil).failure(400, "invalid")
	h.call("s.scan", "POST", at+"/withdraw", `{"reason":"zu spät"}`, nil).failure(409, "conflict")
	var list struct{ Items []delivery.View }
	page := h.call("s.scan", "GET", "/deliveries?state=done", "", nil)
	page.json(&list)
	if len(list.Items) != 1 || list.Items[0].ID != v.ID {
		t.Errorf("%s", page.Body)
	}
	h.isPDF(h.call("s.scan", "GET", at+"/receipt.pdf?lang=en", "", nil))
}

func (h *house) isPDF(a answer) {
	h.t.Helper()
	a.want(200)
	if !strings.HasPrefix(a.Body, "%PDF-") || a.Header.Get("Content-Type") != "application/pdf" || a.Header.Get("X-PDF-Conformance") != "PDF/A-2u" {
		h.t.Errorf("%s %s %.20q", a.Header.Get("Content-Type"), a.Header.Get("X-PDF-Conformance"), a.Body)
	}
}

// TestReceipt: who handed a document in gets a receipt for it, which names the
// house and says nothing of what is in it.
func TestReceipt(t *testing.T) {
	h := open(t)
	res := h.call("s.scan", "POST", "/documents?title=Streng+vertraulich&event=fall-17", "hello", map[string]string{"Content-Disposition": `attachment; filename="scan.pdf"`})
	res.want(201)
	var in struct{ Document record.DocumentID }
	res.json(&in)
	at := "/documents/" + string(in.Document) + "/receipt"
	answer := h.call("s.scan", "GET", at, "", nil)
	var r archive.Receipt
	answer.json(&r)
	if r.House != "Jobcenter Musterkreis" || r.Name != "scan.pdf" || r.SHA256 != record.Sum([]byte("hello")) || r.Size != 5 || r.By.Name != "s.scan" ||
		r.Channel != "api" || r.Reference != "fall-17" || strings.Contains(answer.Body, "Streng") {
		t.Errorf("%s", answer.Body)
	}
	h.isPDF(h.call("s.scan", "GET", at+".pdf", "", nil))
	h.call("s.other", "GET", at, "", nil).failure(404, "not_found")
	h.call("s.other", "GET", at+".pdf", "", nil).failure(404, "not_found")
	h.call("a.admin", "GET", at, "", nil).failure(404, "not_found")

	v := h.visitor("de")
	v.signIn("s.scan")
	page := v.get(at)
	page.want(200)
	if text := page.Find("main").Text(); !strings.Contains(text, "Jobcenter Musterkreis") || !strings.Contains(text, string(r.SHA256)) || strings.Contains(text, "Streng") {
		t.Errorf("the page: %s", text)
	}
	h.isPDF(v.request(v.client, "GET", v.url+page.Find("main .actions a").AttrOr("href", ""), nil, nil))
}

// overCounter sends files by the counter's form.
func (v *visitor) overCounter(file record.FileID, bodies ...string) answer {
	v.t.Helper()
	page := v.get("/counter?file=" + string(file))
	page.want(200)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range []string{"csrf", "transmission", "file"} {
		check(v.t, w.WriteField(name, page.Find("main form input[name="+name+"]").AttrOr("value", "")))
	}
	for i, body := range append(bodies, "") { // the last field stays empty, as the camera's
		name := "mitgebracht.pdf"
		if i == len(bodies) {
			name = ""
		}
		part := must(w.CreateFormFile("document", name))(v.t)
		must(io.WriteString(part, body))(v.t)
	}
	check(v.t, w.Close())
	return v.request(v.client, "POST", v.url+"/counter", &b, map[string]string{"Content-Type": w.FormDataContentType(), "Accept-Language": v.lang})
}

// TestCounter: what is handed in over the counter goes into the file if who sits
// there may post into it, else it is routed with the number as evidence.
func TestCounter(t *testing.T) {
	h := open(t)
	for user, filed := range map[string]bool{"k.sommer": true, "e.tor": false} {
		v := h.visitor("de")
		v.signIn(user)
		found := v.get("/counter?q=M%C3%BCller")
		if to := found.Find("[data-row]").AttrOr("href", ""); to != "/counter?file="+string(h.file) {
			t.Fatalf("%s: found %q", user, to)
		}
		done := v.overCounter(h.file, user+" one", user+" two")
		done.want(http.StatusSeeOther)
		receipt := v.get(done.Header.Get("Location"))
		receipt.want(200)
		if n := receipt.Find("main section").Length(); n != 2 || !strings.Contains(receipt.Find("main").Text(), string(record.Sum([]byte(user+" one")))) {
			t.Errorf("%s: %d receipts: %s", user, n, receipt.Find("main").Text())
		}
		h.isPDF(v.request(v.client, "GET", v.url+receipt.Find("main .actions a").AttrOr("href", ""), nil, nil))
		check(t, h.cat.Read(t.Context(), func(tx *catalog.Tx) error {
			ids, err := tx.IdenticalTo(record.Sum([]byte(user + " one")))
			if err != nil || len(ids) != 1 {
				t.Fatalf("%v %v", ids, err)
			}
			doc, err := tx.DocumentByID(ids[0])
			if err != nil {
				return err
			}
			note, err := tx.NoteOf(ids[0])
			if (doc.File == h.file) != filed || doc.Channel != "counter" || (len(note.Barcodes) == 1 && note.Barcodes[0] == number) == filed {
				t.Errorf("%s: file %q, channel %s, note %+v", user, doc.File, doc.Channel, note)
			}
			return err
		}))
		v.overCounter(h.file).want(400)
	}
	v := h.visitor("de")
	v.signIn("s.scan")
	v.get("/counter").want(403)
	if v.get("/").Find(`nav a[href="/counter"]`).Length() != 0 {
		t.Error("who finds no files is offered the counter")
	}
}
