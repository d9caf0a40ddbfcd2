package sample

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
)

// TestPost: the mail can be taken apart again, the signed PDF has its
// dictionary, and the same is made each time.
func TestPost(t *testing.T) {
	for _, d := range Showcase().Office.post() {
		b, err := d.Post.Bytes()
		if err != nil {
			t.Fatalf("%s: %v", d.Post.Name, err)
		}
		if again, err := d.Post.Bytes(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s differs, %v", d.Post.Name, err)
		}
		switch d.Post.Name {
		case "vollmacht.pdf":
			if !bytes.Contains(b, []byte("/ByteRange[0 ")) {
				t.Error("no signature")
			}
		case "unterlagen.eml":
			if got, want := partsOf(t, b), "text/plain application/pdf image/jpeg application/pdf "; got != want {
				t.Errorf("parts %q, want %q", got, want)
			}
		}
	}
}

func partsOf(t *testing.T, b []byte) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	_, p, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds strings.Builder
	for r := multipart.NewReader(m.Body, p["boundary"]); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			return kinds.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		kinds.WriteString(kind + " ")
	}
}
