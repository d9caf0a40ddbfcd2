package backup

import (
	"context"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// How many subjects one transaction brings back: with all that belongs to one,
// and by what a file is found, these stay under 500 rows.
const (
	personBatch   = 60
	fileBatch     = 8
	documentBatch = 100
)

// opened is a subject with what its newest manifest says.
type opened struct {
	catalog.StagedSubject
	from     catalog.StagedManifest // the manifest it came from: the head, or one before
	personal any                    // nil: nothing of it can be opened
}

// openAll opens the newest manifests of subjects side by side.
func (r *rebuild) openAll(ctx context.Context, subjects []catalog.StagedSubject, older bool, into func() any) ([]opened, error) {
	out := make([]opened, len(subjects))
	err := r.each(ctx, len(subjects), func(ctx context.Context, i int) (err error) {
		o := &out[i]
		o.StagedSubject = subjects[i]
		if o.Flaw == flawDead {
			return nil
		}
		o.from, o.personal, err = r.newest(ctx, o.StagedSubject, older, into)
		if err != nil && gone(err) {
			o.personal = nil
			return nil
		}
		return err
	})
	return out, err
}

// walk goes through the subjects of a kind in batches.
func (r *rebuild) walk(ctx context.Context, stage, kind, after string, size int, fn func(ctx context.Context, batch []catalog.StagedSubject) error) error {
	total, err := r.total(ctx, kind)
	if err != nil {
		return err
	}
	for {
		var batch []catalog.StagedSubject
		err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			batch, err = tx.StagedSubjects(kind, after, size)
			return err
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := fn(ctx, batch); err != nil {
			return err
		}
		after = batch[len(batch)-1].Subject
		r.say(stage, len(batch), total)
	}
}

func (r *rebuild) total(ctx context.Context, kind string) (int64, error) {
	if r.counts == nil {
		err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { _, r.counts, err = tx.StagedCounts(); return err })
		if err != nil {
			return 0, err
		}
	}
	return r.counts[kind], nil
}

func head(s catalog.StagedSubject) catalog.Head {
	return catalog.Head{Subject: s.Subject, Name: s.Head.Name, Sequence: s.Head.Sequence, Digest: s.Head.Digest}
}

func unopened(tx *catalog.Tx, o opened, what string) error {
	return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemUnreadable, Name: o.Head.Name, Subject: o.Subject, Detail: what})
}

