package sheet

import (
	"strings"
	"testing"

	"eakte/appliance/record"
)

// FuzzFind: what a code says of a file is a number, and says the same when it
// is printed again.
func FuzzFind(f *testing.F) {
	f.Add("qr", "eakte:sep:1")
	f.Add("qr", "eakte:sep:1:file:03104//0012345")
	f.Add("code39", "PATCHT")
	f.Add("qr", "eakte:sep:1:file: \x00")
	f.Fuzz(func(t *testing.T, format, text string) {
		s, ok := Find([]record.Code{{Format: format, Text: text}})
		if !ok || s.File == "" {
			return
		}
		again, err := s.Text()
		if err != nil || again != text || len(s.File) > MostNumber || strings.ContainsAny(s.File, "\x00\n<>\"'&%;") {
			t.Errorf("%q gives %q, %v", text, s.File, err)
		}
	})
}
