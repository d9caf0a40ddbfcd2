package folder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

func TestDelivery(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	h.put("Nord 7/0001.pdf.p7s", "signiert")
	h.put("Nord 7/.0009.pdf.part", "halb")
	h.deliver("Nord 7", "L-7", docs{"0001.pdf": "eins", "0002.pdf": "zwei"})
	h.look(0)
	h.look(settle - 1)
	if len(h.got()) > 0 {
		t.Fatal("a delivery was opened before it had settled")
	}
	h.look(1)
	h.delivered("eins", "zwei")
	files := h.files()
	for name, body := range map[string]string{"0001.pdf": "eins", "0002.pdf": "zwei", "0001.pdf.p7s": "signiert", ".0009.pdf.part": "halb"} {
		if files[h.day()+"Nord 7/"+name] != body {
			t.Errorf("%s is not in done/: %q", name, files)
		}
	}
	var r delivery.Receipt
	if err := json.Unmarshal([]byte(files[h.day()+"Nord 7/"+receiptName]), &r); err != nil || len(r.Documents) != 2 || r.DeliveryID != "L-7" {
		t.Errorf("receipt %+v: %v", r, err)
	}
	if len(files) != 6 {
		t.Errorf("files %q", files)
	}
	v := h.got()["L-7"]
	if v.State != delivery.StateDone || v.Channel != "folder" || v.Provider != provider {
		t.Errorf("%+v", v)
	}
	if st := h.w.State(); st.Delivered != 1 || st.Taken != 2 || st.Deliveries != 0 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	for _, word := range []string{"0001", "Nord", h.root} {
		if strings.Contains(h.log.String(), word) {
			t.Errorf("the log names %q:\n%s", word, h.log)
		}
	}
	h.says()
}

// An incomplete or wrong delivery stays, says what is missing, and is healed.
func TestDeliveryWaitsAndHeals(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	all := docs{"0001.pdf": "eins", "0002.pdf": "zwei", "0003.pdf": "drei"}
	h.deliver("L", "L-1", all)
	h.put("L/0002.pdf", "anders")
	h.put("L/0099.pdf", "zu viel")
	h.put("L/mehr/0004.pdf", "tiefer")
	if err := os.Remove(h.at("L/0003.pdf")); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.tells("L", "0099.pdf: steht nicht im Manifest", "sub-folders are no part")
	h.delivered()
	for _, p := range []string{"0099.pdf", "mehr"} {
		if err := os.RemoveAll(h.at("L/" + p)); err != nil {
			t.Fatal(err)
		}
	}
	h.settled()
	h.tells("L", "0003.pdf: fehlt", "0003.pdf: is missing", "0002.pdf: hat andere Bytes", digestHex("anders"), digestHex("zwei"), "Nichts daraus ist abgelegt")
	h.delivered()
	if st := h.w.State(); st.Deliveries != 1 || st.Rejected != 0 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	if v := h.got()["L-1"]; v.State != delivery.StateWaiting || len(v.Problems) != 2 {
		t.Errorf("%+v", v)
	}
	h.put("L/0003.pdf", "drei")
	h.put("L/0002.pdf", "zwei")
	h.settled()
	h.delivered("eins", "zwei", "drei")
	h.tells("L")
	h.look(settle)
	if st := h.w.State(); st.Deliveries != 0 || st.Delivered != 1 {
		t.Errorf("%+v", st)
	}
}

// What waits and does not change is not read again and again.
func TestDeliveryIsNotHammered(t *testing.T) {
	h := newHouse(t)
	d := h.deliveries()
	h.deliver("L", "L-1", docs{"0001.pdf": "eins", "0002.pdf": "zwei"})
	if err := os.Remove(h.at("L/0002.pdf")); err != nil {
		t.Fatal(err)
	}
	h.settled()
	opened := 0
	h.w.openFile = func(d *dir, name string) (source, error) { opened++; return openSource(d, name) }
	for range 50 {
		h.look(2 * time.Second)
	}
	if opened != 0 || len(d.puts) != 1 {
		t.Errorf("%d files opened, put %q", opened, d.puts)
	}
	h.look(waitMin)
	if opened == 0 || len(d.puts) != 1 { // looked at again, and only hashed
		t.Errorf("%d files opened, put %q", opened, d.puts)
	}
	v, err := h.desk.Put(context.Background(), h.actor, h.got()["L-1"].ID, "0002.pdf", strings.NewReader("zwei"), 4) // by the other channel
	if err != nil || v.State != delivery.ObjectHere {
		t.Fatal(v, err)
	}
	h.look(waitMax)
	h.delivered("eins", "zwei")
}

