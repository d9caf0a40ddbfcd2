package vault

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"eakte/appliance/record"
)

// The kinds of image in a pack.
const (
	ImagePage  = "page"
	ImageFull  = "full"
	ImageThumb = "thumb"
)

// maxPart bounds what one part of a pack may unpack to.
const maxPart = 256 << 20

// Pack is a document's page images, words and texts, read as they are asked
// for. It is good for as long as the context it was opened with.
type Pack struct {
	zip  *zip.Reader
	info PackInfo

	mu     sync.Mutex
	asked  int                  // how many parts were
	byName map[string]*zip.File // made for who asks for many
}

// OpenPack opens a document's pack. One that is not there is record.NotFound
// (it can be made again), one that can't be read is record.Corrupt.
func (v *Vault) OpenPack(ctx context.Context, id record.ObjectID) (*Pack, error) {
	c, err := v.open(ctx, v.buckets.Derived, PackName(id), id)
	if err != nil {
		return nil, err
	}
	return ReadPack(c, c.Size())
}

// ReadPack reads a pack from its plain bytes.
func ReadPack(r io.ReaderAt, size int64) (*Pack, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, decryptError("The pack", err)
	}
	p := &Pack{zip: z}
	b, err := p.part("pack.json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &p.info); err != nil {
		return nil, corrupt("The pack", err)
	}
	if p.info.Version != PackVersion {
		return nil, corrupt("The pack", fmt.Errorf("version %d is not known", p.info.Version))
	}
	return p, nil
}

// Info says what the pack holds.
func (p *Pack) Info() PackInfo {
	info := p.info
	info.Pages = slices.Clone(info.Pages)
	return info
}

// Page describes page n, counted from 1. A page that is not there is record.NotFound.
func (p *Pack) Page(n int) (PackPage, error) {
	if n < 1 || n > len(p.info.Pages) {
		return PackPage{}, &record.Error{Category: record.NotFound, Message: "The document has no such page."}
	}
	return p.info.Pages[n-1], nil
}

// Image gives the JPEG of page n: ImagePage, ImageFull or ImageThumb.
// ImageFull is record.NotFound where the pack holds none, and so is any image
// of a page on demand.
func (p *Pack) Image(n int, kind string) ([]byte, error) {
	page, err := p.Page(n)
	if err != nil {
		return nil, err
	}
	if kind != ImagePage && kind != ImageFull && kind != ImageThumb {
		return nil, record.Bad("kind", "not a kind of image")
	}
	if page.OnDemand || kind == ImageFull && !page.Full {
		return nil, &record.Error{Category: record.NotFound, Message: "The page has no image in full resolution."}
	}
	return p.part(packPart(kind, n, "jpg"))
}

// Text gives the corrected text of page n.
func (p *Pack) Text(n int) (string, error) { return p.text("text", n) }

// Raw gives the text of page n as it was recognised.
func (p *Pack) Raw(n int) (string, error) { return p.text("raw", n) }

func (p *Pack) text(kind string, n int) (string, error) {
	if _, err := p.Page(n); err != nil {
		return "", err
	}
	b, err := p.part(packPart(kind, n, "txt"))
	return string(b), err
}

// Words gives the words of page n.
func (p *Pack) Words(n int) (record.PageWords, error) {
	var w record.PageWords
	if _, err := p.Page(n); err != nil {
		return w, err
	}
	b, err := p.part(packPart("words", n, "json"))
	if err != nil {
		return w, err
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return record.PageWords{}, corrupt("The pack", err)
	}
	return w, nil
}

// part reads one part whole. What pack.json promises and is missing, or
// doesn't match its checksum, is record.Corrupt.
func (p *Pack) part(name string) (b []byte, err error) {
	f := p.find(name)
	if f == nil {
		return nil, corrupt("The pack", fmt.Errorf("%s is missing", name))
	}
	if f.UncompressedSize64 > maxPart {
		return nil, corrupt("The pack", fmt.Errorf("%s is too large", name))
	}
	r, err := f.Open()
	if err != nil {
		return nil, decryptError("The pack", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var whole bytes.Buffer
	whole.Grow(int(f.UncompressedSize64) + bytes.MinRead) // in one go: each small read would decrypt a chunk anew
	if _, err := whole.ReadFrom(io.LimitReader(r, maxPart)); err != nil {
		return nil, decryptError("The pack", err)
	}
	return whole.Bytes(), nil
}

// fewParts is up to how many parts looking through the list is cheaper than
// making a table of it.
const fewParts = 8

// find gives a part by its name; nil: it is not there.
func (p *Pack) find(name string) *zip.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked++; p.asked <= fewParts {
		if i := slices.IndexFunc(p.zip.File, func(f *zip.File) bool { return f.Name == name }); i >= 0 {
			return p.zip.File[i]
		}
		return nil
	}
	if p.byName == nil {
		p.byName = make(map[string]*zip.File, len(p.zip.File))
		for _, f := range slices.Backward(p.zip.File) { // of two with one name the first counts
			p.byName[f.Name] = f
		}
	}
	return p.byName[name]
}
