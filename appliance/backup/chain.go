package backup

import (
	"context"

	"eakte/appliance/catalog"
	"eakte/appliance/vault"
)

// What can be wrong with a subject's manifests. A file with any of these stays
// closed.
const (
	flawGap        = "gap"        // one is missing
	flawFork       = "fork"       // two claim the same place
	flawBroken     = "broken"     // one doesn't name the bytes of the one before
	flawUnreadable = "unreadable" // one that says it is about this subject can't be read
	flawUnopened   = "unopened"   // the newest can't be opened: key or bytes
	flawLogged     = "logged"     // the audit log names one that is not there
	flawDead       = "dead"       // a tombstone names it
)

const (
	chainRows  = 2000 // manifests read at once
	chainBatch = 400  // subjects noted at once, at one row each
)

// chains checks each subject's manifests against each other and notes the
// newest.
func (r *rebuild) chains(ctx context.Context, after string) error {
	damaged, err := r.damaged(ctx)
	if err != nil {
		return err
	}
	var chain []catalog.StagedManifest
	var batch [][]catalog.StagedManifest
	at := catalog.StagedManifest{Subject: after, Sequence: 1 << 62}
	for {
		var rows []catalog.StagedManifest
		err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { rows, err = tx.StagedManifests(at, chainRows); return err })
		if err != nil {
			return err
		}
		for _, m := range rows {
			if len(chain) > 0 && chain[0].Subject != m.Subject {
				batch, chain = append(batch, chain), nil
			}
			chain = append(chain, m)
			if len(batch) >= r.batch(chainBatch) {
				if err := r.noteChains(ctx, batch, damaged); err != nil {
					return err
				}
				batch = nil
			}
		}
		if len(rows) == 0 {
			if len(chain) > 0 {
				batch = append(batch, chain)
			}
			return r.noteChains(ctx, batch, damaged)
		}
		at = rows[len(rows)-1]
	}
}

// damaged lists whom the unreadable manifests are about, as far as that can
// be told. There are few.
func (r *rebuild) damaged(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		ps, err := tx.StagedProblems(ProblemUnreadable, 1<<20)
		for _, p := range ps {
			if p.Subject != "" {
				out[p.Subject] = true
			}
		}
		return err
	})
	return out, err
}

func (r *rebuild) noteChains(ctx context.Context, batch [][]catalog.StagedManifest, damaged map[string]bool) error {
	if len(batch) == 0 {
		return nil
	}
	r.say(StageChains, len(batch), 0)
	return r.commit(ctx, batch[len(batch)-1][0].Subject, func(tx *catalog.Tx) error {
		var ids []string
		for _, c := range batch {
			ids = append(ids, c[0].Subject, string(c[0].Object))
			for _, m := range c {
				ids = append(ids, m.Name)
			}
		}
		dead, err := tx.StagedDead(ids)
		if err != nil {
			return err
		}
		for _, c := range batch {
			s := judge(c, damaged[c[0].Subject])
			for _, id := range append([]string{s.Subject, string(s.Head.Object)}, names(c)...) {
				if dead[id] != "" {
					s.Flaw = flawDead
				}
			}
			if err := tx.StageSubject(s); err != nil {
				return err
			}
			if s.Flaw != "" && s.Flaw != flawDead {
				if err := tx.StageProblem(chainProblem(s)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func names(chain []catalog.StagedManifest) (out []string) {
	for _, m := range chain {
		out = append(out, m.Name)
	}
	return out
}

func chainProblem(s catalog.StagedSubject) catalog.RebuildProblem {
	what := map[string]string{flawGap: "A manifest of it is missing.", flawFork: "Two manifests of it claim the same place.",
		flawBroken:     "A manifest of it doesn't name the bytes of the one before.",
		flawUnreadable: "A manifest of it can't be read.",
		flawUnopened:   "Its newest manifest can't be opened.",
		flawLogged:     "The audit log names a manifest of it that is not there."}[s.Flaw]
	switch s.Kind {
	case vault.KindFile:
		what += " The file stays closed until a person releases it."
	case vault.KindDocument:
		if withheld(s.Flaw) {
			what += " The document is withheld: it lies where nobody sees it."
		}
	}
	return catalog.RebuildProblem{Kind: ProblemChain, Name: s.Head.Name, Subject: s.Subject, Detail: what}
}

// judge checks one subject's manifests, which come by sequence and name, and
// gives the newest. Of two with the highest number the first is taken: which
// one counts nobody can say.
//
// Where a person has released the file, they have seen its rights, and that
// manifest states them: what was wrong before it counts no more.
func judge(chain []catalog.StagedManifest, damaged bool) catalog.StagedSubject {
	first := chain[0]
	s := catalog.StagedSubject{Subject: first.Subject, Kind: first.Kind, CreatedAt: first.CreatedAt, Head: first}
	chain = chain[released(chain):]
	begun := first.Sequence == 1 || chain[0].Change == changeReleased
	first, s.Head = chain[0], chain[0]
	flaw := func(f string) {
		if s.Flaw == "" {
			s.Flaw = f
		}
	}
	if damaged {
		flaw(flawUnreadable)
	}
	if !begun {
		flaw(flawGap)
	}
	for i, m := range chain[1:] {
		last := chain[i]
		switch {
		case m.Sequence == last.Sequence, m.Kind != last.Kind, m.Object != last.Object && m.Change != changeRelocated:
			flaw(flawFork)
		case m.Sequence != last.Sequence+1:
			flaw(flawGap)
		case m.Predecessor != last.Name, m.PredecessorDigest != last.Digest:
			flaw(flawBroken)
		}
		if m.Sequence > s.Head.Sequence {
			s.Head = m
		}
	}
	return s
}

const (
	// changeReleased is what the manifest of a file says by which a person opened
	// it again.
	changeReleased = "released"
	// changeRelocated is what the manifest of a document says whose original was
	// put under a new name, with the same key: the old one was damaged.
	changeRelocated = "relocated"
)

// released gives the place of the last such manifest, or 0. One that another
// claims the place of doesn't count.
func released(chain []catalog.StagedManifest) int {
	for i := len(chain) - 1; i > 0; i-- {
		if chain[i].Kind == vault.KindFile && chain[i].Change == changeReleased && chain[i-1].Sequence < chain[i].Sequence {
			return i
		}
	}
	return 0
}
