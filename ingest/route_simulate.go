package ingest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/routing"
)

// mostSimulated bounds how many documents of a day rules are tried on.
const mostSimulated = 5000

// Simulate tries rules on the post of one day (YYYY-MM-DD; "" is the last day
// before today that had post, else today, and those before it while they had
// fewer than record.LeastTried that count) and says what would be other than with
// the rules in force. It changes nothing, holds one document at a time and gives
// nobody a word of what it reads: it names documents by their ids, and of those
// that are for a restricted file nothing at all. It ends with ctx.
func (r *Router) Simulate(ctx context.Context, kind, body string, version int64, day string) (record.Simulated, error) {
	draft, err := parseRules(kind, body, version)
	if err != nil {
		return record.Simulated{}, err
	}
	t := trial{router: r, caught: map[string]int{}, out: record.Simulated{Before: emptyCounts(), After: emptyCounts(), Changes: []record.SimulatedShift{}}}
	if t.types, t.where, err = r.rules.current(ctx, r.Catalog); err != nil {
		return t.out, err
	}
	t.newTypes, t.newWhere = t.types, t.where
	if kind == record.RulesTypes {
		t.newTypes = draft
	} else {
		t.newWhere = draft
	}
	if err := t.days(ctx, day); err != nil {
		return t.out, err
	}
	for rule, n := range t.caught {
		if n == t.out.Documents {
			t.out.Everything = rule
		}
	}
	return t.out, nil
}

func emptyCounts() record.SimulatedCounts {
	return record.SimulatedCounts{ByType: map[string]int{}, ByPlace: map[string]int{}}
}

// days tries the post of a day; with none named, as many days back as it takes.
func (t *trial) days(ctx context.Context, day string) error {
	from, err := t.router.firstToTry(ctx, day)
	if err != nil {
		return err
	}
	for looked := 0; looked < mostSimulated; {
		n, err := t.day(ctx, from, mostSimulated-looked)
		if err != nil || n == 0 && day == "" {
			return err
		}
		t.out.Since = from.Format(time.DateOnly)
		t.out.Day = cmp.Or(t.out.Day, t.out.Since)
		if day != "" || t.out.Documents >= record.LeastTried {
			return nil
		}
		if from, err = t.router.postBefore(ctx, from); err != nil || from.IsZero() {
			return err
		}
		looked += n
	}
	return nil
}

// firstToTry is the beginning of the day named, or of the last one with post.
func (r *Router) firstToTry(ctx context.Context, day string) (time.Time, error) {
	if day != "" {
		from, err := time.ParseInLocation(time.DateOnly, day, record.Berlin())
		if err != nil {
			return from, record.Bad("day", "is not a date of the form YYYY-MM-DD")
		}
		return from, nil
	}
	today := r.Clock.Now().In(record.Berlin())
	today = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, today.Location())
	last, err := r.postBefore(ctx, today)
	if last.IsZero() {
		last = today
	}
	return last, err
}

// postBefore is the beginning of the last day before a moment on which anything
// came in that was read; zero: there is none.
func (r *Router) postBefore(ctx context.Context, moment time.Time) (day time.Time, err error) {
	err = r.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		last, err := tx.LastPost(moment)
		if last = last.In(moment.Location()); err == nil && !last.IsZero() {
			day = time.Date(last.Year(), last.Month(), last.Day(), 0, 0, 0, 0, moment.Location())
		}
		return err
	})
	return day, err
}

