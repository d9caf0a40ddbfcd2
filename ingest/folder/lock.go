package folder

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps a second appliance off the folder. It is a best effort: a share
// may not know locks, and then the idempotency keys alone see to it that
// nothing is taken in twice.
type lock struct {
	f        *os.File
	root     [2]uint64 // device and inode of the folder it was taken in
	dev, ino uint64    // of the lock's own file
}

func (l *lock) release() {
	if l != nil {
		_ = l.f.Close() // gives the lock back
	}
}

// holds says whether the lock was taken in this folder and still lies there:
// a share may have been mounted anew.
func (l *lock) holds(root *dir, at unix.Stat_t) bool {
	if l == nil || l.root != [2]uint64{uint64(at.Dev), at.Ino} {
		return false
	}
	st, err := root.stat(lockName)
	return err == nil && uint64(st.Dev) == l.dev && st.Ino == l.ino
}

// hold takes the lock of the folder, unless it has it.
func (w *Watcher) hold(root *dir) error {
	var at, st unix.Stat_t
	if err := unix.Fstat(root.fd(), &at); err != nil {
		return err
	}
	if w.lock.holds(root, at) {
		return nil
	}
	w.lock.release()
	w.lock = nil
	fd, err := unix.Openat(root.fd(), lockName, unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), "lock")
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); isAny(err, unix.EWOULDBLOCK) {
		_ = f.Close()
		return watched
	}
	if err := unix.Fstat(fd, &st); err != nil {
		_ = f.Close()
		return err
	}
	w.lock = &lock{f: f, root: [2]uint64{uint64(at.Dev), at.Ino}, dev: uint64(st.Dev), ino: st.Ino}
	return nil
}
