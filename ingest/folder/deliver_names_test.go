package folder

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"eakte/ingest/delivery"
)

func TestAnnouncement(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	of := docs{"1.pdf": "eins"}
	h.put("L/announce.json", `{"version":1,"delivery_id":"L-1","provider":"`+provider+`","documents":[{"name":"1.pdf","barcodes":["03104//0012345"]}]}`)
	h.settled()
	if v := h.got()["L-1"]; v.State != delivery.StateAnnounced {
		t.Errorf("%+v", v)
	}
	h.tells("L")
	if st := h.w.State(); st.Deliveries != 0 {
		t.Errorf("what is in transit needs nobody: %+v", st)
	}
	h.byAPI("L-1", of)
	h.look(waitMax)
	if _, there := h.files()[h.day()+"L/announce.json"]; !there {
		t.Errorf("it has come, and its announcement lies: %q", h.files())
	}
	h.put("M/announce.json", `{"version":1,"delivery_id":"L-2","provider":"`+provider+`"}`)
	h.settled()
	h.deliver("M", "L-2", docs{"2.pdf": "zwei"})
	h.settled()
	h.delivered("eins", "zwei")
	h.put("N/announce.json", `{"version":1,"delivery_id":"L-3","provider":"Andere"}`)
	h.settled()
	if _, there := h.files()["rejected/N/announce.json"]; !there {
		t.Errorf("files %q", h.files())
	}
}

// Names are matched in any encoding; what is no file is never opened.
func TestDeliveryNames(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	secret := t.TempDir() + "/geheim.pdf"
	if err := os.WriteFile(secret, []byte("geheim"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.put("L/B\xfcrger.pdf", "eins")
	h.put("L/O\u0308l.pdf", "zwei")
	if err := errors.Join(os.Symlink(secret, h.at("L/Link.pdf")), syscall.Mkfifo(h.at("L/Rohr.pdf"), 0o600), os.Mkdir(h.at("L/leer"), 0o700)); err != nil {
		t.Fatal(err)
	}
	h.put("L/Manifest.JSON", manifestOf("L-1", provider, docs{"Bürger.pdf": "eins", "Öl.pdf": "zwei"}))
	h.settled()
	h.delivered("eins", "zwei")

	h.deliver("M", "L-2", docs{"Echt.pdf": "drei", "Link.pdf": "geheim"})
	if err := errors.Join(os.Remove(h.at("M/Link.pdf")), os.Symlink(secret, h.at("M/Link.pdf"))); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.tells("M", "Link.pdf: fehlt")
}

// done/ is emptied of deliveries too, the manifest last.
func TestDeliveryPurged(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	h.put("L/announce.json", `{"version":1,"delivery_id":"L-1","provider":"`+provider+`"}`)
	h.put("L/O\u0308l.pdf.p7s", "signiert")
	h.put("L/2.pdf.tsr.txt", "unbekannt")
	h.deliver("L", "L-1", docs{"Öl.pdf": "eins"})
	if err := os.Remove(h.at("L/2.pdf.tsr.txt")); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.delivered("eins")
	day := h.day()
	h.readBack()
	h.clock.mu.Lock()
	h.clock.now = h.clock.now.AddDate(0, 0, keepDays+2)
	h.clock.mu.Unlock()
	h.put(day+"L/fremd.pdf", "nie gesehen")
	h.put(day+"M/announce.json", `{"version":1,"delivery_id":"L-2","provider":"`+provider+`"}`)
	if err := h.w.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	files := h.files()
	if _, there := files[day+"L/Öl.pdf"]; there || files[day+"L/fremd.pdf"] == "" || files[day+"L/manifest.json"] == "" {
		t.Errorf("files %q", files)
	}
	if _, there := h.got()["L-2"]; there || files[day+"M/announce.json"] == "" {
		t.Error("emptying done/ announced something, or removed what is not known")
	}
	if err := errors.Join(os.Remove(h.at(day+"L/fremd.pdf")), os.Remove(h.at(day+"M/announce.json"))); err != nil {
		t.Fatal(err)
	}
	if err := h.w.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	if files := h.files(); len(files) > 0 {
		t.Errorf("files %q", files)
	}
}
