package mail

import (
	"bytes"
	"io"
	"testing"
	"unicode/utf8"
)

// fuzzed opens whatever it is given and holds what comes out against the limits.
func fuzzed(t *testing.T, b []byte, typ string) {
	l := Limits{MailBytes: 1 << 20, Parts: 20, Total: 1 << 20, TextBytes: 1 << 16, Depth: 10}
	c, err := Open(bytes.NewReader(b), int64(len(b)), typ, l)
	if err != nil {
		return
	}
	if len(c.Parts) > l.Parts || len(c.Text) > l.TextBytes+200 || !utf8.ValidString(c.Text) {
		t.Errorf("%d parts, %d bytes of text", len(c.Parts), len(c.Text))
	}
	for _, p := range c.Parts {
		if len(p.Name) > nameBytes || !utf8.ValidString(p.Name) || p.Name != nameOf(p.Name) {
			t.Errorf("name %q", p.Name)
		}
		in, err := p.Open()
		if err != nil {
			continue
		}
		n, err := io.Copy(io.Discard, in)
		if err == nil && p.Size >= 0 && n != p.Size || n > l.Total {
			t.Errorf("%d bytes of %d", n, p.Size)
		}
		if err := in.Close(); err != nil {
			continue
		}
	}
}

func FuzzEML(f *testing.F) {
	f.Add(mixed())
	f.Add(nested(9))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, b, TypeEML) })
}

func FuzzMSG(f *testing.F) {
	f.Add(outlook())
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, b, TypeMSG) })
}

func FuzzZIP(f *testing.F) {
	f.Add(archive(f, zipped{name: "a", data: []byte("abc")}, zipped{name: "../b", data: bytes.Repeat([]byte("x"), 5000)}))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, b, TypeZIP) })
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansi\ansicpg1252{\*\x y}Gr\'fc\u8364?\par}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s := rtfText(b); !utf8.ValidString(s) {
			t.Errorf("%q", s)
		}
	})
}

func FuzzHTML(f *testing.F) {
	f.Add("<p>a<br>b</p><script>x</script><!-- c --><a href='>'>d</a>&uuml;<")
	f.Fuzz(func(t *testing.T, s string) {
		if out := htmlText(s); utf8.ValidString(s) && !utf8.ValidString(out) {
			t.Errorf("%q", out)
		}
	})
}
