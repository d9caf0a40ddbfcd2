package fixity

import (
	"context"
	"errors"
	"slices"

	"eakte/appliance/record"
)

// The signed log names every manifest that a change has made, by its digest.
// So whoever exchanges a whole chain and the catalog's row with it is still
// found out: what the log names must be in the chain of a subject that the same
// entry is about.

const kindManifest = "manifest"

// checkNamed looks for the manifests that an entry names. The digests of all
// chains are known by now, 8 bytes of each; a chain is read again only for one
// that is not among them, since it may have come during the run. A chain that
// is broken anyhow was named already.
func (v *verifier) checkNamed(ctx context.Context, f *findings, subject string, e entry) error {
	var subjects []string
	for _, o := range e.Objects {
		if o.Kind != kindManifest && !slices.Contains(subjects, o.ID) {
			subjects = append(subjects, o.ID)
		}
	}
	for _, o := range e.Objects {
		if o.Kind != kindManifest || v.manifests.has(o.ID) {
			continue
		}
		found, err := v.inChains(ctx, subjects, record.Digest(o.ID))
		if err != nil {
			return err
		}
		if !found {
			f.add(Missing, subject, doRestore, "The log names a manifest (%s) that is in no chain of what the entry is about: it was removed or changed.", o.ID)
		}
	}
	return nil
}

// inChains says whether a manifest is in the chain of one of the subjects as
// it stands now, or may have ended with one of them.
func (v *verifier) inChains(ctx context.Context, subjects []string, digest record.Digest) (bool, error) {
	for _, s := range subjects {
		if _, gone := v.buried[s]; gone || v.unsound[s] {
			return true, nil
		}
		head, err := v.Catalog.Head(ctx, s)
		if errors.Is(err, record.NotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		found := false
		unknown, err := v.walk(ctx, head, func(_ string, m manifest) { found = found || m.digest == digest })
		if err != nil || found || unknown {
			return true, err
		}
	}
	return false, nil
}

// walk calls fn for the manifests of a chain, from the newest on as far as they
// follow each other. What is wrong with them is said elsewhere; unknown is true
// if one could not be read.
func (v *verifier) walk(ctx context.Context, head Head, fn func(name string, m manifest)) (unknown bool, err error) {
	var scratch checked
	name, digest := head.Name, head.Digest
	for sequence := head.Sequence; name != ""; sequence-- {
		m, _, err := v.fetchManifest(ctx, "", name, &scratch)
		if err != nil {
			return false, err
		}
		if m == nil || !checkLink(&scratch.findings, "", "", *m, name, head.Subject, sequence) || m.digest != digest {
			break
		}
		fn(name, *m)
		name, digest = m.Header.Predecessor, m.Header.Before
	}
	return scratch.unreadable, nil
}
