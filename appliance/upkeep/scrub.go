package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/fixity"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// ScrubPlan says how fast everything is read again.
type ScrubPlan struct {
	Days           int   // in which all is read once; 0: 90
	BytesPerSecond int64 // at most; 0: as fast as it goes
}

const (
	scrubDays    = 90
	scrubReaders = 3                // objects that are read at once
	scrubBatch   = 128              // objects between two notes of where it stands
	scrubSlice   = 50 * time.Minute // of one run; the next goes on
	scrubEvery   = time.Hour        // between the runs
)

func (p ScrubPlan) days() time.Duration {
	if p.Days == 0 {
		p.Days = scrubDays
	}
	return time.Duration(p.Days) * 24 * time.Hour
}

// takes is how long a round is planned to take: a tenth of the time is left for
// stops.
func (p ScrubPlan) takes() time.Duration { return p.days() / 10 * 9 }

// share is what lies below a prefix of one bucket.
type share struct{ bucket, prefix string }

// The buckets, as the catalog names them.
const (
	ofRecords = "records"
	ofKeys    = "keys"
	ofAudit   = "audit"
)

// allShares is everything that is kept, in the order of a round: names are
// random, so each 256th of records and keys has as much of everything.
func allShares() []share {
	var out []share
	for i := range shares {
		for _, letter := range []string{"o", "m", "t"} {
			out = append(out, share{ofRecords, fmt.Sprintf("%s/%02x/", letter, i)})
		}
		out = append(out, share{ofKeys, fmt.Sprintf("k/%02x/", i)})
	}
	return append(out, share{ofKeys, "r/"}, share{ofAudit, ""})
}

// scrubRound is where the way through the shares stands.
type scrubRound struct {
	Began time.Time `json:"began"`
	Done  int       `json:"done"`  // shares
	First time.Time `json:"first"` // when the first round ever began
}

// target is how many shares should be done before the next run.
func (r scrubRound) target(now time.Time, all int, takes time.Duration) int {
	passed := now.Sub(r.Began) + scrubEvery
	if passed >= takes || passed < 0 {
		return all
	}
	return max(1, int(float64(all)*float64(passed)/float64(takes)))
}

// Scrub reads again what is kept and hashes it, everything within the plan's
// days, not faster than the plan says. What is not as it was put is a finding
// (catalog.FindingDamaged) and, where another place may have it whole, a job
// that puts it anew. Each run does a slice, and after a stop what is behind.
func (t *Tasks) Scrub(ctx context.Context) (Result, error) {
	s, err := t.newScrubber(ctx)
	if err != nil {
		return Result{}, err
	}
	began := t.Clock.Now()
	if s.round.Began.IsZero() || s.round.Began.After(began) { // or a clock was wrong
		s.round = scrubRound{Began: began, First: began}
	}
	target := s.round.target(began, len(s.all), t.ScrubPlan.takes())
	for s.round.Done < target && t.Clock.Now().Sub(began) < scrubSlice {
		done, err := s.share(ctx, s.all[s.round.Done], began)
		if err != nil {
			return Result{}, errors.Join(err, s.noteRound(context.WithoutCancel(ctx)))
		}
		if !done {
			break
		}
		if s.round.Done++; len(s.whole) >= noteShares {
			if err := s.noteRound(ctx); err != nil {
				return Result{}, err
			}
		}
	}
	return s.result(target), s.noteRound(ctx)
}

// noteRound keeps where the round stands, with the shares that were read whole
// since it was kept last.
func (s *scrubber) noteRound(ctx context.Context) error {
	if s.round.Done == len(s.all) {
		s.round.Began, s.round.Done = s.Clock.Now(), 0
	}
	err := s.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		for _, at := range s.whole {
			if err := tx.PutScrub(at); err != nil {
				return err
			}
		}
		return s.note(tx, ScheduleScrub, s.round)
	})
	if err == nil {
		s.whole = s.whole[:0]
	}
	return err
}

