package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"eakte/appliance/record"
)

// A replica is another store with the same objects under the same names, kept
// so by the stores themselves; it is only read. Where an original, a key or a
// manifest is missing or damaged in the first place, it is read from there, and
// where somebody wrote over it or hid it, from the oldest version of its name:
// that is ours, because nobody knew the name before. A store that doesn't
// answer is read round as well: losing a part degrades. Writing never goes to
// a replica.

// The other places that an object can be read from.
const (
	PlaceReplica        = "replica"
	PlaceVersion        = "version"         // an older version in the first store
	PlaceReplicaVersion = "replica version" // an older version in the replica
)

// Fallback tells of a read that another place had to serve.
type Fallback struct {
	Name  string // of the object
	Place string
	Err   error // of the first place; record.Unavailable: nothing says that the object is damaged
}

// elsewhere is what a vault knows of other places.
type elsewhere struct {
	replica *Buckets
	note    func(Fallback)
}

// UseReplica lets reads fall through to another store. It is called before the
// first read.
func (v *Vault) UseReplica(b Buckets) { v.elsewhere.replica = &b }

// OnFallback sets what is told of each read that another place served; several
// reads may do so at once. It is called before the first read.
func (v *Vault) OnFallback(note func(Fallback)) { v.elsewhere.note = note }

// Replica gives the replica's buckets; ok is false if there is none.
func (v *Vault) Replica() (b Buckets, ok bool) {
	if v.elsewhere.replica == nil {
		return Buckets{}, false
	}
	return *v.elsewhere.replica, true
}

func (v *Vault) noteFallback(name, place string, err error) {
	if v.elsewhere.note != nil {
		v.elsewhere.note(Fallback{name, place, err})
	}
}

// source is a place that an object may be read from.
type source struct {
	bucket  Bucket
	version string // "": what the bucket gives
	place   string // "": the first
}

func (s source) get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	if s.version == "" {
		return s.bucket.Get(ctx, name, off, n)
	}
	return s.bucket.GetVersion(ctx, name, s.version, off, n)
}

func (v *Vault) statSource(ctx context.Context, s source, name string) (info ObjectInfo, err error) {
	if s.version == "" {
		return v.stat(ctx, s.bucket, name)
	}
	err = v.retry(ctx, func() error {
		info, err = s.bucket.StatVersion(ctx, name, s.version)
		return err
	})
	if err != nil {
		return ObjectInfo{}, fmt.Errorf("vault: stat %s: %w", name, err)
	}
	return info, nil
}

// helps says whether another place may serve what this one could not.
func helps(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) ||
		errors.Is(err, record.Unavailable) || errors.Is(err, record.Busy))
}

// others lists the other places that may have an object, after the first one
// gave an error. What can't be listed is left out.
func (v *Vault) others(ctx context.Context, name string, first error) (out []source) {
	b, err := v.bucketOf(name)
	letter, _, _ := strings.Cut(name, "/")
	if err != nil || letter == "d" { // a pack is made again
		return nil
	}
	var mirror Bucket
	if r := v.elsewhere.replica; r != nil {
		if mirror = r.Records; letter == "k" {
			mirror = r.Keys
		}
		out = append(out, source{bucket: mirror, place: PlaceReplica})
	}
	answers := errors.Is(first, record.NotFound) || errors.Is(first, record.Corrupt)
	if answers {
		if version, ok := v.oldest(ctx, b, name); ok {
			out = append(out, source{b, version, PlaceVersion})
		}
	}
	if mirror == nil {
		return out
	}
	if version, ok := v.oldest(ctx, mirror, name); ok {
		out = append(out, source{mirror, version, PlaceReplicaVersion})
	}
	return out
}

// oldest finds the version that was put first under a name, if it isn't the one
// that is read anyway.
func (v *Vault) oldest(ctx context.Context, b Bucket, name string) (version string, ok bool) {
	err := v.retry(ctx, func() error {
		version, ok = "", false
		return b.Versions(ctx, name, "", func(o ObjectInfo) error {
			if o.Name == name && !o.Marker {
				version, ok = o.Version, !o.Latest
			}
			return nil
		})
	})
	return version, ok && err == nil && version != ""
}

// anywhere calls read for the place where an object belongs and, where that
// does not help, for the others. It gives the first place's error if none does.
func (v *Vault) anywhere(ctx context.Context, name string, read func(s source) error) error {
	b, err := v.bucketOf(name)
	if err != nil {
		return err
	}
	first := read(source{bucket: b})
	if first == nil || !helps(ctx, first) {
		return first
	}
	for _, s := range v.others(ctx, name, first) {
		if read(s) == nil {
			v.noteFallback(name, s.place, first)
			return nil
		}
	}
	return first
}

