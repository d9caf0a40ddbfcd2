package backup

import (
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// keep writes entries, and looks at the manifests that they name.
func (l *logRebuild) keep(tx *catalog.Tx, rows []audit.Row, write func(*catalog.Tx, int, []audit.Row) error) error {
	if err := write(tx, l.year, rows); err != nil {
		return err
	}
	var digests []record.Digest
	whose := map[record.Digest][]audit.Object{}
	when := map[record.Digest]time.Time{}
	for _, row := range rows {
		h, err := audit.ParseHeader(row.Header)
		if err != nil {
			return err
		}
		for d, of := range manifestsIn(h) {
			digests = append(digests, d)
			whose[d], when[d] = append(whose[d], of...), h.At
		}
	}
	unknown, err := tx.MarkLogged(digests)
	if err != nil {
		return err
	}
	for _, d := range unknown {
		if err := accuse(tx, d, whose[d], when[d]); err != nil {
			return err
		}
	}
	return nil
}

// accuse notes that a manifest which the log names is not there. What a
// tombstone names is gone with its manifests, as it should be; and of a file
// that a person has released since, they knew.
func accuse(tx *catalog.Tx, d record.Digest, of []audit.Object, at time.Time) error {
	ids := make([]string, len(of))
	for i, o := range of {
		ids[i] = o.ID
	}
	dead, err := tx.StagedDead(ids)
	if err != nil {
		return err
	}
	for _, o := range of {
		if dead[o.ID] != "" {
			return nil
		}
	}
	for _, o := range of {
		chain, err := tx.StagedOf(o.ID)
		if err != nil {
			return err
		}
		if i := released(chain); i > 0 && chain[i].CreatedAt.After(at) {
			continue
		}
		if err := tx.FlawSubject(o.Kind, o.ID, flawLogged); err != nil {
			return err
		}
		s := catalog.StagedSubject{Subject: o.ID, Kind: o.Kind, Flaw: flawLogged}
		p := chainProblem(s)
		p.Name = string(d)
		if err := tx.StageProblem(p); err != nil {
			return err
		}
	}
	if len(of) == 0 {
		return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemLost, Name: string(d),
			Detail: "The audit log names a manifest that is not there; of what can't be told."})
	}
	return nil
}

// manifestsIn gives the manifests that an entry names with whom they are
// about. One right behind a person is that person's. Any other is about the
// document, if it was one that was changed, else about the file; where an entry
// names several, each of them may be meant.
func manifestsIn(h audit.Header) map[record.Digest][]audit.Object {
	out := map[record.Digest][]audit.Object{}
	var documents, files []audit.Object
	for _, o := range h.Objects {
		switch o.Kind {
		case audit.KindDocument:
			documents = append(documents, o)
		case audit.KindFile:
			files = append(files, o)
		}
	}
	about := files
	if len(files) == 0 || strings.HasPrefix(h.Action, "document.") && len(documents) > 0 {
		about = documents
	} else if len(documents) > 0 {
		about = append(slices.Clone(files), documents...)
	}
	for i, o := range h.Objects {
		if o.Kind != audit.KindManifest {
			continue
		}
		if i > 0 && h.Objects[i-1].Kind == audit.KindPerson {
			out[record.Digest(o.ID)] = []audit.Object{h.Objects[i-1]}
		} else {
			out[record.Digest(o.ID)] = about
		}
	}
	return out
}
