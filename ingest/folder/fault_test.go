package folder

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"eakte/appliance/record"
	"eakte/ingest"
)

// What happens to a file while it is read or moved: nothing that changed is
// acknowledged, and in the end all that was ever whole is in the archive.
func TestChangesMeanwhile(t *testing.T) {
	write := func(body string) func(*house) {
		return func(h *house) { h.put("a.pdf", body) }
	}
	replace := func(h *house) {
		h.put(".neu", "ersetzt!!")
		if err := os.Rename(h.at(".neu"), h.at("a.pdf")); err != nil {
			h.t.Error(err)
		}
	}
	remove := func(h *house) {
		if err := os.Remove(h.at("a.pdf")); err != nil {
			h.t.Error(err)
		}
	}
	grow := func(h *house) {
		f, err := os.OpenFile(h.at("a.pdf"), os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			_, err = f.WriteString(" mehr")
		}
		if err = errors.Join(err, f.Close()); err != nil {
			h.t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		do          func(*house)
		read, moved string // what the archive holds in the end, if it happened before or after the receipt
	}{
		"grows":                {grow, "anfangs!! mehr", "anfangs!!|anfangs!! mehr"},
		"truncated":            {write("kurz"), "kurz", "anfangs!!|kurz"},
		"rewritten, same size": {write("ENDLICH!!"), "ENDLICH!!", "anfangs!!|ENDLICH!!"},
		"replaced":             {replace, "ersetzt!!", "anfangs!!|ersetzt!!"},
		"deleted":              {remove, "", "anfangs!!"},
		"emptied":              {write(""), "", "anfangs!!"},
	} {
		for _, when := range []string{"while hashed", "while handed in", "after the receipt"} {
			t.Run(name+" "+when, func(t *testing.T) {
				h := newHouse(t)
				h.put("a.pdf", "anfangs!!")
				fired := false
				once := func() {
					if !fired {
						fired = true
						c.do(h)
					}
				}
				want := c.read
				switch when {
				case "while hashed":
					h.w.openFile = func(d *dir, name string) (source, error) {
						src, err := openSource(d, name)
						return &faulty{source: src, read: func(n int) error { once(); return nil }}, err
					}
				case "while handed in":
					h.in.middle = once
				case "after the receipt":
					h.in.after = func() error { once(); return nil }
					want = c.moved
				}
				h.settled()
				if !fired || when != "after the receipt" && len(h.in.receipts) > 0 {
					t.Errorf("fired %v, acknowledged %+v", fired, h.in.receipts)
				}
				for range 3 {
					h.look(minEmpty)
				}
				h.holds(strings.FieldsFunc(want, func(r rune) bool { return r == '|' })...)
				for f, b := range h.files() {
					if !strings.HasPrefix(f, doneName) && !strings.HasPrefix(f, rejectedName) {
						t.Errorf("%s with %q is left", f, b)
					}
				}
				h.says()
			})
		}
	}
}

// faulty is a source whose n-th read, counted from 1, goes wrong or is watched.
type faulty struct {
	source
	n    int
	read func(n int) error
}

func (f *faulty) Read(p []byte) (int, error) {
	f.n++
	if err := f.read(f.n); err != nil {
		return 0, &os.PathError{Op: "read", Path: "document", Err: err}
	}
	return f.source.Read(p[:min(len(p), 3)])
}

// The n-th read fails, for every n: half a file is never acknowledged, the
// state says what to do, and later the file is taken whole.
func TestReadErrors(t *testing.T) {
	for errno, says := range map[syscall.Errno]string{
		syscall.EIO: "they can't be read", syscall.EACCES: "right to read", syscall.ESTALE: "share of the watched folder stopped answering",
		syscall.ETIMEDOUT: "file server", syscall.EBUSY: "",
	} {
		for n := 1; ; n++ {
			h := newHouse(t)
			h.put("a.pdf", "anfangs!!")
			fired := false
			h.w.openFile = func(d *dir, name string) (source, error) {
				src, err := openSource(d, name)
				return &faulty{source: src, read: func(i int) error {
					if i != n {
						return nil
					}
					fired = true
					return errno
				}}, err
			}
			h.settled()
			if !fired {
				h.holds("anfangs!!")
				if n < 8 { // three pieces and the end, twice
					t.Errorf("only %d reads", n)
				}
				break
			}
			if len(h.in.receipts) > 0 {
				t.Errorf("%v at read %d: acknowledged", errno, n)
			}
			h.lies("a.pdf", "anfangs!!")
			if says == "" {
				h.says()
			} else {
				h.says(says)
			}
			h.w.openFile = openSource
			h.look(retryMin)
			h.holds("anfangs!!")
			h.says()
		}
	}
}

func TestRejects(t *testing.T) {
	h := newHouse(t)
	long := strings.Repeat("x", 255)
	h.put("leer.pdf", "")
	h.put("Team/"+long, "")
	h.settled()
	h.lies("leer.pdf", "", "Team/"+long, "") // it may be the beginning of one
	h.look(minEmpty)
	h.put("leer.pdf", "")
	h.put("groß.pdf", strings.Repeat("x", 1<<20+1))
	h.look(0)
	h.look(minEmpty)
	reasons := map[string]bool{}
	for name, body := range h.files() {
		if !strings.HasPrefix(name, rejectedName+"/") {
			t.Errorf("%s is left", name)
		}
		if !strings.HasSuffix(name, reasonSuffix) {
			continue
		}
		reasons[strings.TrimSuffix(name, reasonSuffix)] = true
		for _, part := range []string{"Diese Datei wurde nicht in das Archiv aufgenommen.\nGrund: Die Datei ist ", "Was zu tun ist: ",
			"This file was not taken into the archive.\nReason: The file is ", "What to do: "} {
			if !strings.Contains(body, part) {
				t.Errorf("%s says %q", name, body)
			}
		}
	}
	for _, name := range []string{"leer.pdf", "leer-2.pdf", "groß.pdf", "Team/" + strings.Repeat("x", 255-len(reasonSuffix))} {
		if !reasons[rejectedName+"/"+name] {
			t.Errorf("no reason stands beside %s", name)
		}
	}
	if st := h.w.State(); st.Rejected != 4 || st.Lying != 4 || st.Waiting != 0 || len(h.in.given) != 0 {
		t.Errorf("%+v, %d handed in", st, len(h.in.given))
	}
	h.says()
	h.open() // what lies there is known after a restart
	if h.look(0); h.w.State().Lying != 4 {
		t.Errorf("%+v", h.w.State())
	}
}

// A writer fills the file that is being rejected as empty: it goes back.
func TestRejectedTooSoon(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "")
	h.w.openFile = func(d *dir, name string) (source, error) {
		src, err := openSource(d, name)
		return &late{source: src, write: func() { h.put("a.pdf", "eins") }}, err
	}
	h.look(0)
	h.look(minEmpty)
	h.lies("a.pdf", "eins")
	h.w.openFile = openSource
	h.settled()
	h.lies(h.day()+"a.pdf", "eins")
	h.holds("eins")
}

