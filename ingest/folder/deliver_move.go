package folder

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

// finishDelivery moves the folder of a delivery that is in the archive to
// done/, with the receipt in it. r is nil for an announcement.
func (s *sweep) finishDelivery(p *parcel, r *delivery.Receipt) error {
	above := p.dir.above
	done, err := s.doneFor(above)
	if err != nil {
		return noMoving.because(err)
	}
	s.removeStatus(p.dir)
	if r == nil {
		return s.awayWith(p, done)
	}
	if err := writeReceipt(p.dir.f, *r); err != nil { // before it moves: after a stop nobody would come back to it
		return err
	}
	if err := s.awayWith(p, done); err != nil {
		if errors.Is(err, errChanged) {
			_ = unix.Unlinkat(p.dir.fd(), receiptName, 0) // our own words, about something else now
		}
		return err
	}
	s.count(func(st *State) {
		st.Delivered++
		st.Taken += int64(len(r.Documents))
		if r.Repeated {
			st.Repeated += int64(len(r.Documents))
		}
	})
	return nil
}

// awayWith moves a delivery's folder and makes sure that it held what was read:
// a sender may have gone on, or put another folder in its place. Then it goes
// back, since nobody has read that yet.
func (s *sweep) awayWith(p *parcel, to *os.File) error {
	name, above := path.Base(p.dir.path), p.dir.above
	as, err := move(above.f, name, to)
	if err != nil {
		if _, gone := above.stat(name); gone != nil {
			return readError{gone}
		}
		return noMoving.because(err)
	}
	if s.same(p, to, as) {
		return nil
	}
	s.Log.Warn("a delivery in a watched folder changed after it was read; it is read again", "folder", s.Name)
	if _, err := move(to, as, above.f); err != nil {
		return noMoving.because(err)
	}
	return errChanged
}

// same says whether the folder that lies there is the delivery's, unchanged.
func (s *sweep) same(p *parcel, at *os.File, name string) bool {
	var mine unix.Stat_t
	st, err := lstat(at, name)
	if err != nil || unix.Fstat(p.dir.fd(), &mine) != nil || st.Dev != mine.Dev || st.Ino != mine.Ino {
		return false
	}
	return s.parcel(p.dir).stamp() == p.stamp() && !s.over()
}

// writeReceipt puts the receipt beside the manifest, in place of whatever had
// its name: only the appliance says what it has taken in.
func writeReceipt(at *os.File, r delivery.Receipt) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	switch err = replace(at, receiptName, string(b)+"\n"); {
	case isAny(err, unix.EISDIR, unix.EEXIST, unix.ENOTEMPTY): // a folder, made meanwhile
		return errChanged
	case err != nil:
		return noMoving.because(err)
	}
	return nil
}

// replace writes a text in place of what had its name, whole or not at all.
func replace(at *os.File, name, content string) error {
	const draft = ".eakte-draft.tmp"
	_ = unix.Unlinkat(int(at.Fd()), draft, 0) // of a try that was stopped
	if err := writeNew(at, draft, content); err != nil {
		return err
	}
	err := unix.Renameat(int(at.Fd()), draft, int(at.Fd()), name)
	if err != nil {
		_ = unix.Unlinkat(int(at.Fd()), draft, 0)
	}
	return err
}

// rejectDelivery moves a delivery's folder to rejected/, with the reason beside
// it, which is there first.
func (s *sweep) rejectDelivery(p *parcel, r reason) error {
	name, above := path.Base(p.dir.path), p.dir.above
	to, err := makeDirs(s.root.f, append([]string{rejectedName}, above.parts()...)...)
	if err != nil {
		return noRejecting.because(err)
	}
	defer to.Close()
	for n := 1; n <= maxClashes; n++ {
		err := s.rejectDeliveryAs(p, to, numbered(name, n, reasonSuffix), r)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			s.count(func(st *State) { st.Rejected++; st.Lying++ })
			s.Log.Info("a delivery in a watched folder was rejected", "folder", s.Name, "why", r.why())
		}
		return err
	}
	return noRejecting.because(unix.EEXIST)
}

