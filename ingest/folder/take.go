package folder

import (
	"crypto/sha256"
	"errors"
	"os"

	"eakte/appliance/record"
	"eakte/ingest"
)

// take hands one file in and moves it away. It gives nil when the file is in
// done/ or rejected/; anything else leaves it where it is.
func (s *sweep) take(d *dir, name string, seen stamp) error {
	src, err := s.openFile(d, name)
	if err != nil {
		return readError{err}
	}
	defer src.Close()
	if now, err := src.stamp(); err != nil || now != seen {
		return errors.Join(errChanged, err)
	}
	switch {
	case src.written():
		return errInUse
	case seen.size == 0:
		return s.reject(d, name, seen, empty)
	case s.MaxBytes > 0 && seen.size > s.MaxBytes:
		return s.reject(d, name, seen, tooLarge(s.MaxBytes))
	}
	plain, err := hashOf(s.ctx, src, seen, s.touch)
	if err != nil {
		return err
	}
	receipt, err := s.hand(d, name, seen, src, plain)
	if r, ok := final(err); ok {
		return s.reject(d, name, seen, r)
	}
	if err != nil {
		return err
	}
	if receipt.SHA256 != plain {
		s.Log.Error("the archive answered for a file of a watched folder with other bytes", "folder", s.Name, "document", receipt.Document)
		return otherHash
	}
	return s.finish(d, name, seen, plain, receipt)
}

// hand gives the bytes to the archive.
func (s *sweep) hand(d *dir, name string, seen stamp, src source, plain record.Digest) (ingest.Receipt, error) {
	actor := s.actor
	actor.Request = record.NewID()
	s.handing.Add(1)
	defer s.handing.Add(-1)
	body := &steady{ctx: s.ctx, src: src, want: seen, plain: plain, touch: s.touch, sum: sha256.New()}
	r, err := s.Intake.Accept(s.ctx, actor, ingest.Submission{Name: text(name), IdempotencyKey: key(s.Path, d.join(name), plain),
		Channel: "folder", Body: body, Size: seen.size})
	if err == nil {
		return r, nil
	}
	if errors.Is(err, errChanged) || errors.As(err, new(readError)) {
		return r, err
	}
	return r, acceptError{err}
}

// finish moves a file that is in the archive to done/.
func (s *sweep) finish(d *dir, name string, seen stamp, plain record.Digest, r ingest.Receipt) error {
	done, err := s.doneFor(d)
	if err != nil {
		return noMoving.because(err)
	}
	if err := s.away(d, name, done, seen, plain); err != nil {
		return err
	}
	s.count(func(st *State) {
		st.Taken++
		if r.Repeated {
			st.Repeated++
		}
	})
	return nil
}

// doneFor opens the folder in done/ for the files of d, once.
func (s *sweep) doneFor(d *dir) (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	if d.done == nil {
		d.done, err = makeDirs(s.root.f, append([]string{doneName, s.day}, d.parts()...)...)
	}
	return d.done, err
}

// away moves a file and makes sure that it was the one that was read: another
// may have taken its name, or a writer may have gone on. Then it goes back,
// since nobody has read it yet.
func (s *sweep) away(d *dir, name string, to *os.File, seen stamp, plain record.Digest) error {
	as, err := move(d.f, name, to)
	if err != nil {
		if _, gone := d.stat(name); gone != nil {
			return readError{gone}
		}
		return noMoving.because(err)
	}
	st, err := lstat(to, as)
	if err != nil {
		return readError{err} // somebody has taken it out of done/ already
	}
	now := stampOf(&st)
	if now.size == seen.size && now.mtim == seen.mtim && (now.ino == seen.ino || s.holds(to, as, now, plain)) {
		return nil
	}
	s.Log.Warn("a file of a watched folder changed after it was read; it is read again", "folder", s.Name)
	if _, err := move(to, as, d.f); err != nil {
		return noMoving.because(err)
	}
	return errChanged
}

// holds says whether a file has the bytes of plain: where the numbers of files
// are not lasting, only the bytes tell.
func (s *sweep) holds(at *os.File, name string, st stamp, plain record.Digest) bool {
	got, err := digestAt(s.ctx, at, name, st)
	return err == nil && got == plain
}
