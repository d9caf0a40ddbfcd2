package catalog

import (
	"cmp"
	"database/sql"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/record"
)

// FindQuery asks for files. What is set must all fit.
type FindQuery struct {
	Text      string   // as a person types it: names, birth date, numbers, in any order
	Number    string   // in any writing; a household's, a customer's or another
	Names     []string // words of a member's names, perhaps misspelled or begun
	BirthDate string   // YYYY-MM-DD
	Cursor    string
	Limit     int // 1 to 500, 0 means 50
}

// Found is a page of files, the best first, and the cursor of the next page.
// When more fit than can be ranked, only those are given that fit as written;
// More says that these were too many as well: the query should say more. Why
// says of each file what every part of the query was taken for.
type Found struct {
	Files []record.File
	Why   map[record.FileID][]Match
	Next  string
	More  bool
}

// Match is what a part of a query was taken for in a file: by which of its
// keys, and how near that is.
type Match struct {
	Term  string // the part, folded
	Kind  string // MatchName …
	How   string // "" as written, or HowBegins …
	Value string // the key: a folded word of a name, a date as YYYY-MM-DD, a normalised number
}

// What a part of a query can match.
const (
	MatchName   = "name"
	MatchBirth  = "birth"
	MatchNumber = "number"
	MatchTail   = "tail" // the last digits of a household's number
)

// How a part matches that is not as written.
const (
	HowBegins = "begins" // it is the beginning
	HowFolded = "folded" // with an umlaut written in another way
	HowTypo   = "typo"   // but for a slip or two
	HowSounds = "sounds"
)

const (
	maxCandidates = 5000 // files that one query ranks
	maxNear       = 300  // words that one word is taken for
	maxTerms      = 10   // parts of a query that count
	begunFrom     = 3    // letters from which on a word is also taken as begun
)

// FindFiles finds files by number, name and birth date, misspelled or not,
// among those that the clauses open to the actor.
func (t *Tx) FindFiles(actor record.UserID, clauses []Clause, q FindQuery) (Found, error) {
	terms, err := t.terms(q)
	if err != nil {
		return Found{}, err
	}
	offset, err := findOffset(q.Cursor)
	if err != nil {
		return Found{}, err
	}
	if len(terms) == 0 || len(clauses) == 0 {
		return Found{}, nil
	}
	ranked, more, err := t.rank(actor, clauses, terms)
	if err == nil && more { // too many to compare: those that fit exactly must be among them
		ranked, more, err = t.rank(actor, clauses, exact(terms))
	}
	if err != nil {
		return Found{}, err
	}
	limit := clampLimit(q.Limit)
	page := ranked[min(offset, len(ranked)):min(offset+limit, len(ranked))]
	ids := make([]record.FileID, len(page))
	found := Found{More: more, Why: map[record.FileID][]Match{}}
	for i, r := range page {
		ids[i] = r.id
		for k, key := range r.keys {
			found.Why[r.id] = append(found.Why[r.id], terms[k].match(key))
		}
	}
	if offset+limit < len(ranked) {
		found.Next = cursor(strconv.Itoa(offset + limit))
	}
	found.Files, err = t.filesInOrder(ids)
	return found, err
}

func findOffset(c string) (int, error) {
	p, err := parseCursor(c, 1)
	if err != nil || p == nil {
		return 0, err
	}
	n, err := strconv.Atoi(p[0])
	if err != nil || n < 0 {
		return 0, record.Bad("cursor", "The cursor is not one that this list gave.")
	}
	return n, nil
}

// term is one part of a query: the keys that fit it, and at which cost.
type term struct {
	asked string // folded
	kinds []string
	cost  map[string]int // of a value
}

// match describes the key that a term was taken for.
func (tm term) match(k fileKey) Match {
	m := Match{Term: tm.asked, Value: k.value, Kind: map[string]string{keyName: MatchName, keyBirth: MatchBirth, keyNumber: MatchNumber, keyTail: MatchTail}[k.kind]}
	switch cost := tm.cost[k.value]; {
	case cost == 0:
	case k.kind == keyName && strings.HasPrefix(k.value, tm.asked):
		m.How = HowBegins
	case k.kind == keyName && cost == costFolded:
		m.How = HowFolded
	case k.kind == keyName && cost%costSlip == costSound:
		m.How = HowSounds
	default:
		m.How = HowTypo
	}
	return m
}

type rankedFile struct {
	id      record.FileID
	ordinal int64
	cost    int
	closed  bool
	keys    []fileKey // what each term was taken for
}