// late writes after the file was looked at.
type late struct {
	source
	write func()
}

func (l *late) written() bool { l.write(); return false }

// What the archive will never take is rejected; bytes that nobody can read are
// not: they are kept and wait in quarantine.
func TestRejectedByTheArchive(t *testing.T) {
	for _, err := range []error{record.Bad("name", "is wrong"), &record.Error{Category: record.TooLarge, Message: "Too large."},
		&record.Error{Category: record.Conflict, Message: "Used."}} {
		h := newHouse(t)
		h.put("a.pdf", "eins")
		h.put("b.pdf", "zwei")
		h.in.before = func(ingest.Submission) error { return err }
		h.settled()
		if st := h.w.State(); st.Rejected != 2 {
			t.Errorf("%v: %+v", err, st)
		}
		h.says()
	}
	h := newHouse(t)
	h.put("müll.pdf", "\x00\x01garbage")
	h.settled()
	h.holds("\x00\x01garbage")
}

// The archive is in trouble: everything stays, nobody hammers, and when it is
// well again all is taken.
func TestArchiveInTrouble(t *testing.T) {
	for _, c := range []struct {
		err  error
		says string
	}{
		{&record.Error{Category: record.Unavailable, Message: "The disk of the appliance is full; nothing was taken in.", Hint: "Make room."}, "disk of the appliance is full"},
		{record.Down("The object store", errors.New("connection refused")), "object store can't be reached"},
		{&record.Error{Category: record.Denied, Message: "No."}, "role scan or integration"},
		{errors.New("something unheard of"), "tried again"},
		{fmt.Errorf("spool: %w", os.ErrNotExist), "tried again"},
	} {
		h := newHouse(t)
		for i := range 40 {
			h.put(fmt.Sprintf("%d.pdf", i), fmt.Sprint(i))
		}
		first := h.w.pause()
		h.in.before = func(ingest.Submission) error { return c.err }
		h.settled()
		if n := len(h.in.given); n == 0 || n > 2*parallel {
			t.Errorf("%v: %d tries", c.err, n)
		}
		h.says(c.says)
		if p := h.w.pause(); p <= first {
			t.Errorf("the pause does not grow: %v", p)
		}
		for range 20 {
			h.look(pauseMax)
		}
		if p := h.w.pause(); p != pauseMax {
			t.Errorf("the pause is %v", p)
		}
		if st := h.w.State(); st.Waiting != 40 || len(h.files()) != 40 {
			t.Errorf("%v: %+v, %d files", c.err, st, len(h.files()))
		}
		h.in.before = nil
		h.look(pauseMax)
		h.look(pauseMax)
		if st := h.w.State(); st.Taken != 40 || st.Waiting != 0 || h.w.pause() != first {
			t.Errorf("%v: afterwards %+v", c.err, st)
		}
		h.says()
	}
}

// One file that the archive can't take for reasons of its own must not keep
// the others waiting for ever.
func TestPoisonedFile(t *testing.T) {
	h := newHouse(t)
	h.put("gift.pdf", "gift")
	h.in.before = func(s ingest.Submission) error {
		if s.Name == "gift.pdf" {
			return errors.New("something unheard of")
		}
		return nil
	}
	h.settled()
	for i := range 20 {
		h.put(fmt.Sprintf("%d.pdf", i), fmt.Sprint(i))
	}
	for range 6 {
		h.look(settle)
	}
	if st := h.w.State(); st.Taken != 20 || st.Waiting != 1 {
		t.Errorf("%+v", st)
	}
	h.says("Files that wait: 1")
}
