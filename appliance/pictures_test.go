package main

import (
	"bytes"
	"image/jpeg"
	"testing"
	"time"

	"eakte/appliance/sample"
)

// TestWebAloneDraws: a process that only answers gives the pictures of
// born-digital pages, which nobody has drawn when they were read.
func TestWebAloneDraws(t *testing.T) {
	h := newHouse(t)
	h.setup()
	s := h.serve()
	office := sample.Jobcenter(7, 1)
	l := office.Letter(office.Files[0], sample.Notice, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 1)
	l.Form = sample.Digital()
	letter, err := l.Render()
	if err != nil {
		t.Fatal(err)
	}
	sommer := s.as("k.sommer")
	sommer.makeFile("03104//0012345", "Grünwiese", "03104")
	doc := sommer.post("03104//0012345", letter.Body, "Content-Type", "application/pdf").Document
	sommer.until(doc, "ready")
	s.stop()

	s = h.start("serve", "--roles", "web")
	sommer = s.as("k.sommer")
	for _, width := range []string{"200", "1000", "5000"} {
		img := sommer.want(200, "GET", "/documents/"+doc+"/pages/1/image?width="+width, nil)
		if _, err := jpeg.Decode(bytes.NewReader(img.body)); err != nil {
			t.Errorf("width %s: %v", width, err)
		}
	}
	if pdf := sommer.want(200, "GET", "/documents/"+doc+"/pdf", nil); !bytes.HasPrefix(pdf.body, []byte("%PDF-")) {
		t.Errorf("a PDF of %d bytes", len(pdf.body))
	}
	s.as("b.winter").want(404, "GET", "/documents/"+doc+"/pages/1/image", nil)
	s.stop()
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
}
