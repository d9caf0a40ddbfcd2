package search

import (
	"fmt"
	"strings"
)

// Numbers get one more term, over all their groups, so that every writing of a
// number finds every other: 03104//0012345, 03104 BG 0012345 and 031040012345
// are 031040012345; 18.11.2026 and 18. November 2026 are @20261118; 1.234,56
// and 1234,56 EUR are =1234,56; the groups of an IBAN are joined.
const (
	dateMark   = "@"
	amountMark = "="
)

const (
	maxChain       = 8  // groups of one number
	maxChainTerm   = 40 // bytes
	maxChainLetter = 4  // letters of a group that is no digits: W-03104-00123/26
)

// numbers emits the numbers that begin at run i.
func (a *analysis) numbers(i, first int) {
	if a.runs[i].class == letters {
		a.chain(i, first)
		a.customer(i, first)
		return
	}
	a.date(i, first)
	a.monthDate(i, first)
	a.amount(i, first)
	a.iban(i, first)
	a.household(i, first)
	a.customer(i, first)
	a.chain(i, first)
}

// joined emits s as a number from run i to run j.
func (a *analysis) joined(s string, i, j, first int) {
	b := len(a.terms)
	a.terms = append(a.terms, s...)
	a.put(b, TokenNumber, a.runs[i].start, a.runs[j].end, a.runs[i].position, first)
}

// digitsAt gives the digits of run i, or "" if it is not so many digits.
func (a *analysis) digitsAt(i, least, most int) string {
	if i >= len(a.runs) || a.runs[i].class != digits {
		return ""
	}
	if n := a.runs[i].to - a.runs[i].from; n < least || n > most {
		return ""
	}
	return string(a.folded(i))
}

// gluedBefore says whether the digits of run i go on from the run before, with
// only a point or comma between.
func (a *analysis) gluedBefore(i int) bool {
	return i > 0 && a.runs[i-1].class == digits && (a.gap(i-1) == "." || a.gap(i-1) == ",")
}

// gluedAfter says the same for the run after.
func (a *analysis) gluedAfter(i int) bool {
	return i+1 < len(a.runs) && a.runs[i+1].class == digits && (a.gap(i) == "." || a.gap(i) == ",")
}

func (a *analysis) date(i, first int) {
	if i+2 >= len(a.runs) || a.gluedBefore(i) {
		return
	}
	g, h := a.gap(i), a.gap(i+1)
	if y := a.digitsAt(i, 4, 4); y != "" && g == "-" && h == "-" {
		a.calendar(y, a.digitsAt(i+1, 2, 2), a.digitsAt(i+2, 2, 2), i, i+2, first)
		return
	}
	switch {
	case dot(g) && dot(h), g == "/" && h == "/", g == "-" && h == "-":
	default:
		return
	}
	y := a.digitsAt(i+2, 4, 4)
	if y == "" {
		y = century(a.digitsAt(i+2, 2, 2))
	}
	a.calendar(y, a.digitsAt(i+1, 1, 2), a.digitsAt(i, 1, 2), i, i+2, first)
}

func dot(gap string) bool { return gap == "." || gap == ". " || gap == ".\u00a0" || gap == " ." }

// century completes a year of two digits: up to 40 it is of this century.
func century(y string) string {
	switch {
	case y == "":
		return ""
	case y <= "40":
		return "20" + y
	}
	return "19" + y
}

func (a *analysis) monthDate(i, first int) {
	if i+2 >= len(a.runs) || a.runs[i+1].class != letters {
		return
	}
	d := a.digitsAt(i, 1, 2)
	if d == "" || strings.Trim(a.gap(i), ". \u00a0\n") != "" || strings.Trim(a.gap(i+1), ". \u00a0\n") != "" {
		return
	}
	m := month(string(a.folded(i + 1)))
	if m == "" {
		return
	}
	a.calendar(a.digitsAt(i+2, 4, 4), m, d, i, i+2, first)
}

