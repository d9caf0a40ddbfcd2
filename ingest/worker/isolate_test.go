package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// attempts are what a child that was taken over would try. Each gives nil if
// it was let.
func attempts(address, secret, scratch string) map[string]func() error {
	call := func(nr uintptr, args ...uintptr) func() error {
		return func() error {
			var a [6]uintptr
			copy(a[:], args)
			if _, _, e := unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]); e != 0 {
				return e
			}
			return nil
		}
	}
	read := func(name string) func() error {
		return func() error { _, err := os.ReadFile(name); return err }
	}
	write := func(name string) func() error {
		return func() error { return os.WriteFile(name, []byte("x"), 0o600) }
	}
	tool := func(name string, args ...string) func() error {
		return func() error {
			if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		}
	}
	dial := func(network, address string) func() error {
		return func() error { _, err := net.DialTimeout(network, address, time.Second); return err }
	}
	host, port, _ := net.SplitHostPort(address)
	parent := os.Getppid()
	return map[string]func() error{
		"socket":                    call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM),
		"socket pair":               call(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM),
		"loopback":                  dial("tcp", address),
		"outside":                   dial("tcp", "192.0.2.1:80"), // of no host, ever (RFC 5737)
		"outside by datagram":       dial("udp", "192.0.2.1:53"),
		"unix socket":               dial("unix", secret),
		"loopback by a tool":        tool("bash", "-c", "exec 3<>/dev/tcp/"+host+"/"+port),
		"io_uring":                  call(unix.SYS_IO_URING_SETUP, 1, 0),
		"trace the parent":          call(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(parent)),
		"read the parent's memory":  read(fmt.Sprintf("/proc/%d/mem", parent)),
		"read the parent's secrets": read(fmt.Sprintf("/proc/%d/environ", parent)),
		"limit the parent":          call(unix.SYS_PRLIMIT64, uintptr(parent), unix.RLIMIT_CORE),
		"mount":                     call(unix.SYS_MOUNT),
		"unshare":                   call(unix.SYS_UNSHARE, unix.CLONE_NEWUSER),
		"clone into a namespace":    call(unix.SYS_CLONE, unix.CLONE_NEWUSER|uintptr(unix.SIGCHLD)),
		"clone3":                    call(unix.SYS_CLONE3),
		"leave the group":           call(unix.SYS_SETPGID, 0, 0),
		"leave the session":         call(unix.SYS_SETSID),
		"keyring":                   call(unix.SYS_KEYCTL),
		"read the key file":         read(secret),
		"read the key file by tool": tool("cat", secret),
		"list the data folder":      func() error { _, err := os.ReadDir(filepath.Dir(secret)); return err },
		"read the house's accounts": read("/etc/shadow"),
		"write beside the key":      write(secret + ".new"),
		"write over the key":        write(secret),
		"remove the key":            func() error { return os.Remove(secret) },
		"write in /tmp":             write(filepath.Join("/tmp", filepath.Base(scratch))),
		"write in /usr":             write(filepath.Join("/usr", filepath.Base(scratch))),
		"write beside the scratch":  write(scratch + ".new"),
		"write beside it by tool":   tool("bash", "-c", "echo x >"+scratch+".tool"),
		"run from the scratch": func() error {
			name := filepath.Join(scratch, "run")
			if err := os.WriteFile(name, []byte("#!/bin/sh\n"), 0o700); err != nil {
				return nil // that is not what was asked
			}
			return exec.Command(name).Run()
		},
		"signal the parent": call(unix.SYS_KILL, uintptr(parent), 0),
	}
}

// needed is what a child must still be able to do.
func needed(scratch string) map[string]func() error {
	return map[string]func() error{
		"write in the scratch": func() error {
			name := filepath.Join(scratch, "page")
			return errors.Join(os.WriteFile(name, []byte("x"), 0o600), os.Remove(name))
		},
		"write in it by tool": func() error { return exec.Command("bash", "-c", "echo x >"+scratch+"/tool").Run() },
		"start a tool":        func() error { return exec.Command("pdftoppm", "-v").Run() },
		"write to /dev/null":  func() error { return os.WriteFile("/dev/null", []byte("x"), 0) },
		"kill what it started": func() error {
			c := exec.Command("sleep", "100")
			if err := c.Start(); err != nil {
				return err
			}
			if err := c.Process.Kill(); err != nil {
				return err
			}
			_ = c.Wait() // it was killed
			return nil
		},
	}
}

