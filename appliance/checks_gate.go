package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/admin"
)

// lookAtIsolation says what stands between a hostile document and this machine.
func (a *app) lookAtIsolation(ctx context.Context) admin.Finding {
	if !a.cfg.Has("worker") && !a.cfg.Has("web") { // whoever answers draws pages for it
		return admin.Finding{State: admin.OK, Code: "isolation.elsewhere", Message: "no documents are read by this process"}
	}
	got, err := a.pool.Isolation(ctx)
	values := map[string]string{"landlock": strconv.Itoa(got.Landlock)}
	switch {
	case err != nil || !got.Seccomp:
		return admin.Finding{State: admin.Degraded, Code: "isolation.none", Message: "No document can be read: its worker does not start behind its walls.",
			Hint: "The kernel must offer seccomp filters; the log says what it refused. Documents are taken in and wait."}
	case got.Landlock == 0:
		return admin.Finding{State: admin.Degraded, Code: "isolation.files", Message: "This kernel has no Landlock: who reads documents has no network, but sees the files that the appliance's user sees.",
			Hint: "Use a kernel of 5.13 or newer with Landlock switched on (lsm=landlock,…)."}
	case !got.Namespaces:
		return admin.Finding{State: admin.OK, Code: "isolation.filtered", Message: "system calls filtered, files kept apart by Landlock " + values["landlock"] + "; no namespaces here", Values: values}
	}
	return admin.Finding{State: admin.OK, Code: "isolation.ok", Message: "system calls filtered, files kept apart by Landlock " + values["landlock"] + ", network and users of its own", Values: values}
}

// scannerTime is how long the health page waits for clamd.
const scannerTime = 3 * time.Second

// lookAtMalware says whether documents are looked through for malware.
func (a *app) lookAtMalware(ctx context.Context) admin.Finding {
	if a.scanner == nil {
		return admin.Finding{State: admin.OK, Code: "malware.off", Message: "not set up: documents are not looked through"}
	}
	ctx, cancel := context.WithTimeout(ctx, scannerTime)
	defer cancel()
	version, err := a.scanner.Version(ctx)
	if err == nil {
		err = a.scanner.Failure()
	}
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "malware.down", Message: "The malware scanner gives no verdict; documents are taken in and wait unread.",
			Hint: "Check that clamd runs, that its signatures are there, and that its socket is the one that is set."}
	}
	version, _, _ = strings.Cut(version, "\n")
	return admin.Finding{State: admin.OK, Code: "malware.ok", Message: version, Values: map[string]string{"version": version}}
}
