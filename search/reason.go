package search

import (
	"errors"

	"eakte/appliance/record"
)

// The reasons for which Parse refuses a query, for texts in the user's language.
const (
	ReasonLong    = "long"    // more than MaxQueryChars
	ReasonWords   = "words"   // more than MaxQueryWords
	ReasonQuote   = "quote"   // a quote is not closed
	ReasonOnlyNot = "onlynot" // nothing but what must not occur
	ReasonNothing = "nothing" // nothing that can be searched for
	ReasonOr      = "or"      // OR does not join two things
	ReasonField   = "field"   // a field without a value
	ReasonDate    = "date"    // received: is no day, month, year or range
)

// Reason gives the reason for which Parse refused a query; "" if err is not one
// of its errors.
func Reason(err error) string {
	var r refusal
	errors.As(err, &r)
	return string(r)
}

// refusal is the cause of Parse's errors.
type refusal string

func (r refusal) Error() string { return "query refused: " + string(r) }

func wrong(reason, message, hint string) error {
	return &record.Error{Category: record.Invalid, Field: "q", Message: message, Hint: hint, Cause: refusal(reason)}
}
