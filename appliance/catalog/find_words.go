package catalog

import (
	"database/sql"
	"strings"
)

// What it costs to take one word for another, by how they are near.
const (
	costFolded = 2 // an umlaut is written in another way: Muller, Mueller
	costBegun  = 3 // the word is the beginning of the other
	costSlip   = 4 // for each slip
	costSound  = 1 // beside the slips, if it only sounds alike
)

// wordTerm gives what a word of a query may stand for: the word itself, words
// that begin with it, that sound like it, or that are a slip or two away; and
// for digits, the end of a number.
func (t *Tx) wordTerm(word string) (term, error) {
	if isDigits(word) {
		return term{word, []string{keyTail, keyNumber, keyName}, map[string]int{trimZeros(word): 0, word: 0}}, nil
	}
	tm := term{asked: word, kinds: []string{keyName}, cost: map[string]int{word: 0}}
	limit := slips(word)
	near := func(max, extra int) func(*sql.Rows) error {
		return func(row *sql.Rows) error {
			var other string
			if err := row.Scan(&other); err != nil {
				return err
			}
			if plainVowels(word) == plainVowels(other) {
				tm.allow(other, costFolded)
			} else if d := distance(word, other, max); d <= max {
				tm.allow(other, d*costSlip+extra)
			}
			return nil
		}
	}
	if len(word) >= begunFrom {
		if err := t.each("find begun", "SELECT word FROM name_word WHERE word > $1 AND word < $2 ORDER BY word LIMIT $3",
			[]any{word, after(word), maxNear}, func(row *sql.Rows) error {
				var other string
				if err := row.Scan(&other); err != nil {
					return err
				}
				if strings.HasPrefix(other, word) {
					tm.allow(other, costBegun)
				}
				return nil
			}); err != nil {
			return term{}, err
		}
	}
	if limit == 0 {
		return tm, nil
	}
	if s := sound(word); len(s) > 1 {
		if err := t.each("find sound", "SELECT word FROM name_word WHERE sound = $1 ORDER BY word LIMIT $2",
			[]any{s, 4 * maxNear}, near(limit+2, costSound)); err != nil {
			return term{}, err
		}
	}
	var p params
	q := "SELECT DISTINCT word FROM name_rest WHERE rest IN (" + list(&p, rests(word)) + ") ORDER BY word LIMIT " + p.add(maxNear)
	if err := t.each("find near", q, p.args, near(limit, 0)); err != nil {
		return term{}, err
	}
	tm.keepCheapest(maxNear)
	return tm, nil
}

// plainVowels writes ae, oe and ue as one letter: who types Muller means
// Müller, which is kept as mueller.
func plainVowels(word string) string { return vowels.Replace(word) }

var vowels = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

func (tm term) allow(word string, cost int) {
	if c, seen := tm.cost[word]; !seen || cost < c {
		tm.cost[word] = cost
	}
}

// keepCheapest drops the dearest words until at most n are left.
func (tm term) keepCheapest(n int) {
	for limit := 4 * costSlip; len(tm.cost) > n && limit > 0; limit-- {
		for w, c := range tm.cost {
			if c >= limit {
				delete(tm.cost, w)
			}
		}
	}
}

// slips is how many slips a word of this length may hold.
func slips(word string) int {
	switch n := len([]rune(word)); {
	case n < 3:
		return 0
	case n < 7:
		return 1
	}
	return 2
}

// after gives a text that sorts behind all that begin with word. It goes on
// letters and digits, which sort alike in every collation.
func after(word string) string {
	b := []byte(word)
	for i := len(b) - 1; i >= 0; i-- {
		if c := b[i]; c >= 'a' && c < 'z' || c >= '0' && c < '9' {
			b[i]++
			return string(b[:i+1])
		}
	}
	return word + "zzzzzzzzzz"
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func trimZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}
