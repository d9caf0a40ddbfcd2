package audit

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// HashSize is the length of every hash of the tree in bytes.
const HashSize = 32

// LeafHash is the RFC 6962 leaf hash of a header: sha256(0x00 ‖ header).
func LeafHash(header []byte) []byte { return rfc6962.DefaultHasher.HashLeaf(header) }

// Node is one node of the tree that is complete and so never changes: the
// subtree over leaves [Index·2^Level, (Index+1)·2^Level).
type Node struct {
	Level uint
	Index uint64
	Hash  []byte
}

// Tree is a log's tree as it grows. What has to be kept of it is its size and
// its frontier: the roots of the largest complete subtrees, left to right.
// A Tree is not safe for concurrent use: one sequencer owns it.
type Tree struct{ r *compact.Range }

// NewTree takes up a tree where it stood. NewTree(0, nil) is the empty one.
// It fails with record.Corrupt if the frontier doesn't fit the size.
func NewTree(size uint64, frontier [][]byte) (*Tree, error) {
	f := &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	own := make([][]byte, len(frontier))
	for i, h := range frontier {
		if len(h) != HashSize {
			return nil, corrupt("The audit tree's frontier is damaged.", fmt.Errorf("hash %d has %d bytes", i, len(h)))
		}
		own[i] = append([]byte(nil), h...)
	}
	r, err := f.NewRange(0, size, own)
	if err != nil {
		return nil, corrupt("The audit tree's frontier doesn't fit its size.", err)
	}
	return &Tree{r}, nil
}

// Size is the number of leaves, and so the index the next one gets.
func (t *Tree) Size() uint64 { return t.r.End() }

// Append adds a leaf hash and gives the nodes that became complete, the leaf
// itself first. All of them must be stored for proofs; each comes once.
func (t *Tree) Append(leafHash []byte) ([]Node, error) {
	if len(leafHash) != HashSize {
		return nil, corrupt("An audit leaf hash is damaged.", fmt.Errorf("%d bytes", len(leafHash)))
	}
	var nodes []Node
	err := t.r.Append(append([]byte(nil), leafHash...), func(id compact.NodeID, hash []byte) {
		nodes = append(nodes, Node{Level: id.Level, Index: id.Index, Hash: append([]byte(nil), hash...)})
	})
	if err != nil {
		return nil, corrupt("The audit tree can't grow.", err)
	}
	return nodes, nil
}

// Root is the RFC 6962 root over all leaves; the empty tree's is sha256("").
func (t *Tree) Root() ([]byte, error) {
	if t.Size() == 0 {
		return rfc6962.DefaultHasher.EmptyRoot(), nil
	}
	root, err := t.r.GetRootHash(nil)
	if err != nil {
		return nil, corrupt("The audit tree has no root.", err)
	}
	return root, nil
}

// Frontier gives what NewTree takes, as copies.
func (t *Tree) Frontier() [][]byte {
	hashes := make([][]byte, 0, len(t.r.Hashes()))
	for _, h := range t.r.Hashes() {
		hashes = append(hashes, append([]byte(nil), h...))
	}
	return hashes
}

// FormatFrontier writes a frontier as one text: hex hashes, comma between.
func FormatFrontier(hashes [][]byte) string {
	parts := make([]string, len(hashes))
	for i, h := range hashes {
		parts[i] = hex.EncodeToString(h)
	}
	return strings.Join(parts, ",")
}

// ParseFrontier reads what FormatFrontier wrote.
func ParseFrontier(s string) ([][]byte, error) {
	if s == "" {
		return nil, nil
	}
	var hashes [][]byte
	for p := range strings.SplitSeq(s, ",") {
		h, err := hex.DecodeString(p)
		if err != nil || len(h) != HashSize {
			return nil, corrupt("The audit tree's frontier is damaged.", err)
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// NodeFunc fetches a stored node's hash.
type NodeFunc func(level uint, index uint64) ([]byte, error)

// Inclusion proves that leaf index is in the tree of that size: the hashes of
// RFC 6962 2.1.1, from the leaf upwards. It needs index < size.
func Inclusion(index, size uint64, node NodeFunc) ([][]byte, error) {
	n, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, fmt.Errorf("audit: inclusion proof: %w", err)
	}
	return fetchProof(n, node)
}

// Consistency proves that the tree of size from is a beginning of the tree of
// size to: RFC 6962 2.1.2. It needs from <= to; the proof is empty if they
// are equal or from is 0.
func Consistency(from, to uint64, node NodeFunc) ([][]byte, error) {
	n, err := proof.Consistency(from, to)
	if err != nil {
		return nil, fmt.Errorf("audit: consistency proof: %w", err)
	}
	return fetchProof(n, node)
}

func fetchProof(n proof.Nodes, node NodeFunc) ([][]byte, error) {
	hashes := make([][]byte, 0, len(n.IDs))
	for _, id := range n.IDs {
		h, err := node(id.Level, id.Index)
		if err != nil {
			return nil, fmt.Errorf("audit: node %d/%d: %w", id.Level, id.Index, err)
		}
		if len(h) != HashSize {
			return nil, corrupt("A node of the audit tree is damaged.", fmt.Errorf("node %d/%d has %d bytes", id.Level, id.Index, len(h)))
		}
		hashes = append(hashes, h)
	}
	hashes, err := n.Rehash(hashes, rfc6962.DefaultHasher.HashChildren)
	if err != nil {
		return nil, corrupt("The nodes of the audit tree don't make a proof.", err)
	}
	return hashes, nil
}

// VerifyInclusion checks an inclusion proof against a root.
func VerifyInclusion(index, size uint64, leafHash []byte, path [][]byte, root []byte) error {
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leafHash, path, root); err != nil {
		return corrupt("The inclusion proof doesn't hold.", err)
	}
	return nil
}

// VerifyConsistency checks a consistency proof between two roots.
func VerifyConsistency(from, to uint64, path [][]byte, rootFrom, rootTo []byte) error {
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, from, to, path, rootFrom, rootTo); err != nil {
		return corrupt("The consistency proof doesn't hold.", err)
	}
	return nil
}
