package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"eakte/appliance/record"
)

// Content is an original's plain bytes, read in ranges as they are asked for.
// It is good for as long as the context it was opened with, and safe for
// concurrent use.
type Content struct {
	r    io.ReaderAt
	size int64
}

// ReadAt reads plain bytes. Bytes that are not what was put are record.Corrupt.
func (c Content) ReadAt(p []byte, off int64) (int, error) {
	if off >= c.size {
		return 0, io.EOF
	}
	return c.r.ReadAt(p, off)
}

// Size is the number of plain bytes.
func (c Content) Size() int64 { return c.size }

// Reader reads the content from its start.
func (c Content) Reader() *io.SectionReader { return io.NewSectionReader(c, 0, c.size) }

// OpenOriginal opens a document's original for reading. The size and the last
// bytes are checked here, every other byte when it is read.
func (v *Vault) OpenOriginal(ctx context.Context, id record.ObjectID) (Content, error) {
	return v.open(ctx, v.buckets.Records, OriginalName(id), id)
}

func (v *Vault) open(ctx context.Context, b Bucket, name string, id record.ObjectID) (Content, error) {
	key, err := v.OpenKey(ctx, id)
	if err != nil {
		return Content{}, err
	}
	p, err := v.openPlaces(ctx, b, name, key)
	if err != nil {
		return Content{}, err
	}
	return Content{r: p, size: p.size}, nil
}

// A read fetches a window of at least minWindow; reading on in order doubles
// it up to maxWindow. So a page of a pack costs one request and a large
// original few, and no reader holds more than two windows.
const (
	minWindow = 128 << 10
	maxWindow = 4 << 20
)

// rangeReader reads an object in ranges. It implements io.ReaderAt.
type rangeReader struct {
	ctx    context.Context
	vault  *Vault
	source source
	name   string
	size   int64

	mu      sync.Mutex
	windows [2]window // the newer first
	ahead   int64
}

func newRangeReader(ctx context.Context, v *Vault, s source, name string, size int64) *rangeReader {
	return &rangeReader{ctx: ctx, vault: v, source: s, name: name, size: size, ahead: minWindow}
}

type window struct {
	off  int64
	data []byte
}

func (w window) end() int64 { return w.off + int64(len(w.data)) }

// ReadAt reads ciphertext, from a window if it lies in one.
func (r *rangeReader) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off >= r.size {
		return 0, io.EOF
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n < len(p) && off < r.size {
		w, err := r.windowAt(off)
		if err != nil {
			return n, err
		}
		m := copy(p[n:], w.data[off-w.off:])
		n, off = n+m, off+int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (r *rangeReader) windowAt(off int64) (window, error) {
	for i, w := range r.windows {
		if w.off <= off && off < w.end() {
			if i == 1 {
				r.windows[0], r.windows[1] = r.windows[1], r.windows[0]
			}
			return r.windows[0], nil
		}
	}
	if newest := r.windows[0]; newest.data != nil && off == newest.end() {
		r.ahead = min(2*r.ahead, maxWindow)
	} else {
		r.ahead = minWindow
	}
	n := min(r.ahead, r.size-off)
	data, err := r.vault.getRange(r.ctx, r.source, r.name, off, n)
	if err != nil {
		return window{}, err
	}
	r.windows[1], r.windows[0] = r.windows[0], window{off: off, data: data}
	return r.windows[0], nil
}

// getRange reads exactly n bytes from off. A body that ends early is a broken
// connection, not a short object: its size is known.
func (v *Vault) getRange(ctx context.Context, s source, name string, off, n int64) ([]byte, error) {
	data := make([]byte, n)
	err := v.retry(ctx, func() (err error) {
		body, err := s.get(ctx, name, off, n)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, body.Close()) }()
		if _, err := io.ReadFull(body, data); err != nil {
			return record.Down("The object store", err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("vault: get %s: %w", name, err)
	}
	return data, nil
}
