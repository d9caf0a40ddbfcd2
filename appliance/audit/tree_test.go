package audit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"eakte/appliance/record"
)

// plainRoot is RFC 6962 2.1 word for word, to hold the tree against.
func plainRoot(headers [][]byte) []byte {
	sum := func(parts ...[]byte) []byte {
		s := sha256.Sum256(bytes.Join(parts, nil))
		return s[:]
	}
	switch n := len(headers); n {
	case 0:
		return sum()
	case 1:
		return sum([]byte{0}, headers[0])
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		return sum([]byte{1}, plainRoot(headers[:k]), plainRoot(headers[k:]))
	}
}

type grown struct {
	headers [][]byte
	roots   [][]byte // by size
	nodes   map[string][]byte
}

func (g *grown) node(level uint, index uint64) ([]byte, error) {
	h, ok := g.nodes[fmt.Sprint(level, "/", index)]
	if !ok {
		return nil, fmt.Errorf("node %d/%d was never stored", level, index)
	}
	return bytes.Clone(h), nil
}

// grow builds a log entry by entry, each time from what would be stored.
func grow(t *testing.T, n int) *grown {
	t.Helper()
	g := &grown{nodes: map[string][]byte{}, roots: [][]byte{plainRoot(nil)}}
	var frontier string
	for i := range n {
		hashes, err := ParseFrontier(frontier)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := NewTree(uint64(i), hashes)
		if err != nil {
			t.Fatal(err)
		}
		header := fmt.Appendf(nil, "header %d", i)
		g.headers = append(g.headers, header)
		nodes, err := tree.Append(LeafHash(header))
		if err != nil {
			t.Fatal(err)
		}
		for _, node := range nodes {
			name := fmt.Sprint(node.Level, "/", node.Index)
			if g.nodes[name] != nil {
				t.Fatalf("node %s is given twice", name)
			}
			g.nodes[name] = node.Hash
		}
		root, err := tree.Root()
		if err != nil {
			t.Fatal(err)
		}
		g.roots = append(g.roots, root)
		frontier = FormatFrontier(tree.Frontier())
	}
	return g
}

func TestRootIsRFC6962(t *testing.T) {
	g := grow(t, 70)
	for size, root := range g.roots {
		if !bytes.Equal(root, plainRoot(g.headers[:size])) {
			t.Fatalf("root of size %d differs", size)
		}
	}
	empty, err := NewTree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if root, err := empty.Root(); err != nil || !bytes.Equal(root, g.roots[0]) {
		t.Errorf("the empty root is %x, %v", root, err)
	}
}

func TestProofs(t *testing.T) {
	g := grow(t, 35)
	for size := uint64(1); size <= 35; size++ {
		for i := range size {
			path, err := Inclusion(i, size, g.node)
			if err != nil {
				t.Fatal(err)
			}
			leaf := LeafHash(g.headers[i])
			if err := VerifyInclusion(i, size, leaf, path, g.roots[size]); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, size, err)
			}
			if err := VerifyInclusion(i, size, LeafHash([]byte("other")), path, g.roots[size]); !errors.Is(err, record.Corrupt) {
				t.Fatalf("leaf %d of %d: another header is proved as well: %v", i, size, err)
			}
		}
		for from := range size + 1 {
			path, err := Consistency(from, size, g.node)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyConsistency(from, size, path, g.roots[from], g.roots[size]); err != nil {
				t.Fatalf("%d to %d: %v", from, size, err)
			}
			if from > 0 && VerifyConsistency(from, size, path, g.roots[from-1], g.roots[size]) == nil {
				t.Fatalf("%d to %d: another root is proved as well", from, size)
			}
		}
	}
	if _, err := Inclusion(5, 5, g.node); err == nil {
		t.Error("a leaf outside the tree is proved")
	}
	if _, err := Consistency(6, 5, g.node); err == nil {
		t.Error("a smaller tree is proved to contain a larger one")
	}
}

func TestProofNamesMissingNode(t *testing.T) {
	g := grow(t, 9)
	delete(g.nodes, "2/1")
	if _, err := Inclusion(0, 9, g.node); err == nil || err.Error() != "audit: node 2/1: node 2/1 was never stored" {
		t.Errorf("error is %v", err)
	}
	g.nodes["2/1"] = []byte("short")
	if _, err := Inclusion(0, 9, g.node); !errors.Is(err, record.Corrupt) {
		t.Errorf("a damaged node: %v", err)
	}
}

func TestNewTreeRefusesWrongFrontier(t *testing.T) {
	h := LeafHash(nil)
	for name, c := range map[string]struct {
		size     uint64
		frontier [][]byte
	}{
		"too few": {3, [][]byte{h}}, "too many": {4, [][]byte{h, h}}, "none": {1, nil}, "short hash": {1, [][]byte{h[:31]}},
	} {
		if _, err := NewTree(c.size, c.frontier); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, s := range []string{"zz", ",", FormatFrontier([][]byte{h}) + ",", FormatFrontier([][]byte{h})[2:]} {
		if _, err := ParseFrontier(s); !errors.Is(err, record.Corrupt) {
			t.Errorf("frontier %q: %v", s, err)
		}
	}
}

func TestErasureKeepsProofs(t *testing.T) {
	l, err := Seal(sample())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := NewTree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := LeafHash(l.Header)
	if _, err := tree.Append(before); err != nil {
		t.Fatal(err)
	}
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	l.Salt, l.Payload = nil, nil
	if err := Check(l.Header, l.Salt, l.Payload); err != nil {
		t.Fatal(err)
	}
	if err := VerifyInclusion(0, 1, LeafHash(l.Header), nil, root); err != nil {
		t.Error(err)
	}
}
