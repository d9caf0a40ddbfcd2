package folder

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

// Desk is where deliveries are handed over; *delivery.Desk is one.
type Desk interface {
	Announce(ctx context.Context, actor record.Actor, m delivery.Manifest) (delivery.View, error)
	Open(ctx context.Context, actor record.Actor, m delivery.Manifest, channel string) (delivery.View, error)
	Put(ctx context.Context, actor record.Actor, id, name string, body io.Reader, size int64) (delivery.Object, error)
	Complete(ctx context.Context, actor record.Actor, id string) (delivery.Receipt, error)
	Get(ctx context.Context, actor record.Actor, id string) (delivery.View, error)
	Objects(ctx context.Context, actor record.Actor, id string) ([]delivery.Object, error)
	ReceiptOf(ctx context.Context, actor record.Actor, id string) (delivery.Receipt, error)
}

const (
	// brokenAfter is how long a manifest that is no JSON may still be one whose
	// transmission goes on.
	brokenAfter = 10 * time.Minute
	// A delivery that waits and in which nothing changes is looked at again now
	// and then: what is missing may have come by another way.
	waitMin = 5 * time.Minute
	waitMax = time.Hour
)

// delivery has what lies in d handed over as one delivery, once nothing in it
// has changed for a while.
func (s *sweep) delivery(d *dir) {
	if s.Desk == nil {
		s.deliveries.Add(1)
		return
	}
	p := s.parcel(d)
	if s.left += p.left; s.over() {
		return
	}
	now := s.elapsed()
	since, due, known := s.sights.see(d.path, p.stamp(), true, now)
	if s.sights.stuck(d.path) {
		s.deliveries.Add(1)
	}
	if p.manifest == "" && p.announce == "" { // its manifest is on its way
		if known && now-since > waitMax {
			s.deliveries.Add(1)
		}
		return
	}
	if !known || !due || now-since < s.Settle {
		return
	}
	d.retain()
	s.files.Go(func() error {
		defer d.release()
		s.workDelivery(p, now-since)
		return nil
	})
}

// workDelivery hands one delivery over and notes how that went.
func (s *sweep) workDelivery(p *parcel, quiet time.Duration) {
	if s.over() {
		return
	}
	s.handing.Add(1)
	err := s.handOver(p, quiet)
	s.handing.Add(-1)
	s.touch()
	path := p.dir.path
	var waits *waiting
	switch {
	case errors.As(err, &waits):
		s.writeStatus(p, waits)
		if !s.sights.stuck(path) && waits.wrong() {
			s.deliveries.Add(1)
		}
		s.sights.wait(path, waits, s.elapsed())
	case err == nil, errors.Is(err, fs.ErrNotExist) && !errors.As(err, new(*trouble)) && !errors.As(err, new(acceptError)):
		s.sights.forget(path)
	case s.ctx.Err() != nil:
	default:
		t, stop := judge(err)
		s.sights.later(path, t, s.elapsed())
		if stop {
			s.halt(t)
		}
	}
}

// handOver does with a delivery what is to be done now. nil: its folder is in
// done/ or rejected/. *waiting: it stays, and the status beside it says why.
func (s *sweep) handOver(p *parcel, quiet time.Duration) error {
	name := p.manifest
	if name == "" {
		name = p.announce
	}
	m, err := s.readManifest(p, name)
	var e *record.Error
	switch {
	case errors.Is(err, record.Invalid) && errors.As(err, &e) && e.Field == "manifest" && quiet < brokenAfter:
		return &waiting{broken: true}
	case errors.As(err, &e) && refusedForGood(err):
		return s.rejectDelivery(p, unusable(e))
	case err != nil:
		return err
	case p.manifest == "":
		return s.announce(p, m)
	}
	actor := s.actor
	actor.Request = record.NewID()
	v, err := s.Desk.Open(s.ctx, actor, m, "folder")
	if r, ok := finalOfDelivery(err); ok {
		return s.rejectDelivery(p, r)
	}
	if err != nil {
		return acceptError{err}
	}
	switch v.State {
	case delivery.StateWithdrawn:
		return s.rejectDelivery(p, withdrawn)
	case delivery.StateDone:
		return s.again(p, m, v, actor)
	}
	return s.complete(p, m, v, actor)
}

// announce tells what is in transit. The folder stays for what will come; when
// all has come by another way, it goes too.
func (s *sweep) announce(p *parcel, m delivery.Manifest) error {
	actor := s.actor
	actor.Request = record.NewID()
	_, err := s.Desk.Announce(s.ctx, actor, m)
	switch r, final := finalOfDelivery(err); {
	case err == nil:
		return &waiting{announced: true}
	case errors.Is(err, record.Conflict) && len(p.files)+p.folders == 0: // it has come
		return s.finishDelivery(p, nil)
	case errors.Is(err, record.Conflict): // and this did not come with it
		w := &waiting{}
		p.match(delivery.Manifest{}, w)
		return w
	case final:
		return s.rejectDelivery(p, r)
	}
	return acceptError{err}
}