// confined is the child of the tests below: it puts itself behind the layers
// as the product's does, tries everything and tells what came of it.
func confined(address, secret string) int {
	scratch := os.Getenv(envScratch)
	var l Limits
	if json.Unmarshal([]byte(os.Getenv(envLimits)), &l) != nil || restrain(l.withDefaults()) != nil {
		return 4
	}
	layers, err := isolate(scratch)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 5
	}
	told := map[string]string{}
	for name, try := range attempts(address, secret, scratch) {
		if err := try(); err != nil {
			told[name] = err.Error()
		}
	}
	for name, do := range needed(scratch) {
		if err := do(); err != nil {
			told["needed: "+name] = err.Error()
		}
	}
	if json.NewEncoder(os.Stdout).Encode(map[string]any{"layers": layers, "told": told}) != nil {
		return 6
	}
	return 0
}

// deadlyCall makes one of the calls that a child does not survive.
func deadlyCall() int {
	if _, err := isolate(""); err != nil {
		return 5
	}
	_, _, _ = unix.RawSyscall(unix.SYS_REBOOT, 0, 0, 0) // without its magic numbers it is refused by the kernel anyway
	return 0
}

// onlyFiles are the attempts that nothing but Landlock stops. The last one
// needs a kernel that keeps signals apart as well.
var onlyFiles = []string{"read the key file", "read the key file by tool", "list the data folder", "read the house's accounts",
	"write beside the key", "write over the key", "remove the key", "write in /tmp", "write in /usr", "write beside the scratch",
	"write beside it by tool", "run from the scratch", "read the parent's memory", "read the parent's secrets", "signal the parent"}

func TestEverythingElseIsRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	secret := filepath.Join(t.TempDir(), "data.key")
	for _, apart := range []bool{true, false} {
		if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		scratch, err := os.MkdirTemp(t.TempDir(), "scratch")
		if err != nil {
			t.Fatal(err)
		}
		said := &lastWords{}
		limits := fmt.Sprintf(`{"max_bytes":%d}`, mib)
		cmd := command(Config{Exe: "/proc/self/exe", Args: []string{"confined", listener.Addr().String(), secret}}, limits, scratch, said, apart)
		var told bytes.Buffer
		cmd.Stdout = &told
		err = cmd.Run()
		if apart && errors.Is(err, syscall.EPERM) {
			t.Log("this machine lets nobody make namespaces")
			continue
		}
		var got struct {
			Layers Isolation
			Told   map[string]string
		}
		if err != nil || json.Unmarshal(told.Bytes(), &got) != nil {
			t.Fatalf("%v, %q, %s", err, &told, said)
		}
		if !got.Layers.Seccomp || got.Layers.Namespaces != apart {
			t.Errorf("layers: %+v", got.Layers)
		}
		t.Logf("layers: %+v", got.Layers)
		for _, name := range slices.Sorted(maps.Keys(attempts("", "", scratch))) {
			unstoppable := slices.Contains(onlyFiles, name) && (got.Layers.Landlock == 0 || name == "signal the parent" && got.Layers.Landlock < scopedSince)
			if got.Told[name] == "" && !unstoppable {
				t.Errorf("apart %v: %s was let", apart, name)
			}
		}
		for name, why := range got.Told {
			if strings.HasPrefix(name, "needed: ") {
				t.Errorf("apart %v: %s: %s", apart, name, why)
			}
		}
	}
}

func TestTheWorstCallsAreDeadly(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "deadly")
	err := cmd.Run()
	ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if err == nil || !ok || !ws.Signaled() || ws.Signal() != syscall.SIGSYS {
		t.Errorf("%v", err)
	}
}
