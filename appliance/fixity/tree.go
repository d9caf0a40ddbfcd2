package fixity

import "crypto/sha256"

// tree is an RFC 6962 tree as it grows, worked out from the text of the RFC:
// the roots of its complete subtrees, largest first, and how many leaves.
type tree struct {
	size  uint64
	roots [][]byte
}

func hash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p) // never fails (hash.Hash)
	}
	return h.Sum(nil)
}

func leafHash(header []byte) []byte      { return hash([]byte{0}, header) }
func nodeHash(left, right []byte) []byte { return hash([]byte{1}, left, right) }

// add appends a leaf: as long as the last subtree is as large as what is being
// added, the two become one.
func (t *tree) add(leaf []byte) {
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.roots) - 1
		leaf = nodeHash(t.roots[last], leaf)
		t.roots = t.roots[:last]
	}
	t.roots = append(t.roots, leaf)
	t.size++
}

// root joins the subtrees from the smallest to the largest.
func (t *tree) root() []byte {
	if t.size == 0 {
		return hash()
	}
	last := len(t.roots) - 1
	root := t.roots[last]
	for i := last - 1; i >= 0; i-- {
		root = nodeHash(t.roots[i], root)
	}
	return root
}
