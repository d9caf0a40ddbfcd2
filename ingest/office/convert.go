package office

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Converter converts documents one after the other.
type Converter struct {
	// Command starts the process that Main is.
	Command []string
	// Scratch is a folder in memory, below which everything is written and
	// nothing is left.
	Scratch string
}

// ToPDF writes the document, size bytes of kind k, as PDF to out. An error that
// is a *Fault blames the document, or says what is missing to read it. Time is
// ctx's, memory the limits' of this process.
func (c Converter) ToPDF(ctx context.Context, in io.ReaderAt, size int64, k Kind, out io.Writer) (err error) {
	if !Installed() {
		return fault(reasonMissing, "LibreOffice is not installed")
	}
	if c.Scratch == "" {
		return errors.New("no folder in memory to convert in")
	}
	dir, err := os.MkdirTemp(c.Scratch, "office-*")
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	from, to := filepath.Join(dir, "document."+k.ext), filepath.Join(dir, "document.pdf")
	if err := fill(from, io.NewSectionReader(in, 0, size)); err != nil {
		return err
	}
	if err := c.run(ctx, dir, from, to); err != nil {
		return err
	}
	return give(to, out)
}

// run has one document converted.
func (c Converter) run(ctx context.Context, dir, from, to string) error {
	cmd := exec.CommandContext(ctx, c.Command[0], append(c.Command[1:len(c.Command):len(c.Command)], from, to)...)
	cmd.Env = append(environment(), "TMPDIR="+dir, "XDG_CACHE_HOME="+dir, "HOME="+dir,
		"UNO_SHARED_PACKAGES_CACHE=file://"+dir+"/shared", "BUNDLED_EXTENSIONS_PREREG=file://"+dir+"/bundled")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	complaints := &lastBytes{}
	cmd.Stderr = complaints
	err := cmd.Run()
	if ctx.Err() != nil {
		return fmt.Errorf("convert: %w", ctx.Err())
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit): // it was not started
		return fmt.Errorf("convert: %w", err)
	}
	return verdict(cmd.ProcessState, complaints.String())
}

// environment is what LibreOffice gets to know.
func environment() []string {
	return []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "GOTRACEBACK=none", "MALLOC_ARENA_MAX=1",
		"SAL_USE_VCLPLUGIN=svp", "SAL_DISABLE_OPENCL=1", "SAL_DISABLESKIA=1", "GSETTINGS_BACKEND=memory", "GIO_USE_VFS=local"}
}

// verdict says why no PDF came.
func verdict(ps *os.ProcessState, complaints string) error {
	ws, _ := ps.Sys().(syscall.WaitStatus)
	words := strings.ToLower(complaints)
	for _, s := range []string{"bad_alloc", "cannot allocate", "out of memory"} {
		if strings.Contains(words, s) {
			return fault(reasonMemory, "LibreOffice has no memory left")
		}
	}
	switch {
	case ps.ExitCode() == exitNoOffice:
		return errors.New("LibreOffice does not start")
	case ps.ExitCode() == exitUnread:
		return fault(reasonDamaged, "LibreOffice can't open it")
	case ps.ExitCode() == exitUnsaved:
		return fault(reasonDamaged, "LibreOffice can't print it")
	case ws.Signaled() && ws.Signal() == syscall.SIGXCPU, spent(ps): // LibreOffice has a handler that aborts
		return fault(reasonTimeout, "LibreOffice takes too long")
	case ws.Signaled() && ws.Signal() == syscall.SIGXFSZ:
		return fault(reasonTooLarge, "its PDF is too large")
	}
	return fault(reasonCrashed, "LibreOffice ended: "+ps.String())
}

// spent says whether a process has used up its processor time, which it has
// inherited from this one.
func spent(ps *os.ProcessState) bool {
	var l syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_CPU, &l)
	return err == nil && uint64((ps.UserTime()+ps.SystemTime())/time.Second)+1 >= l.Cur // counted in ticks
}

func fill(name string, in io.Reader) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	_, err = io.Copy(f, in)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	return nil
}

func give(name string, out io.Writer) error {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return fault(reasonCrashed, "LibreOffice left no PDF")
	}
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	_, err = io.Copy(out, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	return nil
}

// lastBytes keeps the end of what a program complains; it is looked through
// and never logged.
type lastBytes struct{ bytes.Buffer }

func (l *lastBytes) Write(p []byte) (int, error) {
	const keep = 16 << 10
	if l.Len()+len(p) > 2*keep {
		l.Next(max(0, l.Len()-keep))
	}
	l.Buffer.Write(p[max(0, len(p)-keep):])
	return len(p), nil
}
