package routing

import (
	"regexp"
	"slices"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// number is a number that may be a file's or a customer's.
type number struct {
	kind   string // of Evidence
	source string // of Evidence
	page   int    // place in reading.pages; -1: on none
	start  int
	text   string
	value  string // normalised
	box    record.Box
	sure   float64 // of recognition, 0 to 1
	form   bool    // it can't be anything else: two strokes, BG, a letter in the middle, a label
	read   bool    // value is what was read, digit by digit
	guess  bool    // value has a digit in it that could not be read
}

// certain says whether a number was read by a machine that checks itself, or
// given by somebody who knows it.
func (n number) certain() bool { return n.source != sourcePage }

const (
	sourcePage     = "page"
	sourceCode     = "code"
	sourceManifest = "manifest"
	sourceSheet    = "sheet"
	sourceGiven    = "sender"
	maxNumbers     = 500  // of one letter
	maxCode        = 4096 // bytes of a code that are looked at
)

// What stands for a digit, and for the two strokes in the middle.
const (
	digitLike = `[0-9OoQDIl|!SsBZzGb]`
	specks    = `[ “”"'‘’´°.,_]?`
	strokes   = `(?:/ ?/|//|/[Il|]|[Il|]/|\|\||\\\\|[-–]? ?(?:BG|Bg|bg|8G|B6|BC) ?[-–:]?)`
)

var (
	household = regexp.MustCompile(digitLike + `{5}\s?` + strokes + `\s?` + digitLike + `{7}`)
	spaced    = regexp.MustCompile(digitLike + `(?:` + specks + digitLike + `){4}\s?` + strokes + `\s?` + digitLike + `(?:` + specks + digitLike + `){6}`)
	slipped   = regexp.MustCompile(`[0-9A-Za-z|!?:;]{4,6}\s?` + strokes + `\s?[0-9A-Za-z|!?:;]{5,8}`)
	bare      = regexp.MustCompile(`[0-9OIlSB]{5}[ /.\-]{0,3}[0-9OIlSB]{7}`)
	customer  = regexp.MustCompile(`[0-9OIlSBZG|]{3} ?[A-Z] ?[0-9OIlSBZG|]{6}`)
	labelled  = regexp.MustCompile(`(?i)(kunden-? ?n(?:umme)?r\.?|kd\.?-? ?nr\.?)[^0-9\n]{0,20}([0-9OIlSBZGD |]{9,13})`)
	objection = regexp.MustCompile(`W ?[-–] ?[0-9]{5} ?[-–] ?[0-9]{5} ?/ ?[0-9]{2}`)
	court     = regexp.MustCompile(`[SLB] ?[0-9]{1,3} ?[A-Z]{2} ?[0-9]{1,6} ?/ ?[0-9]{2}(?: ?B)?(?: ?ER)?`)
	reference = regexp.MustCompile(`(?i)(?:aktenzeichen|gesch[äa]ftszeichen|unser zeichen|ihr zeichen|\baz\.?)[: ]{1,3}([^\n,;]{4,40})`)
	coded     = regexp.MustCompile(`\b[0-9]{5}(?://|BG)[0-9]{7}\b|\b[0-9]{3}[A-Z][0-9]{6}\b`)
	bgLabel   = regexp.MustCompile(`(?i)\b(?:bg|bedarfsgemeinschaft|bg-?n(?:umme)?r)\b[^\n]{0,25}$`)
)

// numbers finds what may be numbers of files and customers, on the pages and in
// what was said about the letter.
func (r *reading) numbers() []number {
	var out []number
	for _, s := range []struct {
		kind, source string
		texts        []string
	}{
		{record.EvidenceSheet, sourceSheet, []string{r.Sheet}},
		{record.EvidenceManifest, sourceManifest, r.Manifest},
		{record.EvidenceGiven, sourceGiven, r.Given},
	} {
		for _, text := range s.texts {
			out = said(out, number{kind: s.kind, source: s.source, page: -1, text: text})
		}
	}
	for i, p := range r.pages {
		for _, c := range p.Words.Codes {
			n := number{kind: record.EvidenceCode, source: sourceCode, page: i, text: c.Text, box: record.Box{X: c.X, Y: c.Y, W: c.W, H: c.H}}
			out = said(out, n)
			for _, inside := range coded.FindAllString(c.Text[:min(len(c.Text), maxCode)], 10) {
				n.text = inside
				out = said(out, n)
			}
		}
		out = append(out, r.printed(i)...)
	}
	r.over = r.over || len(out) >= maxNumbers
	return out[:min(len(out), maxNumbers)]
}

// said takes up a number that needs no recognition; what is too long for one,
// or has hardly a digit, is none.
func said(out []number, n number) []number {
	if strings.HasPrefix(n.text, ownCode) || len(n.text) > 64 || digitsIn(n.text) < 4 {
		return out
	}
	n.value, n.sure, n.form, n.read = catalog.NormalizeNumber(n.text), 1, true, true
	if slices.ContainsFunc(out, func(o number) bool { return o.kind == n.kind && o.page == n.page && o.value == n.value }) {
		return out
	}
	return append(out, n)
}

// printed finds the numbers in a page's text. The clearer form comes first, and
// what lies over it is not taken again.
func (r *reading) printed(page int) []number {
	text := r.pages[page].Text
	var out []number
	taken := func(from, to int) bool {
		return slices.ContainsFunc(out, func(n number) bool { return n.start < to && from < n.start+len(n.text) })
	}
	take := func(kind string, from, to int, value string, form bool) {
		if value == "" || taken(from, to) || !alone(text, from, to) || len(out) >= maxNumbers {
			return
		}
		box, sure := r.at(page, from, to)
		out = append(out, number{kind: kind, source: sourcePage, page: page, start: from, text: text[from:to], value: value, box: box, sure: sure,
			form: form, read: digitsIn(text[from:to]) == digitsIn(value), guess: kind == record.EvidenceHousehold && onlyDigits(middle.ReplaceAllString(text[from:to], "")) == ""})
	}
	for _, part := range numbered(text) {
		s, at := text[part[0]:part[1]], part[0]
		each := func(re *regexp.Regexp, f func(from, to int)) {
			for _, m := range re.FindAllStringIndex(s, maxNumbers) {
				f(at+m[0], at+m[1])
			}
		}
		middle := strings.ContainsAny(s, "/|\\") || strings.Contains(s, "BG") || strings.ContainsAny(s, "86Bb") && strings.ContainsAny(s, "GCBg")
		if middle {
			each(household, func(from, to int) { take(record.EvidenceHousehold, from, to, householdValue(text[from:to]), true) })
		}
		if strings.Contains(s, "/") {
			each(objection, func(from, to int) {
				take(record.EvidenceReference, from, to, catalog.NormalizeNumber(text[from:to]), true)
			})
			each(court, func(from, to int) {
				take(record.EvidenceReference, from, to, catalog.NormalizeNumber(text[from:to]), true)
			})
		}
		each(customer, func(from, to int) { take(record.EvidenceCustomer, from, to, customerValue(text[from:to]), true) })
		if middle {
			each(spaced, func(from, to int) { take(record.EvidenceHousehold, from, to, householdValue(text[from:to]), true) })
		}
		each(bare, func(from, to int) {
			take(record.EvidenceHousehold, from, to, householdValue(text[from:to]), bgLabel.MatchString(lineBefore(text, from)))
		})
		if middle {
			each(slipped, func(from, to int) { take(record.EvidenceHousehold, from, to, slippedValue(text[from:to]), false) })
		}
		r.labelled(page, part, take)
	}
	return out
}

// labelled finds numbers that only their label tells.
func (r *reading) labelled(page int, part [2]int, take func(kind string, from, to int, value string, form bool)) {
	s, at := r.pages[page].Text[part[0]:part[1]], part[0]
	for _, l := range []struct {
		re    *regexp.Regexp
		words []string // one of these stands on what fits
		kind  string
		value func(string) string
	}{
		{labelled, []string{"unden", "d.", "UNDEN", "D."}, record.EvidenceCustomer, letterValue},
		{reference, []string{"eichen", "EICHEN", "z.", "Z.", "az", "Az", "AZ"}, record.EvidenceReference, referenceValue},
	} {
		if !slices.ContainsFunc(l.words, func(w string) bool { return strings.Contains(s, w) }) {
			continue
		}
		for _, m := range l.re.FindAllStringSubmatchIndex(s, maxNumbers) {
			from := m[len(m)-2]
			value := strings.TrimSpace(s[from:m[len(m)-1]])
			take(l.kind, at+from, at+from+len(value), l.value(value), false)
		}
	}
}

// alone says whether no letter or digit touches a piece of text.
func alone(text string, from, to int) bool {
	return !(from > 0 && partOfNumber(text[from-1])) && !(to < len(text) && partOfNumber(text[to]))
}

func partOfNumber(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func lineBefore(text string, at int) string {
	from := strings.LastIndexByte(text[:at], '\n') + 1
	return text[max(from, at-60):at]
}

// householdValue normalises a household's number; "" if it isn't one.
func householdValue(s string) string {
	digits := onlyDigits(middle.ReplaceAllString(s, ""))
	if len(digits) != householdLen || digitsIn(s) < 7 {
		return ""
	}
	return digits
}

// slippedValue normalises a household's number that lacks a digit or has one
// too many: it stands for no file, but may be near to one.
func slippedValue(s string) string {
	digits := anyDigits(middle.ReplaceAllString(s, ""))
	if len(digits) < householdLen-2 || len(digits) > householdLen+1 || digitsIn(s) < 8 {
		return ""
	}
	return digits
}

func customerValue(s string) string {
	v := catalog.NormalizeNumber(s)
	if len(v) != customerLen || v[3] < 'A' || v[3] > 'Z' || digitsIn(s) < 7 {
		return ""
	}
	return v
}

// letterValue reads a customer number whose letter was taken for a digit, as it
// may be where the number is called by its name.
func letterValue(s string) string {
	digits := onlyDigits(strings.ReplaceAll(s, " ", ""))
	if len(digits) != customerLen || digitsIn(s) < 8 || digits[3] != '0' {
		return ""
	}
	return digits[:3] + "D" + digits[4:]
}

func referenceValue(s string) string {
	if digitsIn(s) < 4 {
		return ""
	}
	return catalog.NormalizeNumber(s)
}

const (
	householdLen = 12
	customerLen  = 10
	officeLen    = 5
)

var (
	middle     = regexp.MustCompile(`\s|` + strokes + `|[/.\-–“”"'‘’´°,_]`)
	digitsLike = strings.NewReplacer("O", "0", "o", "0", "Q", "0", "D", "0", "I", "1", "l", "1", "|", "1", "!", "1", "Z", "2", "z", "2",
		"S", "5", "s", "5", "G", "6", "b", "6", "B", "8")
)

// anyDigits reads digits; what doesn't look like one becomes 0, for something
// has to stand there.
func anyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return '0'
		}
		return c
	}, digitsLike.Replace(s))
}

// onlyDigits reads digits and what looks like them; "" if there is more.
func onlyDigits(s string) string {
	s = digitsLike.Replace(s)
	if strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}
