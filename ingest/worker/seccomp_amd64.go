package worker

import "golang.org/x/sys/unix"

const (
	thisArch = uint32(unix.AUDIT_ARCH_X86_64)
	otherABI = uint32(0x40000000) // x32
)

// deadlyHere are the calls of this architecture that nothing but an attack makes.
var deadlyHere = []uint32{unix.SYS_KEXEC_FILE_LOAD, unix.SYS_IOPL, unix.SYS_IOPERM, unix.SYS_MODIFY_LDT}
