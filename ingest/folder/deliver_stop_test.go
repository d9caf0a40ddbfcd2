package folder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

// By another channel at the same time: whoever comes first, it is one delivery.
func TestDeliveryByTwoChannels(t *testing.T) {
	for _, at := range []string{"open", "put", "complete"} {
		t.Run(at, func(t *testing.T) {
			h := newHouse(t)
			d := h.deliveries()
			of := docs{"1.pdf": "eins", "2.pdf": "zwei"}
			h.deliver("L", "L-1", of)
			other := false
			d.step = func(step string, before bool) error {
				if step != at || !before || other {
					return nil
				}
				other = true
				h.byAPI("L-1", of)
				return nil
			}
			h.settled()
			for range 3 {
				h.look(retryMax)
			}
			h.delivered("eins", "zwei")
			if files := h.files(); !other || files[h.day()+"L/2.pdf"] != "zwei" {
				t.Errorf("other channel %v, files %q", other, files)
			}
		})
	}
}

// A stop before or after any step, and the appliance starts anew: nothing is
// lost, nothing is filed twice.
func TestDeliveryInterrupted(t *testing.T) {
	for _, step := range []string{"open", "put", "complete"} {
		for _, before := range []bool{true, false} {
			for n := range 2 {
				t.Run(fmt.Sprint(step, before, n), func(t *testing.T) {
					h := newHouse(t)
					d := h.deliveries()
					h.deliver("L", "L-1", docs{"1.pdf": "eins", "2.pdf": "zwei"})
					seen := 0
					d.step = func(s string, b bool) error {
						if s != step || b != before {
							return nil
						}
						if seen++; seen == n+1 {
							return &record.Error{Category: record.Unavailable, Message: "The store can't be reached."}
						}
						return nil
					}
					h.settled()
					d.step = nil
					h.open()
					h.w.Desk = d
					h.settled()
					h.delivered("eins", "zwei")
					if h.files()[h.day()+"L/1.pdf"] != "eins" {
						t.Errorf("files %q", h.files())
					}
					h.says()
				})
			}
		}
	}
}

// What changes while it is read, or after it was taken in, is noticed.
func TestDeliveryChangesMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		step     string
		before   bool
		do       func(h *house)
		want     []string
		rejected string
	}{
		"a document grows while it is put": {"put", true, func(h *house) { h.put("L/1.pdf", "eins und mehr"); h.put("L/2.pdf", "zwei!") }, nil, ""},
		"a document comes after":           {"complete", false, func(h *house) { h.put("L/3.pdf", "neu") }, []string{"eins", "zwei"}, "3.pdf"},
		"a document is replaced after":     {"complete", false, func(h *house) { h.put("L/1.pdf", "ganz neu") }, []string{"eins", "zwei"}, "1.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			d := h.deliveries()
			h.deliver("L", "L-1", docs{"1.pdf": "eins", "2.pdf": "zwei"})
			fired := false
			d.step = func(s string, b bool) error {
				if s == c.step && b == c.before && !fired {
					fired = true
					c.do(h)
				}
				return nil
			}
			h.settled()
			for range 3 {
				h.look(retryMax)
			}
			h.delivered(c.want...)
			files := h.files()
			if _, there := files["rejected/L/"+c.rejected]; !fired || c.rejected != "" && !there {
				t.Errorf("files %q", files)
			}
			if c.rejected == "" {
				h.tells("L", "1.pdf: hat andere Bytes")
				h.put("L/1.pdf", "eins")
				h.put("L/2.pdf", "zwei")
				h.settled()
				h.delivered("eins", "zwei")
			}
		})
	}
}

