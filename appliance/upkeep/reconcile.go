package upkeep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// young is the age below which an object that nobody knows is taken to be on
// its way, and above which a document on its way in is a finding.
const young = 24 * time.Hour

// maxFindings ends a run: then it isn't objects that are missing or too many,
// it is the wrong store or the wrong catalog.
const maxFindings = 10_000

// noteEvery is after how many objects a run notes where it stands.
const noteEvery = 5_000

// Reconcile compares the whole listing of records, keys and audit with the
// catalog, and keeps what it finds as findings (Tx.OpenFindings,
// Tx.SumFindings). Nothing is ever deleted: an object that nobody knows is put
// on a list; a row whose object is missing is an alarm, and so is a name with a
// second version, a manifest that can't be read, and a document that has been
// on its way in for more than a day.
//
// Both sides are read in the order of names and merged, so that no more than
// some hundred names are in memory. Unknown is not absent: what the store or
// the catalog doesn't answer ends the run, which goes on where it was.
//
// Keys without a row are no finding: those of files, persons and segments are
// named in the store only. What the bytes themselves are worth is for the scrub
// and eakte verify to say.
func (t *Tasks) Reconcile(ctx context.Context) (Result, error) {
	now := t.Clock.Now()
	c := &comparison{Tasks: t, now: now, at: passage{Began: now, Bucket: inRecords}}
	if err := t.progress(ctx, ScheduleReconcile, &c.at); err != nil {
		return Result{}, err
	}
	if now.Sub(c.at.Began) > young/2 || c.at.Began.After(now) { // of another night
		c.at = passage{Began: now, Bucket: inRecords}
	}
	if err := c.run(ctx); err != nil {
		return Result{}, err
	}
	return t.reconciled(ctx, c)
}

// passage is where a comparison stands.
type passage struct {
	Began   time.Time `json:"began"`
	Bucket  string    `json:"bucket"` // records, then keys, then audit
	After   string    `json:"after"`  // all names up to this one are compared
	Objects int64     `json:"objects"`
	Found   int64     `json:"found"`
}

const (
	inRecords = "records"
	inKeys    = "keys"
	inAudit   = "audit"
)

// comparison is one run of Reconcile.
type comparison struct {
	*Tasks
	now time.Time
	at  passage
}

func (c *comparison) run(ctx context.Context) error {
	if c.at.Bucket == inRecords {
		m := &merge{comparison: c, rows: &rowReader{Tasks: c.Tasks, after: c.at.After, page: c.recordRows}}
		if err := m.run(ctx, c.Vault.Buckets().Records); err != nil {
			return err
		}
		c.at.Bucket, c.at.After = inKeys, ""
	}
	if c.at.Bucket == inKeys {
		m := &merge{comparison: c, rows: &rowReader{Tasks: c.Tasks, after: c.at.After, page: c.keyRows}}
		if err := m.run(ctx, c.Vault.Buckets().Keys); err != nil {
			return err
		}
		c.at.Bucket, c.at.After = inAudit, "" // a hundredth of the others: always whole
	}
	if err := c.auditLog(ctx); err != nil {
		return err
	}
	return c.unfinished(ctx)
}

// unfinished finds documents that have been on their way in for too long.
func (c *comparison) unfinished(ctx context.Context) error {
	for after := ""; ; {
		var rows []catalog.Unfinished
		err := c.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.UnfinishedBefore(c.now.Add(-young), after)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		var fs []catalog.Finding
		for _, r := range rows {
			fs = append(fs, catalog.Finding{Kind: catalog.FindingUnfinished, Name: vault.OriginalName(r.Object)})
		}
		if err := c.keep(ctx, fs); err != nil {
			return err
		}
		after = rows[len(rows)-1].Row
	}
}

// keep stores findings, and gives up where there are too many.
func (c *comparison) keep(ctx context.Context, fs []catalog.Finding) error {
	if len(fs) == 0 {
		return nil
	}
	c.at.Found += int64(len(fs))
	err := c.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return errors.Join(tx.PutFindings(fs, c.now), putAnew(tx, fs)) })
	if err == nil && c.at.Found > maxFindings {
		err = found("The object store and the catalog differ in more than %d places.",
			"Check that this catalog and these buckets belong together. Change nothing until that is known.", maxFindings)
	}
	return err
}

