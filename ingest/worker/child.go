package worker

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"eakte/ingest/render"
)

// child is one worker process as the parent sees it.
type child struct {
	cmd     *exec.Cmd
	in      *os.File // its standard input
	out     *os.File // its standard output
	read    *bufio.Reader
	said    *lastWords
	scratch string
	layers  Isolation // as it said before it was given anything
	pages   int
	gone    chan struct{} // closed when it has been waited for
	end     func() error  // kills the child, waits for it and gives back what it had; once
}

// Environment of the child.
const (
	envLimits  = "EAKTE_WORKER_LIMITS"
	envScratch = "EAKTE_WORKER_SCRATCH"
	// envNamespaces is set for a child that was started in namespaces of its own.
	envNamespaces = "EAKTE_WORKER_NAMESPACES"
)

// answerSeconds is how long a child may take to get ready or accept a document.
const answerSeconds = 60

// startChild starts a child. It must run on a thread that outlives the child:
// Pdeathsig is tied to it.
func startChild(cfg Config) (*child, error) {
	scratch, err := makeScratch()
	if err != nil {
		return nil, err
	}
	c := &child{scratch: scratch, said: &lastWords{}, gone: make(chan struct{})}
	c.end = sync.OnceValue(c.clear)
	limits, err := json.Marshal(cfg.Limits)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("encode limits: %w", err), c.dropScratch())
	}
	for _, apart := range []bool{true, false} { // not every machine lets everybody make namespaces
		c.cmd = command(cfg, string(limits), scratch, c.said, apart)
		if err = c.start(); err == nil {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start worker: %w", err), c.dropScratch())
	}
	c.read = bufio.NewReaderSize(c.out, 64*kib)
	return c, nil
}

// command is how a child is started: apart in a network without interfaces, and
// as a user who has no power over anything outside.
func command(cfg Config, limits, scratch string, said *lastWords, apart bool) *exec.Cmd {
	cmd := &exec.Cmd{Path: cfg.Exe, Args: append([]string{"eakte"}, cfg.Args...), Dir: "/",
		Env: childEnv(limits, scratch), Stderr: said, WaitDelay: 5 * time.Second,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}}
	if apart {
		cmd.Env = append(cmd.Env, envNamespaces+"=yes")
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// begun waits until the child is ready and notes which layers it has round it.
func (c *child) begun() error {
	f, err := c.receive(time.Now().Add(answerSeconds * time.Second))
	if err != nil {
		return err
	}
	if f.kind != kindReady {
		return errProtocol
	}
	return json.Unmarshal(f.parts[0], &c.layers)
}

// ask sends a frame and waits for the answer want.
func (c *child) ask(kind, want byte, parts ...[]byte) error {
	by := time.Now().Add(answerSeconds * time.Second)
	if err := c.send(by, kind, parts...); err != nil {
		return err
	}
	f, err := c.receive(by)
	if err == nil && f.kind != want {
		err = errProtocol
		if f.kind == kindFailure {
			err = said(f.parts[0])
		}
	}
	return err
}

// start makes the pipes and the process, and waits for its end in the background.
func (c *child) start() error {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, theirIn.Close(), in.Close())
	}
	c.in, c.out = in, out
	c.cmd.Stdin, c.cmd.Stdout = theirIn, theirOut
	err = c.cmd.Start()
	if err := errors.Join(err, theirIn.Close(), theirOut.Close()); err != nil {
		return errors.Join(err, in.Close(), out.Close())
	}
	go func() {
		// How it ended stands in ProcessState; an error says the same.
		_ = c.cmd.Wait()
		close(c.gone)
	}()
	return nil
}

// childEnv is all of the environment a child gets.
func childEnv(limits, scratch string) []string {
	env := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent",
		"OMP_THREAD_LIMIT=1",  // tesseract: else four times the time; read before main
		"MALLOC_ARENA_MAX=1",  // one heap for C, so that the memory limit counts what is used
		"GOTRACEBACK=none",    // a trace is of no use and could hold what was read
		"TMPDIR=/nonexistent", // nothing of a document goes to disk
		envLimits + "=" + limits, envScratch + "=" + scratch,
	}
	if scratch != "" {
		env = append(env, "XDG_CACHE_HOME="+scratch) // fontconfig complains without one
	}
	if dir := os.Getenv("TESSDATA_PREFIX"); dir != "" {
		env = append(env, "TESSDATA_PREFIX="+dir)
	}
	return env
}

