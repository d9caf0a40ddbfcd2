package ingest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// SpoolFS is the little of a file system that the spool needs. Tests inject
// faults here.
type SpoolFS interface {
	Create(name string) (SpoolFile, error)
	Open(name string) (SpoolFile, error)
	Rename(from, to string) error
	Remove(name string) error
	SyncDir() error
	Names() ([]string, error)
	// Free gives the bytes that are free on the disk, and its size.
	Free() (free, size int64, err error)
}

// SpoolFile is one open item.
type SpoolFile interface {
	io.ReadWriteSeeker
	io.Closer
	Sync() error
}

// spool keeps what was received until the store has proven that it holds it.
// It holds ciphertext only: the key never rests here in the clear.
type spool struct{ fs SpoolFS }

// item is what one received document left in the spool.
type item struct {
	plain, cipher         record.Digest
	plainSize, cipherSize int64
	head                  []byte // the first bytes, for the type
	contentType           string // if it is known already
}

// typ is the type of the received bytes.
func (it item) typ() string {
	if it.contentType != "" {
		return it.contentType
	}
	return contentType(it.head)
}

const (
	originalSuffix = ".age"
	partSuffix     = ".part"
	headSize       = 3072
)

// reserve is what stays free on the disk when nothing more is taken in: the
// audit log needs it, and without the log nothing could be read any more. On a
// small disk it is a twentieth.
const reserve = 256 << 20

// room refuses when the reserve would be touched.
func (s spool) room() error {
	free, size, err := s.fs.Free()
	if err != nil {
		return full(err)
	}
	if free < min(reserve, size/20) {
		return full(syscall.ENOSPC)
	}
	return nil
}

// receive encrypts body into the item named by object. When it returns without
// error, file and directory are on disk.
func (s spool) receive(object record.ObjectID, key vault.Key, body io.Reader, limit int64) (item, error) {
	var it item
	if err := s.room(); err != nil {
		return it, err
	}
	part := string(object) + partSuffix
	f, err := s.fs.Create(part)
	if err != nil {
		return it, full(err)
	}
	it, err = encrypt(f, key, body, limit)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = s.fs.Rename(part, string(object)+originalSuffix)
	}
	if err == nil {
		err = s.fs.SyncDir()
	}
	if err != nil {
		return it, errors.Join(full(err), ignoreMissing(s.fs.Remove(part)), s.drop(object))
	}
	return it, nil
}

// encrypt copies body through key to w and hashes both sides on the way.
func encrypt(w io.Writer, key vault.Key, body io.Reader, limit int64) (item, error) {
	var it item
	plain, cipher, head := sha256.New(), sha256.New(), &headWriter{}
	count := &counter{}
	enc, err := key.Encrypt(io.MultiWriter(w, cipher, count))
	if err != nil {
		return it, fmt.Errorf("spool: %w", err)
	}
	it.plainSize, err = io.Copy(io.MultiWriter(enc, plain, head), &limited{r: body, left: limit, limit: limit})
	if err == nil {
		err = enc.Close()
	}
	it.plain, it.cipher, it.cipherSize, it.head = record.FromHash(plain), record.FromHash(cipher), count.n, head.b
	return it, err
}

// drop removes what an object left in the spool.
func (s spool) drop(object record.ObjectID) error {
	return ignoreMissing(s.fs.Remove(string(object) + originalSuffix))
}

// objects names the objects that have something in the spool.
func (s spool) objects() (map[record.ObjectID]bool, error) {
	names, err := s.fs.Names()
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	have := map[record.ObjectID]bool{}
	for _, n := range names {
		id, _, _ := strings.Cut(n, ".")
		have[record.ObjectID(id)] = true
	}
	return have, nil
}

// limited refuses what is longer than the limit instead of cutting it.
type limited struct {
	r           io.Reader
	left, limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, &record.Error{Category: record.TooLarge,
			Message: fmt.Sprintf("The document is larger than %d MB.", l.limit>>20),
			Hint:    "Split it, or ask the administrator to raise upload.max_bytes."}
	}
	return n, err
}

// digestOf hashes and counts what r gives.
func digestOf(r io.Reader) (record.Digest, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return record.FromHash(h), n, err
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

type headWriter struct{ b []byte }

func (h *headWriter) Write(p []byte) (int, error) {
	if room := headSize - len(h.b); room > 0 {
		h.b = append(h.b, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

// full turns "no space" into a sentence that says what to do.
func full(err error) error {
	if err == nil || record.CategoryOf(err) != nil {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &record.Error{Category: record.Unavailable, Message: "The disk of the appliance is full; nothing was taken in.",
			Hint: "Keep the paper and tell the administrator; try again when there is room.", Cause: err}
	}
	return fmt.Errorf("spool: %w", err)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// diskSpool is the spool's folder on disk.
type diskSpool struct{ dir string }

// OpenSpool makes the folder, for its owner only, if it is missing.
func OpenSpool(dir string) (SpoolFS, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return diskSpool{dir}, nil
}

func (d diskSpool) Create(name string) (SpoolFile, error) {
	return os.OpenFile(filepath.Join(d.dir, name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
}
func (d diskSpool) Open(name string) (SpoolFile, error) { return os.Open(filepath.Join(d.dir, name)) }
func (d diskSpool) Rename(from, to string) error {
	return os.Rename(filepath.Join(d.dir, from), filepath.Join(d.dir, to))
}
func (d diskSpool) Remove(name string) error { return os.Remove(filepath.Join(d.dir, name)) }

func (d diskSpool) SyncDir() error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d diskSpool) Free() (free, size int64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * st.Bsize, int64(st.Blocks) * st.Bsize, nil
}

func (d diskSpool) Names() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}
