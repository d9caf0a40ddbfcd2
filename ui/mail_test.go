package ui

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// TestMailNamesItsAttachments: in their order, each only to who may see it, and
// the attachment names its mail.
func TestMailNamesItsAttachments(t *testing.T) {
	h := open(t)
	add := func(file record.FileID, name string) record.DocumentID {
		d := record.Document{ID: record.DocumentID(record.NewID()), Object: record.ObjectID(record.NewID()), File: file, Name: name,
			Direction: record.DirectionIn, Received: "2026-03-02", Sensitivity: record.SensitivityNormal, State: record.StateQuarantined, Reason: "winmail", CreatedBy: "system"}
		check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { return tx.InsertDocument(d, "03107") }))
		return d.ID
	}
	mail := add(h.file, "post.eml")
	parts := []record.DocumentID{add(h.file, "erste.pdf"), add("", "anderswo.pdf"), add(h.file, "")}
	for i := range parts {
		place := len(parts) - i
		check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
			return tx.InsertLink(catalog.Link{Document: mail, Kind: catalog.LinkEncloses, Other: parts[place-1], Place: place})
		}))
	}
	v := h.visitor("de")
	v.signIn("k.sommer")
	page := v.get("/documents/" + string(mail))
	page.want(200)
	list := page.Find("#pane nav[aria-label='Anlagen'] li")
	if list.Length() != 2 || !strings.Contains(list.First().Text(), "erste.pdf") || !strings.Contains(list.Last().Text(), "ohne Namen") ||
		list.Last().AttrOr("value", "") != "3" || strings.Contains(page.Find("#pane").Text(), "anderswo.pdf") {
		t.Errorf("attachments: %d, %q, %q", list.Length(), list.Last().AttrOr("value", ""), page.Find("#pane").Text())
	}
	back := v.get("/documents/" + string(parts[0]))
	back.want(200)
	if a := back.Find("#pane a[href='/documents/" + string(mail) + "']"); a.Text() != "post.eml" || !strings.Contains(back.Find("#pane").Text(), "winmail.dat") {
		t.Errorf("the attachment: %s", back.Find("#pane").Text())
	}
	third := v.get("/documents/" + string(parts[2]))
	if a := third.Find("#pane nav.family a"); a.Length() != 2 || a.Last().AttrOr("id", "") != "v-prevpart" || a.Last().Text() != "erste.pdf" ||
		!strings.Contains(third.Find("#pane nav.family").Text(), "Anlage 3 zu") {
		t.Errorf("from the third attachment: %s", third.Find("#pane nav.family").Text())
	}
	register := v.get("/files/" + string(h.file))
	register.want(200)
	var rows []string
	register.Find("#list tr[data-doc] th").Each(func(_ int, s *goquery.Selection) { rows = append(rows, strings.Join(strings.Fields(s.Text()), " ")) })
	if got := strings.Join(rows, "|"); !strings.Contains(got, "post.eml|erste.pdf Anlage 1|") || register.Find("#list th.below").Length() != 2 {
		t.Errorf("the register: %s", got)
	}
}
