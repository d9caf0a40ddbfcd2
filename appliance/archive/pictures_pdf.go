package archive

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/rendition"
)

// pagesAtOnce is how many pages of a rendition are drawn at one asking.
const pagesAtOnce = 16

// drawnPages draws the pages of one document for a rendition, which asks for
// each more than once. What was drawn lies in a file without a name, encrypted
// to a key that is only in memory, for as long as the rendition lives.
type drawnPages struct {
	ctx      context.Context
	pictures *pictures
	object   record.ObjectID

	mu     sync.Mutex
	file   *os.File // nil: nothing was drawn yet; closed by the runtime with the rendition
	seal   cipher.AEAD
	end    int64
	places map[int]filePlace
}

type filePlace struct {
	at   int64
	size int
}

// image gives the full image of page n.
func (d *drawnPages) image(pack *vault.Pack, n int) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, ok := d.places[n]; ok {
		return d.read(n, at)
	}
	if err := d.begin(); err != nil {
		return nil, err
	}
	var want []record.Picture
	for i := n; i < n+pagesAtOnce; i++ {
		page, err := pack.Page(i)
		if _, had := d.places[i]; err != nil || !page.OnDemand || had {
			break
		}
		want = append(want, pictureOf(page, vault.ImageFull))
	}
	var out []byte
	err := d.pictures.draw(d.ctx, d.object, want, func(w record.Picture, b []byte) error {
		if w.Page == n {
			out = b
		}
		return d.write(w.Page, b)
	})
	return out, err
}

func (d *drawnPages) begin() (err error) {
	if d.file != nil {
		return nil
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("archive: keep pictures: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return fmt.Errorf("archive: keep pictures: %w", err)
	}
	if d.seal, err = cipher.NewGCM(block); err != nil {
		return fmt.Errorf("archive: keep pictures: %w", err)
	}
	f, err := os.CreateTemp("", "eakte-pictures-*")
	if err != nil {
		return fmt.Errorf("archive: keep pictures: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil { // it lives as long as it is open
		return errors.Join(fmt.Errorf("archive: keep pictures: %w", err), f.Close())
	}
	d.file, d.places = f, map[int]filePlace{}
	return nil
}

// nonce is the page's number: each page is written once under a key of its own rendition.
func nonce(n int) []byte { return binary.BigEndian.AppendUint32(make([]byte, 8), uint32(n)) }

func (d *drawnPages) write(n int, jpeg []byte) error {
	if _, had := d.places[n]; had {
		return nil
	}
	b := d.seal.Seal(nil, nonce(n), jpeg, nil)
	if _, err := d.file.WriteAt(b, d.end); err != nil {
		return fmt.Errorf("archive: keep pictures: %w", err)
	}
	d.places[n] = filePlace{d.end, len(b)}
	d.end += int64(len(b))
	return nil
}

func (d *drawnPages) read(n int, at filePlace) ([]byte, error) {
	b := make([]byte, at.size)
	if _, err := d.file.ReadAt(b, at.at); err != nil {
		return nil, fmt.Errorf("archive: kept picture: %w", err)
	}
	out, err := d.seal.Open(b[:0], nonce(n), b, nil)
	if err != nil {
		return nil, fmt.Errorf("archive: kept picture: %w", err)
	}
	return out, nil
}

// packPages gives a pack's pages to a rendition.
type packPages struct {
	*vault.Pack
	drawn *drawnPages
}

// Page gives the largest image there is, and the words.
func (p packPages) Page(n int) (rendition.Page, error) {
	page, err := p.Pack.Page(n)
	if err != nil {
		return rendition.Page{}, err
	}
	out := rendition.Page{Width: page.Width, Height: page.Height, DPI: page.DPI}
	switch {
	case page.OnDemand:
		out.JPEG, err = p.drawn.image(p.Pack, n)
	case page.Full:
		out.JPEG, err = p.Image(n, vault.ImageFull)
	default:
		out.JPEG, err = p.Image(n, vault.ImagePage)
	}
	if err != nil {
		return rendition.Page{}, err
	}
	words, err := p.Words(n)
	out.Words = words.Words
	return out, err
}
