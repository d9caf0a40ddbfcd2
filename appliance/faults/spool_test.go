package faults

import (
	"context"
	"errors"
	"syscall"

	"eakte/ingest"
)

// faultySpool is a spool whose calls an injector can make fail.
type faultySpool struct {
	ingest.SpoolFS
	i *injector
}

// do runs one call, or lets it fail.
func (s faultySpool) do(op string, act func() error) error {
	return spoolCall(s.i, op, act)
}

func spoolCall(i *injector, op string, act func() error) error {
	switch i.meet(context.Background(), "spool", op) {
	case refused, unsynced:
		return syscall.EIO
	case full:
		return syscall.ENOSPC
	case lost:
		return errors.Join(syscall.EIO, act())
	}
	return act()
}

func (s faultySpool) Create(name string) (f ingest.SpoolFile, err error) {
	err = s.do("create", func() error { f, err = s.SpoolFS.Create(name); return err })
	return opened(s.i, f, err)
}

func (s faultySpool) Open(name string) (f ingest.SpoolFile, err error) {
	err = s.do("open", func() error { f, err = s.SpoolFS.Open(name); return err })
	return opened(s.i, f, err)
}

func opened(i *injector, f ingest.SpoolFile, err error) (ingest.SpoolFile, error) {
	if err == nil {
		return &faultyFile{f, i}, nil
	}
	if f != nil {
		err = errors.Join(err, f.Close())
	}
	return nil, err
}

func (s faultySpool) Rename(from, to string) error {
	return s.do("rename", func() error { return s.SpoolFS.Rename(from, to) })
}

func (s faultySpool) Remove(name string) error {
	return s.do("remove", func() error { return s.SpoolFS.Remove(name) })
}

func (s faultySpool) SyncDir() error { return s.do("syncdir", s.SpoolFS.SyncDir) }

func (s faultySpool) Names() (names []string, err error) {
	err = s.do("names", func() error { names, err = s.SpoolFS.Names(); return err })
	return names, err
}

func (s faultySpool) Free() (free, size int64, err error) {
	err = s.do("free", func() error { free, size, err = s.SpoolFS.Free(); return err })
	return free, size, err
}

type faultyFile struct {
	ingest.SpoolFile
	i *injector
}

func (f *faultyFile) Write(p []byte) (n int, err error) {
	switch f.i.meet(context.Background(), "spool", "write") {
	case refused:
		return 0, syscall.EIO
	case full:
		n, err = f.SpoolFile.Write(p[:len(p)/2])
		return n, errors.Join(syscall.ENOSPC, err)
	case short:
		return f.SpoolFile.Write(p[:len(p)/2])
	case lost:
		n, err = f.SpoolFile.Write(p)
		return n, errors.Join(syscall.EIO, err)
	}
	return f.SpoolFile.Write(p)
}

func (f *faultyFile) Read(p []byte) (int, error) {
	switch f.i.meet(context.Background(), "spool", "read") {
	case refused, lost:
		return 0, syscall.EIO
	case truncated:
		n, err := f.SpoolFile.Read(p)
		if n > 1 {
			n /= 2
		}
		return n, err
	case otherBytes:
		n, err := f.SpoolFile.Read(p)
		if n > 0 {
			p[n/2] ^= 1
		}
		return n, err
	}
	return f.SpoolFile.Read(p)
}

func (f *faultyFile) Sync() error { return spoolCall(f.i, "sync", f.SpoolFile.Sync) }

func (f *faultyFile) Close() error { return spoolCall(f.i, "close", f.SpoolFile.Close) }
