package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"eakte/appliance/record"
)

func TestTakesLooseFiles(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "eins")
	h.put("Team 1/b.pdf", "zwei")
	h.put("Team 1/tief/c.pdf", "drei")
	h.look(0)
	h.look(settle - 1)
	if len(h.in.given) > 0 {
		t.Fatal("a file was taken before it had settled")
	}
	h.look(1)
	h.lies(h.day()+"a.pdf", "eins", h.day()+"Team 1/b.pdf", "zwei", h.day()+"Team 1/tief/c.pdf", "drei")
	h.holds("eins", "zwei", "drei")
	h.says()
	for _, s := range h.in.given {
		if s.Channel != "folder" || s.Received != "" || s.File != "" || strings.Contains(s.Name, "/") || strings.Contains(s.IdempotencyKey, "pdf") {
			t.Errorf("handed in as %+v", s)
		}
	}
	if st := h.w.State(); st.Taken != 3 || st.Repeated != 0 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	for _, word := range []string{"a.pdf", "Team", h.root} {
		if strings.Contains(h.log.String(), word) {
			t.Errorf("the log names %q:\n%s", word, h.log)
		}
	}
}

// The same transmission is one document, and a further receipt; what differs
// in name, folder or bytes is another.
func TestSameAgain(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "eins")
	h.settled()
	h.put("a.pdf", "eins")
	h.settled()
	if len(h.documents()) != 1 || !h.in.receipts[1].Repeated || h.w.State().Repeated != 1 {
		t.Errorf("%d documents, %+v", len(h.documents()), h.in.receipts)
	}
	h.put("b.pdf", "eins")
	h.put("x/a.pdf", "eins")
	h.put("a.pdf", "zwei")
	h.settled()
	h.holds("eins", "eins", "eins", "zwei")
	h.lies(h.day()+"a.pdf", "eins", h.day()+"a-2.pdf", "eins", h.day()+"a-3.pdf", "zwei", h.day()+"b.pdf", "eins", h.day()+"x/a.pdf", "eins")
}

func TestLeftAlone(t *testing.T) {
	h := newHouse(t)
	secret := t.TempDir() + "/geheim.pdf"
	if err := os.WriteFile(secret, []byte("geheim"), 0o600); err != nil {
		t.Fatal(err)
	}
	left := []string{}
	for _, name := range []string{".a.pdf", "a.pdf.part", "b.PDF.PART", "c.tmp", "d.filepart", "~$e.docx", "~WRL1.tmp", "f.crdownload", "Thumbs.db",
		"desktop.ini", ".versteckt/a.pdf", "neu.part/a.pdf", "done/alt.pdf", "rejected/alt.pdf", "rejected/alt.pdf" + reasonSuffix,
		"Lieferung/0001.pdf", "Lieferung/manifest.json", "Lieferung/mehr/0002.pdf", "Unterwegs/announce.json", "Unterwegs/0001.pdf"} {
		h.put(name, "liegt")
		left = append(left, name, "liegt")
	}
	for name, make := range map[string]func(string) error{
		"link.pdf":   func(p string) error { return os.Symlink(secret, p) },
		"ordner":     func(p string) error { return os.Symlink(t.TempDir(), p) },
		"rohr.pdf":   func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"sockel.pdf": func(p string) error { return syscall.Mknod(p, syscall.S_IFSOCK|0o600, 0) },
	} {
		if err := make(h.at(name)); err != nil {
			t.Fatal(err)
		}
		left = append(left, name, "(no file)")
	}
	h.put("gut.pdf", "eins")
	h.settled()
	h.look(time.Hour)
	h.lies(append(left, h.day()+"gut.pdf", "eins")...)
	h.holds("eins")
	if st := h.w.State(); st.Left != 4 || st.Deliveries != 2 || st.Lying != 1 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	h.says()
	h.put("manifest.json", "{}")
	h.settled()
	h.says("top of the watched folder", "sub-folder of its own")
}

