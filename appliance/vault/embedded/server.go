package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"

	"eakte/appliance/record"
)

// Config says where the store keeps its files.
type Config struct {
	// Dir holds everything, as an absolute path: objects/, versions/, the
	// socket and the lock file. It is made if it is missing. Its file system
	// must have user attributes (ext4, xfs, btrfs, tmpfs).
	Dir string
	// CredentialsFile keeps the generated keys (0600), as an absolute path;
	// empty: credentials.json in Dir.
	CredentialsFile string
	// Listen is a loopback host:port; empty: a socket in Dir that only this
	// user may open.
	Listen string
	// Prefix begins the buckets' names; empty: eakte.
	Prefix string
}

// Server is a running store. There is at most one in a process.
type Server struct {
	endpoint    string
	credentials credentials
	stop        context.CancelFunc
	ended       chan struct{} // closed when the server has stopped
	err         error         // why; read after ended
	cleanup     []func() error
}

const (
	maxSocketPath = 100 // the system allows 107 bytes
	startTimeout  = 30 * time.Second
)

// Start opens the store and serves it. When it returns, requests are
// answered. The server runs until Close; ctx is for the start only.
//
// The backend changes the process's working directory to Dir until Close:
// whoever starts it makes other paths absolute first. Standard output is swapped for a
// moment, so nothing else may print while Start runs.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Prefix == "" {
		cfg.Prefix = "eakte"
	}
	if cfg.CredentialsFile == "" {
		cfg.CredentialsFile = filepath.Join(cfg.Dir, "credentials.json")
	}
	if !filepath.IsAbs(cfg.Dir) || !filepath.IsAbs(cfg.CredentialsFile) {
		return nil, record.Bad("store.dir", "must be an absolute path")
	}
	s := &Server{ended: make(chan struct{})}
	if err := s.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, cfg Config) error {
	if err := s.claim(cfg.Dir); err != nil {
		return err
	}
	if here, err := os.Getwd(); err == nil {
		s.cleanup = append(s.cleanup, func() error {
			if err := os.Chdir(here); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("embedded: %w", err)
			}
			return nil
		})
	}
	be, err := open(cfg)
	if err != nil {
		return err
	}
	port, err := s.choosePort(cfg)
	if err == nil {
		s.credentials, err = loadCredentials(cfg.CredentialsFile)
	}
	if err != nil {
		be.Shutdown()
		return err
	}
	be.running, be.disposition = s.credentials.Running.AccessKey, s.credentials.Disposition.AccessKey
	return s.serve(ctx, be, port)
}

