package border

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ingest/delivery"
	"eakte/ingest/inbox"
)

// codes is the one table from category of error to status. The code is the
// category's own word.
var codes = []struct {
	category error
	status   int
}{
	{record.Unauthenticated, fiber.StatusUnauthorized},
	{record.Denied, fiber.StatusForbidden},
	{record.NotFound, fiber.StatusNotFound},
	{record.Invalid, fiber.StatusBadRequest},
	{record.Conflict, fiber.StatusConflict},
	{record.Held, fiber.StatusConflict},
	{record.Retained, fiber.StatusConflict},
	{record.TooLarge, fiber.StatusRequestEntityTooLarge},
	{record.Corrupt, fiber.StatusInternalServerError},
	{record.Busy, fiber.StatusServiceUnavailable},
	{record.Unavailable, fiber.StatusServiceUnavailable},
}

// CodeInternal is the code of an error that has no category: ours to mend.
const CodeInternal = "internal"

// Fault is an error made ready for a person: nothing in it comes from
// err.Error() of an unknown error.
type Fault struct {
	Status  int
	Code    string
	Message string        // English
	Hint    string        // English, may be empty
	Field   string        // the parameter that is wrong, if one is
	Faster  *inbox.Faster // who was first, if somebody was
	// Problems is what does not fit of a delivery, if that is it.
	Problems []delivery.Problem
}

// FaultOf makes err ready for a person.
func FaultOf(err error) Fault {
	var fe *fiber.Error
	if errors.As(err, &fe) {
		return ofFiber(fe)
	}
	category := record.CategoryOf(err)
	f := Fault{Status: fiber.StatusInternalServerError, Code: CodeInternal,
		Message: "Something went wrong here that should not have.",
		Hint:    "Try again. If it happens again, tell the administrator the reference."}
	for _, c := range codes {
		if c.category == category {
			f = Fault{Status: c.status, Code: category.Error(), Message: fallback[category.Error()]}
		}
	}
	var re *record.Error
	if errors.As(err, &re) {
		f.Message, f.Hint, f.Field = re.Message, re.Hint, re.Field
	}
	errors.As(err, &f.Faster)
	var un *delivery.Unreconciled
	if errors.As(err, &un) {
		f.Problems = un.Problems
	}
	return f
}

// fallback is said when a category comes without a message of its own.
var fallback = map[string]string{
	"unauthenticated": "You are not signed in.",
	"denied":          "You may not do this.",
	"not_found":       "There is nothing here that you may see.",
	"invalid":         "The request can't be understood.",
	"conflict":        "This contradicts what is already there.",
	"held":            "A hold stands on this.",
	"retained":        "This must still be kept.",
	"too_large":       "This is larger than the appliance takes at once.",
	"corrupt":         "What is stored does not match its hash and is not shown.",
	"busy":            "The appliance is busy with the same thing.",
	"unavailable":     "A part of the appliance can't be reached at the moment.",
}

// ofFiber is for what Fiber or fasthttp refused before a handler saw it.
func ofFiber(e *fiber.Error) Fault {
	switch e.Code {
	case fiber.StatusNotFound:
		return Fault{Status: e.Code, Code: "not_found", Message: "There is nothing at this address."}
	case fiber.StatusMethodNotAllowed:
		return Fault{Status: e.Code, Code: "invalid", Message: "This address does not know the method."}
	case fiber.StatusRequestEntityTooLarge:
		return Fault{Status: e.Code, Code: "too_large", Message: fallback["too_large"]}
	case fiber.StatusRequestHeaderFieldsTooLarge, fiber.StatusRequestURITooLong:
		return Fault{Status: e.Code, Code: "too_large", Message: "The address or the headers of the request are too long.",
			Hint: "Shorten the query."}
	case fiber.StatusRequestTimeout:
		return Fault{Status: e.Code, Code: "invalid", Message: "The request did not arrive in time."}
	}
	if e.Code >= 400 && e.Code < 500 {
		return Fault{Status: e.Code, Code: "invalid", Message: fallback["invalid"]}
	}
	return Fault{Status: fiber.StatusInternalServerError, Code: CodeInternal, Message: "Something went wrong here that should not have.",
		Hint: "Try again. If it happens again, tell the administrator the reference."}
}
