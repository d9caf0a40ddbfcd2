package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folder writes the folded form of words: lower case, without diacritics,
// ä = ae = a, ß = ss. For each byte it writes it keeps where in the text the
// letter began, so that a part of a word can be marked in the text.
type folder struct {
	out []byte
	src []int32 // offset in the text of the letter that out[i] came from
	// plain says that the last byte written is an a, o or u that stood so in
	// the text: an e after it may be an umlaut spelt out.
	plain bool
}

// word folds text[start:end] and gives the range of out that it wrote.
func (f *folder) word(text string, start, end int) (from, to int) {
	from = len(f.out)
	f.plain = false
	for i := start; i < end; {
		c := text[i]
		if c < utf8.RuneSelf {
			f.ascii(c, i, from)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:end])
		f.rune(r, i)
		i += n
	}
	return from, len(f.out)
}

func (f *folder) ascii(c byte, at, from int) {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	if c == 'e' && f.plain && f.umlaut(from) {
		f.plain = false
		return
	}
	f.put(c, at)
	f.plain = c == 'a' || c == 'o' || c == 'u'
}

// umlaut says whether an e after what was written is the second half of ae,
// oe or ue. A u after a vowel or q belongs to that one: neue, Steuer, Quelle.
func (f *folder) umlaut(from int) bool {
	n := len(f.out)
	if f.out[n-1] != 'u' || n-2 < from {
		return true
	}
	switch f.out[n-2] {
	case 'a', 'e', 'i', 'o', 'u', 'q':
		return false
	}
	return true
}

func (f *folder) put(c byte, at int) {
	f.out = append(f.out, c)
	f.src = append(f.src, int32(at))
}

func (f *folder) puts(s string, at int) {
	for i := 0; i < len(s); i++ {
		f.put(s[i], at)
	}
}

// rune folds a letter beyond ASCII. An e after it is never taken for the
// second half of an umlaut.
func (f *folder) rune(r rune, at int) {
	f.plain = false
	switch r {
	case 'ä', 'Ä', 'æ', 'Æ':
		f.put('a', at)
	case 'ö', 'Ö', 'œ', 'Œ', 'ø', 'Ø':
		f.put('o', at)
	case 'ü', 'Ü':
		f.put('u', at)
	case 'ß', 'ẞ':
		f.puts("ss", at)
	case 'ł', 'Ł':
		f.put('l', at)
	case 'đ', 'Đ', 'ð', 'Ð':
		f.put('d', at)
	case 'þ', 'Þ':
		f.puts("th", at)
	case 'ı':
		f.put('i', at)
	default:
		f.decomposed(r, at)
	}
}

// decomposed drops marks and keeps the letters and digits under them. What is
// left of an NFD umlaut is thus the same as of an NFC one.
func (f *folder) decomposed(r rune, at int) {
	if unicode.Is(unicode.M, r) || !(unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return
	}
	var enc [utf8.UTFMax]byte
	d := norm.NFKD.Append(nil, enc[:utf8.EncodeRune(enc[:], r)]...)
	for len(d) > 0 {
		b, n := utf8.DecodeRune(d)
		d = d[n:]
		if unicode.Is(unicode.M, b) || !(unicode.IsLetter(b) || unicode.IsDigit(b)) {
			continue
		}
		if v, ok := digitValue(b); ok {
			f.put('0'+v, at)
			continue
		}
		b = unicode.ToLower(b)
		m := utf8.EncodeRune(enc[:], b)
		for _, c := range enc[:m] {
			f.put(c, at)
		}
	}
}

// digitValue gives the value of a decimal digit of any script. Unicode keeps
// the ten of a script side by side.
func digitValue(r rune) (byte, bool) {
	if !unicode.IsDigit(r) {
		return 0, false
	}
	v := byte(0)
	for v < 9 && unicode.IsDigit(r-1) {
		r--
		v++
	}
	return v, true
}

// Fold gives the folded form of a word: what an index keeps of it and what the
// beginnings of words are compared in.
func Fold(word string) string {
	var f folder
	f.word(word, 0, len(word))
	var out []byte
	for _, c := range f.out {
		if c > ' ' && (c >= utf8.RuneSelf || 'a' <= c && c <= 'z' || isDigit(c)) {
			out = append(out, c)
		}
	}
	return string(out)
}
