package ui

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// TestMailIsFiledWithAttachments: the list says how many there are, the answer
// which went along, the page how many; undoing takes them back along.
func TestMailIsFiledWithAttachments(t *testing.T) {
	h := open(t)
	mail := h.document("Mail", "Anbei die Unterlagen")
	parts := []record.DocumentID{h.document("Eins", "Miete"), h.document("Zwei", "Strom")}
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		for i, p := range parts {
			if err := tx.InsertLink(catalog.Link{Document: mail, Kind: catalog.LinkEncloses, Other: p, Place: i + 1}); err != nil {
				return err
			}
		}
		return nil
	}))
	const second = "03104//0000002"
	other := h.newFile(second, "Klein", "Otto", "1970-01-01")
	res := h.call("k.sommer", "PATCH", "/documents/"+string(mail), `{"file":"`+second+`"}`, nil)
	res.want(200)
	var v struct{ Moved []record.DocumentID }
	if res.json(&v); !slices.Equal(v.Moved, parts) {
		t.Errorf("the answer: %v", v.Moved)
	}
	if res := h.call("k.sommer", "GET", "/documents/"+string(mail), "", nil); strings.Contains(res.Body, `"moved"`) {
		t.Errorf("asked for later: %s", res.Body)
	}
	for _, i := range h.inboxOf("k.sommer", "") {
		if want := map[record.DocumentID]int{mail: 2}[i.Document.ID]; i.Document.Attachments != want {
			t.Errorf("%s has %d attachments", i.Document.Title, i.Document.Attachments)
		}
	}
	w := h.visitor("de")
	w.signIn("k.sommer")
	if text := w.get("/inbox").Find("#list").Text(); !strings.Contains(text, "2 Anlagen") {
		t.Errorf("the list: %s", text)
	}
	path := "/documents/" + string(mail)
	w.send(w.get(path+"/change"), "main form", url.Values{"file": {number}}).want(303)
	said := w.get(path)
	if text := said.Find("form[data-undo] [role=status]").Text(); text != "Mit 2 Anlagen abgelegt." {
		t.Errorf("the page says %q", text)
	}
	w.send(said, "form[data-undo]", nil).want(303)
	check(t, h.cat.Read(t.Context(), func(tx *catalog.Tx) error {
		for _, p := range parts {
			if doc, err := tx.DocumentByID(p); err != nil || doc.File != other {
				t.Errorf("taken back: %q lies in %q, %v", doc.Title, doc.File, err)
			}
		}
		return nil
	}))
}
