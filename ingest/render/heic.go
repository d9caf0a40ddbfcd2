package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// heicDoc is a HEIC with its pictures, which libheif's heif-convert has
// decoded, and turned as the file says, into the scratch folder.
type heicDoc struct {
	dir   string
	names []string
	limit Limits
}

// heicBrands are what a HEIC calls itself, first or among others.
var heicBrands = []string{"heic", "heix", "heim", "heis", "mif1"}

// isHEIC looks at the first box: its type, and its brands.
func isHEIC(head []byte) bool {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return false
	}
	size := int(min(binary.BigEndian.Uint32(head), uint32(len(head))))
	for at := 8; at+4 <= size; at += 4 {
		for _, b := range heicBrands {
			if at != 12 && string(head[at:at+4]) == b { // 12: the minor version
				return true
			}
		}
	}
	return false
}

const (
	heicDecoder = "heif-convert"
	heicMeta    = 16 << 20 // of the box that describes the pictures
	heicItems   = 4096     // pictures, tiles and thumbnails
)

// HEICInstalled says whether the decoder is there.
func HEICInstalled() bool {
	_, err := exec.LookPath(heicDecoder)
	return err == nil
}

func openHEIC(ctx context.Context, f *os.File, size int64, o Options) (Document, error) {
	if err := checkHEIC(f, size, o.Limits); err != nil {
		return nil, err
	}
	if !HEICInstalled() {
		return nil, fault(ReasonHEICMissing, 0, heicDecoder+" is not installed")
	}
	if o.Scratch == "" {
		return nil, errors.New("no folder in memory to decode in")
	}
	dir, err := os.MkdirTemp(o.Scratch, "heic-*")
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	d := &heicDoc{dir: dir, limit: o.Limits}
	if err := d.decode(ctx, f); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// decode has all pictures decoded: picture.png, or picture-1.png and so on.
func (d *heicDoc) decode(ctx context.Context, f *os.File) error {
	swallow := func(out io.Reader) error {
		_, err := io.Copy(io.Discard, out)
		return err
	}
	if err := tool(ctx, f, 0, swallow, heicDecoder, inTool, filepath.Join(d.dir, "picture.png")); err != nil {
		return err
	}
	if only := filepath.Join(d.dir, "picture.png"); present(only) {
		d.names = []string{only}
	}
	for n := 1; len(d.names) == n-1; n++ {
		if next := filepath.Join(d.dir, "picture-"+strconv.Itoa(n)+".png"); present(next) {
			d.names = append(d.names, next)
		}
	}
	switch {
	case len(d.names) == 0:
		return fault(ReasonDamaged, 0, "a HEIC without pictures")
	case len(d.names) > d.limit.MaxPages:
		return fault(ReasonTooManyPages, 0, strconv.Itoa(len(d.names))+" pictures")
	}
	return nil
}

func present(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func (d *heicDoc) ContentType() string { return TypeHEIC }

func (d *heicDoc) Pages() int { return len(d.names) }

// Close removes the decoded pictures.
func (d *heicDoc) Close() error { return os.RemoveAll(d.dir) }

// Page takes over picture n. Its size is looked at again: what the file says
// of itself need not be what its stream decodes to.
func (d *heicDoc) Page(_ context.Context, n int) (Page, error) {
	data, err := os.ReadFile(d.names[n-1])
	if err != nil {
		return Page{}, fmt.Errorf("decode: %w", err)
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Page{}, &Fault{Reason: ReasonDamaged, Page: n, Cause: err}
	}
	if err := checkPixels(int64(c.Width), int64(c.Height), n, d.limit); err != nil {
		return Page{}, err
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return Page{}, &Fault{Reason: ReasonDamaged, Page: n, Cause: err}
	}
	return Page{Raster: rasterOf(m, dpiOf(c.Width, c.Height, 0)).normal()}, nil
}

// checkHEIC walks the boxes and refuses pictures by the sizes that they state,
// before anything is decoded.
func checkHEIC(f io.ReaderAt, size int64, l Limits) error {
	for at := int64(0); at < size; {
		head := make([]byte, min(16, size-at))
		if _, err := f.ReadAt(head, at); err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		b, ok := boxOf(head, size-at)
		switch {
		case !ok:
			return fault(ReasonDamaged, 0, "a box that leaves the file")
		case b.kind != "meta":
			at += b.size
			continue
		case b.size > heicMeta:
			return fault(ReasonTooLarge, 0, "a description without end")
		}
		meta := make([]byte, b.size-b.head)
		if _, err := f.ReadAt(meta, at+b.head); err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		if len(meta) < 4 {
			return fault(ReasonDamaged, 0, "an empty description")
		}
		items := 0
		return checkBoxes(meta[4:], &items, l)
	}
	return fault(ReasonDamaged, 0, "a HEIC that describes nothing")
}

// box is the head of one: how long it is, with the head's length itself.
type box struct {
	kind       string
	head, size int64
}

// boxOf reads a head; left is what remains of the file or of the outer box.
func boxOf(b []byte, left int64) (box, bool) {
	if len(b) < 8 {
		return box{}, false
	}
	x := box{kind: string(b[4:8]), head: 8, size: int64(binary.BigEndian.Uint32(b))}
	switch {
	case x.size == 0: // to the end
		x.size = left
	case x.size == 1 && len(b) >= 16:
		x.head, x.size = 16, int64(binary.BigEndian.Uint64(b[8:])&(1<<62-1))
	}
	return x, x.size >= x.head && x.size <= left
}

// checkBoxes looks for what states sizes and counts, in the boxes that hold it.
func checkBoxes(b []byte, items *int, l Limits) error {
	for len(b) > 0 {
		x, ok := boxOf(b, int64(len(b)))
		if !ok {
			return fault(ReasonDamaged, 0, "a box that leaves its box")
		}
		body := b[x.head:x.size]
		var err error
		switch x.kind {
		case "iprp", "ipco":
			err = checkBoxes(body, items, l)
		case "iinf":
			if len(body) >= 8 {
				skip := 6
				if body[0] > 0 {
					skip = 8
				}
				err = checkBoxes(body[skip:], items, l)
			}
		case "infe":
			if *items++; *items > heicItems {
				err = fault(ReasonManyParts, 0, "too many pictures")
			}
		case "ispe":
			if len(body) < 12 {
				return fault(ReasonDamaged, 0, "a picture without a size")
			}
			err = checkPixels(int64(binary.BigEndian.Uint32(body[4:])), int64(binary.BigEndian.Uint32(body[8:])), 0, l)
		}
		if err != nil {
			return err
		}
		b = b[x.size:]
	}
	return nil
}
