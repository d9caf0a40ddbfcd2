package folder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"eakte/appliance/record"
)

const (
	batch    = 256             // names that are read at once
	maxDepth = 16              // of sub-folders
	patience = time.Minute     // how long a busy sub-folder keeps its settled files waiting
	minEmpty = 2 * time.Minute // an empty file may be the beginning of one

	countEvery = time.Minute // how often what lies in rejected/ is counted
)

// sweep is one look through the folder.
type sweep struct {
	*Watcher
	ctx   context.Context
	day   string // the folder in done/
	root  *dir
	actor record.Actor
	files errgroup.Group // that are on their way

	halted     atomic.Pointer[trouble]
	trouble    *trouble // of a sub-folder
	deliveries atomic.Int32
	left       int
}

func (s *sweep) halt(t *trouble)   { s.halted.CompareAndSwap(nil, t) }
func (s *sweep) stopped() *trouble { return s.halted.Load() }
func (s *sweep) over() bool        { return s.stopped() != nil || s.ctx.Err() != nil }

func (s *sweep) run() {
	root, err := s.enter()
	if err != nil {
		s.halt(ofFolder(err))
		return
	}
	s.root = root
	s.sights.next()
	s.files.SetLimit(parallel)
	root.retain()
	s.walk(root)
	_ = s.files.Wait() // what went wrong with a file stands with the file
	s.countRejects()
	root.release()
}

// enter opens the folder.
func (s *sweep) enter() (*dir, error) {
	if err := s.connected(); err != nil {
		return nil, err
	}
	root, err := openRoot(s.Path)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(root); err != nil {
		root.release()
		return nil, err
	}
	return root, nil
}