// claim takes the directory for this process alone.
func (s *Server) claim(dir string) error {
	for _, d := range []string{dir, filepath.Join(dir, "objects"), filepath.Join(dir, "versions")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("embedded: %w", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	s.cleanup = append(s.cleanup, f.Close)
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return &record.Error{Category: record.Busy, Message: "The object store's folder is in use by another process.",
			Hint: "Stop the other process, or let the command go through the running server.", Cause: err}
	}
	return nil
}

// open makes the backend over the directory.
func open(cfg Config) (*durable, error) {
	root := filepath.Join(cfg.Dir, "objects")
	if err := testAttributes(root); err != nil {
		return nil, &record.Error{Category: record.Invalid, Field: "store.dir",
			Message: "The file system has no user attributes, which keep the locks.",
			Hint:    "Put the data folder on ext4 or xfs.", Cause: err}
	}
	opts := posix.PosixOpts{
		VersioningDir:       filepath.Join(cfg.Dir, "versions"),
		ValidateBucketNames: true,
		CopyObjectThreshold: 5 << 30,
		IOBufferSize:        128 << 10,
	}
	opts.SetNewDirPerm(0o700)
	opts.SetNewFilePerm(0o600)
	var be *posix.Posix
	err := withoutStdout(func() (err error) {
		be, err = posix.New(root, meta.XattrMeta{}, opts)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("embedded: %w", err)
	}
	return &durable{posix: be, root: root, prefix: cfg.Prefix, now: time.Now}, nil
}

// testAttributes makes sure that attributes can be written, not only read.
func testAttributes(root string) error {
	m := meta.XattrMeta{}
	if err := m.Test(root); err != nil {
		return err
	}
	if err := m.StoreAttribute(nil, root, "", "probe", []byte{1}); err != nil {
		return err
	}
	return m.DeleteAttribute(root, "", "probe")
}

// withoutStdout keeps a line that posix.New prints off standard output, which
// belongs to the command: eakte token prints one token and nothing else.
func withoutStdout(fn func() error) error {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	stdout := os.Stdout
	os.Stdout = null
	defer func() { os.Stdout = stdout }()
	return errors.Join(fn(), null.Close())
}

// choosePort gives what to listen on, and sets the endpoint.
func (s *Server) choosePort(cfg Config) (string, error) {
	if cfg.Listen != "" {
		host, _, err := net.SplitHostPort(cfg.Listen)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			return "", record.Bad("store.listen", "must be a loopback address with a port, as 127.0.0.1:9000")
		}
		s.endpoint = cfg.Listen
		return cfg.Listen, nil
	}
	path := filepath.Join(cfg.Dir, "s3.sock")
	if len(path) > maxSocketPath {
		dir, err := os.MkdirTemp("", "eakte-s3-") // 0700
		if err != nil {
			return "", fmt.Errorf("embedded: socket: %w", err)
		}
		s.cleanup = append(s.cleanup, func() error { return os.RemoveAll(dir) })
		path = filepath.Join(dir, "s3.sock")
	}
	s.endpoint = "unix:" + path
	return path, nil
}

func (s *Server) serve(ctx context.Context, be backend.Backend, port string) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	listening := make(chan struct{})
	go func() {
		defer close(s.ended)
		s.err = embedgw.RunVersityGW(running, be, &embedgw.Config{
			RootUserAccess: s.credentials.Root.AccessKey, RootUserSecret: s.credentials.Root.SecretKey,
			IAMService:        accounts{s.credentials.Running, s.credentials.Disposition},
			Ports:             []string{port},
			SocketPerm:        "0600",
			MaxConnections:    1024,
			MaxRequests:       512,
			MultipartMaxParts: 10000,
			Quiet:             true,
			KeepAlive:         true,
			DisableACLs:       true,
			S3Options:         []s3api.Option{s3api.WithOnListen(func() { close(listening) })},
		})
	}()
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case <-listening:
		return nil
	case <-s.ended:
		return fmt.Errorf("embedded: start: %w", s.err)
	case <-timeout.C:
		return errors.Join(errors.New("embedded: the server did not start"), s.halt())
	case <-ctx.Done():
		return errors.Join(ctx.Err(), s.halt())
	}
}

// Endpoint is where the store is: unix: and a path, or host:port.
func (s *Server) Endpoint() string { return s.endpoint }

// Credentials are the running account's: get, list, put, extend, hold.
func (s *Server) Credentials() Credentials { return s.credentials.Running }

// DispositionCredentials are the second key's, which may destroy what neither
// a lock nor a hold protects, and lift a hold. Only the job that does so asks.
func (s *Server) DispositionCredentials() Credentials { return s.credentials.Disposition }

// RootCredentials are for making the buckets, and nothing else.
func (s *Server) RootCredentials() Credentials { return s.credentials.Root }

// Done is closed when the server has stopped, asked or not.
func (s *Server) Done() <-chan struct{} { return s.ended }

// Close answers what is under way, stops the server and frees the directory.
// The process may start another one afterwards.
func (s *Server) Close() error { return errors.Join(s.halt(), s.release()) }

func (s *Server) halt() error {
	s.stop()
	<-s.ended
	if s.err != nil && !errors.Is(s.err, context.Canceled) {
		return fmt.Errorf("embedded: %w", s.err)
	}
	return nil
}

func (s *Server) release() error {
	var errs []error
	for i := len(s.cleanup) - 1; i >= 0; i-- {
		errs = append(errs, s.cleanup[i]())
	}
	s.cleanup = nil
	return errors.Join(errs...)
}
