package sheet

import "strings"

// slip is what the QR code of one of our own letters, or of a slip that goes out
// to come back with what was asked for, says before its code, version 1. Slips
// are printed and come back years later, so version 1 is read for ever.
const slip = "eakte:slip:1:"

// SlipText is what goes into the QR code of a slip.
func SlipText(code string) string { return slip + code }

// ParseSlip gives the code that a slip's QR code names; ok is false for any other
// text.
func ParseSlip(text string) (code string, ok bool) {
	code, ok = strings.CutPrefix(text, slip)
	hexadecimal := func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'f' }
	return code, ok && len(code) == 32 && strings.TrimFunc(code, hexadecimal) == ""
}
