package backup

import (
	"context"
	"regexp"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// How many objects one transaction notes, at one row each.
const (
	tombstoneBatch = 32 // some rows each
	manifestBatch  = 250
)

// idOf gives the id in an object's name, if the name has this letter.
func idOf(name, letter string) (record.ObjectID, bool) {
	l, id, ok := vault.ParseName(name)
	return id, ok && l == letter
}

// tombstones notes what is gone for good, before anything else is looked at.
func (r *rebuild) tombstones(ctx context.Context, after string) error {
	records := r.Vault.Buckets().Records
	return objects(ctx, records, "t/", after, r.batch(tombstoneBatch), func(batch []object) error {
		stones, problems := make([]vault.Tombstone, len(batch)), make([][]catalog.RebuildProblem, len(batch))
		err := r.each(ctx, len(batch), func(ctx context.Context, i int) error {
			o := batch[i]
			id, ours := idOf(o.name, "t")
			if !ours {
				problems[i] = foreign(o)
				return nil
			}
			_, _, err := whole(ctx, records, o, r.Vault.GetLocked, func(b []byte) (err error) {
				if stones[i], err = vault.ParseTombstone(b); err == nil && stones[i].ID != id {
					err = corrupt("It is not the tombstone that its name says.")
				}
				return err
			})
			problems[i] = looked(o, err)
			if err != nil {
				stones[i] = vault.Tombstone{}
				if !gone(err) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.say(StageTombstones, len(batch), 0)
		return r.commit(ctx, batch[len(batch)-1].name, func(tx *catalog.Tx) error {
			for _, t := range stones {
				if t.ID == "" {
					continue
				}
				for _, id := range append([]string{t.Subject, string(t.Object)}, t.Names...) {
					if err := tx.StageDead(id, string(t.ID)); err != nil {
						return err
					}
				}
			}
			return stageProblems(tx, problems)
		})
	})
}

// manifests notes every manifest's clear header.
func (r *rebuild) manifests(ctx context.Context, after string) error {
	records := r.Vault.Buckets().Records
	return objects(ctx, records, "m/", after, r.batch(manifestBatch), func(batch []object) error {
		staged, problems := make([]catalog.StagedManifest, len(batch)), make([][]catalog.RebuildProblem, len(batch))
		err := r.each(ctx, len(batch), func(ctx context.Context, i int) (err error) {
			staged[i], problems[i], err = r.header(ctx, records, batch[i])
			return err
		})
		if err != nil {
			return err
		}
		r.say(StageManifests, len(batch), 0)
		return r.commit(ctx, batch[len(batch)-1].name, func(tx *catalog.Tx) error {
			for _, m := range staged {
				if m.Name == "" {
					continue
				}
				if err := tx.StageManifest(m); err != nil {
					return err
				}
			}
			return stageProblems(tx, problems)
		})
	})
}

// subjectIn finds whom a manifest that can't be read is about, if so much of it
// is left.
var subjectIn = regexp.MustCompile(`"subject"\s*:\s*"([0-9a-f]{32})"`)

// header reads a manifest and gives what is noted of it; without name, if it
// can't be read.
func (r *rebuild) header(ctx context.Context, b vault.Bucket, o object) (catalog.StagedManifest, []catalog.RebuildProblem, error) {
	id, ours := idOf(o.name, "m")
	if !ours {
		return catalog.StagedManifest{}, foreign(o), nil
	}
	var m vault.Manifest
	subject := ""
	body, version, err := whole(ctx, b, o, r.Vault.GetLocked, func(b []byte) (err error) {
		if found := subjectIn.FindSubmatch(b); found != nil {
			subject = string(found[1])
		}
		if m, err = vault.ParseManifest(b); err == nil && m.Header.Manifest != id {
			err = corrupt("It is not the manifest that its name says.")
		}
		return err
	})
	problems := looked(o, err)
	if err != nil {
		if !gone(err) {
			return catalog.StagedManifest{}, nil, err
		}
		for i := range problems {
			if problems[i].Kind == ProblemUnreadable {
				problems[i].Subject = subject
			}
		}
		return catalog.StagedManifest{}, problems, nil
	}
	h := m.Header
	return catalog.StagedManifest{Name: o.name, Subject: h.Subject, Kind: m.Kind, Object: h.Object, Sequence: h.Sequence,
		Digest: record.Sum(body), Predecessor: h.Predecessor, PredecessorDigest: h.PredecessorDigest, Change: h.Change,
		CreatedAt: h.CreatedAt, Class: h.RetentionClass, KeepUntil: h.KeepUntil, Cipher: h.Cipher, CipherSize: h.CipherSize,
		Version: version}, problems, nil
}

func foreign(o object) []catalog.RebuildProblem {
	return []catalog.RebuildProblem{{Kind: ProblemForeign, Name: o.name, Detail: "The object was not put by the appliance; it was left alone."}}
}

// looked gives what is to be said of an object after it was read.
func looked(o object, err error) (out []catalog.RebuildProblem) {
	if err != nil {
		return []catalog.RebuildProblem{{Kind: ProblemUnreadable, Name: o.name, Detail: "The object can't be read as what its name says."}}
	}
	if o.touched() {
		out = append(out, catalog.RebuildProblem{Kind: ProblemVersions, Name: o.name,
			Detail: "Somebody wrote over the name or deleted it; the oldest version that fits was taken."})
	}
	return out
}

func stageProblems(tx *catalog.Tx, all [][]catalog.RebuildProblem) error {
	for _, ps := range all {
		for _, p := range ps {
			if err := tx.StageProblem(p); err != nil {
				return err
			}
		}
	}
	return nil
}