// send gives the child one frame, until a deadline.
func (c *child) send(by time.Time, kind byte, parts ...[]byte) error {
	if err := c.in.SetWriteDeadline(by); err != nil {
		return err
	}
	return writeFrame(c.in, kind, parts...)
}

// receive waits for one frame, until a deadline.
func (c *child) receive(by time.Time) (frame, error) {
	if err := c.out.SetReadDeadline(by); err != nil {
		return frame{}, err
	}
	return readFrame(c.read)
}

// alive says whether the process has not ended yet.
func (c *child) alive() bool {
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}

// kill ends the child with all it has started. It may be called at any time
// and more than once.
func (c *child) kill() {
	if c.alive() {
		// The group can be gone already; then there is nothing to do.
		_ = unix.Kill(-c.cmd.Process.Pid, unix.SIGKILL)
	}
}

// clear is what end does.
func (c *child) clear() error {
	c.kill()
	<-c.gone
	return errors.Join(c.in.Close(), c.out.Close(), c.dropScratch())
}

// exit ends the child and says how it went, for the log.
func (c *child) exit() error {
	select {
	case <-c.gone: // let one that is dying die by itself: how it does says why
	case <-time.After(time.Second):
	}
	if err := c.end(); err != nil {
		return err
	}
	return errors.New("worker ended: " + c.cmd.ProcessState.String())
}

// reason reads from the end of the child why it came. Call it after exit.
func (c *child) reason() string {
	ws, _ := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	words := strings.ToLower(c.said.String())
	if c.cmd.ProcessState.ExitCode() == exitCPU || ws.Signaled() && ws.Signal() == syscall.SIGXCPU {
		return render.ReasonTimeout
	}
	for _, s := range []string{"out of memory", "cannot allocate", "bad_alloc", "alloc fail"} {
		if strings.Contains(words, s) {
			return render.ReasonMemory
		}
	}
	return render.ReasonCrashed
}

// scratchRoot is kept in memory. Where it is none, children do without: pages
// that are one image are then drawn by poppler instead of being taken out.
const scratchRoot = "/dev/shm"

// makeScratch makes a folder in memory, or gives "" where there is none.
func makeScratch() (string, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(scratchRoot, &fs); err != nil || fs.Type != unix.TMPFS_MAGIC {
		return "", nil
	}
	dir, err := os.MkdirTemp(scratchRoot, scratchName(os.Getpid())+"*")
	if errors.Is(err, os.ErrPermission) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("make scratch folder: %w", err)
	}
	return dir, nil
}

func scratchName(pid int) string { return "eakte-worker-" + strconv.Itoa(pid) + "-" }

func (c *child) dropScratch() error {
	if c.scratch == "" {
		return nil
	}
	return os.RemoveAll(c.scratch)
}

// sweepScratch removes what a parent that was killed has left behind.
func sweepScratch() error {
	dirs, err := filepath.Glob(filepath.Join(scratchRoot, "eakte-worker-*"))
	for _, dir := range dirs {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), "eakte-worker-"), "-")
		pid, bad := strconv.Atoi(owner)
		var st unix.Stat_t
		if bad != nil || unix.Lstat(dir, &st) != nil || int(st.Uid) != os.Getuid() || pid == os.Getpid() {
			continue
		}
		if unix.Kill(pid, 0) == unix.ESRCH {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

// lastWords keeps the last bytes that a child wrote to its standard error. It
// is searched for the reason of its death and never logged.
type lastWords struct {
	mu sync.Mutex
	b  []byte
}

// Write never fails.
func (t *lastWords) Write(p []byte) (int, error) {
	const keep = 16 * kib
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - keep; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

// String gives what is kept.
func (t *lastWords) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
