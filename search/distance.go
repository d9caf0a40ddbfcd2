package search

import "unicode/utf8"

// OneTypo says whether a and b are equal or one typing error apart: a letter
// more, a letter less, another letter, or two neighbours swapped.
func OneTypo(a, b string) bool {
	for len(a) > 0 && len(b) > 0 {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			break
		}
		a, b = a[n:], b[m:]
	}
	for len(a) > 0 && len(b) > 0 {
		x, n := utf8.DecodeLastRuneInString(a)
		y, m := utf8.DecodeLastRuneInString(b)
		if x != y {
			break
		}
		a, b = a[:len(a)-n], b[:len(b)-m]
	}
	switch n, m := utf8.RuneCountInString(a), utf8.RuneCountInString(b); {
	case n <= 1 && m <= 1:
		return true
	case n == 2 && m == 2:
		x, y := []rune(a), []rune(b)
		return x[0] == y[1] && x[1] == y[0]
	}
	return false
}
