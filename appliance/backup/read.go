package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// object is a name in a bucket with all its versions, the newest first.
type object struct {
	name     string
	versions []vault.ObjectInfo
}

// touched says that somebody wrote over the name or deleted it: nothing of
// ours does.
func (o object) touched() bool { return len(o.versions) != 1 || o.versions[0].Marker }

// objects lists names with their versions in ascending order and hands them on
// in batches.
func objects(ctx context.Context, b vault.Bucket, prefix, after string, size int, fn func([]object) error) error {
	var batch []object
	err := b.Versions(ctx, prefix, after, func(v vault.ObjectInfo) error {
		if n := len(batch); n > 0 && batch[n-1].name == v.Name {
			batch[n-1].versions = append(batch[n-1].versions, v)
			return nil
		}
		if len(batch) >= size {
			if err := fn(batch); err != nil {
				return err
			}
			batch = nil
		}
		batch = append(batch, object{v.Name, []vault.ObjectInfo{v}})
		return nil
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return fn(batch)
}

// maxObject bounds what is read whole: as vault.GetLocked does.
const maxObject = 256 << 20

func readVersion(ctx context.Context, b vault.Bucket, name, version string) (body []byte, err error) {
	r, err := b.GetVersion(ctx, name, version, 0, -1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if body, err = io.ReadAll(io.LimitReader(r, maxObject+1)); err != nil {
		return nil, record.Down("The object store", err)
	}
	if len(body) > maxObject {
		return nil, &record.Error{Category: record.Corrupt, Message: "An object is larger than anything of ours."}
	}
	return body, nil
}

// whole reads an object whose name nobody else has touched, or of the others
// the oldest version that fits: what was put first is what was meant. version
// is empty for the former. fits says why bytes are not what the name says.
func whole(ctx context.Context, b vault.Bucket, o object, get func(context.Context, string) ([]byte, error), fits func([]byte) error) (body []byte, version string, err error) {
	if !o.touched() {
		if body, err = get(ctx, o.name); err == nil {
			err = fits(body)
		}
		return body, "", err
	}
	err = &record.Error{Category: record.NotFound, Message: "No version of the object has bytes."}
	for _, v := range slices.Backward(o.versions) {
		if v.Marker {
			continue
		}
		var rerr error
		if body, rerr = readVersion(ctx, b, o.name, v.Version); rerr == nil {
			rerr = fits(body)
		}
		if rerr == nil {
			return body, v.Version, nil
		}
		if !gone(rerr) {
			return nil, "", rerr
		}
		err = rerr
	}
	return nil, "", err
}

// gone says that something is not there or can't be used, for certain. Every
// other error says that it is not known, and ends the rebuild for now.
func gone(err error) bool {
	return errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) || errors.Is(err, record.Invalid)
}

func corrupt(format string, args ...any) error {
	return &record.Error{Category: record.Corrupt, Message: fmt.Sprintf(format, args...)}
}

// each calls fn for every index side by side.
func (r *rebuild) each(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.Parallel)
	for i := range n {
		g.Go(func() error { return fn(ctx, i) })
	}
	return g.Wait()
}

// manifest reads a staged manifest afresh.
func (r *rebuild) manifest(ctx context.Context, m catalog.StagedManifest) (vault.Manifest, error) {
	var body []byte
	var err error
	if m.Version == "" {
		body, err = r.Vault.GetLocked(ctx, m.Name)
	} else {
		body, err = readVersion(ctx, r.Vault.Buckets().Records, m.Name, m.Version)
	}
	if err != nil {
		return vault.Manifest{}, err
	}
	if record.Sum(body) != m.Digest {
		return vault.Manifest{}, corrupt("A manifest has changed while it was read.")
	}
	return vault.ParseManifest(body)
}

// newest reads and opens the newest manifest of a subject that can be: the
// head, or, where older is set, one before it. It gives which one it was.
func (r *rebuild) newest(ctx context.Context, s catalog.StagedSubject, older bool, into func() any) (from catalog.StagedManifest, personal any, err error) {
	tries := []catalog.StagedManifest{s.Head}
	for i := 0; i < len(tries); i++ {
		var m vault.Manifest
		p := into()
		if m, err = r.manifest(ctx, tries[i]); err == nil {
			err = r.Vault.OpenPersonal(ctx, m, p)
		}
		if err == nil {
			return tries[i], p, nil
		}
		if !gone(err) || !older {
			return from, nil, err
		}
		if i == 0 {
			rerr := r.Catalog.Read(ctx, func(tx *catalog.Tx) error {
				all, err := tx.StagedOf(s.Subject)
				slices.Reverse(all)
				tries = append(tries, slices.DeleteFunc(all, func(m catalog.StagedManifest) bool { return m.Name == s.Head.Name })...)
				return err
			})
			if rerr != nil {
				return from, nil, rerr
			}
		}
	}
	return from, nil, err
}
