package fixity

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
)

// logPage is how many audit rows are read at once.
const logPage = 1000

// checkAudit replays every year's log from its rows and holds it against what
// was signed.
func (v *verifier) checkAudit(ctx context.Context) error {
	if err := v.listAudit(ctx); err != nil {
		return err
	}
	states, err := v.Log.Logs(ctx)
	if err != nil {
		return err
	}
	years := map[int]*LogState{}
	for i := range states {
		years[states[i].Year] = &states[i]
	}
	for _, found := range [][]int{slices.Collect(maps.Keys(v.places.segments)), slices.Collect(maps.Keys(v.places.checkpoints))} {
		for _, year := range found {
			if _, ok := years[year]; !ok {
				years[year] = nil
			}
		}
	}
	er := &erasures{ids: map[string]bool{}}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		if err := v.checkLog(ctx, er, year, years[year]); err != nil {
			return err
		}
	}
	var f findings
	for _, m := range er.missing {
		if !er.covers(m) {
			f.add(AuditErased, m.subject, doAsk, "The entry's payload is missing, and no erasure entry says why.")
		}
	}
	return v.flush(&f)
}

// replay is the state of checking one log.
type replay struct {
	v        *verifier
	er       *erasures
	year     int
	tree     tree
	broken   bool // an entry is gone for good: the tree can't be worked out from here on
	segments *segments
	signed   []checkpoint // not yet reached, by size
	log      Log
	state    LogState // where the catalog said the log stood before it was read
	misfits  int      // checkpoints that don't fit
	fit      uint64   // the largest size at which one fitted
}

func (r *replay) subject(index uint64) string { return fmt.Sprintf("audit entry %d/%d", r.year, index) }
func (r *replay) whole() string               { return fmt.Sprintf("audit log %d", r.year) }

func (v *verifier) checkLog(ctx context.Context, er *erasures, year int, state *LogState) error {
	signed, err := v.checkpoints(ctx, year)
	if err != nil {
		return err
	}
	r := &replay{v: v, er: er, year: year, signed: signed, log: Log{Year: year},
		segments: &segments{v: v, year: year, places: v.places.segments[year]}}
	var f findings
	if state == nil {
		f.add(AuditRoot, r.whole(), doAsk, "The audit bucket holds a log that the catalog has lost.")
		state = &LogState{Year: year}
	}
	r.state = *state
	r.compare(&f) // the empty log may be signed as well
	for more := true; more; {
		rows, err := v.Log.Rows(ctx, year, r.tree.size, logPage)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := r.row(ctx, &f, row); err != nil {
				return err
			}
		}
		v.progress("audit", int64(r.tree.size), int64(state.Size))
		if err := v.flush(&f); err != nil {
			return err
		}
		f = findings{}
		more = len(rows) == logPage
	}
	if err := r.end(ctx, &f); err != nil {
		return err
	}
	v.result.Logs = append(v.result.Logs, r.log)
	return v.flush(&f)
}

// row takes the next row, after filling what is missing before it.
func (r *replay) row(ctx context.Context, f *findings, row Row) error {
	if row.Index < r.tree.size {
		f.add(AuditEntry, r.subject(row.Index), doAsk, "The number was given twice.")
		return nil
	}
	if row.Index > r.tree.size {
		if err := r.gap(ctx, f, row.Index); err != nil {
			return err
		}
	}
	kept, err := r.segments.header(ctx, r.er, row.Index)
	if err != nil {
		return err
	}
	leaf := leafHash(row.Header)
	switch {
	case row.Leaf != nil && !bytes.Equal(row.Leaf, leaf):
		f.add(AuditEntry, r.subject(row.Index), doAsk, "The entry is not the one that got this number: it was changed or put in another's place.")
	case kept != nil && !bytes.Equal(kept, row.Header):
		f.add(AuditEntry, r.subject(row.Index), doAsk, "The entry is another one in the catalog than in the locked segment.")
	}
	if err := r.entry(ctx, f, row); err != nil {
		return err
	}
	r.log.Entries++
	r.grow(f, leaf)
	return nil
}