// prepare makes sure, before anything is taken in, that this watcher alone
// works here, that files can be moved away afterwards, and for whom they are
// handed in.
func (s *sweep) prepare(root *dir) error {
	if err := root.changeable(); err != nil {
		return err
	}
	if err := s.hold(root); err != nil {
		return err
	}
	done, err := makeDirs(root.f, doneName)
	if err != nil {
		return noMoving.because(err)
	}
	defer done.Close()
	if err := unix.Faccessat(int(done.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return noMoving.because(err)
	}
	if s.actor, err = s.Actor(s.ctx); err != nil {
		return ofActor(err)
	}
	return nil
}

func ofActor(err error) *trouble {
	switch c := record.CategoryOf(err); c {
	case record.Invalid, record.NotFound, record.Denied:
		return noUser.because(err)
	}
	t, _ := ofArchive(err)
	return t
}

// connected tells an empty mount point from the share that was there before.
func (s *sweep) connected() error {
	var here, above unix.Stat_t
	if err := unix.Stat(s.Path, &here); err != nil {
		return err
	}
	if err := unix.Stat(filepath.Dir(s.Path), &above); err != nil {
		return err
	}
	mount := here.Dev != above.Dev
	if s.mounted && !mount {
		return unmounted
	}
	s.mounted = mount
	return nil
}

// ofFolder turns an error of entering the folder into a sentence.
func ofFolder(err error) *trouble {
	var t *trouble
	switch {
	case errors.As(err, &t):
		return t
	case errors.Is(err, fs.ErrNotExist):
		return missing.because(err)
	case isAny(err, unix.ENOTDIR):
		return noFolder.because(err)
	case isAny(err, unix.EROFS):
		return noWriting.because(err)
	case refused(err):
		return noEntry.because(err)
	}
	return shareLost.because(err)
}

// walk goes through one folder. The files are taken side by side; walk waits
// only for a free hand.
func (s *sweep) walk(d *dir) {
	defer d.release()
	busy := false
	if d.depth > 0 {
		if err := d.changeable(); err != nil {
			s.trouble = noSub.because(err)
			return
		}
		var delivery bool
		if busy, delivery = s.survey(d); delivery {
			s.delivery(d)
			return
		}
	}
	s.each(d, func(name string, st unix.Stat_t) {
		switch {
		case is(st, unix.S_IFDIR):
			s.enterSub(d, name, st)
		case !is(st, unix.S_IFREG):
			s.left++
		case d.depth == 0 && manifest(name):
			s.trouble = topManifest
		case !temporary(name):
			s.file(d, name, stampOf(&st), busy)
		}
	})
}

// each calls do for every entry of a folder, until the look is over.
func (s *sweep) each(d *dir, do func(name string, st unix.Stat_t)) {
	if _, err := d.f.Seek(0, io.SeekStart); err != nil {
		s.halt(shareLost.because(err))
		return
	}
	for !s.over() {
		names, err := d.f.Readdirnames(batch)
		s.touch()
		for _, name := range names {
			if s.over() {
				return
			}
			st, err := d.stat(name)
			switch {
			case err == nil:
				do(name, st)
			case lost(err):
				s.halt(shareLost.because(err))
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			s.halt(shareLost.because(err))
			return
		}
	}
}

// survey looks at a sub-folder before anything is taken from it: whether it is
// a delivery, and whether somebody is still filling it. A sender who puts the
// manifest last must not find that the first files are gone.
func (s *sweep) survey(d *dir) (busy, delivery bool) {
	for _, name := range []string{"manifest.json", "announce.json"} {
		if _, err := d.stat(name); err == nil {
			return false, true
		}
	}
	s.each(d, func(name string, st unix.Stat_t) {
		if !is(st, unix.S_IFREG) {
			return
		}
		delivery = delivery || manifest(name) || beginning(name)
		now := s.elapsed()
		since, _, known := s.sights.see(d.join(name), stampOf(&st), temporary(name), now)
		busy = busy || known && now-since < s.Settle
	})
	return busy, delivery
}

func (s *sweep) enterSub(d *dir, name string, st unix.Stat_t) {
	switch {
	case temporary(name), d.depth == 0 && s.own(name, st):
		return
	case d.depth == maxDepth:
		s.trouble = tooDeep
		return
	}
	sub, err := d.sub(name)
	switch {
	case err == nil:
		s.walk(sub)
	case lost(err):
		s.halt(shareLost.because(err))
	case refused(err):
		s.trouble = noSub.because(err)
	}
}

// own says whether a folder is done/ or rejected/, in whatever case a share
// writes it.
func (s *sweep) own(name string, st unix.Stat_t) bool {
	for _, ours := range []string{doneName, rejectedName} {
		if name == ours {
			return true
		}
		if o, err := s.root.stat(ours); strings.EqualFold(name, ours) && err == nil && o.Ino == st.Ino && o.Dev == st.Dev {
			return true
		}
	}
	return false
}

// file has one file taken in if it has settled.
func (s *sweep) file(d *dir, name string, st stamp, busy bool) {
	now := s.elapsed()
	since, due, known := s.sights.see(d.join(name), st, false, now)
	settle := s.Settle
	if busy {
		settle = max(settle, patience)
	}
	if st.size == 0 {
		settle = max(settle, minEmpty)
	}
	if !known || !due || now-since < settle {
		return
	}
	d.retain()
	s.files.Go(func() error {
		defer d.release()
		s.work(d, name, st)
		return nil
	})
}

// work takes one file in and notes how that went.
func (s *sweep) work(d *dir, name string, st stamp) {
	if s.over() {
		return
	}
	err := s.take(d, name, st)
	s.touch()
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist) && !errors.As(err, new(*trouble)) && !errors.As(err, new(acceptError)):
		s.sights.forget(d.join(name))
	case s.ctx.Err() != nil:
	default:
		t, stop := judge(err)
		s.sights.later(d.join(name), t, s.elapsed())
		if stop {
			s.halt(t)
		}
	}
}

// countRejects counts what lies in rejected/, now and then: people empty it.
func (s *sweep) countRejects() {
	if s.elapsed() < s.recount {
		return
	}
	s.lying = 0
	s.recount = s.elapsed() + countEvery
	if fd, err := openat(s.root.f, rejectedName); err == nil {
		s.lying = countFiles(os.NewFile(uintptr(fd), "folder"), 0)
	}
}

func countFiles(f *os.File, depth int) (n int) {
	defer f.Close()
	for {
		names, err := f.Readdirnames(batch)
		for _, name := range names {
			if strings.HasSuffix(name, reasonSuffix) {
				continue
			}
			if fd, err := openat(f, name); err == nil && depth < maxDepth {
				n += countFiles(os.NewFile(uintptr(fd), "folder"), depth+1)
				continue
			}
			n++
		}
		if err != nil {
			return n
		}
	}
}
