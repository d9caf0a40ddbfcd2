package folder

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"eakte/appliance/record"
)

// source is an open file of the folder.
type source interface {
	io.ReadSeekCloser
	stamp() (stamp, error)
	written() bool // somebody has it open to write, as far as the system can tell
}

type diskSource struct{ *os.File }

// openSource opens a file, and nothing else: no link, no pipe.
func openSource(d *dir, name string) (source, error) {
	fd, err := unix.Openat(d.fd(), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && !is(st, unix.S_IFREG) {
		err = errChanged
	}
	if err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return diskSource{os.NewFile(uintptr(fd), "document")}, nil // its name must not get into errors
}

func (f diskSource) stamp() (stamp, error) {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	return stampOf(&st), err
}

// written asks for a lease to read, which the kernel refuses while a writer
// has the file open. Shares refuse it always, and files of others can't be
// asked: then it is not known, and the settle time has to do.
func (f diskSource) written() bool {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil {
		return false
	}
	switch fs.Type {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC:
	default:
		return false
	}
	_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK)
	}
	return isAny(err, unix.EAGAIN)
}

// steady gives the bytes of a file to the archive and ends with an error
// instead of the end if the file is not what was hashed before. So nothing is
// acknowledged that is half of a file.
type steady struct {
	ctx   context.Context
	src   source
	want  stamp
	plain record.Digest // empty: not known before
	touch func()

	sum hash.Hash
	n   int64
}

func (s *steady) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.src.Read(p)
	s.touch()
	s.n += int64(n)
	s.sum.Write(p[:n])
	if s.n > s.want.size {
		return 0, errChanged
	}
	switch err {
	case nil:
		return n, nil
	case io.EOF:
		return n, s.end()
	}
	return 0, readError{err}
}

// end is io.EOF if all is as it was.
func (s *steady) end() error {
	now, err := s.src.stamp()
	if err != nil {
		return readError{err}
	}
	if now != s.want || s.n != s.want.size || s.plain != "" && record.FromHash(s.sum) != s.plain {
		return errChanged
	}
	return io.EOF
}

// hashOf reads a file once and goes back to its beginning. The file must be
// what it was before and after.
func hashOf(ctx context.Context, src source, want stamp, touch func()) (record.Digest, error) {
	h := sha256.New()
	r := readerFunc(func(p []byte) (int, error) {
		touch()
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return src.Read(p)
	})
	n, err := io.Copy(h, io.LimitReader(r, want.size+1))
	if err != nil {
		return "", readError{err}
	}
	now, err := src.stamp()
	if err != nil {
		return "", readError{err}
	}
	if now != want || n != want.size {
		return "", errChanged
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return "", readError{err}
	}
	return record.FromHash(h), nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
