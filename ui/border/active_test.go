package border

import (
	"bytes"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
)

// TestNothingOfADocumentRunsHere: an original that a browser could carry out
// goes out as a download of bytes, and sandboxed beside that.
func TestNothingOfADocumentRunsHere(t *testing.T) {
	for kind, want := range map[string]string{"text/html": "application/octet-stream", "text/plain": "text/plain", "application/pdf": "application/pdf",
		"message/rfc822": "message/rfc822"} {
		body := []byte("<script>alert(1)</script><svg onload=alert(2)>")
		app := fiber.New()
		app.Get("/", func(c *fiber.Ctx) error {
			return SendContent(c, archive.Content{ReaderAt: bytes.NewReader(body), Size: int64(len(body)), ContentType: kind, Name: "seite.html", SHA256: "ab"})
		})
		for _, r := range []string{"", "bytes=0-7"} {
			req := httptest.NewRequest("GET", "/", nil)
			if r != "" {
				req.Header.Set("Range", r)
			}
			got, err := app.Test(req)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(got.Body)
			if err != nil || !bytes.HasPrefix(body, b) {
				t.Errorf("%q, %v", b, err)
			}
			if h := got.Header; h.Get("Content-Type") != want || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") ||
				!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || strings.Contains(h.Get("Content-Security-Policy"), "script-src") {
				t.Errorf("%s %s: %v", kind, r, h)
			}
		}
	}
}
