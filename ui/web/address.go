package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
)

// address is where a page is: path and query. Links are made from it by
// changing single values, so that everything else of the state stays.
type address struct {
	path   string
	values url.Values
}

// addressOf copies the values a page knows out of the request; others are dropped.
func addressOf(c *fiber.Ctx, known ...string) address {
	a := address{path: strings.Clone(c.Path()), values: url.Values{}}
	for _, name := range known {
		if v := border.Query(c, name); v != "" {
			a.values.Set(name, v)
		}
	}
	return a
}

// With gives the address with some values changed: name, value, name, value;
// an empty value takes the name away.
func (a address) With(pairs ...string) string {
	v := url.Values{}
	for k, list := range a.values {
		v[k] = list
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return a.path
	}
	return a.path + "?" + v.Encode()
}

// Get is a value of the address.
func (a address) Get(name string) string { return a.values.Get(name) }

// Int is a number of the address, def if it is missing or none.
func (a address) Int(name string, def int) int {
	n, err := strconv.Atoi(a.values.Get(name))
	if err != nil || n < 0 {
		return def
	}
	return n
}

// paneValues are the values that only the right pane knows.
func paneValues() []string { return []string{"doc", "item", "page", "hit", "zoom", "turn", "view"} }

// withoutPane is the address of the list alone.
func (a address) withoutPane(pairs ...string) string {
	drop := make([]string, 0, 2*len(paneValues())+len(pairs))
	for _, name := range paneValues() {
		drop = append(drop, name, "")
	}
	return a.With(append(drop, pairs...)...)
}
