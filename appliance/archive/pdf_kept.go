package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"eakte/ingest/rendition"
)

// Who reads a PDF asks for one range after the other: what was laid out for the
// first answers the rest. Each request is decided and logged by itself. What is
// kept is where everything lies, and the page that was read last.
const (
	mostRenditions = 4
	renditionTime  = 2 * time.Minute // since it was asked for last
)

// renditions are the PDFs that were laid out last.
type renditions struct {
	mu   sync.Mutex
	kept map[[sha256.Size]byte]*keptRendition
}

type keptRendition struct {
	*rendition.Rendition
	used time.Time
	drop *time.Timer
}

// lay gives a rendition, laid out now or a moment ago. Its parts must be able to
// be opened for longer than the request lasts.
func (k *renditions) lay(ctx context.Context, info rendition.Info, parts []rendition.Part) (*rendition.Rendition, error) {
	key := likeness(info, parts)
	k.mu.Lock()
	if r, ok := k.kept[key]; ok {
		r.used = time.Now()
		r.drop.Reset(renditionTime)
		k.mu.Unlock()
		return r.Rendition, nil
	}
	k.mu.Unlock()
	r, err := rendition.New(ctx, info, parts)
	if err == nil {
		k.keep(key, r)
	}
	return r, err
}

func (k *renditions) keep(key [sha256.Size]byte, r *rendition.Rendition) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[[sha256.Size]byte]*keptRendition{}
	}
	if old, ok := k.kept[key]; ok {
		old.drop.Stop()
	}
	k.kept[key] = &keptRendition{r, time.Now(), time.AfterFunc(renditionTime, func() { k.forget(r) })}
	for len(k.kept) > mostRenditions {
		var oldest *keptRendition
		for _, other := range k.kept {
			if oldest == nil || other.used.Before(oldest.used) {
				oldest = other
			}
		}
		k.remove(oldest.Rendition)
	}
}

// forget drops a rendition, so that the next asker has it laid out anew.
func (k *renditions) forget(r *rendition.Rendition) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.remove(r)
}

// remove is forget; the caller holds mu.
func (k *renditions) remove(r *rendition.Rendition) {
	for key, other := range k.kept {
		if other.Rendition == r {
			other.drop.Stop()
			delete(k.kept, key)
		}
	}
}

// likeness is the same for what gives the same bytes.
func likeness(info rendition.Info, parts []rendition.Part) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%q %d %q %q\n", info.Title, info.Created.UnixNano(), info.About, info.Seed)
	if info.Contents != nil {
		fmt.Fprintf(h, "%q\n", *info.Contents)
	}
	for _, p := range parts {
		fmt.Fprintf(h, "%q %q %q %d %q\n", p.Title, p.Type, p.Date, p.Pages, p.Note)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// reading reads a rendition, and has it forgotten when a page can't be read or
// is not what it was: the document was read anew, or destroyed.
type reading struct {
	*rendition.Rendition
	from *renditions
}

// ReadAt reads the PDF at any place.
func (r reading) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Rendition.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		r.from.forget(r.Rendition)
	}
	return n, err
}