// day tries what came in on a day and was read, at most limit, and says how many
// that was.
func (t *trial) day(ctx context.Context, from time.Time, limit int) (looked int, err error) {
	var ids []record.DocumentID
	err = t.router.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		ids, err = tx.PostBetween(from, from.AddDate(0, 0, 1), limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := t.try(ctx, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// trial is a simulation on its way.
type trial struct {
	router             *Router
	types, where       ruleSet // in force
	newTypes, newWhere ruleSet
	caught             map[string]int // by rule of the draft whose contents fit, "" for none: documents
	out                record.Simulated
}

// try decides about one document by both.
func (t *trial) try(ctx context.Context, id record.DocumentID) error {
	var c letterCase
	r := t.router
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		c, err = r.asItCame(tx, id)
		return err
	})
	if err != nil || c.due != duePlace {
		return err
	}
	letter, err := r.letter(ctx, &c)
	if errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) { // erased or damaged: of no use here
		return nil
	}
	if err != nil || c.tooMany {
		return err
	}
	before, err := t.decide(ctx, &c, letter, t.types, t.where)
	if err != nil {
		return err
	}
	after, err := t.decide(ctx, &c, letter, t.newTypes, t.newWhere)
	if err != nil {
		return err
	}
	caught := ""
	if t.newWhere.version != t.where.version { // rules of routing are tried
		letter.Type = after.Type.Type
		caught = t.newWhere.routing.Catches(letter)
	}
	return r.Catalog.Read(ctx, func(tx *catalog.Tx) error { return t.count(tx, c.doc, caught, before, after) })
}

// asItCame reads a document as look does, wherever it lies by now.
func (r *Router) asItCame(tx *catalog.Tx, id record.DocumentID) (c letterCase, err error) {
	if c.doc, err = tx.DocumentByID(id); err != nil {
		return c, err
	}
	if beside, err := tx.LiesBeside(id); err != nil || beside {
		return c, err
	}
	if waits, err := tx.Waits(id); err != nil || !waits {
		return c, err
	}
	return c, r.gather(tx, &c)
}

func (t *trial) decide(ctx context.Context, c *letterCase, l routing.Letter, types, where ruleSet) (d record.Routing, err error) {
	c.guess(types)
	l.Type = c.types[c.doc.ID].Type
	err = t.router.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		d, _, err = routing.Decide(tx, where.routing, where.version, l)
		return err
	})
	d.Type = c.types[c.doc.ID]
	return d, err
}

// count adds a document to the sums, and to the list if it would go elsewhere or
// be something else. One that is for a restricted file isn't counted at all.
func (t *trial) count(tx *catalog.Tx, doc record.Document, caught string, before, after record.Routing) error {
	meant, err := tx.ReservedFor(doc.ID)
	if err != nil {
		return err
	}
	secret, err := restricted(tx, doc.File, before.File, before.Reserved, after.File, after.Reserved)
	if err != nil {
		return err
	}
	if secret || meant != "" || doc.Sensitivity >= record.SensitivityRestricted {
		return nil
	}
	t.out.Documents++
	t.caught[caught]++
	add(&t.out.Before, before)
	add(&t.out.After, after)
	was, is := state(before), state(after)
	was.Reason, is.Reason = "", ""
	retyped := was.Type != is.Type
	was.Type, is.Type = "", ""
	moved := was != is
	if moved {
		t.out.Moved++
	}
	if retyped {
		t.out.Retyped++
	}
	if moved || retyped {
		t.out.Changes = append(t.out.Changes, record.SimulatedShift{Document: doc.ID, Before: state(before), After: state(after), Rule: after.Rule})
	}
	return nil
}

// restricted says whether one of the files is.
func restricted(tx *catalog.Tx, ids ...record.FileID) (bool, error) {
	ids = slices.DeleteFunc(ids, func(id record.FileID) bool { return id == "" })
	files, err := tx.FilesByID(ids)
	for _, f := range files {
		if f.Sensitivity >= record.SensitivityRestricted {
			return true, err
		}
	}
	return false, err
}

func add(c *record.SimulatedCounts, r record.Routing) {
	switch r.Outcome {
	case record.OutcomeFiled:
		c.Filed++
	case record.OutcomeForwarded:
		c.Forwarded++
	default:
		c.Clearing++
	}
	if r.Type.Type != "" {
		c.Typed++
	}
	c.ByType[r.Type.Type]++
	place := r.Site
	if r.Team != "" {
		place += "/" + r.Team
	}
	c.ByPlace[place]++
}

func state(r record.Routing) record.SimulatedState {
	return record.SimulatedState{Outcome: r.Outcome, File: r.File, Site: r.Site, Team: r.Team, Type: r.Type.Type, Reason: r.Reason}
}
