// Package routing finds out where a document belongs: to which site, team and
// file. It gathers evidence (numbers, names, birth dates, addresses, codes),
// holds it against the files in the catalog, and decides only where nothing
// speaks against it; all else is for a person. Each decision carries its
// evidence.
package routing

import "eakte/appliance/record"

// Letter is what is known of a document.
type Letter struct {
	Pages    []Page
	Length   int      // pages that it has, more than Pages if only some were read; 0: as many as Pages
	Sheet    string   // number on the separator sheet before it; may be empty
	Manifest []string // numbers that the scan provider read
	Given    []string // numbers that another application gave with it
	From     string   // who it is from, if a mail says so: name and address
	Received string   // YYYY-MM-DD
	Site     string   // at which it would wait; may be empty
	Type     string   // what kind of document it is; may be empty
}

// Page is one page's text, corrected, with its words and codes.
type Page struct {
	Number int // from 1
	Text   string
	Words  record.PageWords
}
