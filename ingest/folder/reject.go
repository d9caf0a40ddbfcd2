package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"eakte/appliance/record"
)

const reasonSuffix = ".reason.txt"

// reason says in both languages why a file was not taken in, and what to do.
type reason struct{ de, deHint, en, enHint string }

var empty = reason{
	"Die Datei ist leer.", "Scannen Sie das Schriftstück neu, und legen Sie die neue Datei in den Ordner.",
	"The file is empty.", "Scan the document again and put the new file into the folder."}

func tooLarge(bound int64) reason {
	mb := bound >> 20
	return reason{
		fmt.Sprintf("Die Datei ist größer als %d MB.", mb), "Teilen Sie sie in mehrere Dateien, oder bitten Sie die Administration, upload.max_bytes zu erhöhen.",
		fmt.Sprintf("The file is larger than %d MB.", mb), "Split it, or ask the administrator to raise upload.max_bytes."}
}

// final says whether an answer of the archive will always be the same.
func final(err error) (reason, bool) {
	var e *record.Error
	if !errors.As(err, new(acceptError)) || !errors.As(err, &e) {
		return reason{}, false
	}
	r := reason{en: e.Message, enHint: e.Hint}
	switch record.CategoryOf(err) {
	case record.TooLarge:
		r.de, r.deHint = "Die Datei ist zu groß.", "Teilen Sie sie in mehrere Dateien, oder bitten Sie die Administration, upload.max_bytes zu erhöhen."
	case record.Conflict:
		r.de, r.deHint = "Dieselbe Datei wurde schon mit anderen Angaben übergeben.", "Suchen Sie das Dokument im Archiv; soll es ein zweites Mal hinein, benennen Sie die Datei um."
		r.en, r.enHint = "The same file was handed in before with other particulars.", "Look for the document in the archive; to hand it in a second time, rename the file."
	case record.Invalid:
		r.de, r.deHint = "Das Archiv nimmt die Datei so nicht an.", "Geben Sie diesen Text der Administration."
		if e.Field != "" {
			r.en = e.Field + ": " + r.en
		}
	default:
		return reason{}, false
	}
	return r, true
}

func (r reason) text() string {
	return fmt.Sprintf("Diese Datei wurde nicht in das Archiv aufgenommen.\nGrund: %s\nWas zu tun ist: %s\n\n"+
		"This file was not taken into the archive.\nReason: %s\nWhat to do: %s\n", r.de, r.deHint, r.en, r.enHint)
}

// reject moves a file to rejected/, with the reason beside it. The reason is
// there first: a file must not lie there without one.
func (s *sweep) reject(d *dir, name string, seen stamp, r reason) error {
	to, err := makeDirs(s.root.f, append([]string{rejectedName}, d.parts()...)...)
	if err != nil {
		return noRejecting.because(err)
	}
	defer to.Close()
	for n := 1; n <= maxClashes; n++ {
		note := numbered(name, n, "") + reasonSuffix
		if len(note) > maxName {
			note = numbered(name, n, reasonSuffix)
		}
		err := s.rejectAs(d, name, to, numbered(name, n, ""), note, seen, r)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil {
			s.count(func(st *State) { st.Rejected++; st.Lying++ })
			s.Log.Info("a file of a watched folder was rejected", "folder", s.Name, "why", r.en)
		}
		return err
	}
	return noRejecting.because(unix.EEXIST)
}

func (s *sweep) rejectAs(d *dir, name string, to *os.File, as, note string, seen stamp, r reason) error {
	if err := writeNew(to, note, r.text()); errors.Is(err, fs.ErrExist) {
		return err
	} else if err != nil {
		return noRejecting.because(err)
	}
	err := rename(d.f, name, to, as)
	if err == nil {
		if st, lerr := lstat(to, as); lerr == nil && (st.Size != seen.size || st.Mtim.Nano() != seen.mtim) {
			err = errChanged // a writer went on: it is not what was rejected
			if _, merr := move(to, as, d.f); merr != nil {
				err = noRejecting.because(merr)
			}
		}
	} else if _, gone := d.stat(name); gone != nil {
		err = readError{gone}
	} else if !errors.Is(err, fs.ErrExist) {
		err = noRejecting.because(err)
	}
	if err != nil {
		_ = unix.Unlinkat(int(to.Fd()), note, 0) // our own words, about nothing now
	}
	return err
}

// writeNew writes a text into a new file, whole or not at all.
func writeNew(at *os.File, name, content string) error {
	fd, err := unix.Openat(int(at.Fd()), name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o640)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), filepath.Base(reasonSuffix))
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = unix.Unlinkat(int(at.Fd()), name, 0)
	}
	return err
}