// Names are bytes on disk and text in the archive.
func TestNames(t *testing.T) {
	long := strings.Repeat("ä", 125) + ".pdf" // 254 bytes
	for name, want := range map[string]string{
		"Bescheid über Bürgergeld.pdf": "Bescheid über Bürgergeld.pdf",
		"Bu\u0308rgergeld.pdf":         "Bu\u0308rgergeld.pdf", // as macOS takes it apart
		"B\xfcrgergeld \x80.pdf":       "Bürgergeld €.pdf",     // Windows-1252
		"\x81\x8d.pdf":                 "\uFFFD\uFFFD.pdf",
		"zwei\nZeilen\t.pdf":           "zwei\nZeilen\t.pdf",
		" Leer .pdf":                   " Leer .pdf",
		"-rf":                          "-rf",
		"\"';$(rm).pdf":                "\"';$(rm).pdf",
		"日本 🙂.pdf":                     "日本 🙂.pdf",
		"..pdf":                        "",
		"...":                          "",
		"a\\b.pdf":                     "a\\b.pdf",
		"x.pdf.reason.txt":             "x.pdf.reason.txt",
		long:                           long,
		strings.Repeat("\xfc", 255):    strings.Repeat("ü", 255),
		strings.Repeat("x", 255):       strings.Repeat("x", 255),
	} {
		h := newHouse(t)
		h.put(name, "eins")
		h.settled()
		if want == "" { // a leading dot
			h.lies(name, "eins")
			continue
		}
		h.lies(h.day()+name, "eins")
		if got := h.in.given[0].Name; got != want || !utf8.ValidString(got) {
			t.Errorf("%q is handed in as %q, want %q", name, got, want)
		}
		h.put(name, "zwei") // and a place is found beside it
		h.settled()
		h.holds("eins", "zwei")
		if n := len(h.files()); n != 2 {
			t.Errorf("%q: %d files in done/", name, n)
		}
	}
}

// Nothing in done/ is ever overwritten, whatever lies there.
func TestClashInDone(t *testing.T) {
	h := newHouse(t)
	h.put(h.day()+"a.pdf", "alt")
	h.put(h.day()+"a-2.pdf/darin", "alt")
	if err := os.Symlink("/nirgends", h.at(h.day()+"a-3.pdf")); err != nil {
		t.Fatal(err)
	}
	h.put("a.pdf", "neu")
	h.settled()
	h.lies(h.day()+"a.pdf", "alt", h.day()+"a-2.pdf/darin", "alt", h.day()+"a-3.pdf", "(no file)", h.day()+"a-4.pdf", "neu")
}

