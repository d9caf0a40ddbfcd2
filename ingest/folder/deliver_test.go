package folder

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

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
// not any more. One that is too large will not get smaller.
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
	h.put("N/manifest.json", `{"version":1,"bag_seal":"`+strings.Repeat("x", 17<<20)+`"}`)
	h.settled()
	if note := h.files()["rejected/N"+reasonSuffix]; !strings.Contains(note, "16 MB") {
		t.Errorf("note:\n%s", note)
	}
	h.look(brokenAfter - settle - 1)
	if _, there := h.files()["rejected/M/1.pdf"]; there {
		t.Error("it was rejected before its time")
	}
	h.look(1)
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

// A signature that comes or changes when its document is taken in already does
// not go to done/ as if the archive had it.
func TestDeliverySignedTooLate(t *testing.T) {
	h := newHouse(t)
	h.deliveries()
	for folder, signatures := range map[string]docs{"L": {"1.pdf.p7s": "signiert"}, "changed": {"1.pdf.p7s": "anders"},
		"late": {"1.pdf.p7s": "signiert", "1.pdf.tsr": "nachgereicht"}, "again": {"1.pdf.p7s": "signiert"}} {
		for name, body := range signatures {
			h.put("wait.part/"+folder+"/"+name, body)
		}
		h.deliver("wait.part/"+folder, "L-1", docs{"1.pdf": "eins"})
	}
	for _, folder := range []string{"L", "changed", "late", "again"} {
		if err := os.Rename(h.at("wait.part/"+folder), h.at(folder)); err != nil {
			t.Fatal(err)
		}
		h.settled()
	}
	files := h.files()
	for _, name := range []string{h.day() + "L/1.pdf.p7s", h.day() + "again/1.pdf.p7s", "rejected/changed/1.pdf.p7s", "rejected/late/1.pdf.tsr"} {
		if files[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if note := files["rejected/changed"+reasonSuffix]; !strings.Contains(note, "neuen Liefernummer") {
		t.Errorf("note:\n%s", note)
	}
	h.delivered("eins")
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
