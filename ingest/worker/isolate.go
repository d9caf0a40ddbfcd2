package worker

import (
	"context"
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Isolation says which layers stand between a document and the machine, besides
// the limits and the process group, which every child has.
type Isolation struct {
	Seccomp    bool `json:"seccomp"`    // system calls are filtered; no child runs without
	Landlock   int  `json:"landlock"`   // ABI of the kernel that keeps the files apart; 0: it can't
	Namespaces bool `json:"namespaces"` // a network and users of its own
}

// What the child and its tools read besides the programs and libraries
// themselves: fonts, models, the loader's lists. Not /proc, /home, /var/lib,
// /run, and nothing of the appliance.
var (
	programs = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"}
	settings = []string{"/etc/fonts", "/etc/libreoffice", "/etc/alternatives", "/etc/ld.so.conf.d", "/var/cache/fontconfig", "/sys/devices/system/cpu"}
	single   = []string{"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/nsswitch.conf", "/etc/passwd",
		"/etc/localtime", "/dev/random", "/dev/urandom", "/dev/zero", "/proc/cpuinfo", "/proc/meminfo", "/proc/filesystems"}
)

// Rights on files, by Landlock's names.
const (
	readDirs  = ll.AccessFSReadFile | ll.AccessFSReadDir
	runDirs   = readDirs | ll.AccessFSExecute
	writeDirs = readDirs | ll.AccessFSWriteFile | ll.AccessFSTruncate | ll.AccessFSMakeReg | ll.AccessFSMakeDir |
		ll.AccessFSRemoveFile | ll.AccessFSRemoveDir
	readFile  = ll.AccessFSReadFile
	runFile   = readFile | ll.AccessFSExecute
	writeFile = readFile | ll.AccessFSWriteFile | ll.AccessFSTruncate
)

// isolate takes from this process, from all its threads and from whatever it
// starts, what reading a document does not need: the network, other processes,
// and all files but programs, fonts and models; it can write only in scratch.
// It can't be undone. What it opened before stays open.
func isolate(scratch string) (Isolation, error) {
	var got Isolation
	version, err := ll.LandlockGetABIVersion()
	if err == nil && version >= 1 {
		if err := confine(version, scratch); err != nil {
			return got, fmt.Errorf("confine to files: %w", err)
		}
		got.Landlock = version
	}
	if err := filterCalls(); err != nil {
		return got, fmt.Errorf("filter system calls: %w", err)
	}
	got.Seccomp = true
	got.Namespaces = os.Getenv(envNamespaces) != ""
	return got, nil
}

// scopedSince is the first Landlock ABI whose kernels let the threads of one
// process signal each other although each has a domain of its own.
const scopedSince = 7

// confine leaves the files that are needed and no others.
func confine(version int, scratch string) error {
	config := landlock.V5 // files and TCP
	if version >= scopedSince {
		config = landlock.V11 // and signals and sockets of others
	}
	rules := []landlock.Rule{
		landlock.PathAccess(runDirs, programs...).IgnoreIfMissing(),
		landlock.PathAccess(readDirs, settings...).IgnoreIfMissing(),
		landlock.PathAccess(readFile, single...).IgnoreIfMissing(),
		landlock.PathAccess(writeFile, "/dev/null").IgnoreIfMissing(),
	}
	if self, err := os.Executable(); err == nil { // is started once more, for LibreOffice
		rules = append(rules, landlock.PathAccess(runFile, self).IgnoreIfMissing())
	}
	if dir := os.Getenv("TESSDATA_PREFIX"); dir != "" {
		rules = append(rules, landlock.PathAccess(readDirs, dir).IgnoreIfMissing())
	}
	if scratch != "" {
		rules = append(rules, landlock.PathAccess(writeDirs, scratch))
	}
	return config.BestEffort().Restrict(rules...)
}

// Isolation says which layers the children have round them. It asks the last
// one that was started, and starts one if there was none yet.
func (p *Pool) Isolation(ctx context.Context) (Isolation, error) {
	if got := p.layers.Load(); got != nil {
		return *got, nil
	}
	if err := p.enter(); err != nil {
		return Isolation{}, err
	}
	defer p.busy.Done()
	c, err := p.child()
	if err != nil {
		return Isolation{}, err
	}
	defer p.end(c, "asked")
	defer context.AfterFunc(ctx, c.kill)()
	if err := p.begun(c); err != nil {
		return Isolation{}, fmt.Errorf("worker does not start: %w", err)
	}
	return c.layers, nil
}

// begun waits until a child is ready and keeps which layers it has.
func (p *Pool) begun(c *child) error {
	if err := c.begun(); err != nil {
		return err
	}
	p.layers.Store(&c.layers)
	return nil
}