// A file system that can't move without overwriting gets the same care.
func TestRenameOver(t *testing.T) {
	h := newHouse(t)
	h.put("a", "alt")
	h.put("b", "neu")
	d, err := openRoot(h.root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.release()
	if err := renameOver(d.fd(), "b", d.fd(), "a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("onto a taken name: %v", err)
	}
	if err := renameOver(d.fd(), "fehlt", d.fd(), "c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	if err := renameOver(d.fd(), "b", d.fd(), "c"); err != nil {
		t.Error(err)
	}
	h.lies("a", "alt", "c", "neu")
}

func TestSettles(t *testing.T) {
	h := newHouse(t)
	h.put("wächst.pdf", "1")
	h.put("zukunft.pdf", "zukunft")
	future := time.Now().AddDate(10, 0, 0) // the clock of a share
	if err := os.Chtimes(h.at("zukunft.pdf"), future, future); err != nil {
		t.Fatal(err)
	}
	body := "1"
	for i := range 10 {
		h.look(settle / 2)
		body += fmt.Sprint(i)
		h.put("wächst.pdf", body)
	}
	h.holds("zukunft")
	h.settled()
	h.holds("zukunft", body)
}

// A file that a writer still has open is not taken, however long it rests.
func TestOpenForWriting(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "halb")
	f, err := os.OpenFile(h.at("a.pdf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.look(longInUse)
	h.lies("a.pdf", "halb")
	h.look(retryMin)
	h.says("another program keeps them open")
	if _, err := f.WriteString(" und ganz"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	h.settled()
	h.holds("halb und ganz")
	h.says()
}

// Who puts the manifest last must not find that the first files are gone.
func TestBusySubfolder(t *testing.T) {
	h := newHouse(t)
	for i := range 5 {
		h.put(fmt.Sprintf("Lieferung/%d.pdf", i), "eins")
		h.look(settle - time.Second)
	}
	h.put("Lieferung/manifest.json", "{}")
	h.look(settle)
	h.look(settle)
	if len(h.in.given) > 0 || h.w.State().Deliveries != 1 {
		t.Errorf("%d files of a delivery were taken singly; %+v", len(h.in.given), h.w.State())
	}
	h.put("Scanner/alt.pdf", "alt") // a folder that is never quiet still gives what has rested for long
	for i := range 20 {
		h.put("Scanner/neu.pdf", strings.Repeat("x", i))
		h.look(settle - time.Second)
	}
	h.holds("alt")
}

// Between receipt and move the appliance stops: the file is found again, and
// is the same document.
func TestStopBeforeMove(t *testing.T) {
	h := newHouse(t)
	h.put("a.pdf", "eins")
	h.in.after = func() error { return context.Canceled }
	h.settled()
	h.lies("a.pdf", "eins")
	h.in.after = nil
	h.open()
	h.settled()
	h.lies(h.day()+"a.pdf", "eins")
	h.holds("eins")
	if len(h.in.receipts) != 2 || !h.in.receipts[1].Repeated {
		t.Errorf("%+v", h.in.receipts)
	}
}

func TestManySmall(t *testing.T) {
	h := newHouse(t)
	const n = 600 // more than one batch of names
	var want []string
	for i := range n {
		body := fmt.Sprintf("Schreiben %d", i)
		h.put(fmt.Sprintf("%d/%d.txt", i%7, i), body)
		want = append(want, body)
	}
	for range 3 { // a folder that is emptied while it is read may skip a name
		h.look(settle)
	}
	h.holds(want...)
	if st := h.w.State(); st.Taken != n || st.Waiting != 0 || len(h.w.sights.m) != 0 {
		t.Errorf("%+v, %d remembered", st, len(h.w.sights.m))
	}
}

func TestSightsAreBounded(t *testing.T) {
	s := newSights()
	s.next()
	for i := range maxSights {
		if _, _, known := s.see(fmt.Sprint(i), stamp{}, false, 0); !known {
			t.Fatalf("file %d is not remembered", i)
		}
	}
	if _, _, known := s.see("one more", stamp{}, false, 0); known || len(s.m) != maxSights {
		t.Errorf("%d are remembered", len(s.m))
	}
	s.forget("0")
	if _, _, known := s.see("one more", stamp{}, false, 0); !known {
		t.Error("there is room again, and it is not used")
	}
}

// Run takes what comes, and ends when it is told to.
func TestRun(t *testing.T) {
	h := newHouse(t)
	start := time.Now()
	h.w.elapsed = func() time.Duration { return time.Since(start) }
	h.w.Settle = time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.w.Run(ctx) }()
	for i := range 20 {
		h.put(fmt.Sprintf(".%d.pdf", i), fmt.Sprint(i))
		if err := os.Rename(h.at(fmt.Sprintf(".%d.pdf", i)), h.at(fmt.Sprintf("%d.pdf", i))); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); h.w.State().Taken < 20; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", h.w.State())
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(h.documents()) != 20 {
		t.Errorf("%d documents", len(h.documents()))
	}
}

// The key tells folder, name and bytes apart, wherever one ends and the next
// begins.
func TestKey(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range [][3]string{{"/a", "b", "c"}, {"/a", "bc", ""}, {"/ab", "", "c"}, {"/", "ab", "c"}, {"/a", "b", "d"}, {"/a", "\xff", "c"}, {"/a", "\xfe", "c"}} {
		seen[key(k[0], k[1], record.Digest(k[2]))] = true
	}
	if len(seen) != 7 {
		t.Errorf("%d different keys of 7", len(seen))
	}
}
