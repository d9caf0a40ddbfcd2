package search

import "unicode/utf8"

// stem takes the endings of declension off a folded word: Anträge, Antrags and
// Antrag give the same. It works on letters only, keeps at least three of
// them, and is light on purpose: what it misses, the typing-error search and
// the unstemmed form still find.
func stem(w []byte) []byte {
	w = dropGenitive(w)
	w = dropPlural(w)
	if n := len(w); n > 3 && w[n-1] == w[n-2] && w[n-1] < utf8.RuneSelf {
		return w[:n-1] // Zeugniss(e) = Zeugnis, Vermieterinn(en) = Vermieterin
	}
	return w
}

// dropGenitive takes off -es and -s, the latter only where a plural or
// genitive can stand: Haus, Ausweis and Zeugnis keep theirs.
func dropGenitive(w []byte) []byte {
	n := len(w)
	if n < 5 || w[n-1] != 's' {
		return w
	}
	switch w[n-2] {
	case 'e':
		return w[:n-2]
	case 'b', 'd', 'f', 'g', 'h', 'k', 'l', 'm', 'n', 'r', 't':
		return w[:n-1]
	}
	return w
}

func dropPlural(w []byte) []byte {
	n := len(w)
	switch {
	case n >= 6 && hasSuffix(w, "ern"):
		return w[:n-3]
	case n >= 5 && (hasSuffix(w, "en") || hasSuffix(w, "er") || hasSuffix(w, "em")):
		return w[:n-2]
	case n >= 4 && w[n-1] == 'e':
		return w[:n-1]
	}
	return w
}

func hasSuffix(w []byte, s string) bool {
	return len(w) >= len(s) && string(w[len(w)-len(s):]) == s
}
