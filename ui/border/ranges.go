package border

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
)

// span is a part of a content: size bytes from off.
type span struct{ off, size int64 }

// rangeAnswer says how a Range header is to be answered.
type rangeAnswer int

const (
	rangeWhole rangeAnswer = iota // 200: none, malformed or several ranges
	rangePart                     // 206
	rangeNone                     // 416
)

// parseRange reads a Range header against a content of size bytes. What is
// malformed or asks for several parts is answered with the whole, as RFC 9110
// allows; what begins behind the end can't be satisfied.
func parseRange(header string, size int64) (span, rangeAnswer) {
	whole := span{0, size}
	spec, ok := strings.CutPrefix(strings.TrimSpace(header), "bytes=")
	if !ok || strings.Contains(spec, ",") {
		return whole, rangeWhole
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok {
		return whole, rangeWhole
	}
	if first == "" { // the last n bytes
		n, err := strconv.ParseUint(last, 10, 63)
		if err != nil {
			return whole, rangeWhole
		}
		if n == 0 || size == 0 {
			return span{}, rangeNone
		}
		off := max(size-int64(n), 0)
		return span{off, size - off}, rangePart
	}
	from, err := strconv.ParseUint(first, 10, 63)
	if err != nil {
		return whole, rangeWhole
	}
	to := size - 1
	if last != "" {
		n, err := strconv.ParseUint(last, 10, 63)
		if err != nil || n < from {
			return whole, rangeWhole
		}
		to = min(to, int64(n))
	}
	if int64(from) >= size {
		return span{}, rangeNone
	}
	return span{int64(from), to - int64(from) + 1}, rangePart
}

// prefetch is how much is read before the status goes out, so that bytes that
// fail their check become an error page and not a broken download.
const prefetch = 64 << 10

// SendContent answers with a document's bytes, by range if asked, always as a
// download and never to be kept by a cache on the way. Fiber's SendStream knows no Range.
func SendContent(c *fiber.Ctx, content archive.Content) error {
	etag := `"` + string(content.SHA256) + `"`
	h := &c.Response().Header
	h.Set(fiber.HeaderETag, etag)
	h.Set(fiber.HeaderAcceptRanges, "bytes")
	h.Set(fiber.HeaderCacheControl, "private, no-cache")
	h.Set(fiber.HeaderContentDisposition, Attachment(content.Name))
	h.Set(fiber.HeaderContentSecurityPolicy, sandbox)
	if match := c.Get(fiber.HeaderIfNoneMatch); match != "" && matches(match, etag) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	part, how := span{0, content.Size}, rangeWhole
	if r := c.Get(fiber.HeaderRange); r != "" {
		if cond := c.Get(fiber.HeaderIfRange); cond == "" || cond == etag {
			part, how = parseRange(r, content.Size)
		}
	}
	if how == rangeNone {
		h.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", content.Size))
		c.Status(fiber.StatusRequestedRangeNotSatisfiable)
		return nil
	}
	head := make([]byte, min(part.size, prefetch))
	if n, err := content.ReadAt(head, part.off); n < len(head) {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read content: %w", err)
	}
	h.SetContentType(inert(content.ContentType))
	if how == rangePart {
		h.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", part.off, part.off+part.size-1, content.Size))
		c.Status(fiber.StatusPartialContent)
	}
	rest := io.NewSectionReader(content, part.off+int64(len(head)), part.size-int64(len(head)))
	c.Context().SetBodyStream(io.MultiReader(bytes.NewReader(head), rest), int(part.size))
	return nil
}

// sandbox keeps a document that a browser shows after all, whatever made it do
// so, from running anything and from this origin.
const sandbox = "default-src 'none'; sandbox"

// inert is the type that a document is sent by: its own, unless a browser would
// carry out what it says.
func inert(contentType string) string {
	if contentType == "text/html" {
		return fiber.MIMEOctetStream
	}
	return contentType
}

// matches compares an If-None-Match list with an entity tag.
func matches(list, etag string) bool {
	for _, m := range strings.Split(list, ",") {
		m = strings.TrimPrefix(strings.TrimSpace(m), "W/")
		if m == "*" || m == etag {
			return true
		}
	}
	return false
}

// Attachment is a Content-Disposition for any name: plain letters for old
// clients, and the whole name as RFC 8187 writes it.
func Attachment(name string) string {
	if name == "" {
		name = "original"
	}
	plain := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(`"\/%;`, r) {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// NameOf reads the file's name from a Content-Disposition; "" if there is
// none. It is data: nobody takes it for a path.
func NameOf(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil && params == nil {
		return ""
	}
	return strings.ToValidUTF8(params["filename"], "\uFFFD")
}

// SendImage answers with a page's picture. It is not kept by the browser:
// what was closed must not be found in a cache of a shared machine.
func SendImage(c *fiber.Ctx, img archive.Image) error {
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set("X-Image-Width", strconv.Itoa(img.Width))
	c.Set("X-Image-Height", strconv.Itoa(img.Height))
	c.Response().Header.SetContentType("image/jpeg")
	return c.Send(img.Bytes)
}
