package routing

import (
	"slices"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// hit is a word of a letter that may be the word looked for.
type hit struct{ token, slips int }

// How far apart the parts of one name stand, in words.
const (
	nameReach  = 4   // "Anna Maria von der Musterfeld"
	fieldReach = 12  // in a form, with "Name" and "Vorname" between them
	maxHits    = 100 // places of a word that are looked at
	sureWord   = 4   // letters from which on a surname alone says something
)

// find gives where a word stands on the letter, perhaps with slips: as it is
// first.
func (r *reading) find(word string) []hit {
	if hits, done := r.known[word]; done {
		return hits
	}
	var hits []hit
	add := func(w string, slips int) {
		for _, t := range r.places[w] {
			if len(hits) < maxHits {
				hits = append(hits, hit{t, slips})
			}
		}
	}
	add(word, 0)
	if limit := slipsIn(word); limit > 0 {
		r.index()
		seen := map[string]bool{word: true}
		for _, rest := range catalog.NameRests(word) {
			for _, other := range r.rests[rest] {
				if seen[other] {
					continue
				}
				seen[other] = true
				if d := catalog.NameDistance(word, other, limit); d <= limit {
					add(other, d)
				}
			}
		}
	}
	r.known[word] = hits
	return hits
}

// index notes what is left of the letter's words when any one letter is
// missing. Words without a capital are no names.
func (r *reading) index() {
	if r.rests != nil {
		return
	}
	r.rests = map[string][]string{}
	done := map[string]bool{}
	for _, t := range r.tokens {
		if !t.capital || done[t.word] || len(t.word) < 3 || len(t.word) > 40 || digitsIn(t.word) > 0 {
			continue
		}
		if len(done) >= maxNames {
			r.over = true
			return
		}
		done[t.word] = true
		for _, rest := range catalog.NameRests(t.word) {
			r.rests[rest] = append(r.rests[rest], t.word)
		}
	}
}

// slipsIn is how many slips a word of this length may hold.
func slipsIn(word string) int {
	switch {
	case len(word) < 4:
		return 0
	case len(word) < 7:
		return 1
	}
	return 2
}

// naming is how a person's name stands on a letter.
type naming struct {
	full   bool // name and first name, next to each other
	last   bool // the name at least
	slips  int
	from   int // tokens
	to     int
	former bool // a name that the person bore
	name   record.DatedName
	spots  [][2]int // tokens of each place at which it stands in full
}

// better says whether n says more than m.
func (n naming) better(m naming) bool {
	if n.full != m.full {
		return n.full
	}
	if n.last != m.last {
		return n.last
	}
	if n.slips != m.slips {
		return n.slips < m.slips
	}
	return !n.former && m.former
}

// naming looks for a person's names on the letter and gives the fullest one.
func (r *reading) naming(p record.Person, day string) naming {
	var best naming
	var spots [][2]int
	for i, dated := range p.Names {
		former := i > 0 || dated.To != "" && dated.To < day
		for _, n := range r.named(dated) {
			n.former, n.name = former, dated
			if n.full && len(spots) < maxHits {
				spots = append(spots, [2]int{n.from, n.to})
			}
			if n.better(best) {
				best = n
			}
		}
	}
	best.spots = spots
	return best
}

// named looks for one name.
func (r *reading) named(dated record.DatedName) []naming {
	lasts, firsts := nameParts(dated.Name), fold(dated.FirstName)
	var out []naming
	for _, last := range r.surname(lasts) {
		if n := r.firstBy(last, firsts); n.full {
			out = append(out, n)
		} else if last.slips <= 1 && len(lasts[0]) >= sureWord {
			out = append(out, last)
		}
	}
	return out
}

// nameParts gives the words of a surname that tell people apart.
func nameParts(name string) []string {
	words := fold(name)
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return particles[w] })
	if len(kept) == 0 {
		return words
	}
	return kept
}

var particles = map[string]bool{"von": true, "van": true, "der": true, "den": true, "de": true, "zu": true, "zur": true, "zum": true, "vom": true,
	"al": true, "el": true, "an": true, "at": true, "ar": true, "bin": true, "ben": true, "di": true, "da": true, "dos": true, "la": true, "le": true, "ter": true, "und": true}

