package folder

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// dir is an open folder. All that happens in it goes through its descriptor:
// nobody can put a link into the path meanwhile. Its files are on their way
// side by side, so it is closed when the last one is done.
type dir struct {
	f     *os.File
	path  string // below the watched folder, as bytes; "" is the watched folder
	depth int
	above *dir // the folder it lies in, open for as long as this one; nil: none
	refs  atomic.Int32

	mu   sync.Mutex
	done *os.File // where the files of this folder go, once the first has gone
}

func newDir(fd int, rel string, depth int) *dir {
	d := &dir{f: os.NewFile(uintptr(fd), "folder"), path: rel, depth: depth}
	d.refs.Store(1)
	return d
}

func (d *dir) fd() int { return int(d.f.Fd()) }

func (d *dir) retain() { d.refs.Add(1) }

func (d *dir) release() {
	if d.refs.Add(-1) > 0 {
		return
	}
	_ = d.f.Close() // of a folder that was only read
	if d.done != nil {
		_ = d.done.Close()
	}
	if d.above != nil {
		d.above.release()
	}
}

// join is the path of an entry below the watched folder.
func (d *dir) join(name string) string { return path.Join(d.path, name) }

// parts are the names that lead to the folder.
func (d *dir) parts() []string {
	if d.path == "" {
		return nil
	}
	return strings.Split(d.path, "/")
}

// stat looks at an entry itself, never at what a link points to.
func (d *dir) stat(name string) (unix.Stat_t, error) { return lstat(d.f, name) }

func lstat(at *os.File, name string) (st unix.Stat_t, err error) {
	err = unix.Fstatat(int(at.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err
}

func is(st unix.Stat_t, kind uint32) bool { return st.Mode&unix.S_IFMT == kind }

// openRoot opens the watched folder by its path.
func openRoot(p string) (*dir, error) {
	fd, err := unix.Open(p, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return newDir(fd, "", 0), nil
}

// sub opens a folder in d; a link is none.
func (d *dir) sub(name string) (*dir, error) {
	fd, err := openat(d.f, name)
	if err != nil {
		return nil, err
	}
	sub := newDir(fd, d.join(name), d.depth+1)
	d.retain()
	sub.above = d
	return sub, nil
}

func openat(at *os.File, name string) (int, error) {
	return unix.Openat(int(at.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// changeable says whether files can be moved out of the folder.
func (d *dir) changeable() error {
	err := unix.Faccessat(d.fd(), ".", unix.R_OK|unix.W_OK|unix.X_OK, unix.AT_EACCESS)
	if refused(err) {
		return noWriting.because(err)
	}
	return err
}

// makeDirs opens the folder below at that the names lead to, and makes what is
// missing of it.
func makeDirs(at *os.File, names ...string) (*os.File, error) {
	cur := at
	for _, n := range names {
		err := unix.Mkdirat(int(cur.Fd()), n, 0o770)
		var fd int
		if err == nil || errors.Is(err, fs.ErrExist) {
			fd, err = openat(cur, n)
		}
		if cur != at {
			_ = cur.Close()
		}
		if err != nil {
			return nil, err
		}
		cur = os.NewFile(uintptr(fd), "folder")
	}
	return cur, nil
}

// maxClashes is how many files of one name a day finds a place for by
// counting.
const maxClashes = 10_000

// move moves a file under its own name, or a numbered one if that is taken,
// and gives the name. Nothing is ever overwritten.
func move(from *os.File, name string, to *os.File) (string, error) {
	for n := 1; n <= maxClashes; n++ {
		as := numbered(name, n, "")
		err := rename(from, name, to, as)
		if !errors.Is(err, fs.ErrExist) {
			return as, err
		}
	}
	return "", unix.EEXIST
}

// rename moves without overwriting. File systems that can't (NFS) get a
// placeholder of our own, which the file then replaces in one step.
func rename(from *os.File, name string, to *os.File, as string) error {
	f, t := int(from.Fd()), int(to.Fd())
	err := unix.Renameat2(f, name, t, as, unix.RENAME_NOREPLACE)
	if !isAny(err, unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP) {
		return err
	}
	if st, err := lstat(from, name); err == nil && is(st, unix.S_IFDIR) {
		return renameDirOver(f, name, t, as)
	}
	return renameOver(f, name, t, as)
}

// renameDirOver is renameOver for a folder, which can only take the place of an
// empty one.
func renameDirOver(f int, name string, t int, as string) error {
	if err := unix.Mkdirat(t, as, 0o700); err != nil {
		return err
	}
	err := unix.Renameat(f, name, t, as)
	if err != nil {
		err = errors.Join(err, unix.Unlinkat(t, as, unix.AT_REMOVEDIR))
	}
	return err
}

func renameOver(f int, name string, t int, as string) error {
	fd, err := unix.Openat(t, as, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	if err = unix.Close(fd); err == nil {
		err = unix.Renameat(f, name, t, as)
	}
	if err != nil {
		err = errors.Join(err, unix.Unlinkat(t, as, 0))
	}
	return err
}
