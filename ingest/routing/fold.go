package routing

import (
	"regexp/syntax"

	"eakte/appliance/catalog"
)

// fold gives a text's words as names are compared: lower case, without accents,
// umlauts written out.
func fold(s string) []string { return catalog.NameWords(s) }

// weight counts the parts of a pattern, repetitions multiplied out. What can't
// be parsed weighs more than any limit.
func weight(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return maxProgram + 1
	}
	return parts(re)
}

func parts(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)/8
	for _, sub := range re.Sub {
		n += parts(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
}
