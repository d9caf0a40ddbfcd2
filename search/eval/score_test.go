package eval

import (
	"fmt"
	"slices"
	"testing"
)

// grade sums up questions.
type grade struct {
	n, whole  int // whole: exactly what is meant was found
	found, rr float64
}

func (g grade) recall() float64 { return g.found / float64(max(1, g.n)) }

type grades struct {
	all    grade
	kinds  map[string]*grade
	order  []string
	missed []string
}

// score asks all questions. recall@10 of one is how many of the meant letters
// (of ten, if there are more) are among the first ten.
func score(t testing.TB, keys []string, qs []question, ask asked) grades {
	t.Helper()
	g := grades{kinds: map[string]*grade{}}
	for _, q := range qs {
		first, total := ask(t, q)
		right, rank := 0, 0
		for i, n := range first {
			if q.means[keys[n]] {
				if right++; rank == 0 {
					rank = i + 1
				}
			}
		}
		k := g.kinds[q.kind]
		if k == nil {
			k = &grade{}
			g.kinds[q.kind], g.order = k, append(g.order, q.kind)
		}
		recall := float64(right) / float64(min(10, len(q.means)))
		for _, s := range []*grade{k, &g.all} {
			s.n++
			s.found += recall
			if rank > 0 {
				s.rr += 1 / float64(rank)
			}
			if total == len(q.means) && right == min(10, total) {
				s.whole++
			}
		}
		if recall < 1 || slices.Contains(exact, q.kind) && total != len(q.means) {
			g.missed = append(g.missed, fmt.Sprintf("%s %q: %d of %d, %d found", q.kind, q.q, right, len(q.means), total))
		}
	}
	return g
}

func (g grades) report(t testing.TB, name string) {
	t.Helper()
	t.Logf("%s", name)
	for _, k := range g.order {
		t.Logf("| %s | %s |", k, *g.kinds[k])
	}
	t.Logf("| all | %s |", g.all)
	for _, m := range g.missed {
		t.Logf("missed: %s", m)
	}
}

func (g grade) String() string {
	return fmt.Sprintf("n=%d | recall@10 %.3f | MRR %.3f | exactly what is meant %d", g.n, g.recall(), g.rr/float64(max(1, g.n)), g.whole)
}
