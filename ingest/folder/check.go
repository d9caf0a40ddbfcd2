package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"eakte/appliance/record"
)

// Check says whether a folder can be watched: it exists, can be listed and
// written, and files can be moved into done/ and rejected/ without overwriting
// anything. The error is a *record.Error of the category Invalid, with one
// sentence that says what is wrong and one that says what to do. It leaves
// nothing behind.
func Check(path string) error {
	if !filepath.IsAbs(path) {
		return wrong(&trouble{code: "check", message: "The path of the watched folder does not begin with a slash.",
			hint: "Name the whole path, as /srv/scan."})
	}
	root, err := openRoot(path)
	if err != nil {
		return wrong(ofFolder(err))
	}
	defer root.release()
	if _, err := root.f.Readdirnames(1); err != nil && !errors.Is(err, io.EOF) {
		return wrong(noEntry.because(err))
	}
	if err := root.changeable(); err != nil {
		return wrong(ofFolder(err))
	}
	for _, name := range []string{doneName, rejectedName} {
		if err := checkOwn(root, name); err != nil {
			return err
		}
	}
	return checkMove(root.f)
}

// checkOwn looks at a folder of ours, if it is there already.
func checkOwn(root *dir, name string) error {
	st, err := root.stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return wrong(shareLost.because(err))
	}
	if !is(st, unix.S_IFDIR) {
		return wrong(&trouble{code: "check", message: "In the watched folder, " + name + " is no folder.", hint: "Remove or rename what lies there; the appliance makes the folder itself."})
	}
	fd, err := openat(root.f, name)
	if err != nil {
		return wrong(noMoving.because(err))
	}
	f := os.NewFile(uintptr(fd), "folder")
	defer f.Close()
	return checkMove(f)
}

// checkMove writes a file and moves it twice: onto a free name, and onto one
// that is taken, which has to fail.
func checkMove(at *os.File) (err error) {
	mark := ".eakte-check-" + record.NewID()
	a, b := mark+"-a", mark+"-b"
	defer func() {
		for _, n := range []string{a, b} {
			_ = unix.Unlinkat(int(at.Fd()), n, 0) // one of them is not there
		}
	}()
	if err := writeNew(at, a, "eAkte"); err != nil {
		return wrong(noWriting.because(err))
	}
	if err := rename(at, a, at, b); err != nil {
		return wrong(&trouble{code: "check", message: "Files can't be moved within the watched folder.", hint: "Choose a folder on a file system or share that can rename files.", cause: err})
	}
	if err := writeNew(at, a, "eAkte"); err != nil {
		return wrong(noWriting.because(err))
	}
	if err := rename(at, a, at, b); !errors.Is(err, fs.ErrExist) {
		return wrong(&trouble{code: "check", message: "The file system of the watched folder overwrites files when they are moved.", hint: "Choose a folder on another file system or share.", cause: err})
	}
	return nil
}

func wrong(t *trouble) error {
	return &record.Error{Category: record.Invalid, Message: t.message, Hint: t.hint, Cause: t.cause}
}
