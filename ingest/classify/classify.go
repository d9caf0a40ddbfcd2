// Package classify says what kind of document something is, by rules that are
// data: words, headings, codes, the sender. It gives its reasons, and decides
// nothing that the rules don't decide clearly. It reads no database.
package classify

import "eakte/appliance/record"

// Letter is what is known of a document.
type Letter struct {
	Pages []Page
	Hint  string // what the scan provider or another application takes it for; may be empty
	Title string // as handed in; may be empty
}

// Page is one page's text, corrected, with its words and codes.
type Page struct {
	Number int // from 1
	Text   string
	Words  record.PageWords
}
