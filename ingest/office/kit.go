package office

// #cgo LDFLAGS: -ldl
// #include <dlfcn.h>
// #include <signal.h>
// #include <stddef.h>
// #include <stdlib.h>
//
// // What is needed of LibreOfficeKit.h. The tables only ever grow at their
// // ends, so these beginnings hold for every version since 4.3.
// typedef struct kit kit;
// typedef struct doc doc;
// struct kitClass {
//     size_t size;
//     void (*destroy)(kit *);
//     doc *(*load)(kit *, const char *url);
//     char *(*error)(kit *);
//     doc *(*loadWithOptions)(kit *, const char *url, const char *options);
// };
// struct docClass {
//     size_t size;
//     void (*destroy)(doc *);
//     int (*saveAs)(doc *, const char *url, const char *format, const char *options);
// };
// struct kit { struct kitClass *class; };
// struct doc { struct docClass *class; };
//
// enum { DONE = 0, NO_OFFICE = 20, NOT_LOADED = 21, NOT_SAVED = 22 };
//
// static int convert(const char *library, const char *program, const char *profile,
//                    const char *from, const char *to) {
//     signal(SIGXCPU, SIG_DFL); // Go's runtime would live on
//     signal(SIGXFSZ, SIG_DFL);
//     void *lib = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
//     if (!lib) return NO_OFFICE;
//     kit *(*hook)(const char *, const char *) =
//         (kit *(*)(const char *, const char *))dlsym(lib, "libreofficekit_hook_2");
//     if (!hook) return NO_OFFICE;
//     kit *k = hook(program, profile);
//     if (!k || k->class->size < sizeof(struct kitClass)) return NO_OFFICE;
//     doc *d = k->class->loadWithOptions(k, from, "Batch=true,EnableMacrosExecution=false,MacroSecurityLevel=3");
//     if (!d) return NOT_LOADED;
//     return d->class->saveAs(d, to, "pdf", "") ? DONE : NOT_SAVED;
// }
import "C"

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"unsafe"
)

// How Main ends. Other ends are LibreOffice's own.
const (
	exitDone     = C.DONE
	exitNoOffice = C.NO_OFFICE
	exitUnread   = C.NOT_LOADED
	exitUnsaved  = C.NOT_SAVED
)

// Main is the process that LibreOffice is loaded into. It converts one
// document, the first argument, to the PDF named by the second; the profile is
// made beside it. It gives the exit code, and whoever calls it must exit
// without any further ado: LibreOffice's threads are still there.
func Main(args []string) int {
	runtime.LockOSThread()
	program, library := installed()
	if len(args) != 2 || program == "" {
		return exitNoOffice
	}
	profile := filepath.Join(filepath.Dir(args[1]), "profile")
	if err := writeProfile(profile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitNoOffice
	}
	var c [5]*C.char
	for i, s := range []string{library, program, "file://" + profile, "file://" + args[0], "file://" + args[1]} {
		c[i] = C.CString(s)
		defer C.free(unsafe.Pointer(c[i]))
	}
	return int(C.convert(c[0], c[1], c[2], c[3], c[4]))
}
