package record

import "testing"

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{"": "", " Markt 1\n": "Markt 1", "a\x00b": "a\uFFFDb", "a\xffb": "a\uFFFDb", " \x00": "\uFFFD"} {
		if got := CleanText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
