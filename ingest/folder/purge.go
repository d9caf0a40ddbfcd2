package folder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"eakte/appliance/record"
)

// keepDays is how many whole days a file stays in done/ after it was taken in.
const keepDays = 7

const purgeEvery = 6 * time.Hour

func (w *Watcher) purgeAgain(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := w.Purge(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("done/ of a watched folder is not emptied", "folder", w.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Purge removes from done/ what was put there more than seven days ago, and
// only what the archive says it holds: each file is read again, and its bytes
// have to be those of documents that were read back from the store. What is
// not known there stays and is counted in State.Kept.
func (w *Watcher) Purge(ctx context.Context) error {
	root, err := openRoot(w.Path)
	if err != nil {
		return err
	}
	defer root.release()
	fd, err := openat(root.f, doneName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	done := os.NewFile(uintptr(fd), "folder")
	defer done.Close()
	p := &purge{Watcher: w, ctx: ctx, before: w.Clock.Now().AddDate(0, 0, -keepDays)}
	days, err := done.Readdirnames(-1)
	for _, day := range days {
		t, perr := time.ParseInLocation(time.DateOnly, day, record.Berlin())
		if perr != nil || !t.AddDate(0, 0, 1).Before(p.before) {
			continue
		}
		err = errors.Join(err, p.folder(done, day, 0))
	}
	if err == nil {
		w.count(func(s *State) { s.Kept = p.kept })
	}
	return err
}

type purge struct {
	*Watcher
	ctx    context.Context
	before time.Time
	kept   int
}

// folder empties one folder, and removes it once it is empty.
func (p *purge) folder(above *os.File, name string, depth int) error {
	fd, err := openat(above, name)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), "folder")
	defer f.Close()
	known := p.purgeDelivery(f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for {
		names, rerr := f.Readdirnames(batch)
		for _, n := range names {
			if err := p.ctx.Err(); err != nil {
				return err
			}
			if known[n] {
				continue
			}
			if err := p.entry(f, n, depth); err != nil {
				return err
			}
		}
		if rerr != nil {
			break
		}
	}
	if err := p.rest(f, known); err != nil {
		return err
	}
	err = unix.Unlinkat(int(above.Fd()), name, unix.AT_REMOVEDIR)
	if isAny(err, unix.ENOTEMPTY, unix.EEXIST) {
		return nil
	}
	return err
}

// rest removes what only belongs to documents once all of them are gone: a
// manifest must not leave before what it tells of.
func (p *purge) rest(f *os.File, known map[string]bool) error {
	if len(known) == 0 {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	names, err := f.Readdirnames(len(known) + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, n := range names {
		if st, err := lstat(f, n); err != nil || !known[n] || !is(st, unix.S_IFREG) || !time.Unix(0, st.Ctim.Nano()).Before(p.before) {
			return nil
		}
	}
	for _, n := range names {
		if err := unix.Unlinkat(int(f.Fd()), n, 0); err != nil {
			return err
		}
		p.count(func(s *State) { s.Purged++ })
	}
	return nil
}

func (p *purge) entry(at *os.File, name string, depth int) error {
	st, err := lstat(at, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case is(st, unix.S_IFDIR) && depth <= maxDepth:
		return p.folder(at, name, depth+1)
	// The folder's name and the file system's clock have to agree: one of the
	// two may have been set wrong.
	case !is(st, unix.S_IFREG), !time.Unix(0, st.Ctim.Nano()).Before(p.before):
		p.kept++
		return nil
	}
	held, err := p.held(at, name, stampOf(&st))
	if err != nil {
		return err
	}
	if !held {
		p.kept++
		return nil
	}
	if err := unix.Unlinkat(int(at.Fd()), name, 0); err != nil {
		return err
	}
	p.count(func(s *State) { s.Purged++ })
	return nil
}

// held says whether the archive holds the bytes that lie here now.
func (p *purge) held(at *os.File, name string, st stamp) (bool, error) {
	plain, err := digestAt(p.ctx, at, name, st)
	if err != nil {
		return false, ignoreReading(p.ctx, err)
	}
	return p.Intake.Kept(p.ctx, plain)
}

func digestAt(ctx context.Context, at *os.File, name string, st stamp) (record.Digest, error) {
	src, err := openSource(&dir{f: at}, name)
	if err != nil {
		return "", readError{err}
	}
	defer src.Close()
	return hashOf(ctx, src, st, func() {})
}

// ignoreReading lets a file that can't be read stay, and go on with the others.
func ignoreReading(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var r readError
	if errors.Is(err, errChanged) || errors.As(err, &r) && !lost(r.error) {
		return nil
	}
	return err
}
