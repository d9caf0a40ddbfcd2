package audit

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"

	"golang.org/x/mod/sumdb/note"
)

func newSigner(t *testing.T, archive string, year int, seed byte) *Signer {
	t.Helper()
	origin, err := Origin(archive, year)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(origin, bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheckpoint(t *testing.T) {
	archive := record.NewID()
	s := newSigner(t, archive, 2026, 1)
	at := time.Date(2026, 7, 1, 2, 0, 0, 123456789, time.FixedZone("CEST", 7200))
	root := LeafHash([]byte("x"))
	signed, err := s.Sign(1, root, at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := OpenCheckpoint(signed, s.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	if c.Origin != "eakte/"+archive+"/2026" || c.Size != 1 || !bytes.Equal(c.Root, root) || !c.At.Equal(at.Truncate(time.Microsecond)) {
		t.Errorf("checkpoint reads as %+v", c)
	}
	public, err := ParsePublic(s.Public())
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Verifier(c.Origin, public); err != nil || v != s.Verifier() {
		t.Errorf("from the public key the verifier is %s, %v", v, err)
	}
	for i := range signed {
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		if got, err := OpenCheckpoint(changed, s.Verifier()); err == nil {
			t.Errorf("byte %d changed and still accepted: %+v", i, got)
		}
	}
	for name, other := range map[string]*Signer{"year": newSigner(t, archive, 2027, 1),
		"archive": newSigner(t, record.NewID(), 2026, 1), "key": newSigner(t, archive, 2026, 2)} {
		if _, err := OpenCheckpoint(signed, other.Verifier()); !errors.Is(err, record.Corrupt) {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

// A text signed with the right key is still refused if it isn't in the form.
func TestCheckpointHasOneForm(t *testing.T) {
	s := newSigner(t, record.NewID(), 2026, 1)
	good := Checkpoint{Origin: s.origin, Size: 7, Root: LeafHash(nil), At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}.text()
	for name, text := range map[string]string{
		"as it is":     good,
		"zero before":  strings.Replace(good, "\n7\n", "\n07\n", 1),
		"no time":      good[:strings.Index(good, "at ")],
		"time's form":  strings.Replace(good, "at 2026-01-01T00:00:00.000000Z", "at 2026-01-01T00:00:00Z", 1),
		"another line": good + "more\n",
		"other origin": strings.Replace(good, "/2026\n", "/2025\n", 1),
		"short root":   strings.Join([]string{s.origin, "7", "AAAA", "at 2026-01-01T00:00:00.000000Z", ""}, "\n"),
	} {
		signed, err := note.Sign(&note.Note{Text: text}, s.signer)
		if err != nil {
			t.Fatal(err)
		}
		_, err = OpenCheckpoint(signed, s.Verifier())
		if name == "as it is" && err != nil || name != "as it is" && !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSignerRefuses(t *testing.T) {
	s := newSigner(t, record.NewID(), 2026, 1)
	if _, err := s.Sign(1, []byte("short"), time.Now()); !errors.Is(err, record.Corrupt) {
		t.Errorf("a short root: %v", err)
	}
	if _, err := NewSigner(s.origin, []byte("short")); !errors.Is(err, record.Invalid) {
		t.Errorf("a short seed: %v", err)
	}
	for _, origin := range []string{"", "eakte", "eakte/x/2026", "other/" + record.NewID() + "/2026", s.origin + "/", "eakte/" + record.NewID() + "/26"} {
		if _, err := NewSigner(origin, make([]byte, 32)); !errors.Is(err, record.Invalid) {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]Name{
		"2026/checkpoint/0000000000":           {Year: 2026, Checkpoint: true},
		"2026/checkpoint/9999999999":           {Year: 2026, Checkpoint: true, Size: maxIndex},
		"2031/segment/0000000000-0000000999":   {Year: 2031, Last: 999, Edition: 1},
		"2031/segment/0000001000-0000001000.3": {Year: 2031, First: 1000, Last: 1000, Edition: 3},
	} {
		if got, err := ParseName(name); err != nil || got != want {
			t.Errorf("%s reads as %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "x", "2026/checkpoint/1", "2026/checkpoint/", "2026/checkpoint/00000000001", "2026/segment/0000000000",
		"2026/segment/0000000002-0000000001", "2026/segment/0000000000-0000000001.1", "2026/segment/0000000000-0000000001.",
		"2026/segment/0000000000-0000000001.02", "2026/segment/0000000000-+000000001", "26/checkpoint/0000000001",
		"2026/other/0000000001", "/2026/checkpoint/0000000001", "2026/checkpoint/0000000001/", "+026/checkpoint/0000000001"} {
		if got, err := ParseName(name); !errors.Is(err, record.Invalid) {
			t.Errorf("%q reads as %+v, %v", name, got, err)
		}
	}
	if _, err := CheckpointName(2026, maxIndex+1); !errors.Is(err, record.Invalid) {
		t.Errorf("too large a checkpoint: %v", err)
	}
	if id := EntriesID(2026, 3, 17); id != "2026:0000000003-0000000017" || !isName(id) {
		t.Errorf("range is %s", id)
	}
}
