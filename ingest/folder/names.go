package folder

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"eakte/appliance/record"
)

// The folders of our own at the top of a watched folder.
const (
	doneName     = "done"
	rejectedName = "rejected"
	lockName     = ".eakte.lock"
)

// temporary says whether a name is one that programs give to what is not
// finished, or what a system leaves behind for itself.
func temporary(name string) bool {
	n := strings.ToLower(name)
	for _, p := range []string{".", "~"} {
		if strings.HasPrefix(n, p) {
			return true
		}
	}
	for _, s := range []string{"~", ".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".opdownload", ".swp",
		".uploading"} {
		if strings.HasSuffix(n, s) {
			return true
		}
	}
	return n == "thumbs.db" || n == "desktop.ini"
}

// manifest says whether a name makes its folder a delivery.
func manifest(name string) bool {
	return strings.EqualFold(name, "manifest.json") || strings.EqualFold(name, "announce.json")
}

// beginning says whether a name is one under which a manifest is on its way: its
// folder will be a delivery.
func beginning(name string) bool {
	n := strings.ToLower(name)
	return temporary(n) && (strings.Contains(n, "manifest.json") || strings.Contains(n, "announce.json"))
}

// text is a file name as the archive keeps it. Names are bytes; what is not
// UTF-8 comes from an old Windows.
func text(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	t, err := charmap.Windows1252.NewDecoder().String(name)
	if err != nil {
		return strings.ToValidUTF8(name, "\uFFFD")
	}
	return t
}

// key names a transmission: the same bytes under the same name in the same
// folder. It tells nothing of the name.
func key(folder, path string, plain record.Digest) string {
	h := sha256.New()
	for _, part := range []string{folder, path, string(plain)} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return "folder-" + hex.EncodeToString(h.Sum(nil))
}

// maxName is the most bytes that a name may have in a folder.
const maxName = 255

// numbered is name for the first try, and name-2.ext, name-3.ext for others.
// With suffix it is still at most as long as a name may be.
func numbered(name string, n int, suffix string) string {
	ext := filepath.Ext(name)
	if len(ext) > 20 || len(ext) == len(name) {
		ext = ""
	}
	stem, no := strings.TrimSuffix(name, ext), ""
	if n > 1 {
		no = "-" + strconv.Itoa(n)
	}
	return cut(stem, maxName-len(no)-len(ext)-len(suffix)) + no + ext + suffix
}

// cut shortens a name, never in the middle of a letter.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if !utf8.ValidString(s) {
		return s[:n]
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
