package border

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
)

// readPatience is how long one read of a body may wait for the next bytes. A
// large upload over a slow line is fine as long as something arrives.
const readPatience = 60 * time.Second

// bodyKey names the request's body among Fiber's locals.
const bodyKey = "body"

// Body is a request's body as a stream. fasthttp reports a connection that
// broke in the middle as a plain end, so Body counts against Content-Length,
// and of a chunked body asks whether the end that came was the connection's:
// half a document must never pass for a whole one.
type Body struct {
	from   io.Reader
	extend func()
	ended  func() bool // the connection has ended
	want   int64       // -1: not said (chunked)
	limit  int64
	read   int64
	whole  bool
}

// BodyOf gives the request's body, at most limit bytes of it: more is
// record.TooLarge, by Content-Length before the first byte is read.
func BodyOf(c *fiber.Ctx, limit int64) (*Body, error) {
	want := int64(c.Request().Header.ContentLength())
	b := &Body{want: want, limit: limit, extend: func() {}, ended: func() bool { return false }}
	if want < 0 {
		b.want = -1
	}
	if stream := c.Context().RequestBodyStream(); stream != nil {
		b.from = stream
		if conn := c.Context().Conn(); conn != nil {
			if e, ok := conn.(interface{ Ended() bool }); ok {
				b.ended = e.Ended
			}
			b.extend = func() { _ = conn.SetReadDeadline(time.Now().Add(readPatience)) } //nolint:errcheck // a dead connection shows at the read
		}
	} else {
		b.from = bytes.NewReader(bytes.Clone(c.Body()))
	}
	c.Locals(bodyKey, b)
	if b.want > limit {
		return nil, tooLarge()
	}
	return b, nil
}

// Size is what Content-Length said, -1 if it said nothing.
func (b *Body) Size() int64 { return b.want }

// Read reads on. A body that ends before its Content-Length is record.Invalid
// (and io.ErrUnexpectedEOF), one over the limit record.TooLarge.
func (b *Body) Read(p []byte) (int, error) {
	if b.whole {
		return 0, io.EOF
	}
	b.extend()
	n, err := b.from.Read(p)
	b.read += int64(n)
	if b.read > b.limit {
		return 0, tooLarge()
	}
	if err == nil || !errors.Is(err, io.EOF) {
		return n, err
	}
	if b.want >= 0 && b.read < b.want || b.want < 0 && b.ended() {
		return n, &record.Error{Category: record.Invalid, Message: "The request broke off before its end.", Hint: "Send it again.",
			Cause: io.ErrUnexpectedEOF}
	}
	b.whole = true
	return n, io.EOF
}

// Drained says whether nothing of the request's body is left on the
// connection. If something is, the connection can't be used again: the rest
// would be read as the next request.
func Drained(c *fiber.Ctx) bool {
	if c.Context().RequestBodyStream() == nil || c.Request().Header.ContentLength() == 0 {
		return true
	}
	b, ok := c.Locals(bodyKey).(*Body)
	return ok && b.whole
}

// ReadAll reads a small body whole, as JSON calls and forms send it.
func ReadAll(c *fiber.Ctx, limit int64) ([]byte, error) {
	b, err := BodyOf(c, limit)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(b)
}

func tooLarge() error {
	return &record.Error{Category: record.TooLarge, Message: "This is larger than the appliance takes at once.",
		Hint: "Split it, or ask the administrator to raise the limit."}
}
