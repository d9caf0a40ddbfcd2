package delivery_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// document is a manifest with one document that says this beside its hash.
func document(more string) string {
	return `{"version":1,"delivery_id":"D-1","provider":"Scandienst Nord","documents":[{"name":"0001.pdf","sha256":"` + hash + `"` + more + `}]}`
}

// The first field that is wrong is named.
func TestManifestRefused(t *testing.T) {
	twice := `{"name":"a.pdf","sha256":"` + hash + `"}`
	head := `"version":1,"delivery_id":"D-1","provider":"P"`
	for manifest, field := range map[string]string{
		``:                                  "manifest",
		`[]`:                                "manifest",
		`{"version":1`:                      "manifest",
		`{} {}`:                             "manifest",
		`{"version":"1"}`:                   "version",
		`{"version":1.5}`:                   "version",
		`{"version":2}`:                     "version",
		`{"delivery_id":"D"}`:               "version",
		`{"version":1}`:                     "delivery_id",
		`{"version":1,"delivery_id":"D-1"}`: "provider",
		`{"version":1,"delivery_id":"D-1","provider":" "}`:                                      "provider",
		`{"version":1,"delivery_id":"` + strings.Repeat("D", 300) + `"}`:                        "delivery_id",
		`{` + head + `,"created_at":"gestern"}`:                                                 "created_at",
		`{` + head + `,"created_at":"2026-13-01T00:00:00Z"}`:                                    "created_at",
		`{` + head + `,"documents":{}}`:                                                         "documents",
		`{` + head + `,"documents":[],"documents":[]}`:                                          "documents",
		`{` + head + `,"documents":[` + twice + `,7]}`:                                          "documents[1]",
		`{` + head + `,"documents":[` + twice + `,{"x":"` + strings.Repeat("x", 2<<20) + `"}]}`: "documents[1]",
		`{` + head + `,"documents":[{}]}`:                                                       "documents[0].name",
		`{` + head + `,"documents":[` + twice + `,` + twice + `]}`:                              "documents[1].name",
		`{` + head + `,"documents":[{"name":"../a"}]}`:                                          "documents[0].name",
		`{` + head + `,"documents":[{"name":".."}]}`:                                            "documents[0].name",
		`{` + head + `,"documents":[{"name":"a\\b"}]}`:                                          "documents[0].name",
		`{` + head + `,"documents":[{"name":"a\u0000b"}]}`:                                      "documents[0].name",
		`{` + head + `,"documents":[{"name":"` + strings.Repeat("n", 256) + `"}]}`:              "documents[0].name",
		`{` + head + `,"documents":[{"name":"a","sha256":"abc"}]}`:                              "documents[0].sha256",
		`{` + head + `,"documents":[{"name":"a","sha256":"` + hash[:63] + `g"}]}`:               "documents[0].sha256",
		`{` + head + `,"documents":[{"name":"a","sha256":"sha256-` + hash + `"}]}`:              "documents[0].sha256",
		document(`,"size":-1`):                                                                  "documents[0].size",
		document(`,"pages":-1`):                                                                 "documents[0].pages",
		document(`,"pages":2000000000`):                                                         "documents[0].pages",
		document(`,"pages":99999999999999999999`):                                               "documents[0].pages",
		document(`,"received":"18.11.2026"`):                                                    "documents[0].received",
		document(`,"received":"2026-02-30"`):                                                    "documents[0].received",
		document(`,"barcodes":"03104"`):                                                         "documents[0].barcodes",
		document(`,"barcodes":["` + strings.Repeat(`x","`, 60) + `"]`):                          "documents[0].barcodes",
		document(`,"paper_position":-2`):                                                        "documents[0].paper_position",
		document(`,"opened_at":"früh"`):                                                         "documents[0].opened_at",
		document(`,"signatures":["0001.pdf"]`):                                                  "documents[0].signatures",
		document(`,"signatures":["a/b"]`):                                                       "documents[0].signatures",
		document(`,"transfer_note":{"scanned_at":"neulich"}`):                                   "documents[0].transfer_note.scanned_at",
		document(`,"transfer_note":{"statement":"` + strings.Repeat("x", 5000) + `"}`):          "documents[0].transfer_note.statement",
		document(`,"transfer_note":[]`):                                                         "documents[0].transfer_note",
	} {
		_, err := delivery.ParseManifest(strings.NewReader(manifest))
		var e *record.Error
		if !errors.As(err, &e) || !errors.Is(err, record.Invalid) || e.Field != field || e.Hint == "" {
			t.Errorf("%.90s: %v, want the field %s", manifest, err, field)
		}
	}
	many := make([]delivery.Document, 20_001)
	for i := range many {
		many[i].Name = fmt.Sprint(i)
	}
	b, err := json.Marshal(delivery.Manifest{Version: 1, DeliveryID: "D", Provider: "P", Documents: many})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := delivery.ParseManifest(strings.NewReader(string(b))); !errors.Is(err, record.Invalid) {
		t.Errorf("20,001 documents: %v", err)
	}
	if _, err := delivery.ParseManifest(strings.NewReader(strings.Repeat(" ", 16<<20+1))); !errors.Is(err, record.TooLarge) {
		t.Errorf("more than 16 MB: %v", err)
	}
}

