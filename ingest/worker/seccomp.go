package worker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refused are the system calls that fail with EPERM: a library that tries one
// by habit goes on without.
var refused = []uint32{
	// The network, and every other process that could be asked to use it.
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVMSG, unix.SYS_RECVMMSG, unix.SYS_SETSOCKOPT,
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
	// Other processes, and ways out of the process group that the parent kills.
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_KCMP, unix.SYS_PROCESS_MADVISE, unix.SYS_PIDFD_GETFD,
	unix.SYS_SETPGID, unix.SYS_SETSID, unix.SYS_SETNS, unix.SYS_UNSHARE,
	// File systems.
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT,
	unix.SYS_FSPICK, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_MOUNT_SETATTR, unix.SYS_QUOTACTL, unix.SYS_SWAPON, unix.SYS_SWAPOFF,
	unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_FANOTIFY_INIT, unix.SYS_MKNODAT,
	// The kernel's own business.
	unix.SYS_USERFAULTFD, unix.SYS_PERF_EVENT_OPEN, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_PERSONALITY,
	unix.SYS_ACCT, unix.SYS_SYSLOG, unix.SYS_VHANGUP, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
	unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX,
}

// deadly are the calls that nothing but an attack makes here.
var deadly = []uint32{
	unix.SYS_BPF, unix.SYS_KEXEC_LOAD, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE,
	unix.SYS_REBOOT, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_PROCESS_VM_WRITEV,
}

// newNamespaces are the flags of clone that make one.
const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER | unix.CLONE_NEWPID |
	unix.CLONE_NEWNET | unix.CLONE_NEWCGROUP

// Answers of the filter.
const (
	answerKill    = uint32(unix.SECCOMP_RET_KILL_PROCESS)
	answerRefuse  = uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.EPERM)
	answerUnknown = uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.ENOSYS)
	answerAllow   = uint32(unix.SECCOMP_RET_ALLOW)
)

// Where the kernel's struct seccomp_data has what is asked for. Of an argument
// it is the low half, of a little-endian machine.
const (
	atCall = 0
	atArch = 4
	atArg0 = 16
)

func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

func answer(k uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
}

// jump compares with k: the next yes, or no, instructions are left out.
func jump(how uint16, k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | how | unix.BPF_K, K: k, Jt: yes, Jf: no}
}

// filterProgram is the filter. What it does not name is allowed: which calls
// poppler, tesseract and their libraries make changes with every version, and
// what they may reach is left to Landlock.
func filterProgram() []unix.SockFilter {
	p := []unix.SockFilter{load(atArch), jump(unix.BPF_JEQ, thisArch, 1, 0), answer(answerKill), load(atCall)}
	if otherABI != 0 { // the same kernel's calls by other numbers
		p = append(p, jump(unix.BPF_JGE, otherABI, 0, 1), answer(answerKill))
	}
	for _, l := range []struct {
		calls  []uint32
		answer uint32
	}{{deadly, answerKill}, {deadlyHere, answerKill}, {refused, answerRefuse},
		{[]uint32{unix.SYS_CLONE3}, answerUnknown}} { // its flags lie in memory; then clone is taken
		for _, call := range l.calls {
			p = append(p, jump(unix.BPF_JEQ, call, 0, 1), answer(l.answer))
		}
	}
	return append(p,
		jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 3), load(atArg0), jump(unix.BPF_JSET, newNamespaces, 0, 4), answer(answerRefuse),
		jump(unix.BPF_JEQ, unix.SYS_PRLIMIT64, 0, 2), load(atArg0), jump(unix.BPF_JEQ, 0, 0, 1), // another's limits
		answer(answerAllow), answer(answerRefuse))
}

// filterCalls sets the filter on all threads, for good.
func filterCalls() error {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return errors.New("this machine is big-endian")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	code := filterProgram()
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(code)
	switch {
	case errno != 0:
		return errno
	case thread != 0:
		return fmt.Errorf("thread %d does not take it", thread)
	}
	return nil
}
