package embedded

import (
	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// access decides about documents by the bytes of their meta, without making
// anything of them: it is asked about every candidate.
type access struct {
	scopes    []search.Scope
	files     *roaring.Bitmap // that are left out
	documents map[string]struct{}
	from, to  string
}

func newAccess(scopes []search.Scope, documents []record.DocumentID, files []uint32) *access {
	a := &access{files: roaring.BitmapOf(files...), documents: make(map[string]struct{}, len(documents))}
	for _, s := range scopes {
		if s.Files != nil && !s.Files.IsEmpty() {
			a.scopes = append(a.scopes, s)
		}
	}
	for _, d := range documents {
		a.documents[string(d)] = struct{}{}
	}
	return a
}

// allows says whether a scope opens the document and nothing leaves it out.
func (a *access) allows(m []byte) bool {
	ordinal, ok := hex32(m[:8])
	sensitivity, ok2 := hex32(m[8:10])
	if !ok || !ok2 || !a.opened(uint32(ordinal), record.Sensitivity(sensitivity)) || a.files.Contains(ordinal) {
		return false
	}
	if len(a.documents) > 0 {
		if _, out := a.documents[string(documentOf(m))]; out {
			return false
		}
	}
	return true
}

func (a *access) opened(ordinal uint32, sensitivity record.Sensitivity) bool {
	for _, s := range a.scopes {
		if sensitivity <= s.MaxSensitivity && s.Files.Contains(ordinal) {
			return true
		}
	}
	return false
}

// inTime says whether the document's date lies between from and to.
func (a *access) inTime(m []byte) bool {
	if a.from == "" && a.to == "" {
		return true
	}
	d := dateOf(m)
	return string(d) != undated && (a.from == "" || string(d) >= a.from) && (a.to == "" || string(d) <= a.to)
}

// hex32 reads up to eight hex digits.
func hex32(b []byte) (uint32, bool) {
	var n uint32
	for _, c := range b {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | uint32(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint32(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

func dateOf(m []byte) []byte { return m[10:20] }

// documentOf gives the document's id.
func documentOf(m []byte) []byte { return tail(m, 0) }

// tail gives the n-th value behind the fixed part: document, site, team, type.
func tail(m []byte, n int) []byte {
	rest := m[min(fixedPart+1, len(m)):]
	for ; n > 0; n-- {
		i := indexSeparator(rest)
		if i < 0 {
			return nil
		}
		rest = rest[i+1:]
	}
	if i := indexSeparator(rest); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

func indexSeparator(b []byte) int {
	for i, c := range b {
		if c == separator[0] {
			return i
		}
	}
	return -1
}