// The smallest manifests of the largest size need no more memory than others.
func TestManifestMemory(t *testing.T) {
	head := `{"version":1,"delivery_id":"D-1","provider":"P","documents":[`
	for what, one := range map[string]string{"documents": `{}`, "codes": `{"name":"a","barcodes":[` + strings.Repeat(`"",`, 5<<20) + `""]}`} {
		body := head + strings.Repeat(one+",", max(0, (delivery.MaxManifest-len(head))/(len(one)+1)-2)) + one + "]}"
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := delivery.ParseManifest(strings.NewReader(body))
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) >> 20; !errors.Is(err, record.Invalid) || got > 300 {
			t.Errorf("16 MB of %s: %d MB, %v", what, got, err)
		}
	}
}

// What a manifest need not say, and what it may say besides.
func TestManifestTaken(t *testing.T) {
	m, err := delivery.ParseManifest(strings.NewReader(document(`,"sha":"x","barcodes":[" 03104\u0000 "],"signatures":["x.p7s"]`)))
	if err != nil || m.Documents[0].Barcodes[0] != "03104\uFFFD" || m.Documents[0].SHA256 != hash {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = delivery.ParseManifest(strings.NewReader(strings.Replace(document(""), hash, strings.ToUpper(hash), 1)))
	if err != nil || m.Documents[0].SHA256 != hash {
		t.Errorf("large letters: %+v, %v", m, err)
	}
	decomposed, err := delivery.ParseManifest(strings.NewReader(strings.Replace(document(""), "0001", "u\u0308ber \xff", 1)))
	if err != nil || decomposed.Documents[0].Name != "über \uFFFD.pdf" {
		t.Errorf("another way to write a letter: %+v, %v", decomposed.Documents, err)
	}
}

// A manifest that is handed over stays as its caller has it.
func TestManifestStays(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("M-0", 1)
	d := &b.Documents[0]
	d.SHA256, d.Barcodes[0], d.Signatures = strings.ToUpper(d.SHA256), " 03104 ", []string{"u\u0308.p7s"}
	d.TransferNote.Operator, d.TransferNote.Anomalies = " op ", []string{" x "}
	before, err := json.Marshal(b.Manifest)
	h.must(err)
	h.open(b)
	after, err := json.Marshal(b.Manifest)
	h.must(err)
	if string(before) != string(after) {
		t.Errorf("it was %s\nand is %s", before, after)
	}
}

// What only the calendar and the manifest's purpose forbid is refused at the desk.
func TestManifestAtTheDesk(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	for field, change := range map[string]func(*delivery.Manifest){
		"created_at":            func(m *delivery.Manifest) { m.CreatedAt = "2031-01-01T00:00:00Z" },
		"documents[0].received": func(m *delivery.Manifest) { m.Documents[0].Received = "2031-01-01" },
		"documents[0].sha256":   func(m *delivery.Manifest) { m.Documents[0].SHA256 = "" },
		"documents":             func(m *delivery.Manifest) { m.Documents = nil },
		"version":               func(m *delivery.Manifest) { m.Version = 0 },
	} {
		b := newBatch("M-1", 1)
		change(&b.Manifest)
		_, err := h.desk.Open(t.Context(), h.scan, b.Manifest, "api")
		var e *record.Error
		if !errors.As(err, &e) || !errors.Is(err, record.Invalid) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	id := h.open(newBatch("M-2", 1)).ID
	for _, name := range []string{"", "..", "a/b", "a\x00", strings.Repeat("x", 256)} {
		if _, err := h.desk.Put(t.Context(), h.scan, id, name, strings.NewReader("x"), 1); !errors.Is(err, record.Invalid) {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	if _, err := h.desk.Put(t.Context(), h.scan, id, "0001.pdf", strings.NewReader("half"), 9); !errors.Is(err, record.Invalid) {
		t.Errorf("fewer bytes than said: %v", err)
	}
	if _, err := h.desk.Put(t.Context(), h.scan, id, "0001.pdf", strings.NewReader(strings.Repeat("x", 9<<20)), -1); !errors.Is(err, record.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if h.spooled() != 0 {
		t.Errorf("%d left in the spool", h.spooled())
	}
}

// Whatever a manifest holds, reading it ends with a manifest that can be read
// again, or with a field.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{document(""), document(`,"pages":3,"barcodes":["03104//0012345"],"signatures":["0001.pdf.p7s"]`), `{"version":1}`, `[]`,
		`{"version":1,"delivery_id":"\ud800","provider":"\u0000","documents":[{"name":"u\u0308"}]}`, `{"documents":[{"name":"a"},{"name":"a"}]}`,
		document(`,"transfer_note":{"operator":"op-17","anomalies":["x"],"scanned_at":"2026-11-20T16:02:11Z"},"received":"2026-11-18"`)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := delivery.ParseManifest(strings.NewReader(string(b)))
		if err != nil {
			var e *record.Error
			if !errors.As(err, &e) || e.Field == "" {
				t.Fatalf("%q: %v names no field", b, err)
			}
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		n, err := delivery.ParseManifest(strings.NewReader(string(again)))
		if err != nil {
			t.Fatalf("%q: what was read can't be read again: %v", b, err)
		}
		if twice, err := json.Marshal(n); err != nil || string(twice) != string(again) {
			t.Fatalf("%q: it is another one the second time: %q", b, twice)
		}
	})
}