func (s *scrubber) result(target int) Result {
	text := fmt.Sprintf("Read again and compared: %d objects, %d MB; %d damaged.", s.objects, s.bytes>>20, s.damaged)
	if behind := int64(max(0, target-s.round.Done)); behind > 0 && s.round.Done > 0 {
		text += fmt.Sprintf(" It is behind by %d of %d shares.", behind, len(s.all))
	}
	return Result{Text: text, Counts: map[string]int64{"objects": s.objects, "bytes": s.bytes, "damaged": s.damaged, "gone": s.gone}}
}

// scrubber is one run of Scrub.
type scrubber struct {
	*Tasks
	all     []share
	round   scrubRound
	known   map[string]catalog.Scrubbed // by bucket and prefix
	open    map[string]bool             // names of open findings
	pacer   *fixity.Pacer
	whole   []catalog.Scrubbed // shares read to their end, not yet noted
	objects int64
	bytes   int64
	damaged int64
	gone    int64
}

func (t *Tasks) newScrubber(ctx context.Context) (*scrubber, error) {
	s := &scrubber{Tasks: t, all: allShares(), known: map[string]catalog.Scrubbed{}, open: map[string]bool{}}
	if t.ScrubPlan.BytesPerSecond > 0 {
		s.pacer = &fixity.Pacer{PerSecond: t.ScrubPlan.BytesPerSecond}
	}
	if err := t.progress(ctx, ScheduleScrub, &s.round); err != nil {
		return nil, err
	}
	return s, t.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		rows, err := tx.Scrubs()
		for _, r := range rows {
			s.known[r.Bucket+" "+r.Prefix] = r
		}
		if err != nil {
			return err
		}
		for after := ""; ; {
			fs, err := tx.OpenFindings(catalog.FindingDamaged, after, batch)
			for _, f := range fs {
				s.open[f.Name], after = true, f.Name
			}
			if err != nil || len(fs) < batch {
				return err
			}
		}
	})
}

func (s *scrubber) bucket(sh share) vault.Bucket {
	switch b := s.Vault.Buckets(); sh.bucket {
	case ofKeys:
		return b.Keys
	case ofAudit:
		return b.Audit
	default:
		return b.Records
	}
}

// errSliceOver ends a listing when the run has taken long enough.
var errSliceOver = errors.New("upkeep: the slice is over")

// share reads one share, from where it was left. done is false when the time
// of this run was over before its end.
func (s *scrubber) share(ctx context.Context, sh share, began time.Time) (done bool, err error) {
	at, ok := s.known[sh.bucket+" "+sh.prefix]
	if !ok {
		at = catalog.Scrubbed{Bucket: sh.bucket, Prefix: sh.prefix}
	}
	if at.After == "" {
		at.BeganAt, at.Objects, at.Bytes = s.Clock.Now(), 0, 0
	}
	b := s.bucket(sh)
	reader := fixity.Scrub{Store: scrubbed{b}, Readers: scrubReaders}
	if s.pacer != nil {
		reader.Pace = s.pacer.Wait
	}
	var names []string
	flush := func() error {
		err := s.batch(ctx, reader, &at, names)
		names = names[:0]
		if err == nil && s.Clock.Now().Sub(began) >= scrubSlice {
			err = errSliceOver
		}
		return err
	}
	err = b.List(ctx, sh.prefix, at.After, func(o vault.ObjectInfo) error {
		if isProbe(o.Name) {
			return nil
		}
		if names = append(names, o.Name); len(names) < scrubBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = s.batch(ctx, reader, &at, names)
	}
	if errors.Is(err, errSliceOver) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at.After, at.ReadAt, at.Had, at.HadBytes = "", at.BeganAt, at.Objects, at.Bytes
	s.whole = append(s.whole, at)
	return true, nil
}

// batch reads some objects, keeps what was found, and notes the place.
func (s *scrubber) batch(ctx context.Context, reader fixity.Scrub, at *catalog.Scrubbed, names []string) error {
	if len(names) == 0 {
		return nil
	}
	wanted, err := s.wanted(ctx, names)
	if err != nil {
		return err
	}
	readings, err := reader.Read(ctx, wanted)
	if err != nil {
		return err
	}
	var fs []catalog.Finding
	var sound []string
	learned := map[string]record.Digest{}
	for _, r := range readings {
		s.objects, at.Objects = s.objects+1, at.Objects+1
		s.bytes, at.Bytes = s.bytes+r.Bytes, at.Bytes+r.Bytes
		switch {
		case r.Gone:
			s.gone++ // disposed of just now, or for the comparison of listings to find
		case r.Damage != "":
			s.damaged++
			s.Log.Error("an object is damaged", "object", r.Name, "damage", r.Damage)
			fs = append(fs, catalog.Finding{Kind: catalog.FindingDamaged, Name: r.Name})
		default:
			if s.open[r.Name] {
				sound = append(sound, r.Name)
			}
			if r.Before.Name != "" {
				learned[r.Before.Name] = r.Before.Digest
			}
		}
	}
	at.After = names[len(names)-1]
	return s.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return errors.Join(s.keepFindings(tx, fs, sound), learn(tx, learned), tx.PutScrub(*at))
	})
}

