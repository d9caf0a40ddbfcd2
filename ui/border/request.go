package border

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
)

// requestKey names the request's id among Fiber's locals.
const requestKey = "request"

// Begin gives the request its id. What the client calls it does not count:
// the id is the reference a person reads out on the phone.
func Begin(c *fiber.Ctx) string {
	id := record.NewID()
	c.Locals(requestKey, id)
	return id
}

// RequestID is the request's id, or "" if the request never began.
func RequestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestKey).(string)
	return id
}

// Query copies a parameter of the address; "" if it is missing.
func Query(c *fiber.Ctx, name string) string { return strings.Clone(c.Query(name)) }

// QueryInt reads a number of the address: def if it is missing, and -1 if it
// is none, which every door refuses after it has looked at the rights.
func QueryInt(c *fiber.Ctx, name string, def int) int {
	s := c.Query(name)
	if s == "" {
		return def
	}
	return number(s)
}

// Param copies a part of the path, unescaped.
func Param(c *fiber.Ctx, name string) string {
	s := strings.Clone(c.Params(name))
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// ParamInt reads a number of the path, -1 if it is none.
func ParamInt(c *fiber.Ctx, name string) int { return number(c.Params(name)) }

// Header copies a request header.
func Header(c *fiber.Ctx, name string) string { return strings.Clone(c.Get(name)) }

// Cookie copies a cookie.
func Cookie(c *fiber.Ctx, name string) string { return strings.Clone(c.Cookies(name)) }

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// Secure says whether the browser speaks TLS to us or to a proxy before us. A
// forged header only makes our own cookie stricter.
func Secure(c *fiber.Ctx) bool {
	return c.Context().IsTLS() || strings.EqualFold(c.Get(fiber.HeaderXForwardedProto), "https")
}
