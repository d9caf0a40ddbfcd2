package search

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// The words that compounds are made of: social administration, household,
// work, health, money, law. Our own list, one word a line, sorted, in common
// spelling. Compounds of words in the list need not stand in it. A bar in a
// word says that what it parts is found as well: kalt|miete.
//
//go:embed words_de.txt
var wordList string

const (
	minCompound = 8 // letters of a word that is looked at
	minPart     = 4 // letters of a part
	minTail     = 6 // letters of an end that is no known part: shorter ones are endings
	maxParts    = 6
	maxSpans    = maxParts*(maxParts+1)/2 + 2*maxParts
)

// span is a part, or several parts side by side, of a folded word.
type span struct {
	from, to int
	last     bool // up to the end of the word
}

// trie finds words by their letters, a to z. Children of a node lie side by
// side and in order.
type trie struct {
	char  []byte
	word  []bool
	child []uint16         // first child
	count []uint8          // children
	cuts  map[string][]int // of words with bars: where they stand
}

// words is the trie of the list, built when it is first needed. It never
// changes.
var words = sync.OnceValue(func() *trie {
	list, cuts := foldedWords(wordList)
	t := newTrie(list)
	t.cuts = cuts
	return t
})

// foldedWords gives the folded words of a list, sorted, each once, and where
// those with bars are cut.
func foldedWords(list string) ([]string, map[string][]int) {
	var out []string
	cuts := map[string][]int{}
	for w := range strings.Lines(list) {
		pieces := strings.Split(strings.TrimSpace(w), "|")
		folded := []byte(Fold(strings.Join(pieces, "")))
		if len(folded) < minPart || !isLetters(folded) {
			continue
		}
		out = append(out, string(folded))
		for i := 1; i < len(pieces); i++ { // what stands before a cut is folded by itself
			cuts[string(folded)] = append(cuts[string(folded)], len(Fold(strings.Join(pieces[:i], ""))))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), cuts
}

func isLetters(w []byte) bool {
	for _, c := range w {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

func newTrie(sorted []string) *trie {
	t := &trie{}
	t.add(0)
	type todo struct {
		node  int
		depth int
		words []string
	}
	for queue := []todo{{0, 0, sorted}}; len(queue) > 0; queue = queue[1:] {
		q := queue[0]
		if len(q.words) > 0 && len(q.words[0]) == q.depth {
			t.word[q.node] = true
			q.words = q.words[1:]
		}
		t.child[q.node] = uint16(len(t.char))
		for len(q.words) > 0 {
			c := q.words[0][q.depth]
			n := 1
			for n < len(q.words) && q.words[n][q.depth] == c {
				n++
			}
			queue = append(queue, todo{t.add(c), q.depth + 1, q.words[:n]})
			t.count[q.node]++
			q.words = q.words[n:]
		}
	}
	return t
}

func (t *trie) add(c byte) int {
	t.char, t.word = append(t.char, c), append(t.word, false)
	t.child, t.count = append(t.child, 0), append(t.count, 0)
	return len(t.char) - 1
}

// step goes from node by c; 0 is nowhere (the root is nobody's child).
func (t *trie) step(node int, c byte) int {
	from := int(t.child[node])
	for i := from; i < from+int(t.count[node]); i++ {
		if t.char[i] == c {
			return i
		}
	}
	return 0
}

// What a way through a word costs: few known parts beat many, and known parts
// beat unknown letters by far.
const (
	costPart    = 10
	costLink    = 3
	costUnknown = 25
	costLetter  = 5
	costNone    = 1 << 30
)

// way is how the cheapest cut reaches a place in the word.
type way struct {
	cost  int
	from  int // place before
	end   int // where the part ends; the linking letters go up to the place
	known bool
}

// split appends the spans of the compound w: each part, and parts side by side
// ("heizkosten" in Heizkostenabrechnung), without the whole word. Unknown
// letters between known parts are a part too if they are long enough; else w
// is no compound.
func (t *trie) split(w []byte, out []span) []span {
	var ways [maxTerm + 1]way
	ends := t.matches(w)
	if ends.none {
		return out
	}
	for i := range ways[:len(w)+1] {
		ways[i].cost = costNone
	}
	ways[0] = way{known: true}
	for i := 0; i < len(w); i++ {
		if ways[i].cost == costNone {
			continue
		}
		for m := ends.at[i]; m != 0; m &= m - 1 {
			t.known(w, ways[:], i, i+minPart+lowest(m))
		}
		if ways[i].known {
			unknown(w, ways[:], &ends, i)
		}
	}
	return t.spans(w, ways[:len(w)+1], out)
}

// found are the ends of the words that begin at each letter, as bits counted
// from minPart on.
type found struct {
	at   [maxTerm]uint64
	none bool
}

func (t *trie) matches(w []byte) found {
	f := found{none: true}
	for i := 0; i+minPart <= len(w); i++ {
		node := 0
		for j := i; j < len(w); j++ {
			if node = t.step(node, w[j]); node == 0 {
				break
			}
			if t.word[node] && j+1-i >= minPart {
				f.at[i] |= 1 << (j + 1 - i - minPart)
				f.none = false
			}
		}
	}
	return f
}

func lowest(m uint64) int {
	n := 0
	for m&1 == 0 {
		m >>= 1
		n++
	}
	return n
}

// links join parts, endings stand after the last one.
var (
	links   = [...]string{"s", "es", "n", "en", "er", "e", "ens", "ns"}
	endings = [...]string{"e", "n", "s", "en", "er", "es", "em", "ern", "ens", "in", "innen"}
)

func (t *trie) known(w []byte, ways []way, i, j int) {
	c := ways[i].cost + costPart
	better(ways, j, way{c, i, j, true})
	if j == len(w) {
		return
	}
	for _, l := range links {
		if k := j + len(l); k+minPart <= len(w) && string(w[j:k]) == l {
			better(ways, k, way{c + costLink, i, j, true})
		}
	}
	for _, e := range endings {
		if string(w[j:]) == e {
			better(ways, len(w), way{c + costLink, i, j, true})
		}
	}
}

// unknown goes over letters that are in no word of the list, up to where one
// begins or the word ends.
func unknown(w []byte, ways []way, ends *found, i int) {
	for j := i + minPart; j <= len(w); j++ {
		if j == len(w) && j-i >= minTail || j < len(w) && ends.at[j] != 0 {
			better(ways, j, way{ways[i].cost + costUnknown + costLetter*(j-i), i, j, false})
		}
	}
}

func better(ways []way, at int, n way) {
	if n.cost < ways[at].cost {
		ways[at] = n
	}
}

// spans walks the cheapest way back and gives its parts and what lies side by
// side of known ones.
func (t *trie) spans(w []byte, ways []way, out []span) []span {
	var parts [maxTerm]struct {
		span
		known bool
		cuts  []int
	}
	n, known := 0, 0
	if ways[len(w)].cost == costNone {
		return out
	}
	for at := len(w); at > 0; at = ways[at].from {
		parts[n].span = span{ways[at].from, ways[at].end, at == len(w)}
		parts[n].known = ways[at].known
		parts[n].cuts = t.cuts[string(w[ways[at].from:ways[at].end])]
		if ways[at].known {
			known++
		}
		n++
	}
	if n > maxParts || known == 0 {
		return out
	}
	slices.Reverse(parts[:n])
	parts[n-1].to = len(w)
	for _, p := range parts[:n] {
		out = cutAgain(p.span, p.cuts, out)
	}
	for i := range n {
		for j := i; j < n; j++ {
			if j > i && !(parts[i].known && parts[j].known) {
				break
			}
			if i == 0 && j == n-1 {
				continue
			}
			out = append(out, span{parts[i].from, parts[j].to, parts[j].last})
		}
	}
	return out
}

// cutAgain appends the pieces of a part that is a compound itself.
func cutAgain(p span, cuts []int, out []span) []span {
	from := p.from
	for i := 0; len(cuts) > 0 && i <= len(cuts); i++ {
		piece := span{from, p.to, p.last}
		if i < len(cuts) {
			piece.to, piece.last = p.from+cuts[i], false
		}
		if piece.to-piece.from >= minPart {
			out = append(out, piece)
		}
		from = piece.to
	}
	return out
}