// wanted asks the catalog for the hashes that it knows, and leaves out what
// was put anew under another name.
func (s *scrubber) wanted(ctx context.Context, names []string) ([]fixity.Wanted, error) {
	var originals []record.ObjectID
	var manifests []string
	ids := make([]record.ObjectID, len(names))
	for i, n := range names {
		ids[i] = idOf(n)
		switch letter, id, _ := vault.ParseName(n); letter {
		case "o":
			originals = append(originals, id)
		case "m":
			manifests = append(manifests, n)
		}
	}
	var byObject map[record.ObjectID]record.Digest
	var byName map[string]record.Digest
	var moved map[record.ObjectID]bool
	err := s.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if byObject, byName, err = tx.KnownDigests(originals, manifests); err == nil {
			moved, err = tx.Relocated(ids)
		}
		return err
	})
	var out []fixity.Wanted
	for _, n := range names {
		_, id, _ := vault.ParseName(n)
		if moved[idOf(n)] {
			continue
		}
		w := fixity.Wanted{Name: n, Digest: byName[n]}
		if d, ok := byObject[id]; ok && n[0] == 'o' {
			w.Digest = d
		}
		out = append(out, w)
	}
	return out, err
}

// idOf gives the id in an object's name, of whichever generation a key is.
func idOf(name string) record.ObjectID {
	if id, _, ok := vault.ParseKeyName(name); ok {
		return id
	}
	_, id, _ := vault.ParseName(name)
	return id
}

// keepFindings notes what is damaged with the document it belongs to, has it
// put anew, and closes what is sound again.
func (s *scrubber) keepFindings(tx *catalog.Tx, fs []catalog.Finding, sound []string) error {
	for i, f := range fs {
		id := idOf(f.Name)
		switch doc, err := tx.DocumentOfObject(id); {
		case err == nil:
			fs[i].Subject = string(doc.ID)
			if err := tx.Enqueue(relocateSpec(id)); err != nil {
				return err
			}
		case !errors.Is(err, record.NotFound):
			return err
		}
	}
	return errors.Join(tx.PutFindings(fs, s.Clock.Now()), tx.ResolveNamed(catalog.FindingDamaged, sound, s.Clock.Now()))
}

// learn notes the hashes of manifests that have a successor.
func learn(tx *catalog.Tx, learned map[string]record.Digest) error {
	names := make([]string, 0, len(learned))
	for n := range learned {
		names = append(names, n)
	}
	_, known, err := tx.KnownDigests(nil, names)
	if err != nil {
		return err
	}
	for n, d := range learned {
		if known[n] == d {
			continue
		}
		if err := tx.LearnDigest(n, d); err != nil {
			return err
		}
	}
	return nil
}

// scrubbed reads a bucket for the scrub.
type scrubbed struct{ b vault.Bucket }

func (s scrubbed) Stat(ctx context.Context, name string) (fixity.Object, error) {
	o, err := s.b.Stat(ctx, name)
	return fixity.Object{Name: o.Name, Size: o.Size, Digest: o.Digest}, err
}

func (s scrubbed) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return s.b.Get(ctx, name, 0, -1)
}