// keyElsewhere reads a key from another place, if one has it. Only a key that
// opens counts.
func (v *Vault) keyElsewhere(ctx context.Context, id record.ObjectID, first error) (Key, bool) {
	if !helps(ctx, first) {
		return Key{}, false
	}
	for _, generation := range v.Keyring().Generations() {
		name := KeyNameOf(id, generation)
		for _, s := range v.others(ctx, name, first) {
			sealed, err := v.getSource(ctx, s, name)
			if err != nil {
				continue
			}
			if k, err := v.KeyFromSealed(id, sealed); err == nil {
				v.noteFallback(name, s.place, first)
				return k, true
			}
		}
	}
	return Key{}, false
}

// sound says whether what lies under a name is what the vault puts there, as
// far as the bytes themselves tell.
func sound(name string, body []byte) error {
	letter, id, _ := ParseName(name)
	switch letter {
	case "m":
		m, err := ParseManifest(body)
		if err == nil && m.Header.Manifest != id {
			err = corrupt("The manifest", fmt.Errorf("%s bears the id %s", name, m.Header.Manifest))
		}
		return err
	case "t":
		_, err := ParseTombstone(body)
		return err
	}
	return nil
}

// places reads an original from wherever it is sound: a read that one place
// can't serve is done again at the others, which stay in use for what follows.
// It implements io.ReaderAt and is safe for concurrent use.
type places struct {
	ctx   context.Context
	vault *Vault
	name  string
	key   Key

	mu      sync.Mutex
	sources []source
	readers []io.ReaderAt // by source; nil until it is asked
	listed  bool          // the other places are in sources
	now     int           // the one that served last
	size    int64         // plain bytes; the same everywhere
}

// openPlaces opens an object in the first place that can.
func (v *Vault) openPlaces(ctx context.Context, b Bucket, name string, key Key) (*places, error) {
	p := &places{ctx: ctx, vault: v, name: name, key: key, sources: []source{{bucket: b}}, readers: make([]io.ReaderAt, 1)}
	return p, p.do(func(io.ReaderAt) error { return nil })
}

// ReadAt reads plain bytes.
func (p *places) ReadAt(b []byte, off int64) (n int, err error) {
	derr := p.do(func(r io.ReaderAt) error {
		if n, err = r.ReadAt(b, off); err == io.EOF {
			return nil
		}
		return err
	})
	if derr != nil {
		return n, derr
	}
	return n, err
}

// do calls op with the place that served last, and then with the others.
func (p *places) do(op func(io.ReaderAt) error) error {
	p.mu.Lock()
	start := p.now
	p.mu.Unlock()
	first := p.at(start, op)
	if first == nil || !helps(p.ctx, first) {
		return first
	}
	for i := range p.all(first) {
		if i != start && p.at(i, op) == nil {
			p.settle(i, first)
			return nil
		}
	}
	return first
}

// all lists the other places once they are needed, and counts all.
func (p *places) all(first error) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.listed {
		p.listed = true
		p.sources = append(p.sources, p.vault.others(p.ctx, p.name, first)...)
		p.readers = append(p.readers, make([]io.ReaderAt, len(p.sources)-len(p.readers))...)
	}
	return len(p.sources)
}

func (p *places) settle(i int, first error) {
	p.mu.Lock()
	was := p.now
	p.now = i
	place := p.sources[i].place
	p.mu.Unlock()
	if was == 0 {
		p.vault.noteFallback(p.name, place, first)
	}
}

// at calls op with one place's reader.
func (p *places) at(i int, op func(io.ReaderAt) error) error {
	p.mu.Lock()
	r, err := p.reader(i)
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return op(r)
}

// reader opens a place. The caller holds mu.
func (p *places) reader(i int) (io.ReaderAt, error) {
	if p.readers[i] != nil {
		return p.readers[i], nil
	}
	info, err := p.vault.statSource(p.ctx, p.sources[i], p.name)
	if err != nil {
		return nil, err
	}
	plain, size, err := p.key.DecryptReaderAt(newRangeReader(p.ctx, p.vault, p.sources[i], p.name, info.Size), info.Size)
	if err != nil {
		return nil, fmt.Errorf("vault: open %s: %w", p.name, err)
	}
	p.readers[i], p.size = plain, size
	return plain, nil
}
