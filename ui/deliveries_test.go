package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"eakte/appliance/catalog"
	"eakte/ingest/delivery"
)

// TestDeliveryReceiptLink: the page leads its provider to the receipt, and
// nobody else to a page that is not there for them.
func TestDeliveryReceiptLink(t *testing.T) {
	h := open(t)
	h.provider()
	var v delivery.View
	h.call("s.scan", "POST", "/deliveries", manifest, nil).json(&v)
	at := "/deliveries/" + v.ID
	h.call("s.scan", "PUT", at+"/objects/1.pdf", "one", nil).want(200)
	h.call("s.scan", "PUT", at+"/objects/2.pdf", "two", nil).want(200)
	h.call("s.scan", "POST", at+"/complete", "", nil).want(200)

	scan := h.visitor("de")
	scan.signIn("s.scan")
	page := scan.get(at)
	page.want(200)
	h.isPDF(scan.request(scan.client, "GET", scan.url+page.Find(`a[href*="receipt"]`).AttrOr("href", ""), nil, nil))
	klar := h.visitor("de")
	klar.signIn("c.klar")
	page = klar.get(at)
	page.want(200)
	if page.Find(`main a[href*="receipt"]`).Length() != 0 {
		t.Error("who may not read the receipt is led to it")
	}
}

// TestManyDeliveriesWait: those that don't stand above the list stand in it, and
// only its first page asks for news.
func TestManyDeliveriesWait(t *testing.T) {
	h := open(t)
	h.provider()
	began := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) (err error) {
		for i := range 160 {
			number, state, at := fmt.Sprint(i), delivery.StateWaiting, began.Add(time.Duration(i)*time.Minute)
			if i%16 == 0 {
				state = delivery.StateDone
			}
			err = errors.Join(err, tx.PutDelivery(catalog.Delivery{ID: catalog.DeliveryID("Scandienst Nord", number), Provider: "Scandienst Nord", Number: number,
				State: state, Site: "03104", AnnouncedAt: at, ChangedAt: at, Problems: "[]"}))
		}
		return err
	}))
	v := h.visitor("de")
	v.signIn("s.scan")
	seen := map[string]int{}
	for n, next := 0, "/deliveries"; next != ""; n++ {
		page := v.get(next)
		page.want(200)
		page.Find("tr[data-delivery]").Each(func(_ int, row *goquery.Selection) { seen[row.AttrOr("data-delivery", "")]++ })
		if asks := page.Find(`[hx-get^="/deliveries/news"]`).Length(); asks != 1-min(n, 1) {
			t.Errorf("page %d asks %d times for news", n+1, asks)
		}
		if n == 0 && !strings.Contains(page.Find("h2").Text(), "Mehr als 100") {
			t.Errorf("headings %q", page.Find("h2").Text())
		}
		next = page.Find(`main a[href*="cursor="]`).AttrOr("href", "")
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is listed %d times", id, n)
		}
	}
	if len(seen) != 160 {
		t.Errorf("%d of 160 are listed", len(seen))
	}
	v.get(`/deliveries/news?since=0`).want(200)
	v.get(`/deliveries/news?since=x`).want(400)
	sommer := h.visitor("de")
	sommer.signIn("k.sommer")
	sommer.get(`/deliveries/news?since=x`).want(403) // rights before parameters
}

// TestManyObjects: the last of many objects has its place on the pages of a
// delivery too.
func TestManyObjects(t *testing.T) {
	const n = 5001
	h := open(t)
	h.provider()
	id := catalog.DeliveryID("Scandienst Nord", "1")
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		err := tx.PutDelivery(catalog.Delivery{ID: id, Provider: "Scandienst Nord", Number: "1", State: delivery.StateOpen, Site: "03104", Problems: "[]", Documents: n})
		for i := range n {
			err = errors.Join(err, tx.PutDeliveryObject(catalog.DeliveryObject{Delivery: id, Name: fmt.Sprintf("%05d.pdf", i+1), Place: i + 1, Kind: "document", State: delivery.ObjectWanted}))
		}
		return err
	}))
	v := h.visitor("de")
	v.signIn("s.scan")
	page := v.get("/deliveries/" + id + "?from=5000")
	page.want(200)
	if page.Find(`tr[data-object="05001.pdf"]`).Length() != 1 {
		t.Errorf("%s", page.Find("main").Text())
	}
}
