package mail

import (
	"io"
	"strings"

	"github.com/richardlehane/mscfb"
)

// node is a storage or stream of a compound file.
type node struct {
	name     string
	file     *mscfb.File // nil in the root
	children []*node
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if strings.EqualFold(c.name, name) {
			return c
		}
	}
	return nil
}

func (n *node) stream() bool { return n.file != nil && !n.file.FileInfo().IsDir() }

func (n *node) size() int64 {
	if !n.stream() {
		return 0
	}
	return n.file.Size
}

// read gives a stream's bytes.
func (n *node) read(limit int64) ([]byte, error) {
	if n.size() > limit {
		return nil, fault(reasonTooLarge, "a value of %d bytes", n.size())
	}
	b := make([]byte, n.size())
	if len(b) == 0 {
		return b, nil
	}
	if _, err := n.file.Seek(0, io.SeekStart); err != nil {
		return nil, fault(reasonDamaged, "a stream can't be read")
	}
	if _, err := io.ReadFull(n.file, b); err != nil {
		return nil, fault(reasonDamaged, "a stream ends early")
	}
	return b, nil
}

// compound reads the directory of a compound file as a tree.
func compound(r io.ReaderAt, size int64) (*node, error) {
	doc, err := mscfb.New(r)
	if err != nil {
		return nil, fault(reasonDamaged, "no directory")
	}
	root, at := &node{}, map[string]*node{}
	at[""] = root
	if len(doc.File) > nodeCount {
		return nil, fault(reasonManyParts, "%d streams", len(doc.File))
	}
	for _, f := range doc.File {
		if f.Size < 0 || f.Size > size {
			return nil, fault(reasonDamaged, "a stream larger than the file")
		}
		path := ""
		if len(f.Path) > 0 {
			path = strings.Join(f.Path, "\x00") + "\x00"
		}
		parent := at[path]
		if parent == nil {
			return nil, fault(reasonDamaged, "a stream without a storage")
		}
		n := &node{name: f.Name, file: f}
		parent.children = append(parent.children, n)
		if !n.stream() {
			at[path+f.Name+"\x00"] = n
		}
	}
	return root, nil
}
