package admin_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (d *desk) found(kind string, names ...string) {
	d.Helper()
	var fs []catalog.Finding
	for _, n := range names {
		fs = append(fs, catalog.Finding{Kind: kind, Name: n, Subject: "s"})
	}
	d.ok(d.Catalog.WithTx(d.Context(), func(tx *catalog.Tx) error { return tx.PutFindings(fs, d.clock.Now()) }))
}

func TestFindingsAreForAdministrators(t *testing.T) {
	d := newDesk(t)
	d.found(catalog.FindingNoObject, "o/ab/x")
	for _, name := range []string{"gone", "k.sommer", "dpo"} {
		denied := d.entries(audit.HealthRead, audit.Denied)
		f, err := d.Findings(t.Context(), as(name), admin.FindingQuery{Kind: "no such kind"}) // parameters are not looked at
		if record.CategoryOf(err) != record.Denied || len(f.Items) > 0 || d.entries(audit.HealthRead, audit.Denied) != denied+1 {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	for n := 1; ; n++ { // the catalog fails: without an entry nothing is read
		d.rows.FailAt(n)
		f, err := d.Findings(context.Background(), as("adm"), admin.FindingQuery{})
		reached := d.rows.Count() >= n
		d.rows.FailAt(0)
		if reached == (err == nil) || err != nil && len(f.Items) > 0 {
			t.Errorf("call %d: %+v, %v", n, f, err)
		}
		if !reached {
			break
		}
	}
	if _, err := d.Findings(t.Context(), as("adm"), admin.FindingQuery{Kind: "no such kind"}); record.CategoryOf(err) != record.Invalid {
		t.Errorf("a kind that there isn't: %v", err)
	}
}

// TestFindingsInPages: the gravest kind first, each once, over any limit; what
// a later run doesn't find any more is resolved.
func TestFindingsInPages(t *testing.T) {
	d := newDesk(t)
	d.found(catalog.FindingNoRow, "readme.txt", "k/zz/odd")
	d.found(catalog.FindingVersion, "o/aa/1", "o/aa/2", "o/aa/3")
	d.found(catalog.FindingNoObject, "m/aa/1")
	want := "[m/aa/1 o/aa/1 o/aa/2 o/aa/3 k/zz/odd readme.txt]"
	for limit := 1; limit < 8; limit++ {
		var got []string
		for cursor, more := "", true; more; {
			f, err := d.Findings(t.Context(), as("adm"), admin.FindingQuery{Cursor: cursor, Limit: limit})
			d.ok(err)
			for _, i := range f.Items {
				got = append(got, i.Object)
			}
			cursor, more = f.Next, f.Next != ""
			if len(f.Items) > limit || len(f.Kinds) != 3 || f.Kinds[0].Kind != catalog.FindingNoObject || f.Kinds[1].Open != 3 || f.Kinds[0].Hint == "" {
				t.Fatalf("limit %d: %+v", limit, f)
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("limit %d: %v, want %s", limit, got, want)
		}
	}
	d.clock.Advance(24 * time.Hour)
	began := d.clock.Now()
	d.found(catalog.FindingVersion, "o/aa/2")
	d.ok(d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error { _, err := tx.ResolveFindings(began, d.clock.Now()); return err }))
	open, err := d.Findings(t.Context(), as("adm"), admin.FindingQuery{})
	d.ok(err)
	if len(open.Items) != 1 || open.Items[0].FoundAt.Equal(open.Items[0].SeenAt) || open.Items[0].ResolvedAt != nil {
		t.Errorf("open: %+v", open.Items)
	}
	resolved, err := d.Findings(t.Context(), as("adm"), admin.FindingQuery{Resolved: true})
	d.ok(err)
	if len(resolved.Items) != 5 || resolved.Items[0].ResolvedAt == nil {
		t.Errorf("resolved: %+v", resolved.Items)
	}
	for _, kind := range admin.FindingKinds() {
		d.found(kind, "x")
	}
	all, err := d.Findings(t.Context(), as("adm"), admin.FindingQuery{})
	d.ok(err)
	for _, k := range all.Kinds {
		if k.Message == "" || k.Hint == "" {
			t.Errorf("%s has no words", k.Kind)
		}
	}
}
