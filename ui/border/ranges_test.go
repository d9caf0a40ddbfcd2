package border

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"eakte/appliance/record"
)

func TestParseRange(t *testing.T) {
	for _, c := range []struct {
		header string
		size   int64
		want   span
		how    rangeAnswer
	}{
		{"bytes=0-0", 10, span{0, 1}, rangePart},
		{"bytes=2-5", 10, span{2, 4}, rangePart},
		{"bytes=2-", 10, span{2, 8}, rangePart},
		{"bytes=-3", 10, span{7, 3}, rangePart},
		{"bytes=-30", 10, span{0, 10}, rangePart},
		{"bytes=5-99", 10, span{5, 5}, rangePart},
		{"bytes=9223372036854775807-", 10, span{}, rangeNone},
		{"bytes=10-", 10, span{}, rangeNone},
		{"bytes=-0", 10, span{}, rangeNone},
		{"bytes=0-", 0, span{}, rangeNone},
		{"bytes=0-1,4-5", 10, span{0, 10}, rangeWhole},
		{"bytes=5-2", 10, span{0, 10}, rangeWhole},
		{"bytes=a-b", 10, span{0, 10}, rangeWhole},
		{"bytes=-", 10, span{0, 10}, rangeWhole},
		{"bytes=5", 10, span{0, 10}, rangeWhole},
		{"items=0-1", 10, span{0, 10}, rangeWhole},
		{"bytes=99999999999999999999-", 10, span{0, 10}, rangeWhole},
	} {
		if got, how := parseRange(c.header, c.size); got != c.want || how != c.how {
			t.Errorf("parseRange(%q, %d) = %v, %d, want %v, %d", c.header, c.size, got, how, c.want, c.how)
		}
	}
}

func TestNames(t *testing.T) {
	for disposition, want := range map[string]string{
		"":                               "",
		`attachment; filename="a b.pdf"`: "a b.pdf",
		`attachment; filename*=UTF-8''M%C3%BCller.pdf`: "Müller.pdf",
		`attachment; filename="../../etc/x"`:           "../../etc/x", // data, never a path
		"nonsense;;;=":                                 "",
	} {
		if got := NameOf(disposition); got != want {
			t.Errorf("NameOf(%q) = %q, want %q", disposition, got, want)
		}
	}
	if got, want := Attachment("Mü\"ller\r\n.pdf"), `attachment; filename="M__ller__.pdf"; filename*=UTF-8''M%C3%BC%22ller%0D%0A.pdf`; got != want {
		t.Errorf("Attachment: %s", got)
	}
	if got := NameOf(Attachment("Bescheid 3 (ä).pdf")); got != "Bescheid 3 (ä).pdf" {
		t.Errorf("a name does not come back: %q", got)
	}
}

// TestBodyIsWholeOrAnError: fasthttp reports a broken connection as an end.
func TestBodyIsWholeOrAnError(t *testing.T) {
	ended := false
	read := func(sent string, want, limit int64) error {
		_, err := io.ReadAll(&Body{from: bytes.NewReader([]byte(sent)), extend: func() {}, ended: func() bool { return ended }, want: want, limit: limit})
		return err
	}
	if err := read("12345", 5, 10); err != nil {
		t.Errorf("a whole body: %v", err)
	}
	if err := read("12345", -1, 10); err != nil {
		t.Errorf("a whole body of unknown size: %v", err)
	}
	if err := read("1234", 5, 10); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, record.Invalid) {
		t.Errorf("a body that broke off: %v", err)
	}
	if err := read("12345678901", -1, 10); !errors.Is(err, record.TooLarge) {
		t.Errorf("a body over the limit: %v", err)
	}
	ended = true
	if err := read("12345", -1, 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a chunked body that broke off: %v", err)
	}
	ended = false
	if err := read("1234567890", -1, 10); err != nil {
		t.Errorf("a body at the limit: %v", err)
	}
}
