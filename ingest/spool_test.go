package ingest

// faultySpool lets the n-th call of the spool's file system fail.
type faultySpool struct {
	SpoolFS
	n, at int
	err   error
}

func (f *faultySpool) arm(at int, err error) { f.n, f.at, f.err = 0, at, err }

func (f *faultySpool) check() error {
	f.n++
	if f.n == f.at {
		return f.err
	}
	return nil
}

func (f *faultySpool) Create(name string) (SpoolFile, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	file, err := f.SpoolFS.Create(name)
	return &faultyFile{file, f}, err
}

func (f *faultySpool) Open(name string) (SpoolFile, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	return f.SpoolFS.Open(name)
}

func (f *faultySpool) Rename(from, to string) error {
	if err := f.check(); err != nil {
		return err
	}
	return f.SpoolFS.Rename(from, to)
}

func (f *faultySpool) SyncDir() error {
	if err := f.check(); err != nil {
		return err
	}
	return f.SpoolFS.SyncDir()
}

type faultyFile struct {
	SpoolFile
	f *faultySpool
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.f.check(); err != nil {
		return 0, err
	}
	return f.SpoolFile.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.f.check(); err != nil {
		return err
	}
	return f.SpoolFile.Sync()
}