// entry checks what stands in a row by itself.
func (r *replay) entry(ctx context.Context, f *findings, row Row) error {
	e, err := parseEntry(row.Header, r.year)
	if err != nil {
		f.add(AuditEntry, r.subject(row.Index), doAsk, "The entry is malformed: %v.", err)
		return nil
	}
	r.er.note(e)
	switch {
	case row.Salt == nil && row.Payload == nil:
		r.er.missing = append(r.er.missing, missingPayload{r.year, row.Index, e.ID, r.subject(row.Index)})
	case !e.payloadFits(row.Salt, row.Payload):
		f.add(AuditEntry, r.subject(row.Index), doAsk, "The payload is not the one that was sealed with the entry.")
	}
	return r.v.checkNamed(ctx, f, r.subject(row.Index), e)
}

// gap reports missing rows up to next, and goes on with what the segments
// keep of them.
func (r *replay) gap(ctx context.Context, f *findings, next uint64) error {
	f.add(AuditEntry, r.subject(r.tree.size), doAsk, "%s missing from the catalog.", entries(r.tree.size, next))
	for !r.broken && r.tree.size < next {
		header, err := r.segments.header(ctx, r.er, r.tree.size)
		if err != nil {
			return err
		}
		if header == nil {
			r.broken = true
			break
		}
		r.grow(f, leafHash(header))
	}
	if r.broken {
		r.tree.size = next // only counts from here on
	}
	return nil
}

func entries(from, to uint64) string {
	if to-from == 1 {
		return fmt.Sprintf("Entry %d is", from)
	}
	return fmt.Sprintf("Entries %d to %d are", from, to-1)
}

// grow adds a leaf and compares where something was signed.
func (r *replay) grow(f *findings, leaf []byte) {
	if r.broken {
		r.tree.size++
	} else {
		r.tree.add(leaf)
	}
	r.compare(f)
}

// compare holds the tree as it is now against the head and the checkpoints of
// its size.
func (r *replay) compare(f *findings) {
	if !r.broken && r.state.Size == r.tree.size && !slices.EqualFunc(r.state.Frontier, r.tree.roots, bytes.Equal) {
		f.add(AuditRoot, r.whole(), doAsk, "The head of the log is not that of its entries.")
	}
	for len(r.signed) > 0 && r.signed[0].size <= r.tree.size {
		c := r.signed[0]
		r.signed = r.signed[1:]
		if !r.broken && c.size == r.tree.size && bytes.Equal(c.root, r.tree.root()) {
			r.log.Checkpoints++
			r.log.Signed = c.size
			r.fit = c.size
			continue
		}
		if r.misfits++; r.misfits == 1 { // all later ones misfit as well
			f.add(AuditRoot, r.whole(), doAsk, "%s changed, removed or put in another order after being signed (%s).",
				among(r.fit, c.size), c.from)
		}
	}
}

func among(from, to uint64) string {
	if to-from == 1 {
		return fmt.Sprintf("Entry %d was", from)
	}
	return fmt.Sprintf("Of the entries %d to %d at least one was", from, max(to, 1)-1)
}

// end compares what was replayed with where the log is said to stand.
func (r *replay) end(ctx context.Context, f *findings) error {
	kept, err := r.segments.rest(ctx, r.er)
	if err != nil {
		return err
	}
	size := r.tree.size
	if r.state.Size > size {
		f.add(AuditEntry, r.subject(size), doAsk, "%s missing at the end of the log.", entries(size, r.state.Size))
	}
	if r.state.Size < size { // it may have grown since
		if head, err := r.headNow(ctx); err != nil {
			return err
		} else if head < size {
			f.add(AuditRoot, r.whole(), doAsk, "The catalog holds %d entries, the head of the log counts %d.", size, head)
		}
	}
	if n := len(r.signed); n > 0 {
		last := r.signed[n-1]
		f.add(AuditRoot, r.whole(), doAsk, "%d entries were signed (%s), the catalog holds %d: the end of the log was removed.", last.size, last.from, size)
	}
	if kept > size {
		f.add(AuditRoot, r.whole(), doAsk, "The locked segments hold %d entries, the catalog holds %d: the end of the log was removed.", kept, size)
	}
	return nil
}

// headNow asks once more where the log stands.
func (r *replay) headNow(ctx context.Context) (uint64, error) {
	states, err := r.v.Log.Logs(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range states {
		if s.Year == r.year {
			return s.Size, nil
		}
	}
	return 0, nil
}