// reconciled closes what a whole run has not seen any more, and sums up. The
// next run begins anew.
func (t *Tasks) reconciled(ctx context.Context, c *comparison) (Result, error) {
	var open map[string]int64
	err := t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if _, err := tx.ResolveFindings(c.at.Began, c.now); err != nil {
			return err
		}
		if err := tx.SetProgress(ScheduleReconcile, ""); err != nil {
			return err
		}
		var err error
		open, err = tx.CountFindings()
		return err
	})
	counts := map[string]int64{"objects": c.at.Objects}
	for _, kind := range catalog.FindingKinds {
		counts[kind] = open[kind]
	}
	return Result{Text: fmt.Sprintf("%d objects compared: %d without a row, %d rows without their object, %d with a second version, "+
		"%d unreadable manifests, %d documents unfinished for more than a day.", c.at.Objects, open[catalog.FindingNoRow],
		open[catalog.FindingNoObject], open[catalog.FindingVersion], open[catalog.FindingUnreadable], open[catalog.FindingUnfinished]), Counts: counts}, err
}

// named is a row that says what must be in the store.
type named struct {
	name    string
	subject string // "" of a manifest with a successor
}

// rowReader gives rows one by one in the order of their objects' names.
type rowReader struct {
	*Tasks
	page  func(tx *catalog.Tx, after string) ([]named, error)
	after string
	read  []named
	ended bool
}

// next gives the first row that was not taken yet.
func (r *rowReader) next(ctx context.Context) (row named, ok bool, err error) {
	if len(r.read) == 0 && !r.ended {
		err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			r.read, err = r.page(tx, r.after)
			return err
		})
		if err != nil {
			return named{}, false, err
		}
		r.ended = len(r.read) == 0
	}
	if r.ended {
		return named{}, false, nil
	}
	return r.read[0], true, nil
}

// take leaves the row behind that next gave.
func (r *rowReader) take() {
	r.after = r.read[0].name
	r.read = r.read[1:]
}

// recordRows are the manifests, then the originals: so their names are sorted.
func (c *comparison) recordRows(tx *catalog.Tx, after string) ([]named, error) {
	if after < "n" {
		out, err := manifestRows(tx, after)
		if err != nil || len(out) > 0 {
			return out, err
		}
	}
	return storedRows(tx, after, "o", vault.OriginalName)
}

// manifestRows are the newest manifests and those that are known to have a
// successor, as far as both are read.
func manifestRows(tx *catalog.Tx, after string) ([]named, error) {
	heads, err := tx.HeadsByName(after, batch)
	if err != nil {
		return nil, err
	}
	before, err := tx.DescribedBefore(after, batch)
	if err != nil {
		return nil, err
	}
	rows := make([]named, 0, len(heads)+len(before))
	for _, h := range heads {
		rows = append(rows, named{h.Name, h.Subject})
	}
	for _, name := range before {
		rows = append(rows, named{name: name})
	}
	slices.SortFunc(rows, func(a, b named) int { return strings.Compare(a.name, b.name) })
	rows = slices.CompactFunc(rows, func(a, b named) bool { return a.name == b.name })
	last := func(full bool, name string) string {
		if full {
			return name
		}
		return "n"
	}
	end := "n" // behind which one of the two is not read yet
	if len(heads) > 0 {
		end = min(end, last(len(heads) == batch, heads[len(heads)-1].Name))
	}
	if len(before) > 0 {
		end = min(end, last(len(before) == batch, before[len(before)-1]))
	}
	return slices.DeleteFunc(rows, func(r named) bool { return r.name > end }), nil
}

func (c *comparison) keyRows(tx *catalog.Tx, after string) ([]named, error) {
	return storedRows(tx, after, "k", vault.KeyName)
}

// storedRows are the documents by the names of their objects, from behind
// after, which is a name that the vault made, or "". The order of the names is
// that of the objects' ids.
func storedRows(tx *catalog.Tx, after, letter string, name func(record.ObjectID) string) ([]named, error) {
	of, id, _ := vault.ParseName(after)
	if of > letter {
		return nil, nil
	}
	if of < letter {
		id = ""
	}
	rows, err := tx.StoredObjects(id, batch)
	var out []named
	for _, r := range rows {
		out = append(out, named{name(r.Object), string(r.Document)})
	}
	return out, err
}
