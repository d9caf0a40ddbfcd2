// Package border is the strip between Fiber and the rest: everything that the
// pages (ui/web) and the JSON interface (ui/api) need in the same way.
//
// What crosses inwards is copied here: Fiber hands out strings that lie in a
// buffer it uses again for the next request, and a *fiber.Ctx is never passed
// on to a door. What crosses outwards is decided here once: which category of
// error is which status, what a Range answers, which headers a download bears.
package border
