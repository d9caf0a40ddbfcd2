package worker

import "golang.org/x/sys/unix"

const (
	thisArch = uint32(unix.AUDIT_ARCH_AARCH64)
	otherABI = uint32(0) // there is none
)

// deadlyHere are the calls of this architecture that nothing but an attack makes.
var deadlyHere = []uint32{unix.SYS_KEXEC_FILE_LOAD}