func (r *rebuild) persons(ctx context.Context, after string) error {
	return r.walk(ctx, StagePersons, vault.KindPerson, after, r.batch(personBatch), func(ctx context.Context, batch []catalog.StagedSubject) error {
		all, err := r.openAll(ctx, batch, true, func() any { return &vault.PersonPersonal{} })
		if err != nil {
			return err
		}
		return r.commit(ctx, batch[len(batch)-1].Subject, func(tx *catalog.Tx) error {
			for _, o := range all {
				if err := person(tx, o); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func person(tx *catalog.Tx, o opened) error {
	if o.Flaw == flawDead {
		return nil
	}
	if o.personal == nil {
		return unopened(tx, o, "The person's manifests can't be opened; the person did not come back.")
	}
	if err := notePart(tx, o.StagedSubject, o.from); err != nil {
		return err
	}
	if err := tx.PutPerson(personOf(o)); err != nil {
		return err
	}
	return tx.SetManifestHead(head(o.StagedSubject))
}

func personOf(o opened) record.Person {
	p := o.personal.(*vault.PersonPersonal)
	return record.Person{ID: record.PersonID(o.Subject), Names: p.Names, BirthDate: p.BirthDate, CustomerNumber: p.CustomerNumber,
		Address: p.Address}
}

// files brings files back with their rights, and closes those whose rights
// can't be shown to be complete. Those without any manifest come last, so that
// they take no ordinal that a file brings along.
func (r *rebuild) files(ctx context.Context, after string) error {
	err := r.walk(ctx, StageFiles, vault.KindFile, after, r.batch(fileBatch), func(ctx context.Context, batch []catalog.StagedSubject) error {
		all, err := r.openAll(ctx, batch, true, func() any { return &vault.FilePersonal{} })
		if err != nil {
			return err
		}
		return r.commit(ctx, batch[len(batch)-1].Subject, func(tx *catalog.Tx) error {
			for _, o := range all {
				if err := file(tx, o); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return r.emptyFiles(ctx)
}

// file brings one file back. One of which nothing can be opened, or whose
// ordinal another file bears, waits for emptyFiles.
func file(tx *catalog.Tx, o opened) error {
	if o.Flaw == flawDead {
		return nil
	}
	flaw := o.Flaw
	if o.personal == nil || o.from.Name != o.Head.Name {
		flaw = flawUnopened
	}
	if o.personal == nil {
		if err := unopened(tx, o, "The file's manifests can't be opened; it came back empty and closed."); err != nil {
			return err
		}
		return tx.StageSubject(catalog.StagedSubject{Subject: o.Subject, Kind: vault.KindFile, CreatedAt: o.CreatedAt, Flaw: flaw})
	}
	if err := notePart(tx, o.StagedSubject, o.from); err != nil {
		return err
	}
	f, err := fitting(tx, o)
	if err != nil {
		return err
	}
	if taken, err := tx.OrdinalTaken(f.Ordinal); err != nil {
		return err
	} else if taken {
		if err := notRestored(tx, o, "ordinal", "Its ordinal is another file's; it came back empty and closed."); err != nil {
			return err
		}
		return tx.StageSubject(catalog.StagedSubject{Subject: o.Subject, Kind: vault.KindFile, CreatedAt: o.CreatedAt, Flaw: flawFork})
	}
	if _, err := tx.InsertFile(f); err != nil {
		return err
	}
	if err := rights(tx, o); err != nil {
		return err
	}
	if err := tx.SetManifestHead(head(o.StagedSubject)); err != nil {
		return err
	}
	if flaw == "" {
		return nil
	}
	return tx.CloseFile(f.ID, reason(flaw))
}

// reason is why a file is closed, as the list of closed files shows it.
func reason(flaw string) string { return "rebuild: " + flaw }

// rights writes a file's grants, denials and holds.
func rights(tx *catalog.Tx, o opened) error {
	p := o.personal.(*vault.FilePersonal)
	grants, denials := grantsOf(o)
	for _, g := range grants {
		if err := tx.PutGrant(g); err != nil {
			return err
		}
	}
	for _, d := range denials {
		if err := tx.PutDenial(d); err != nil {
			return err
		}
	}
	return putHolds(tx, catalog.HoldsFile, o, p.Holds)
}

func grantsOf(o opened) (grants, denials []catalog.Grant) {
	p := o.personal.(*vault.FilePersonal)
	at := func(i int, s string) time.Time { // manifests from before don't say; then the order is kept
		return moment(s, o.from.CreatedAt.Add(time.Duration(i)*time.Microsecond))
	}
	for i, g := range p.Grants {
		grants = append(grants, catalog.Grant{File: record.FileID(o.Subject), User: g.User, Reason: g.Reason, By: g.By, From: g.From, To: g.To,
			EndsAt: moment(g.EndsAt, time.Time{}), CreatedAt: at(i, g.CreatedAt)})
	}
	for i, d := range p.Denials {
		denials = append(denials, catalog.Grant{File: record.FileID(o.Subject), User: d.User, Reason: d.Reason, By: d.By, From: d.From, To: d.To,
			CreatedAt: at(i, d.CreatedAt)})
	}
	return grants, denials
}

func putHolds(tx *catalog.Tx, kind string, o opened, holds []vault.HoldStatement) error {
	for _, h := range holdsOf(kind, o, holds) {
		known, err := tx.HasHold(h.ID)
		if err != nil {
			return err
		}
		if known {
			return notRestored(tx, o, "holds", "A hold of it is another's.")
		}
		if err := tx.PutHold(h); err != nil {
			return err
		}
	}
	return nil
}

func holdsOf(kind string, o opened, holds []vault.HoldStatement) (out []catalog.Hold) {
	for _, h := range holds {
		out = append(out, catalog.Hold{ID: h.ID, SubjectKind: kind, Subject: o.Subject, Kind: h.Kind, Reason: h.Reason, Origin: h.Origin, By: h.By,
			At: moment(h.PlacedAt, moment(h.From, o.from.CreatedAt)), LiftedBy: h.LiftedBy,
			LiftedAt: moment(h.LiftedAt, moment(h.To, time.Time{})), LiftReason: h.LiftReason})
	}
	return out
}

// moment reads a time or a day; what is neither is taken for otherwise.
func moment(s string, otherwise time.Time) time.Time {
	for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	return otherwise
}

func fileOf(o opened) record.File {
	p := o.personal.(*vault.FilePersonal)
	return record.File{ID: record.FileID(o.Subject), Ordinal: p.Ordinal, Kind: p.Kind, Site: p.Site, Team: p.Team, Responsible: p.Responsible,
		RetentionClass: p.RetentionClass, Sensitivity: p.Sensitivity, Numbers: p.Numbers, Members: p.Members,
		CreatedAt: p.CreatedAt, CreatedBy: p.CreatedBy, ClosedAt: moment(p.ClosedAt, time.Time{})}
}

// fitting gives a file without members who did not come back, and without
// numbers that another file bears now.
func fitting(tx *catalog.Tx, o opened) (record.File, error) {
	f := fileOf(o)
	members, err := present(tx, f.Members)
	if err != nil {
		return f, err
	}
	if len(members) < len(f.Members) {
		f.Members = members
		if err := notRestored(tx, o, "members", "A member of it did not come back."); err != nil {
			return f, err
		}
	}
	var numbers []record.DatedNumber
	for _, n := range f.Numbers {
		taken := false
		if n.To == "" {
			if taken, err = tx.NumberTaken(n.Number); err != nil {
				return f, err
			}
		}
		if !taken {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) < len(f.Numbers) {
		f.Numbers = numbers
		return f, notRestored(tx, o, "numbers", "A number of it is another file's.")
	}
	return f, nil
}

func present(tx *catalog.Tx, members []record.Member) (out []record.Member, err error) {
	ids := make([]record.PersonID, len(members))
	for i, m := range members {
		ids[i] = m.Person
	}
	have, err := tx.Persons(ids)
	for _, m := range members {
		if _, there := have[m.Person]; there {
			out = append(out, m)
		}
	}
	return out, err
}

func notRestored(tx *catalog.Tx, o opened, part, what string) error {
	return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemNotRestored, Name: part, Subject: o.Subject, Detail: what})
}

// emptyFiles makes a closed file for each of which nothing came back: its
// documents stay together, and a person can see to it.
func (r *rebuild) emptyFiles(ctx context.Context) error {
	after := ""
	for {
		var batch []catalog.StagedSubject
		err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			batch, err = tx.LostSubjects(vault.KindFile, after, r.batch(documentBatch))
			return err
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		after = batch[len(batch)-1].Subject
		err = r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			for _, s := range batch {
				if err := emptyFile(tx, record.FileID(s.Subject), s.Flaw, s.CreatedAt); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// emptyFile makes a closed file of an id, unless there is one.
func emptyFile(tx *catalog.Tx, id record.FileID, flaw string, created time.Time) error {
	known, err := tx.HasFile(id)
	if err != nil || known {
		return err
	}
	if _, err = tx.InsertFile(record.File{ID: id, Kind: "rebuild", Sensitivity: record.SensitivityRestricted, CreatedAt: created}); err != nil {
		return err
	}
	return tx.CloseFile(id, reason(flaw))
}
