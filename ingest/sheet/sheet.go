// Package sheet is the sheets of paper that talk to the appliance: separators,
// which lie between the letters of a batch on their way through the scanner. It
// says what stands in a sheet's code and draws it. It knows nothing of files
// beyond the number that somebody types.
package sheet

import (
	"fmt"
	"strings"

	"eakte/appliance/record"
)

// What a separator's QR code says, version 1:
//
//	eakte:sep:1                     a new document begins after this sheet
//	eakte:sep:1:file:03104//0012345 … and it is meant for this file
//
// Sheets are printed and kept in drawers, so version 1 is read for ever.
const (
	separator = "eakte:sep:1"
	forFile   = separator + ":file:"
)

// MostNumber is the longest number of a file that goes on a sheet, in bytes.
const MostNumber = 40

// Separator is what a separator sheet asks for.
type Separator struct {
	File string // the file's number; empty: it does not say
}

// Text is what goes into the code. A number that is none is record.Invalid.
func (s Separator) Text() (string, error) {
	if s.File == "" {
		return separator, nil
	}
	if !number(s.File) {
		return "", &record.Error{Category: record.Invalid, Field: "number", Message: "This is not a file's number.",
			Hint: fmt.Sprintf("Up to %d letters, digits, spaces and / . -", MostNumber)}
	}
	return forFile + s.File, nil
}

// Find looks among a page's codes for what makes it a separator: our own QR
// code before a patch T. "PATCHT" in Code 39 is what other programs print.
func Find(codes []record.Code) (Separator, bool) {
	found := false
	for _, c := range codes {
		switch {
		case c.Format == "qr":
			if s, ok := parse(c.Text); ok {
				return s, true
			}
		case c.Format == "patch-t", c.Format == "code39" && c.Text == "PATCHT":
			found = true
		}
	}
	return Separator{}, found
}

func parse(text string) (Separator, bool) {
	if text == separator {
		return Separator{}, true
	}
	n, ok := strings.CutPrefix(text, forFile)
	return Separator{File: n}, ok && number(n)
}

func number(s string) bool {
	return s != "" && len(s) <= MostNumber && s == strings.TrimSpace(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz /.-", r)
	})
}