// rank finds the files that fit all terms: the cheapest first, open before
// closed, new before old.
func (t *Tx) rank(actor record.UserID, clauses []Clause, terms []term) ([]rankedFile, bool, error) {
	var p params
	var columns, joins strings.Builder
	for i, term := range terms {
		k := "k" + strconv.Itoa(i)
		columns.WriteString(", " + k + ".kind, " + k + ".value")
		joins.WriteString(" JOIN file_key " + k + " ON " + k + ".file_id = f.id AND " + k + ".kind IN (" + list(&p, term.kinds) + ") AND " +
			k + ".value IN (" + list(&p, keys(term.cost)) + ")")
	}
	q := "SELECT f.id, f.ordinal, f.closed_at" + columns.String() + " FROM file f" + joins.String() +
		" WHERE " + t.scopeSQL(&p, actor, clauses) + " LIMIT " + strconv.Itoa(maxCandidates+1)
	best := map[record.FileID]rankedFile{}
	rows := 0
	err := t.each("find files", q, p.args, func(row *sql.Rows) error {
		rows++
		var r rankedFile
		var closed int64
		r.keys = make([]fileKey, len(terms))
		dest := []any{&r.id, &r.ordinal, &closed}
		for i := range r.keys {
			dest = append(dest, &r.keys[i].kind, &r.keys[i].value)
		}
		if err := row.Scan(dest...); err != nil {
			return err
		}
		for i, k := range r.keys {
			r.cost += terms[i].cost[k.value]
		}
		r.closed = closed != 0
		if b, seen := best[r.id]; !seen || r.cost < b.cost {
			best[r.id] = r
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	out := make([]rankedFile, 0, len(best))
	for _, r := range best {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b rankedFile) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(toInt(a.closed), toInt(b.closed)), cmp.Compare(b.ordinal, a.ordinal))
	})
	return out, rows > maxCandidates, nil
}

// exact leaves of each term what it says itself.
func exact(terms []term) []term {
	out := make([]term, len(terms))
	for i, tm := range terms {
		out[i] = term{tm.asked, tm.kinds, map[string]int{}}
		for v, cost := range tm.cost {
			if cost == 0 {
				out[i].cost[v] = 0
			}
		}
	}
	return out
}

func keys(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

var (
	writtenNumber = regexp.MustCompile(`(?i)[0-9OQDILZSGB|]{5}\s*(?://?|BG|8G|\\|-)?\s*[0-9OQDILZSGB|]{7}\b|[0-9OQDILZSGB]{3}\s?[A-Z]\s?[0-9OQDILZSGB]{6}\b`)
	writtenDate   = regexp.MustCompile(`\b(\d{4})-(\d{1,2})-(\d{1,2})\b|\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b`)
)

// terms takes a query apart.
func (t *Tx) terms(q FindQuery) ([]term, error) {
	var out []term
	rest := q.Text
	numbers := []string{}
	if n := NormalizeNumber(q.Number); n != "" {
		numbers = append(numbers, n)
	}
	rest = writtenNumber.ReplaceAllStringFunc(rest, func(s string) string {
		if n := NormalizeNumber(s); strings.Trim(n, "0123456789") == "" || isCustomer(n) {
			numbers = append(numbers, n)
			return " "
		}
		return s
	})
	for _, n := range numbers {
		cost := map[string]int{}
		for i, near := range nearNumbers(n) {
			cost[near] = min(i, 1) * 10
		}
		out = append(out, term{n, []string{keyNumber}, cost})
	}
	if q.BirthDate != "" {
		out = append(out, term{q.BirthDate, []string{keyBirth}, map[string]int{q.BirthDate: 0}})
	}
	rest = writtenDate.ReplaceAllStringFunc(rest, func(s string) string {
		out = append(out, term{s, []string{keyBirth}, birthDates(s)})
		return " "
	})
	words := nameWords(rest)
	for _, n := range q.Names {
		words = append(words, nameWords(n)...)
	}
	for _, w := range words {
		tm, err := t.wordTerm(w)
		if err != nil {
			return nil, err
		}
		out = append(out, tm)
	}
	return out[:min(len(out), maxTerms)], nil
}

func isCustomer(n string) bool {
	_, ok := customerNumber(n)
	return ok
}

// birthDates reads a written date. A year of two digits may mean two years.
func birthDates(s string) map[string]int {
	m := writtenDate.FindStringSubmatch(s)
	year, month, day := m[1], m[2], m[3]
	if year == "" {
		year, month, day = m[6], m[5], m[4]
	}
	years := []string{year}
	if len(year) == 2 {
		years = []string{"19" + year, "20" + year}
	}
	out := map[string]int{}
	for _, y := range years {
		d, err := time.Parse("2006-1-2", y+"-"+month+"-"+day)
		if err != nil {
			continue
		}
		out[d.Format(time.DateOnly)] = 0
	}
	if len(out) == 0 {
		out["-"] = 0 // no day of the calendar: nobody was born on it
	}
	return out
}
