package fixity

import (
	"context"
	"fmt"
	"io"
)

// A name is used once, so it has one version. A running key may put (it has
// to), and some stores then keep a second version above ours, or a delete
// marker that hides it; no policy forbids that without forbidding to put. Our
// version stays below, locked. So every bucket is asked for all versions: what
// was touched is named, and everything else is checked on the oldest version,
// which is ours, because nobody knew the name before.

// bucket reads one bucket by its oldest versions.
type bucket struct {
	Store
	ours map[string]string // of touched names only: the version that is ours
}

// Stat and Open read what was put first under a name.
func (b *bucket) Stat(ctx context.Context, name string) (Object, error) {
	if v, touched := b.ours[name]; touched {
		return b.StatVersion(ctx, name, v)
	}
	return b.Store.Stat(ctx, name)
}

func (b *bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if v, touched := b.ours[name]; touched {
		return b.OpenVersion(ctx, name, v)
	}
	return b.Store.Open(ctx, name)
}

// name is what a listing of versions says about one name.
type name struct {
	oldest   Object // of the versions that have bytes; Name "" = there is none
	versions int
	markers  int
}

// names calls fn for each name, in ascending order.
func (b *bucket) names(ctx context.Context, prefix string, fn func(string, name) error) error {
	current, n := "", name{}
	err := b.Versions(ctx, prefix, func(o Object) error {
		if o.Name != current {
			if err := emit(current, n, fn); err != nil {
				return err
			}
			current, n = o.Name, name{}
		}
		if o.Marker {
			n.markers++
			return nil
		}
		n.versions++
		n.oldest = o // the newest comes first
		return nil
	})
	if err != nil {
		return err
	}
	return emit(current, n, fn)
}

func emit(current string, n name, fn func(string, name) error) error {
	if current == "" {
		return nil
	}
	return fn(current, n)
}

// List calls fn for what was put first under each name.
func (b *bucket) List(ctx context.Context, prefix string, fn func(Object) error) error {
	return b.names(ctx, prefix, func(_ string, n name) error {
		if n.versions == 0 {
			return nil
		}
		return fn(n.oldest)
	})
}

// checkVersions names what was written over or hidden.
func (v *verifier) checkVersions(ctx context.Context) error {
	var done int64
	for _, b := range []*bucket{v.records, v.keys, v.audit} {
		err := b.names(ctx, "", func(called string, n name) error {
			done++
			v.progress("versions", done, 0)
			if id, generation, ok := parseKeyName(called); ok && b == v.keys && id != "" {
				v.generation = max(v.generation, generation)
			}
			return v.touched(b, called, n)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// touched reports a name with more than our one version, once in a run.
func (v *verifier) touched(b *bucket, called string, n name) error {
	if _, known := b.ours[called]; known || n.versions == 1 && n.markers == 0 || isProbe(called) {
		return nil
	}
	b.ours[called] = n.oldest.Version
	const do = "Somebody wrote past the appliance: find out who holds the store's keys, and change them. " +
		"Keep the version for evidence, then remove it with the disposition key: the one below it is the archive's."
	var f findings
	switch {
	case n.versions == 0:
		f.add(Version, "object "+called, do, "There are only delete markers under this name.")
	case n.versions == 1:
		f.add(Version, "object "+called, do, "It is hidden by a delete marker.")
	default:
		what := fmt.Sprintf("%d versions lie under this name; the appliance makes one", n.versions)
		if n.markers > 0 {
			what += ", and a delete marker hides them"
		}
		f.add(Version, "object "+called, do, "%s.", what)
	}
	return v.flush(&f)
}