// A sender who is not done yet is left alone: files come, one is open.
func TestDeliveryStillFilled(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	h.deliver("L", "L-1", docs{"1.pdf": "eins", "2.pdf": "zwei"})
	for i := range 5 {
		h.look(settle - 1)
		h.put("L/3.pdf", strings.Repeat("x", i+1))
	}
	if len(h.got()) > 0 {
		t.Error("it was opened while it was filled")
	}
	if err := os.Remove(h.at("L/3.pdf")); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(h.at("L/2.pdf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.settled()
	if len(h.archived()) > 0 {
		t.Error("it was taken in while a writer had a file open")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	h.look(retryMax)
	h.delivered("eins", "zwei")
}

// What another node has of a delivery is sent here again, and the delivery goes
// on.
func TestDeliveryBegunAtAnotherNode(t *testing.T) {
	h := newHouse(t)
	d := h.deliveries()
	h.deliver("L", "L-1", docs{"1.pdf": "eins", "2.pdf": "zwei"})
	if err := os.Remove(h.at("L/2.pdf")); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.tells("L", "2.pdf: fehlt")
	h.in.Intake.Node = "another"
	h.put("L/2.pdf", "zwei")
	h.settled()
	h.delivered("eins", "zwei")
	if len(d.puts) > 4 {
		t.Errorf("put %q", d.puts)
	}
	h.says()
}

// What another node takes in, or has begun to, waits for it, and nothing else
// does.
func TestDeliveryTakenAtAnotherNode(t *testing.T) {
	for state, journalled := range map[string]bool{delivery.StateTaking: false, delivery.StateWaiting: true} {
		t.Run(state, func(t *testing.T) {
			h := newHouse(t)
			d := h.deliveries()
			d.step = func(step string, before bool) error {
				if step == "complete" && before {
					return &record.Error{Category: record.Busy, Message: "Later."}
				}
				return nil
			}
			h.deliver("L", "L-1", docs{"1.pdf": "eins"})
			h.settled()
			d.step = nil
			id := h.got()["L-1"].ID
			err := h.cat.WithTx(context.Background(), func(tx *catalog.Tx) error {
				v, err := tx.DeliveryByID(id)
				v.State = state
				o, oerr := tx.DeliveryObject(id, "1.pdf")
				if journalled {
					err = errors.Join(err, tx.InsertJournal(catalog.JournalRow{ID: record.NewID(), Node: "test", Actor: h.actor.User, RequestDigest: "r",
						Document: record.DocumentID(record.NewID()), Object: o.Object}))
				}
				return errors.Join(err, oerr, tx.PutDelivery(v))
			})
			if err != nil {
				t.Fatal(err)
			}
			h.in.Intake.Node = "another"
			h.put("frei.pdf", "frei")
			h.settled()
			h.says("at another place")
			h.holds("frei")
			if !journalled {
				h.in.Intake.Node = "test"
				h.look(retryMax)
				h.delivered("eins")
				h.says()
			}
		})
	}
}

// The receipt in done/ is the archive's, whatever came under its name, and no
// delivery gets there without one.
func TestDeliveryReceiptIsOurs(t *testing.T) {
	h := newHouse(t)
	d := h.deliveries()
	h.put("L/"+receiptName, `{"id":"forged","documents":[]}`)
	h.deliver("L", "L-1", docs{"1.pdf": "eins"})
	h.settled()
	var r delivery.Receipt
	if err := json.Unmarshal([]byte(h.files()[h.day()+"L/"+receiptName]), &r); err != nil || r.ID != h.got()["L-1"].ID || len(r.Documents) != 1 {
		t.Errorf("receipt %+v: %v", r, err)
	}
	d.step = func(step string, before bool) error {
		if step == "complete" && !before {
			return os.Mkdir(h.at("M/"+receiptName), 0o700)
		}
		return nil
	}
	h.deliver("M", "L-2", docs{"2.pdf": "zwei"})
	h.settled()
	h.delivered("eins", "zwei")
	if h.files()["M/2.pdf"] != "zwei" {
		t.Errorf("without a receipt: %q", h.files())
	}
	if err := os.Remove(h.at("M/" + receiptName)); err != nil {
		t.Fatal(err)
	}
	h.settled()
	if h.files()[h.day()+"M/"+receiptName] == "" {
		t.Errorf("files %q", h.files())
	}
}