func (s *sweep) rejectDeliveryAs(p *parcel, to *os.File, noteName string, r reason) error {
	name, above, as := path.Base(p.dir.path), p.dir.above, strings.TrimSuffix(noteName, reasonSuffix)
	if _, err := lstat(to, as); err == nil {
		return fs.ErrExist
	}
	if err := writeNew(to, noteName, r.deliveryText()); errors.Is(err, fs.ErrExist) {
		return err
	} else if err != nil {
		return noRejecting.because(err)
	}
	s.removeStatus(p.dir)
	err := rename(above.f, name, to, as)
	if err == nil {
		if s.same(p, to, as) {
			return nil
		}
		err = errChanged
		if _, merr := move(to, as, above.f); merr != nil {
			err = noRejecting.because(merr)
		}
	} else if _, gone := above.stat(name); gone != nil {
		err = readError{gone}
	} else if !errors.Is(err, fs.ErrExist) {
		err = noRejecting.because(err)
	}
	_ = unix.Unlinkat(int(to.Fd()), noteName, 0) // our own words, about nothing now
	return err
}

// writeStatus puts beside the manifest what is missing or wrong, in place of
// what was said before. A file of that name that is not ours stays.
func (s *sweep) writeStatus(p *parcel, w *waiting) {
	if w.announced {
		s.removeStatus(p.dir)
		return
	}
	if !ours(p.dir) {
		return
	}
	if err := replace(p.dir.f, statusName, w.text(s.Clock.Now())); err != nil {
		s.Log.Warn("the status of a delivery can't be put beside it", "folder", s.Name, "error", err)
	}
}

func (s *sweep) removeStatus(d *dir) {
	if ours(d) {
		_ = unix.Unlinkat(d.fd(), statusName, 0) // there may be none
	}
}

// ours says whether the status file is one of the appliance's, or missing.
func ours(d *dir) bool {
	src, err := openSource(d, statusName)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer src.Close()
	head := make([]byte, len(statusHead))
	_, err = io.ReadFull(src, head)
	return err == nil && string(head) == statusHead
}

// purgeDelivery says which files of a delivery in done/ the archive holds
// although they are no documents of their own: manifest and announcement of a
// delivery that is done, what was signed beside its documents, and our own
// words. It gives nil if that is not known.
func (p *purge) purgeDelivery(at *os.File) map[string]bool {
	s := &sweep{Watcher: p.Watcher, ctx: p.ctx}
	d := &dir{f: at}
	d.retain() // the caller closes it
	lying := s.parcel(d)
	name := cmp.Or(lying.manifest, lying.announce)
	if p.Desk == nil || name == "" {
		return nil
	}
	m, err := s.readManifest(lying, name)
	if err != nil {
		return nil
	}
	actor, err := p.Actor(p.ctx)
	if err != nil {
		return nil
	}
	v, err := p.Desk.Get(p.ctx, actor, m.ID())
	if err != nil || v.State != delivery.StateDone {
		return nil
	}
	if lying.manifest == "" {
		return map[string]bool{lying.announce: true}
	}
	all, err := p.Desk.Objects(p.ctx, actor, v.ID)
	if err != nil {
		return nil
	}
	return s.known(lying, m, all)
}

// known are the names of the delivery's files that lie as the archive has them,
// beside its documents.
func (s *sweep) known(p *parcel, m delivery.Manifest, all []delivery.Object) map[string]bool {
	out := map[string]bool{p.manifest: true, p.announce: true, statusName: true, receiptName: true}
	signed := map[string]record.Digest{}
	for _, o := range all {
		if o.Kind == "signature" && o.State == delivery.ObjectTaken {
			signed[o.Name] = o.SHA256
		}
	}
	for _, f := range p.match(m, &waiting{}) {
		sum, ok := signed[f.object]
		if !ok {
			continue
		}
		if got, err := digestAt(s.ctx, p.dir.f, f.name, f.stamp); err == nil && got == sum {
			out[f.name] = true
		}
	}
	return out
}