// month gives the number of a month's folded name or usual abbreviation.
func month(s string) string {
	switch s {
	case "januar", "jan", "janner", "january":
		return "01"
	case "februar", "feb", "february":
		return "02"
	case "marz", "mar", "mrz", "march":
		return "03"
	case "april", "apr":
		return "04"
	case "mai", "may":
		return "05"
	case "juni", "jun", "june":
		return "06"
	case "juli", "jul", "july":
		return "07"
	case "august", "aug":
		return "08"
	case "september", "sep", "sept":
		return "09"
	case "oktober", "okt", "october", "oct":
		return "10"
	case "november", "nov":
		return "11"
	case "dezember", "dez", "december", "dec":
		return "12"
	}
	return ""
}

func (a *analysis) calendar(y, m, d string, i, j, first int) {
	if y == "" || m == "" || d == "" {
		return
	}
	if len(m) == 1 {
		m = "0" + m
	}
	if len(d) == 1 {
		d = "0" + d
	}
	if m < "01" || m > "12" || d < "01" || d > "31" {
		return
	}
	a.joined(dateMark+y+m+d, i, j, first)
}

// amount emits sums of money: 1.234,56 · 1234,56 · 1 234,56 · 449.00 · 563,-
// and 563 Euro.
func (a *analysis) amount(i, first int) {
	if a.digitsAt(i, 1, 9) == "" || a.gluedBefore(i) && a.gap(i-1) != " " {
		return
	}
	whole, j := a.thousands(i)
	if c := a.cents(j, j == i); c != "" {
		a.joined(amountMark+trimZeros(whole)+","+c, i, j+1, first)
	} else if a.even(j) && !a.gluedAfter(j) {
		a.joined(amountMark+trimZeros(whole)+",00", i, j, first)
	}
	if j > i {
		a.joined(whole, i, j, first)
	}
}

// thousands joins groups of three after run i, with one and the same mark
// between them. A space is taken for such a mark only if cents follow.
func (a *analysis) thousands(i int) (whole string, last int) {
	whole = a.digitsAt(i, 1, 9)
	if len(whole) > 3 || i+1 >= len(a.runs) {
		return whole, i
	}
	sep := a.gap(i)
	switch sep {
	case ".", "'", "\u2019", " ", "\u00a0", "\u202f":
	default:
		return whole, i
	}
	joined, j := whole, i
	for j+1 < len(a.runs) && a.gap(j) == sep && a.digitsAt(j+1, 3, 3) != "" && j-i < 3 {
		j++
		joined += a.digitsAt(j, 3, 3)
	}
	if cents := a.cents(j, false) != ""; j == i || !cents && (sep != "." || a.gluedAfter(j)) {
		return whole, i
	}
	return joined, j
}

// cents gives the two digits behind a decimal comma after run j, or behind a
// point if point is true and nothing longer (a date, a version) goes on there.
func (a *analysis) cents(j int, point bool) string {
	c := a.digitsAt(j+1, 2, 2)
	if c == "" || a.gluedAfter(j+1) {
		return ""
	}
	switch a.gap(j) {
	case ",", ", ":
		return c
	case ".":
		if point && !strings.HasPrefix(a.text[a.runs[j+1].end:], ".") {
			return c
		}
	}
	return ""
}

// even says whether an amount without cents ends with run j: 563 Euro, 563,-
func (a *analysis) even(j int) bool {
	rest := a.text[a.runs[j].end:]
	if strings.HasPrefix(rest, ",-") || strings.HasPrefix(rest, ",\u2013") {
		return true
	}
	rest = strings.TrimLeft(rest, " \u00a0")
	return strings.HasPrefix(rest, "\u20ac") || strings.HasPrefix(rest, "EUR") || strings.HasPrefix(rest, "Eur")
}

func trimZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}

// iban joins the groups of an IBAN: two letters and two digits, then groups of
// four with a space between, the last perhaps shorter.
func (a *analysis) iban(i, first int) {
	w := a.folded(i)
	if a.runs[i].class != mixed || len(w) != 4 || isDigit(w[0]) || isDigit(w[1]) || !isDigit(w[2]) || !isDigit(w[3]) {
		return
	}
	s, j := string(w), i
	for j+1 < len(a.runs) && a.gap(j) == " " && len(s) < 34 {
		g := a.folded(j + 1)
		if len(g) > 4 || a.runs[j+1].class == letters || s[:2] == "de" && len(s)+len(g) > 22 {
			break
		}
		s += string(g)
		j++
		if len(g) < 4 {
			break
		}
	}
	if len(s) >= 15 {
		a.joined(s, i, j, first)
	}
}

