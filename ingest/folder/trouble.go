package folder

import (
	"errors"
	"io/fs"
	"syscall"

	"eakte/appliance/record"
)

// trouble is a sentence about what is wrong and one about what to do. The code
// stands for the same trouble in any language.
type trouble struct {
	code, message, hint string
	cause               error // for the log; names no file
}

func (t *trouble) Error() string {
	if t.cause != nil {
		return t.message + ": " + t.cause.Error()
	}
	return t.message
}

func (t *trouble) Unwrap() error { return t.cause }

func (t *trouble) because(err error) *trouble {
	c := *t
	c.cause = err
	return &c
}

// What can be wrong with the whole folder. Looking stops, and is tried again.
var (
	missing = &trouble{code: "missing", message: "The watched folder is not there.",
		hint: "Make the folder, connect the share, or correct the path in the configuration; nothing is lost, taking in goes on by itself."}
	unmounted = &trouble{code: "unmounted", message: "The share of the watched folder is no longer connected: there is only an empty mount point.",
		hint: "Mount the share again; taking in goes on by itself."}
	shareLost = &trouble{code: "lost", message: "The share of the watched folder stopped answering.",
		hint: "Check the network and the file server; what was half read is read again, nothing is lost."}
	hanging = trouble{code: "hanging", message: "The watched folder has not answered for minutes.",
		hint: "Check the network and the file server of the share; a restart of the appliance does not help."}
	noFolder = &trouble{code: "nofolder", message: "The path of the watched folder is a file.",
		hint: "Name a folder in the configuration."}
	noEntry = &trouble{code: "rights", message: "The watched folder can't be read: the rights are missing.",
		hint: "Give the user that the appliance runs as the rights to read, write and search the folder."}
	noWriting = &trouble{code: "readonly", message: "Nothing can be moved in the watched folder: the right to write is missing, or it is read-only.",
		hint: "Give the user that the appliance runs as the right to write there; before that nothing is taken in."}
	noMoving = &trouble{code: "done", message: "Documents were taken in, but their files can't be moved to done/.",
		hint: "Check that done/ is a folder on the same share, with the right to write and with free space; nothing is taken in twice."}
	noRejecting = &trouble{code: "rejected", message: "A file can't be moved to rejected/.",
		hint: "Check that rejected/ is a folder on the same share, with the right to write and with free space."}
	watched = &trouble{code: "watched", message: "Another appliance watches the same folder.",
		hint: "Let only one watch it: take it out of the configuration of the other."}
	noUser = &trouble{code: "user", message: "The user as whom the folder hands in is missing or disabled.",
		hint: "Name another user in the configuration, or enable this one."}
	noPost = &trouble{code: "post", message: "The user as whom the folder hands in has no right to do so.",
		hint: "Give the user the role scan or integration."}
	noArchive = &trouble{code: "archive", message: "The archive did not take a document in.",
		hint: "See the health page and the log; the files wait and are tried again."}
)

// What can be wrong with single files or sub-folders. The others go on.
var (
	noReading = &trouble{code: "unreadable_rights", message: "the right to read them is missing.",
		hint: "Give the user that the appliance runs as the right to read the files."}
	unreadable = &trouble{code: "unreadable", message: "they can't be read.",
		hint: "Check the disk or the share; copy the files anew from where they came."}
	otherHash = &trouble{code: "other", message: "the archive holds other bytes than the files under the same name.",
		hint: "Do not delete them; run eakte verify and ask for help."}
	inTheWay = &trouble{code: "busy", message: "the same documents are being taken in at another place.",
		hint: "Wait a minute; they are tried again by themselves."}
	stillOpen = &trouble{code: "open", message: "another program keeps them open.",
		hint: "End the program that wrote the files, or let the upload finish."}
	noSub = &trouble{code: "sub", message: "A sub-folder can't be read or written: the rights are missing, and its files wait.",
		hint: "Give the user that the appliance runs as the rights to read, write and search all sub-folders."}
	tooDeep = &trouble{code: "deep", message: "Sub-folders lie too deep below the watched folder; what is in them waits.",
		hint: "Put the files higher: at most 16 folders deep."}
	topManifest = &trouble{code: "manifest", message: "A manifest lies at the top of the watched folder, which belongs to no delivery.",
		hint: "Put each delivery into a sub-folder of its own, its manifest last."}
)

var (
	errChanged = errors.New("the file changed while it was read")
	errInUse   = errors.New("the file is being written")
)

// readError is one of reading a file of the folder, told apart from those of
// the archive that the reading is part of.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// acceptError is one of the archive.
type acceptError struct{ error }

func (e acceptError) Unwrap() error { return e.error }

// lost says that the share went away, not the file.
func lost(err error) bool {
	return isAny(err, syscall.ESTALE, syscall.ENOTCONN, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.ENETUNREACH,
		syscall.ETIMEDOUT, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.ENODEV, syscall.ENXIO, syscall.ESHUTDOWN)
}

func refused(err error) bool {
	return errors.Is(err, fs.ErrPermission) || isAny(err, syscall.EROFS)
}

func isAny(err error, nos ...syscall.Errno) bool {
	for _, no := range nos {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// judge says what an error about one file means: nothing bad (it waits a
// little), trouble of this file, or trouble that stops the look.
func judge(err error) (t *trouble, stop bool) {
	var ours *trouble
	var reading readError
	switch {
	case errors.Is(err, otherHash):
		return otherHash, false
	case errors.As(err, &ours):
		return ours, true
	case errors.Is(err, errChanged), errors.Is(err, errInUse):
		return nil, false
	case errors.As(err, &reading) && lost(reading.error):
		return shareLost.because(reading.error), true
	case errors.As(err, &reading):
		return ofReading(reading.error), false
	}
	return ofArchive(err)
}

func ofReading(err error) *trouble {
	switch {
	case isAny(err, syscall.EBUSY, syscall.ETXTBSY, syscall.EAGAIN):
		return nil
	case refused(err):
		return noReading.because(err)
	}
	return unreadable.because(err)
}

// ofArchive turns a refusal of the archive into trouble. One that would meet
// every other file as well stops the look.
func ofArchive(err error) (t *trouble, stop bool) {
	var e *record.Error
	switch c := record.CategoryOf(err); {
	case c == record.Busy, elsewhere(err):
		return inTheWay.because(err), false
	case c == record.Denied, c == record.NotFound, c == record.Unauthenticated:
		return noPost.because(err), true
	case c == record.Unavailable && errors.As(err, &e) && e.Message != "":
		return &trouble{code: noArchive.code, message: e.Message, hint: e.Hint, cause: err}, true
	}
	return noArchive.because(err), true
}