// complete hands over what the delivery does not have yet, and has it taken in
// if it fits.
func (s *sweep) complete(p *parcel, m delivery.Manifest, v delivery.View, actor record.Actor) error {
	w := &waiting{}
	files := p.match(m, w)
	has, err := s.objects(v.ID, actor)
	if err != nil {
		return err
	}
	if err := s.putObjects(p, v.ID, files, has, actor, w); err != nil {
		return err
	}
	if w.surplus() {
		return w
	}
	r, err := s.Desk.Complete(s.ctx, actor, v.ID)
	if elsewhere(err) {
		if err := s.putObjects(p, v.ID, files, nil, actor, w); err != nil {
			return err
		}
		r, err = s.Desk.Complete(s.ctx, actor, v.ID)
	}
	var un *delivery.Unreconciled
	switch {
	case errors.As(err, &un):
		w.add(un.Problems...)
		return w
	case refusedForGood(err):
		w.refusal(err)
		return w
	case err != nil:
		return acceptError{err}
	case len(w.problems) > 0: // something here is not what was taken in: looked at once more
		return errChanged
	}
	return s.finishDelivery(p, &r)
}

// objects are what has arrived of a delivery, by name.
func (s *sweep) objects(id string, actor record.Actor) (map[string]delivery.Object, error) {
	all, err := s.Desk.Objects(s.ctx, actor, id)
	if err != nil {
		return nil, acceptError{err}
	}
	has := map[string]delivery.Object{}
	for _, o := range all {
		if o.SHA256 != "" {
			has[o.Name] = o
		}
	}
	return has, nil
}

// putObjects hands files over, several side by side. What the desk refuses is
// noted in w.
func (s *sweep) putObjects(p *parcel, id string, files []matched, has map[string]delivery.Object, actor record.Actor, w *waiting) error {
	g, ctx := errgroup.WithContext(s.ctx)
	g.SetLimit(parallel)
	for _, f := range files {
		g.Go(func() error { return s.putObject(ctx, p, id, f, has[f.object], actor, w) })
	}
	return g.Wait()
}

// putObject hands one file over, unless the delivery has these bytes already.
func (s *sweep) putObject(ctx context.Context, p *parcel, id string, f matched, has delivery.Object, actor record.Actor, w *waiting) error {
	src, err := s.openFile(p.dir, f.name)
	if err != nil {
		return readError{err}
	}
	defer src.Close()
	if now, err := src.stamp(); err != nil || now != f.stamp {
		return errors.Join(errChanged, err)
	}
	if src.written() {
		return errInUse
	}
	if has.SHA256 != "" && has.Size == f.size {
		plain, err := hashOf(ctx, src, f.stamp, s.touch)
		if err != nil || plain == has.SHA256 {
			return err
		}
	}
	actor.Request = record.NewID()
	body := &steady{ctx: ctx, src: src, want: f.stamp, touch: s.touch, sum: sha256.New()}
	_, err = s.Desk.Put(ctx, actor, id, f.object, body, f.size)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errChanged):
		return errChanged
	case errors.As(err, new(readError)):
		return err
	case refusedForGood(err):
		w.refused(f.object, err)
		return nil
	}
	return acceptError{err}
}

// again is for a delivery that is done already: delivered by another way, or
// before a stop. Its folder goes to done/ too, if it holds the same: the desk
// says so of each file, of what is signed beside the documents too.
func (s *sweep) again(p *parcel, m delivery.Manifest, v delivery.View, actor record.Actor) error {
	has, err := s.objects(v.ID, actor)
	if err != nil {
		return err
	}
	w := &waiting{}
	if err := s.putObjects(p, v.ID, p.match(m, w), has, actor, w); err != nil {
		return err
	}
	if len(w.problems) > 0 {
		return s.rejectDelivery(p, changedAfter)
	}
	r, err := s.Desk.ReceiptOf(s.ctx, actor, v.ID)
	if err != nil {
		return acceptError{err}
	}
	r.Repeated = true
	return s.finishDelivery(p, &r)
}

// readManifest reads a manifest, which has to be the same before and after.
func (s *sweep) readManifest(p *parcel, name string) (delivery.Manifest, error) {
	src, err := s.openFile(p.dir, name)
	if err != nil {
		return delivery.Manifest{}, readError{err}
	}
	defer src.Close()
	st := p.control[name]
	if now, err := src.stamp(); err != nil || now != st {
		return delivery.Manifest{}, errors.Join(errChanged, err)
	}
	if src.written() {
		return delivery.Manifest{}, errInUse
	}
	body := &steady{ctx: s.ctx, src: src, want: st, touch: s.touch, sum: sha256.New()}
	m, err := delivery.ParseManifest(body)
	if errors.Is(err, errChanged) {
		return m, errChanged
	}
	var reading readError
	if errors.As(err, &reading) {
		return m, reading
	}
	return m, err
}

// elsewhere says whether what the delivery has lies at another node, where it
// may never be asked for again.
func elsewhere(err error) bool {
	var e *record.Error
	return errors.Is(err, record.Unavailable) && errors.As(err, &e) && e.Field == "node"
}

// refusedForGood says whether the desk will answer the same again as long as
// nothing changes.
func refusedForGood(err error) bool {
	switch record.CategoryOf(err) {
	case record.Invalid, record.Conflict, record.TooLarge:
		return true
	}
	return false
}
