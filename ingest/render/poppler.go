package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// inTool is the document as a tool started by tool sees it: its file descriptor 3.
const inTool = "/proc/self/fd/3"

// tool runs one of poppler's programs on the document and hands its standard
// output to read. Poppler may fail with exit code 0, so anything it complains
// about, and any output that read does not like, is a failure.
func tool(ctx context.Context, doc *os.File, page int, read func(io.Reader) error, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.ExtraFiles = []*os.File{doc}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	complaints := &head{max: 16 << 10}
	cmd.Stderr = complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	readErr := read(out)
	if readErr != nil { // it may go on writing for ever
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("%s: %w", name, err)
		}
	} else if _, err := io.Copy(io.Discard, out); err != nil {
		readErr = err
	}
	waitErr := cmd.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", name, ctx.Err())
	}
	if reason := verdict(cmd.ProcessState, complaints.String(), readErr != nil); reason != "" {
		return &Fault{Reason: reason, Page: page, Cause: errors.New(name + " failed")}
	}
	if readErr == nil && waitErr == nil && !harmless(complaints.String()) {
		return &Fault{Reason: ReasonDamaged, Page: page, Cause: fmt.Errorf("%s: %w", name, errComplained)}
	}
	var f *Fault
	switch {
	case errors.As(readErr, &f):
		return readErr
	case readErr != nil:
		return &Fault{Reason: ReasonDamaged, Page: page, Cause: fmt.Errorf("%s: %w", name, readErr)}
	case waitErr != nil:
		return fmt.Errorf("%s: %w", name, waitErr)
	}
	return nil
}

// verdict gives the reason why a tool failed, or "" if it did not. A kill by
// ourselves, because its output was refused, is none.
func verdict(ps *os.ProcessState, complaints string, killed bool) string {
	ws, _ := ps.Sys().(syscall.WaitStatus)
	switch {
	case strings.Contains(complaints, "Incorrect password"), strings.Contains(complaints, "security handler"):
		return ReasonEncrypted
	case strings.Contains(strings.ToLower(complaints), "out of memory"), strings.Contains(complaints, "bad_alloc"):
		return ReasonMemory
	case killed:
		return ""
	case ws.Signaled() && ws.Signal() == syscall.SIGXCPU:
		return ReasonTimeout
	case ws.Signaled() && ws.Signal() == syscall.SIGXFSZ:
		return ReasonMemory
	case ws.Signaled():
		return ReasonCrashed
	case ps.ExitCode() != 0:
		return ReasonDamaged
	}
	return ""
}

// errComplained is the cause of a Fault of a tool that did all it was asked
// for, and said that something in the document is not as it should be.
var errComplained = errors.New("done with complaints")

// harmless says whether every complaint is one of the few known to leave the
// page as it should be. What is not known is taken for damage.
func harmless(complaints string) bool {
	for line := range strings.Lines(complaints) {
		line = strings.TrimSpace(line)
		known := line == ""
		for _, w := range []string{
			"Syntax Warning: Mismatch between font type and embedded font file", // drawn with the embedded one
			"Syntax Warning: Invalid Font Weight",
			"Syntax Warning: Invalid least number of objects reading page offset hints table", // only for the web
			"Syntax Warning: Bad annotation destination",                                      // a link that leads nowhere
			"Syntax Warning: Can't get Fields array",                                          // a form without fields
			"Fontconfig warning:",
		} {
			known = known || strings.HasPrefix(line, w)
		}
		if !known {
			return false
		}
	}
	return true
}

// head keeps the first max bytes written to it and swallows the rest.
type head struct {
	bytes.Buffer
	max int
}

func (t *head) Write(p []byte) (int, error) {
	if room := t.max - t.Len(); room > 0 {
		t.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