// household joins a BG-Nummer: five digits, a mark or "BG" or both, seven digits.
func (a *analysis) household(i, first int) {
	s := ""
	for j := i; j < len(a.runs) && j < i+3; j++ {
		if j > i && !numberGap(a.gap(j-1)) {
			return
		}
		s += string(a.folded(j))
		if !officeNumber(s) {
			return
		}
		if n := len(s); n == 14 || n == 12 && isDigit(s[5]) && j > i {
			a.joined(s[:5]+s[n-7:], i, j, first)
			return
		}
	}
}

// officeNumber says whether s can be what a BG-Nummer begins with, up to a
// border between its groups.
func officeNumber(s string) bool {
	if len(s) < 5 || len(s) > 14 || !allDigits(s[:5]) {
		return false
	}
	rest := s[5:]
	if bg, ok := strings.CutPrefix(rest, "bg"); ok {
		rest = bg
	}
	return rest == "" || len(rest) == 7 && allDigits(rest)
}

func numberGap(g string) bool {
	switch strings.Trim(g, " \u00a0") {
	case "", "/", "//", "-":
		return len(g) <= 4 && !strings.Contains(g, "\n")
	}
	return false
}

// customer joins a Kundennummer that is written with spaces: 031 D 123456.
func (a *analysis) customer(i, first int) {
	s := ""
	for j := i; j < len(a.runs) && j < i+3; j++ {
		if j > i && a.gap(j-1) != " " && a.gap(j-1) != "\u00a0" {
			return
		}
		s += string(a.folded(j))
		if len(s) > 10 {
			return
		}
		if j > i && len(s) == 10 && allDigits(s[:3]) && s[3] >= 'a' && s[3] <= 'z' && allDigits(s[4:]) {
			a.joined(s, i, j, first)
			return
		}
	}
}

// chain joins groups with nothing but one mark between them, as in file
// numbers and telephone numbers. At least one group has a digit.
func (a *analysis) chain(i, first int) {
	if i > 0 && a.linked(i-1) {
		return // begun before
	}
	j, n, digit := i, 0, false
	for {
		n += a.runs[j].to - a.runs[j].from
		digit = digit || a.runs[j].class != letters
		if j+1 >= len(a.runs) || j-i+1 >= maxChain || !a.linked(j) {
			break
		}
		j++
	}
	if j == i || !digit || n < 3 || n > maxChainTerm || a.sum(i, j) {
		return
	}
	b := len(a.terms)
	for k := i; k <= j; k++ {
		a.terms = append(a.terms, a.folded(k)...)
	}
	a.put(b, TokenNumber, a.runs[i].start, a.runs[j].end, a.runs[i].position, first)
}

// sum says whether the groups are an amount with cents, which has a term of its
// own: joined, 1.234,56 would be found as 123456.
func (a *analysis) sum(i, j int) bool {
	for k := i; k < j; k++ {
		if a.gap(k) == "," {
			return k == j-1 && a.digitsAt(j, 2, 2) != ""
		}
	}
	return j == i+1 && a.gap(i) == "." && a.digitsAt(i, 1, 9) != "" && a.digitsAt(j, 2, 2) != ""
}

// linked says whether run i and the next one may be groups of one number.
func (a *analysis) linked(i int) bool {
	if i+1 >= len(a.runs) || !a.group(i) || !a.group(i+1) {
		return false
	}
	switch a.gap(i) {
	case "-", "/", "//", ".", ":", ",", "_", "\u2013":
		return a.runs[i].class != letters || a.runs[i+1].class != letters
	}
	return false
}

func (a *analysis) group(i int) bool {
	r := a.runs[i]
	return r.class != letters || r.to-r.from <= maxChainLetter
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// String names a kind of token, for tests and messages.
func (k TokenKind) String() string {
	switch k {
	case TokenWord:
		return "word"
	case TokenStem:
		return "stem"
	case TokenPart:
		return "part"
	case TokenNumber:
		return "number"
	}
	return fmt.Sprintf("TokenKind(%d)", uint8(k))
}