func TestDeliveryRejected(t *testing.T) {
	for name, c := range map[string]struct {
		manifest string
		de, en   string
	}{
		"another provider's":  {manifestOf("L-1", "Andere", docs{"1.pdf": "eins"}), "anderen Dienstleister", "another provider"},
		"version":             {`{"version":2}`, "Das Manifest ist unbrauchbar", "version"},
		"a path":              {manifestOf("L-1", provider, docs{"../1.pdf": "eins"}), "Das Manifest ist unbrauchbar", "documents[0].name"},
		"twice":               {strings.Replace(manifestOf("L-1", provider, docs{"1.pdf": "eins", "2.pdf": "zwei"}), "2.pdf", "1.pdf", 1), "unbrauchbar", "another document"},
		"no hash":             {`{"version":1,"delivery_id":"L-1","provider":"` + provider + `","documents":[{"name":"1.pdf"}]}`, "unbrauchbar", "sha256"},
		"of another type":     {`{"version":1,"delivery_id":7}`, "unbrauchbar", "delivery_id"},
		"without any content": {`{"version":1,"delivery_id":"L-1","provider":"` + provider + `"}`, "unbrauchbar", "documents"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.deliveries()
			h.put("L/1.pdf", "eins")
			h.put("L/manifest.json", c.manifest)
			h.settled()
			files := h.files()
			note := files["rejected/L"+reasonSuffix]
			if files["rejected/L/1.pdf"] != "eins" || files["rejected/L/manifest.json"] != c.manifest || !strings.Contains(note, c.de) || !strings.Contains(note, c.en) {
				t.Errorf("files %q, note:\n%s", files, note)
			}
			if st := h.w.State(); st.Rejected != 1 || st.Deliveries != 0 {
				t.Errorf("%+v", st)
			}
			h.delivered()
		})
	}
}

// A manifest that is no JSON may still be on its way; after ten minutes it is
// not any more.
func TestDeliveryHalfManifest(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	whole := manifestOf("L-1", provider, docs{"1.pdf": "eins"})
	h.put("L/1.pdf", "eins")
	h.put("L/manifest.json", whole[:len(whole)/2])
	h.settled()
	h.tells("L", "Das Manifest ist unvollständig")
	h.put("L/manifest.json", whole)
	h.settled()
	h.delivered("eins")

	h.put("M/1.pdf", "eins")
	h.put("M/manifest.json", "")
	h.settled()
	h.look(waitMin)
	h.look(waitMax)
	if h.files()["rejected/M/1.pdf"] != "eins" {
		t.Errorf("files %q", h.files())
	}
}

// The same delivery again is no news; another one under its number is refused.
func TestDeliveryAgain(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	h.deliver("L", "L-1", docs{"1.pdf": "eins"})
	h.settled()
	h.deliver("L", "L-1", docs{"1.pdf": "eins"})
	h.settled()
	h.delivered("eins")
	if files := h.files(); files[h.day()+"L/1.pdf"] != "eins" || files[h.day()+"L-2/1.pdf"] != "eins" {
		t.Errorf("files %q", files)
	}
	if st := h.w.State(); st.Delivered != 2 || st.Repeated != 1 || st.Rejected != 0 {
		t.Errorf("%+v", st)
	}
	for folder, change := range map[string]func(string){
		"other manifest": func(f string) { h.deliver(f, "L-1", docs{"1.pdf": "eins", "2.pdf": "neu"}) },
		"other bytes": func(f string) {
			h.deliver(f, "L-1", docs{"1.pdf": "eins"})
			h.put(f+"/1.pdf", "neu")
		},
		"more files": func(f string) {
			h.deliver(f, "L-1", docs{"1.pdf": "eins"})
			h.put(f+"/2.pdf", "neu")
		},
	} {
		change(folder)
		h.settled()
		if note := h.files()["rejected/"+folder+reasonSuffix]; !strings.Contains(note, "neuen Liefernummer") {
			t.Errorf("%s: %q", folder, h.files())
		}
	}
	h.delivered("eins")
}

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

// A folder whose manifest is on its way is no loose one, however long it takes.
func TestDeliveryBegun(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	h.put("M/1.pdf", "drei")
	h.put("M/manifest.json.part", "{")
	h.settled()
	if st := h.w.State(); st.Deliveries != 0 {
		t.Errorf("%+v", st)
	}
	h.look(waitMax + settle)
	if st := h.w.State(); len(h.in.given) > 0 || st.Deliveries != 1 {
		t.Errorf("%+v, %+v", h.in.given, st)
	}
	h.deliver("M", "L-1", docs{"1.pdf": "drei"})
	h.settled()
	h.delivered("drei")
}

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
	h.put("L/1.pdf.p7s", "signiert")
	h.put("L/2.pdf.tsr.txt", "unbekannt")
	h.deliver("L", "L-1", docs{"1.pdf": "eins"})
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
	if err := h.w.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	files := h.files()
	if _, there := files[day+"L/1.pdf"]; there || files[day+"L/fremd.pdf"] == "" || files[day+"L/manifest.json"] == "" {
		t.Errorf("files %q", files)
	}
	if err := os.Remove(h.at(day + "L/fremd.pdf")); err != nil {
		t.Fatal(err)
	}
	if err := h.w.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	if files := h.files(); len(files) > 0 {
		t.Errorf("files %q", files)
	}
}
