package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// class says what a run is made of.
type class uint8

const (
	letters class = iota + 1
	digits
	mixed
)

// run is a stretch of letters and digits in the text, and its folded form.
type run struct {
	start, end int // in the text
	from, to   int // in folder.out
	class      class
	position   int
}

// scan cuts text into runs and folds them. Marks and soft hyphens inside a run
// belong to it. Runs that fold to nothing are left out.
func (a *analysis) scan() {
	start, kind := -1, class(0)
	end := 0
	for i := 0; i < len(a.text); {
		r, n := rune(a.text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(a.text[i:])
		}
		switch c := classify(r); {
		case c != 0 && start < 0:
			start, kind, end = i, c, i+n
		case c != 0:
			if kind != c {
				kind = mixed
			}
			end = i + n
		case start >= 0 && inside(r):
			if unicode.Is(unicode.M, r) {
				end = i + n
			}
		case start >= 0:
			a.close(start, end, kind)
			start = -1
		}
		i += n
	}
	if start >= 0 {
		a.close(start, end, kind)
	}
}

func (a *analysis) close(start, end int, c class) {
	from, to := a.fold.word(a.text, start, end)
	if from == to {
		return
	}
	a.runs = append(a.runs, run{start: start, end: end, from: from, to: to, class: c})
}

func classify(r rune) class {
	switch {
	case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		return letters
	case '0' <= r && r <= '9':
		return digits
	case r < utf8.RuneSelf:
		return 0
	case unicode.IsLetter(r):
		return letters
	case unicode.IsDigit(r):
		return digits
	}
	return 0
}

// inside says whether r may stand in a word without ending it.
func inside(r rune) bool {
	return r >= utf8.RuneSelf && (r == '\u00ad' || r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\ufeff' ||
		unicode.Is(unicode.M, r))
}

// gap is what stands between run i and the next one.
func (a *analysis) gap(i int) string { return a.text[a.runs[i].end:a.runs[i+1].start] }

// hyphenated says whether run i and the next are one word: a hyphen between
// them, or a hyphen at the end of a line ("Heizkosten-\nabrechnung"). "Miet-
// und Nebenkosten" are two.
func (a *analysis) hyphenated(i int) bool {
	if i+1 >= len(a.runs) || a.runs[i].class != letters || a.runs[i+1].class != letters {
		return false
	}
	rest, ok := cutHyphen(a.gap(i))
	if !ok {
		return false
	}
	if rest == "" {
		return true
	}
	if strings.TrimSpace(rest) != "" || !strings.Contains(rest, "\n") {
		return false
	}
	switch string(a.folded(i + 1)) {
	case "und", "oder", "bzw", "sowie", "beziehungsweise":
		return false
	}
	return true
}

func cutHyphen(s string) (rest string, ok bool) {
	for _, h := range [...]string{"-", "\u2010", "\u2011", "\u00ac", "\u00ad"} {
		if r, ok := strings.CutPrefix(s, h); ok {
			return r, true
		}
	}
	return "", false
}

func (a *analysis) folded(i int) []byte { return a.fold.out[a.runs[i].from:a.runs[i].to] }
