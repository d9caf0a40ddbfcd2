package backup

import (
	"context"
	"reflect"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// compare reads the newest manifest of every subject once more and holds the
// row that was made against it, entry by entry.
func (r *rebuild) compare(ctx context.Context, after string) error {
	for _, kind := range []struct {
		name string
		into func() any
		row  func(*catalog.Tx, opened) (string, []string, error)
	}{
		{vault.KindDocument, func() any { return &vault.DocumentPersonal{} }, r.documentDiffers},
		{vault.KindFile, func() any { return &vault.FilePersonal{} }, fileDiffers},
		{vault.KindPerson, func() any { return &vault.PersonPersonal{} }, personDiffers},
	} {
		at, behind := "", false
		if k, subject, ok := strings.Cut(after, " "); ok && after != "" {
			at, behind = subject, k != kind.name
		}
		if behind { // an earlier kind, done before the rebuild was cut off
			continue
		}
		after = ""
		err := r.walk(ctx, StageCompare, kind.name, at, r.batch(documentBatch), func(ctx context.Context, batch []catalog.StagedSubject) error {
			all, err := r.openAll(ctx, batch, true, kind.into)
			if err != nil {
				return err
			}
			return r.commit(ctx, kind.name+" "+batch[len(batch)-1].Subject, func(tx *catalog.Tx) error {
				for _, o := range all {
					table, columns, err := kind.row(tx, o)
					if err != nil {
						return err
					}
					if len(columns) == 0 {
						continue
					}
					if err := tx.StageProblem(catalog.RebuildProblem{Kind: ProblemDiffers, Name: table, Subject: o.Subject,
						Detail: strings.Join(columns, " ")}); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const isMissing = "the row is missing"

func (r *rebuild) documentDiffers(tx *catalog.Tx, o opened) (string, []string, error) {
	rows, err := tx.DocumentsByID([]record.DocumentID{record.DocumentID(o.Subject)})
	if err != nil {
		return "", nil, err
	}
	row, found := rows[record.DocumentID(o.Subject)]
	if !found {
		if o.Head.Sequence == 1 && !o.Head.Logged { // said before: never acknowledged
			return "", nil, nil
		}
		return "document", []string{isMissing}, nil
	}
	d := rebuiltDocument{opened: o}
	if o.Flaw == flawDead || o.personal == nil || withheld(o.Flaw) {
		want := bare(d, row.State)
		want.File, want.Reason = row.File, row.Reason
		if o.Flaw == flawDead {
			want.File = ""
		}
		want.LockedUntil = row.LockedUntil
		return "document", differing(want, row), nil
	}
	want := documentOf(d)
	want.Pages, want.LockedUntil = row.Pages, row.LockedUntil // the store's word, not the manifest's
	if want.State != record.StateDisposed && row.State != record.StateDisposed {
		want.State = row.State
	}
	columns := differing(want, row)
	holds, err := tx.HoldsOf(o.Subject)
	if err == nil && len(holds) != len(o.personal.(*vault.DocumentPersonal).Holds) {
		columns = append(columns, "holds")
	}
	return "document", columns, err
}

func fileDiffers(tx *catalog.Tx, o opened) (string, []string, error) {
	if o.Flaw == flawDead {
		return "", nil, nil
	}
	rows, err := tx.FilesByID([]record.FileID{record.FileID(o.Subject)})
	if err != nil {
		return "", nil, err
	}
	row, found := rows[record.FileID(o.Subject)]
	if !found {
		return "file", []string{isMissing}, nil
	}
	denials, err := tx.Denials(row.ID)
	if err != nil {
		return "", nil, err
	}
	if o.Flaw != "" || o.personal == nil || o.from.Name != o.Head.Name {
		for _, d := range denials {
			if d.User == catalog.Everybody {
				return "", nil, nil
			}
		}
		return "file_denial", []string{"the file is not closed"}, nil
	}
	want := fileOf(o)
	if want.Members, err = present(tx, want.Members); err != nil {
		return "", nil, err
	}
	columns := differing(want, row)
	grants, err := tx.Grants(row.ID)
	if err != nil {
		return "", nil, err
	}
	wantGrants, wantDenials := grantsOf(o)
	if len(differingLists(wantGrants, grants)) > 0 {
		columns = append(columns, "grants")
	}
	if len(differingLists(wantDenials, denials)) > 0 {
		columns = append(columns, "denials")
	}
	holds, err := tx.HoldsOf(o.Subject)
	if err == nil && len(holds) != len(o.personal.(*vault.FilePersonal).Holds) {
		columns = append(columns, "holds")
	}
	return "file", columns, err
}

func personDiffers(tx *catalog.Tx, o opened) (string, []string, error) {
	if o.Flaw == flawDead || o.personal == nil {
		return "", nil, nil
	}
	rows, err := tx.Persons([]record.PersonID{record.PersonID(o.Subject)})
	if err != nil {
		return "", nil, err
	}
	row, found := rows[record.PersonID(o.Subject)]
	if !found {
		return "person", []string{isMissing}, nil
	}
	return "person", differing(personOf(o), row), nil
}

func differingLists(a, b []catalog.Grant) []string {
	if len(a) != len(b) {
		return []string{"length"}
	}
	for i := range a {
		if d := differing(a[i], b[i]); len(d) > 0 {
			return d
		}
	}
	return nil
}

// differing names the fields in which two structs of one type differ. Times
// are compared to the microsecond, and an empty list is no list.
func differing(a, b any) (out []string) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		p, q := x.Field(i), y.Field(i)
		if p.Kind() == reflect.Slice && p.Len() == 0 && q.Len() == 0 {
			continue
		}
		if same(p.Interface(), q.Interface()) {
			continue
		}
		out = append(out, strings.ToLower(x.Type().Field(i).Name))
	}
	return out
}
