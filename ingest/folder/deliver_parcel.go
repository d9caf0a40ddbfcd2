package folder

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/text/unicode/norm"

	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

// What the appliance writes into the folder of a delivery.
const (
	statusName  = "eakte-status.txt"
	receiptName = "eakte-receipt.json"
)

// parcel is what lies in the folder of a delivery, at one moment. Names are
// bytes as the disk has them.
type parcel struct {
	dir                *dir
	manifest, announce string           // names as they are written there; empty: not there
	control            map[string]stamp // theirs
	files              []file           // by name; what is unfinished, ours, or no file is left out
	folders            int              // that hold something
	left               int              // links, devices, pipes
}

type file struct {
	name string
	stamp
}

// matched is a file and the object of the manifest that it is.
type matched struct {
	file
	object string
}

// parcel looks at what lies in d.
func (s *sweep) parcel(d *dir) *parcel {
	p := &parcel{dir: d, control: map[string]stamp{}}
	s.each(d, func(name string, st unix.Stat_t) {
		ours := name == statusName || name == receiptName
		switch {
		case temporary(name), ours && !is(st, unix.S_IFDIR):
		case is(st, unix.S_IFDIR):
			if ours || s.holdsSomething(d, name) {
				p.folders++
			}
		case !is(st, unix.S_IFREG):
			p.left++
		case strings.EqualFold(name, "manifest.json") && p.manifest == "":
			p.manifest, p.control[name] = name, stampOf(&st)
		case strings.EqualFold(name, "announce.json") && p.announce == "":
			p.announce, p.control[name] = name, stampOf(&st)
		default:
			p.files = append(p.files, file{name, stampOf(&st)})
		}
	})
	slices.SortFunc(p.files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	return p
}

// holdsSomething says whether anything but unfinished files lies in a folder.
func (s *sweep) holdsSomething(d *dir, name string) (found bool) {
	sub, err := d.sub(name)
	if err != nil {
		return true // nobody can say
	}
	defer sub.release()
	s.each(sub, func(name string, _ unix.Stat_t) { found = found || !temporary(name) })
	return found
}

// stamp tells one state of the whole folder from another.
func (p *parcel) stamp() stamp {
	h := fnv.New128a()
	add := func(name string, st stamp) {
		h.Write([]byte(name))
		for _, n := range []uint64{0, st.dev, st.ino, uint64(st.size), uint64(st.mtim), uint64(st.ctime)} {
			var b [8]byte
			binary.BigEndian.PutUint64(b[:], n)
			h.Write(b[:])
		}
	}
	for _, name := range []string{p.manifest, p.announce} {
		add(name, p.control[name])
	}
	for _, f := range p.files {
		add(f.name, f.stamp)
	}
	sum := h.Sum(nil)
	return stamp{ino: binary.BigEndian.Uint64(sum), dev: binary.BigEndian.Uint64(sum[8:]), size: int64(len(p.files) + p.folders)}
}

// match finds the files that the manifest names, documents and what is signed
// beside them. What it does not name is noted in w.
func (p *parcel) match(m delivery.Manifest, w *waiting) []matched {
	objects := map[string]string{}
	name := func(n string) { objects[norm.NFC.String(n)] = n }
	for _, doc := range m.Documents {
		name(doc.Name)
		for _, ext := range []string{".p7s", ".tsr"} {
			name(doc.Name + ext)
		}
		for _, n := range doc.Signatures {
			name(n)
		}
	}
	out := make([]matched, 0, len(p.files))
	for _, f := range p.files {
		key := norm.NFC.String(text(f.name))
		object, ok := objects[key]
		if !ok { // a manifest that is no UTF-8 has one sign for each such byte
			key = norm.NFC.String(string([]rune(f.name)))
			object, ok = objects[key]
		}
		if !ok {
			w.add(delivery.Problem{Name: text(f.name), Kind: "surplus"})
			continue
		}
		delete(objects, key) // a second file of that name is none of the manifest's
		out = append(out, matched{f, object})
	}
	if p.folders > 0 {
		w.add(delivery.Problem{Kind: kindFolders})
	}
	return out
}

// kindFolders is a problem that only a folder can have.
const kindFolders = "folders"

// waiting is why a delivery stays where it is.
type waiting struct {
	announced bool // nothing is wrong: what it announces has not come yet
	broken    bool // the manifest may still be on its way

	mu       sync.Mutex
	problems []delivery.Problem
	said     []string // refusals of the desk, in English
}

func (w *waiting) Error() string { return "the delivery waits" }

// wrong says whether somebody has to do something.
func (w *waiting) wrong() bool { return !w.announced }

func (w *waiting) add(p ...delivery.Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range p {
		if !slices.ContainsFunc(w.problems, func(q delivery.Problem) bool { return q.Name == p.Name && q.Kind == p.Kind }) {
			w.problems = append(w.problems, p)
		}
	}
}

// surplus says whether something lies there that the manifest does not name:
// it must not go to done/ unread, so nothing is filed.
func (w *waiting) surplus() bool {
	return slices.ContainsFunc(w.problems, func(p delivery.Problem) bool { return p.Kind == "surplus" || p.Kind == kindFolders })
}

// refused notes that the desk does not take an object as it is.
func (w *waiting) refused(object string, err error) {
	kind := "refused"
	if record.CategoryOf(err) == record.TooLarge {
		kind = "too_large"
	}
	w.add(delivery.Problem{Name: object, Kind: kind, Got: sentence(err)})
}

func (w *waiting) refusal(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, sentence(err))
}
