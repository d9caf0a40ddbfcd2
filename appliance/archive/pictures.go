package archive

import (
	lru "container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Drawer draws pages of a PDF, size bytes, each in the pixels asked for, and
// calls each with their JPEGs in the order asked; at most 32 at one asking.
// Main gives a pool of worker processes: nothing here parses a document.
type Drawer interface {
	Draw(ctx context.Context, body io.Reader, size int64, want []record.Picture, each func(jpeg []byte) error) error
}

// What is kept of the pictures that were drawn on demand, in memory only. The
// doors decide on every picture before it is looked for here, so that one of a
// document that was destroyed since is given to nobody; its bytes go at the
// latest when the time is up.
const (
	pictureBytes = 32 << 20
	pictureTime  = 10 * time.Minute
	drawTime     = time.Minute // a picture that takes longer is given up
	thumbsAtOnce = 8           // who asks for one looks at a list of them
)

// pictures draws pages that the pack has no images of.
type pictures struct {
	drawer Drawer
	vault  *vault.Vault
	flight singleflight.Group // the same picture is drawn once for all who ask

	mu    sync.Mutex
	bytes int
	order *lru.List // newest first, of *keptPicture
	kept  map[pictureKey]*lru.Element
}

type pictureKey struct {
	object record.ObjectID
	record.Picture
}

type keptPicture struct {
	key  pictureKey
	jpeg []byte
}

func newPictures(v *vault.Vault, d Drawer) *pictures {
	return &pictures{drawer: d, vault: v, order: lru.New(), kept: map[pictureKey]*lru.Element{}}
}

// image gives the image of page n, out of the pack or drawn for the occasion.
func (p *pictures) image(ctx context.Context, object record.ObjectID, pack *vault.Pack, n int, kind string) ([]byte, error) {
	page, err := pack.Page(n)
	if err != nil {
		return nil, err
	}
	if !page.OnDemand {
		return pack.Image(n, kind)
	}
	want := pictureOf(page, kind)
	if b, ok := p.get(pictureKey{object, want}); ok {
		return b, nil
	}
	block := []record.Picture{want}
	if kind == vault.ImageThumb {
		block = thumbsAround(pack, n)
	}
	done := p.flight.DoChan(fmt.Sprint(object, block), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drawTime) // who asked first may go, the others stay
		defer cancel()
		drawn := map[int][]byte{}
		err := p.draw(ctx, object, block, func(w record.Picture, b []byte) error {
			drawn[w.Page] = b
			p.put(pictureKey{object, w}, b)
			return nil
		})
		return drawn, err
	})
	select {
	case r := <-done:
		drawn, _ := r.Val.(map[int][]byte)
		if b := drawn[n]; b != nil { // whatever became of the others
			return b, nil
		}
		return nil, r.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pictureOf is what is to be drawn for an image of a page.
func pictureOf(page vault.PackPage, kind string) record.Picture {
	switch kind {
	case vault.ImageFull:
		return record.Picture{Page: page.Number, Width: page.Width, Height: page.Height}
	case vault.ImageThumb:
		f := min(1, float64(thumbWidth)/float64(max(page.ImageWidth, page.ImageHeight)))
		side := func(n int) int { return max(1, int(float64(n)*f)) }
		return record.Picture{Page: page.Number, Width: side(page.ImageWidth), Height: side(page.ImageHeight)}
	}
	return record.Picture{Page: page.Number, Width: page.ImageWidth, Height: page.ImageHeight}
}

// thumbsAround are the thumbnails drawn together with that of page n: always
// the same ones, so that who asks for any of them waits for one drawing.
func thumbsAround(pack *vault.Pack, n int) []record.Picture {
	var block []record.Picture
	first := (n-1)/thumbsAtOnce*thumbsAtOnce + 1
	for i := range thumbsAtOnce {
		if page, err := pack.Page(first + i); err == nil && page.OnDemand {
			block = append(block, pictureOf(page, vault.ImageThumb))
		}
	}
	return block
}

// draw has the pictures drawn from a document's original.
func (p *pictures) draw(ctx context.Context, object record.ObjectID, want []record.Picture, each func(record.Picture, []byte) error) error {
	if p.drawer == nil {
		return notDrawn(errors.New("nobody draws here"))
	}
	original, err := p.vault.OpenOriginal(ctx, object)
	if err != nil {
		return err
	}
	i := 0
	err = p.drawer.Draw(ctx, original.Reader(), original.Size(), want, func(b []byte) error {
		i++
		return each(want[i-1], b)
	})
	var known *record.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return notDrawn(err)
}

func notDrawn(cause error) error {
	return &record.Error{Category: record.Unavailable, Message: "The page's picture could not be drawn.",
		Hint: "Its text and the original can be opened. Try again in a moment.", Cause: cause}
}

func (p *pictures) get(key pictureKey) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.kept[key]
	if !ok {
		return nil, false
	}
	p.order.MoveToFront(e)
	return e.Value.(*keptPicture).jpeg, true
}

func (p *pictures) put(key pictureKey, jpeg []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept[key] != nil || len(jpeg) > pictureBytes/4 {
		return
	}
	e := p.order.PushFront(&keptPicture{key, jpeg})
	p.kept[key] = e
	p.bytes += len(jpeg)
	for p.bytes > pictureBytes {
		p.remove(p.order.Back())
	}
	time.AfterFunc(pictureTime, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.kept[key] == e {
			p.remove(e)
		}
	})
}

// remove drops a picture; the caller holds mu.
func (p *pictures) remove(e *lru.Element) {
	k := e.Value.(*keptPicture)
	p.order.Remove(e)
	delete(p.kept, k.key)
	p.bytes -= len(k.jpeg)
}
