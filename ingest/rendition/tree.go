package rendition

import (
	"fmt"
	"strings"
)

// fanOut is how many children a node of the page tree has. A flat tree costs
// readers seconds on five hundred pages.
const fanOut = 32

// tree numbers the nodes of a balanced page tree. Its root is objRoot.
type tree struct {
	pages  int
	levels []int // nodes of each level, leaves first; the last is 1
	bases  []int // number of the first node of each level
	next   int   // first object number behind the tree
}

func newTree(pages, base int) tree {
	t := tree{pages: pages, next: base}
	for n := pages; ; {
		n = (n + fanOut - 1) / fanOut
		t.levels = append(t.levels, n)
		if n == 1 {
			t.bases = append(t.bases, objRoot)
			return t
		}
		t.bases = append(t.bases, t.next)
		t.next += n
	}
}

// parent is the node that page i hangs on.
func (t tree) parent(i int) int { return t.bases[0] + i/fanOut }

// write adds all nodes. page gives the object number of page i.
func (t tree) write(o *objects, page func(i int) int) {
	under := 1 // pages under one full child
	children := t.pages
	for level, nodes := range t.levels {
		for n := range nodes {
			var kids strings.Builder
			for c := n * fanOut; c < min(children, (n+1)*fanOut); c++ {
				number := page(c)
				if level > 0 {
					number = t.bases[level-1] + c
				}
				fmt.Fprintf(&kids, "%d 0 R ", number)
			}
			up := ""
			if level+1 < len(t.levels) {
				up = "/Parent " + ref(t.bases[level+1]+n/fanOut)
			}
			count := min(t.pages, (n+1)*fanOut*under) - n*fanOut*under
			o.add(t.bases[level]+n, fmt.Sprintf("<</Type/Pages%s/Count %d/Kids[%s]>>", up, count, kids.String()))
		}
		under *= fanOut
		children = nodes
	}
}
