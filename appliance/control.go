package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"eakte/appliance/config"
	"eakte/appliance/record"
)

// While a server runs on a folder, commands go through its socket; otherwise
// they lock the folder and assemble the parts themselves. Whoever may open the
// socket (0600, the server's own user) could as well read key and catalog, so
// the socket asks for no further proof.

func lockPath(c config.Config) string   { return filepath.Join(c.Data, "run", "lock") }
func socketPath(c config.Config) string { return filepath.Join(c.Data, "run", "eakte.sock") }

// errServed says that a server holds the folder.
var errServed = errors.New("a server runs on this folder")

// lockData takes the exclusive lock of the data folder, or says errServed.
func lockData(c config.Config) (release func(), err error) {
	if err := os.MkdirAll(filepath.Dir(lockPath(c)), 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(lockPath(c), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errServed, f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back; the process may end as well
}

// operation is a command's work on an assembled appliance. The same function
// runs in the command's own process or in the server's.
type operation struct {
	Name string            `json:"name"`
	Args map[string]string `json:"args"`
}

// operations maps names to what they do; body is a document's bytes, or empty.
func operations() map[string]func(ctx context.Context, a *app, args map[string]string, body io.Reader, out io.Writer) error {
	return map[string]func(context.Context, *app, map[string]string, io.Reader, io.Writer) error{
		"user":   doUser,
		"token":  doToken,
		"verify": doVerify,
		"key":    doKey,

		"rebuild-index":   doRebuildIndex,
		"rebuild-closed":  doRebuildClosed,
		"rebuild-release": doRebuildRelease,

		"clock":  doClock,
		"ingest": doIngest,
		"setup":  doSetup,
		"demo":   doDemo,
	}
}

const (
	trailerCode  = "Eakte-Code"
	trailerError = "Eakte-Error"
	headerOp     = "Eakte-Operation"
)

// wireError is a record.Error on the socket.
type wireError struct {
	Category, Message, Hint, Field, Cause string
}

// serveControl answers commands on the socket until ctx ends.
func serveControl(ctx context.Context, a *app, log *slog.Logger) (stop func(), err error) {
	path := socketPath(a.cfg)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	old := syscall.Umask(0o177)
	l, err := net.Listen("unix", path)
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	srv := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { control(a, w, r) }),
	}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("control socket ended", "error", err)
		}
	}()
	return func() {
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(grace); err != nil {
			log.Warn("control socket: a command was still running", "error", err)
		}
	}, nil
}

func control(a *app, w http.ResponseWriter, r *http.Request) {
	var op operation
	if err := json.Unmarshal([]byte(r.Header.Get(headerOp)), &op); err != nil {
		http.Error(w, "the operation can't be read", http.StatusBadRequest)
		return
	}
	do, ok := operations()[op.Name]
	if !ok {
		http.Error(w, "there is no such operation", http.StatusNotFound)
		return
	}
	w.Header().Set("Trailer", trailerCode+", "+trailerError)
	err := do(r.Context(), a, op.Args, r.Body, flushing{w})
	w.Header().Set(trailerCode, strconv.Itoa(opCode(err)))
	if err != nil {
		b, merr := json.Marshal(toWire(err))
		if merr != nil {
			b = []byte(`{}`)
		}
		w.Header().Set(trailerError, string(b))
	}
}

// flushing sends each line at once, so that progress is seen.
type flushing struct{ w http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if fl, ok := f.w.(http.Flusher); ok {
		fl.Flush()
	}
	return n, err
}

// errAnswerNo is an operation's way to say: done, and the answer is no.
var errAnswerNo = errors.New("the answer is no")

func opCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errAnswerNo):
		return exitNo
	}
	return exitCode(err)
}

func toWire(err error) wireError {
	if errors.Is(err, errAnswerNo) {
		return wireError{}
	}
	var e *record.Error
	if !errors.As(err, &e) {
		return wireError{Message: err.Error()}
	}
	w := wireError{Category: e.Category.Error(), Message: e.Message, Hint: e.Hint, Field: e.Field}
	if e.Cause != nil {
		w.Cause = e.Cause.Error()
	}
	return w
}

func fromWire(w wireError) error {
	for _, c := range []error{record.Unauthenticated, record.Denied, record.NotFound, record.Invalid, record.Conflict,
		record.Held, record.Retained, record.TooLarge, record.Corrupt, record.Busy, record.Unavailable} {
		if c.Error() == w.Category {
			e := &record.Error{Category: c, Message: w.Message, Hint: w.Hint, Field: w.Field}
			if w.Cause != "" {
				e.Cause = errors.New(w.Cause)
			}
			return e
		}
	}
	return errors.New(w.Message)
}

// target is where a command's operations run: the server that holds the
// folder, or an appliance assembled in this process.
type target struct {
	cfg     config.Config
	local   *app // nil: a server holds the folder
	release func()
}

// open finds the server of the data folder, or locks it and assembles.
func open(ctx context.Context, c *cli, cfg config.Config) (*target, error) {
	if err := archiveIn(cfg); err != nil { // before a mistyped folder is made
		return nil, err
	}
	release, err := lockData(cfg)
	if errors.Is(err, errServed) {
		return &target{cfg: cfg}, nil
	}
	if err != nil {
		return nil, err
	}
	a, err := assemble(ctx, cfg, newLogger(cfg, c.stderr))
	if err != nil {
		release()
		return nil, err
	}
	return &target{cfg: cfg, local: a, release: release}, nil
}

// do runs one operation; what it prints goes to out.
func (t *target) do(ctx context.Context, op operation, body io.Reader, out io.Writer) error {
	if t.local == nil {
		return remote(ctx, t.cfg, op, body, out)
	}
	return operations()[op.Name](ctx, t.local, op.Args, body, out)
}

func (t *target) close() error {
	if t.local == nil {
		return nil
	}
	defer t.release()
	return t.local.close()
}

// perform opens the target for a single operation.
func perform(ctx context.Context, c *cli, cfg config.Config, op operation, body io.Reader) int {
	t, err := open(ctx, c, cfg)
	if err != nil {
		return c.fail(err)
	}
	err = t.do(ctx, op, body, c.stdout)
	if cerr := t.close(); cerr != nil && (err == nil || errors.Is(err, errAnswerNo)) {
		err = cerr
	}
	if errors.Is(err, errAnswerNo) {
		return exitNo
	}
	if err != nil {
		return c.fail(err)
	}
	return exitDone
}

// remote sends the operation to the server that holds the folder.
func remote(ctx context.Context, cfg config.Config, op operation, body io.Reader, out io.Writer) error {
	head, err := json.Marshal(op)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socketPath(cfg))
	}}}
	defer client.CloseIdleConnections()
	if body == nil {
		body = http.NoBody
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://eakte/"+op.Name, body)
	if err != nil {
		return err
	}
	req.Header.Set(headerOp, string(head))
	res, err := client.Do(req)
	if err != nil {
		return &record.Error{Category: record.Unavailable, Message: "Another eakte process holds the data folder and does not answer.",
			Hint: "Wait until it has started or ended, then try again.", Cause: err}
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
		return fmt.Errorf("server: %s", b)
	}
	if _, err := io.Copy(out, res.Body); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	switch code := res.Trailer.Get(trailerCode); code {
	case "0":
		return nil
	case "":
		return record.Down("The server", errors.New("it ended in the middle of the answer"))
	}
	var we wireError
	if err := json.Unmarshal([]byte(res.Trailer.Get(trailerError)), &we); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if we == (wireError{}) {
		return errAnswerNo
	}
	return fromWire(we)
}
