package embedded

import (
	"slices"
	"strings"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

// A word and its stem stand at the same places. The index keeps them once, with
// the stem; where Bleve keeps the byte that a word ends at, it keeps which
// ending the word has there, so that the places of the word can be told. Rare
// words then take no list of places at all: a tenth of the index.

// endings are those that are told, by their number from 1. Words with another
// ending have their places themselves. (To change them is another layout.)
var endings = [...]string{"e", "en", "er", "em", "ern", "s", "es", "ens", "ers", "nen", "se", "sen", "ems", "erns"}

// minStem is the fewest bytes that a stem has.
const minStem = 3

// withStem marks a place of a word that the index keeps with the stem.
const withStem = 1 << 30

// ending gives the number of the ending that word has and stem lacks, 0 if it
// is not one of them.
func ending(word, stem string) int {
	rest, ok := strings.CutPrefix(word, stem)
	if !ok {
		return 0
	}
	if len(stem) < minStem {
		return 0
	}
	return slices.Index(endings[:], rest) + 1
}

// withoutPlaces drops the places that are kept with the stem. Of a part of
// compounds, which no phrase asks for, one on the page is enough.
func withoutPlaces(all index.TokenFrequencies) {
	for term, f := range all {
		if strings.HasPrefix(term, search.PartMark) {
			f.Locations = f.Locations[:min(1, len(f.Locations))]
		}
		f.Locations = slices.DeleteFunc(f.Locations, func(l *index.TokenLocation) bool { return l.End == withStem })
	}
}

// form is a term at whose places words stand: at all, or at those with one
// ending.
type form struct {
	term   string
	ending int // its number; 0: all
}

// forms are where the words of terms stand: at their own places, and at those of
// every stem that they may have been given, be it by another analyzer.
func forms(terms []string) []form {
	var out []form
	for _, t := range terms {
		out = append(out, form{term: t})
		if strings.HasPrefix(t, search.PartMark) || search.HasDigit(t) {
			continue
		}
		for i, e := range endings {
			stem, ok := strings.CutSuffix(t, e)
			if ok && len(stem) >= minStem && !slices.Contains(terms, stem) {
				out = append(out, form{term: stem, ending: i + 1})
			}
		}
	}
	return out
}