// surname finds a surname: all of its parts in a row, or written as one word,
// or one part of a double name.
func (r *reading) surname(parts []string) []naming {
	var out []naming
	if len(parts) == 0 {
		return nil
	}
	for _, h := range r.find(parts[0]) {
		n := naming{last: true, slips: h.slips, from: h.token, to: h.token}
		whole := true
		for _, part := range parts[1:] {
			if next, ok := r.within(part, n.to+1, n.to+3); ok {
				n.to, n.slips = next.token, n.slips+next.slips
			} else {
				whole = false
			}
		}
		if whole || len(parts[0]) >= sureWord && n.slips == 0 {
			out = append(out, n)
		}
	}
	if len(parts) > 1 {
		for _, h := range r.find(parts[len(parts)-1]) {
			if h.slips == 0 && len(parts[len(parts)-1]) >= sureWord {
				out = append(out, naming{last: true, from: h.token, to: h.token})
			}
		}
		for _, h := range r.find(strings.Join(parts, "")) {
			out = append(out, naming{last: true, slips: h.slips, from: h.token, to: h.token})
		}
	}
	return out
}

// within finds a word between two tokens.
func (r *reading) within(word string, from, to int) (hit, bool) {
	for _, h := range r.find(word) {
		if h.token >= from && h.token <= to {
			return h, true
		}
	}
	return hit{}, false
}

// firstBy looks for a first name beside a surname. The first one counts, or
// each of several that the person bears.
func (r *reading) firstBy(last naming, firsts []string) naming {
	best := naming{}
	for _, first := range firsts {
		if len(first) < 2 {
			continue
		}
		for _, h := range r.find(first) {
			if h.token >= last.from && h.token <= last.to || !r.beside(last, h.token) {
				continue
			}
			n := naming{full: true, last: true, slips: last.slips + h.slips, from: min(last.from, h.token), to: max(last.to, h.token)}
			if n.slips <= 3 && n.better(best) {
				best = n
			}
		}
		if best.full {
			break
		}
	}
	return best
}

// beside says whether a token stands next to a surname, on its page: a few words
// away, or in the next field of a form.
func (r *reading) beside(last naming, at int) bool {
	from, to := at, last.from
	if at > last.to {
		from, to = last.to, at
	}
	if r.tokens[at].page != r.tokens[last.from].page || to-from > fieldReach {
		return false
	}
	form := false
	for i := from; i < to; i++ {
		t := r.tokens[i]
		form = form || fields[t.word]
		if i > from && !t.capital && !particles[t.word] && !fields[t.word] || r.ends(i) {
			return false
		}
	}
	return form || to-from <= nameReach
}

// ends says whether a sentence ends behind a token: a full stop that is not an
// abbreviation's.
func (r *reading) ends(i int) bool {
	t := r.tokens[i]
	text := r.pages[t.page].Text
	return len(t.word) > 3 && t.end < len(text) && text[t.end] == '.'
}

var fields = map[string]bool{"vorname": true, "vornamen": true, "name": true, "familienname": true, "nachname": true}

// address says how much of a person's address stands on the letter: street and
// number, or these and the postcode.
func (r *reading) address(p record.Person) (full, some bool, at int) {
	street, place, _ := strings.Cut(p.Address, ",")
	words := fold(street)
	if len(words) < 2 {
		return false, false, 0
	}
	house := slices.IndexFunc(words, func(w string) bool { return w[0] >= '0' && w[0] <= '9' })
	if house < 1 {
		return false, false, 0
	}
	name := words[house-1]
	codes := slices.DeleteFunc(fold(place), func(w string) bool { return len(w) != 5 || digitsIn(w) != 5 })
	for i, number := range r.places[words[house]] {
		if i >= maxHits || number == 0 {
			break
		}
		before := r.tokens[number-1]
		if before.page != r.tokens[number].page || !sameStreet(before.word, name) {
			continue
		}
		some, at = true, number
		for _, code := range codes {
			if _, ok := r.exactly(code, number+1, number+6); ok {
				return true, true, number
			}
		}
	}
	return false, some, at
}

func (r *reading) exactly(word string, from, to int) (int, bool) {
	for _, t := range r.places[word] {
		if t >= from && t <= to {
			return t, true
		}
	}
	return 0, false
}

func sameStreet(a, b string) bool {
	a, b = streetStem(a), streetStem(b)
	return a == b || catalog.NameDistance(a, b, slipsIn(b)) <= slipsIn(b)
}

func streetStem(s string) string {
	for _, end := range []string{"strasse", "str"} {
		if t, ok := strings.CutSuffix(s, end); ok && t != "" {
			return t
		}
	}
	return s
}
