package render

import (
	"strings"
	"testing"
	"unicode/utf16"
)

// wide writes s as UTF-16 with a byte order mark.
func wide(s string, big bool) []byte {
	out := []byte{0xff, 0xfe}
	if big {
		out = []byte{0xfe, 0xff}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestSniffText(t *testing.T) {
	long := strings.Repeat("Zeile mit Umlaut ü. ", 100)
	cut := strings.Repeat("a", SniffLen-1) + "ü"
	for name, c := range map[string]struct{ head, want string }{
		"letter":                    {"Guten Tag,\r\n\tanbei der Antrag.\r\n\x0c", TypeText},
		"UTF-8, cut in a letter":    {cut, TypeText},
		"UTF-8, half a letter":      {"Gro\xc3", TypeText}, // then it is a code page's
		"long":                      {long, TypeText},
		"with a byte mark":          {"\xef\xbb\xbfGrüße", TypeText},
		"Windows-1252":              {"Viele Gr\xfc\xdfe \x96 5 \x80", TypeText},
		"a hole of the code page":   {"Gr\x81\xdfe", ""},
		"mostly high letters":       {"\xe4\xe5\xe6\xe7 \xe8\xe9", ""},
		"UTF-16":                    {string(wide("Grüße 😀", false)), TypeText},
		"UTF-16, the other way":     {string(wide("Grüße", true)), TypeText},
		"UTF-16, half a pair":       {"\xff\xfe\x3d\xd8a\x00", ""},
		"UTF-16, control":           {"\xff\xfea\x00\x01\x00", ""},
		"binary":                    {"text\x00text", ""},
		"control":                   {"text\x1b[2J", ""},
		"CSV":                       {"Name;Betrag\nMüller;12,50\n", TypeText},
		"XML":                       {"<?xml version=\"1.0\"?><rechnung/>", TypeText},
		"SVG":                       {"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", TypeText},
		"HTML":                      {"\n <!DOCTYPE html>\n<html>", TypeHTML},
		"HTML behind comments":      {"\xef\xbb\xbf<!-- a > b --> <!-- c --><HTML lang=de>", TypeHTML},
		"XHTML":                     {"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC '-'>", TypeHTML},
		"HTML as UTF-16":            {string(wide("<html><body>", false)), TypeHTML},
		"a piece of HTML":           {"<p class=x>Guten Tag", TypeHTML},
		"text about HTML":           {"Der Tag <html> steht vorn.", TypeText},
		"a comment that never ends": {"<!-- <html>", TypeText},
		"another tag":               {"<paragraph>", TypeText},
		"RTF":                       {`{\rtf1\ansi`, TypeRTF},
		"PDF in text":               {"Sehr geehrte\n%PDF-1.4\n", TypePDF},
		"a sentence on PDF":         {"Die Datei beginnt mit %PDF-1.4, oder?", TypeText},
		"PDF among bytes":           {"\x00\x01 %PDF-1.4", TypePDF},
		"HTML that says PDF":        {"<html>\n%PDF-1.4", TypeHTML},
		"PDF that says HTML":        {"%PDF-1.4\n<html>", TypePDF},
		"text that says RTF":        {" {\\rtf1", TypeText},
		"HEIC":                      {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", TypeHEIC},
		"HEIC by its second brand":  {"\x00\x00\x00\x18ftypmsf1\x00\x00\x00\x00mif1heic", TypeHEIC},
		"a film":                    {"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41", ""},
		"S/MIME":                    {"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80", TypeCMS},
		"S/MIME with a length":      {"\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0", TypeCMS},
		"S/MIME as text":            {"-----BEGIN PKCS7-----\nMIAG", TypeCMS},
		"PGP":                       {"-----BEGIN PGP MESSAGE-----\n", TypePGP},
		"nothing":                   {"", ""},
	} {
		if got, ok := Sniff([]byte(c.head)); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got, ok, c.want)
		}
	}
}

// TestTextIsHeldAgainstAllOfIt: what only begins as text is none.
func TestTextIsHeldAgainstAllOfIt(t *testing.T) {
	long := strings.Repeat("Zeile mit Umlaut ü.\n", 100)
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"all of it":       {long, true},
		"binary behind":   {long + "\x00\x01", false},
		"half a letter":   {long + "\xc3", true},
		"UTF-16, odd":     {string(wide("ab", false)) + "c", false},
		"UTF-16, cut off": {string(wide("ab", false)) + "\x3d\xd8", false},
	} {
		if got := IsText([]byte(c.body), true); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range []string{"%PDF-1.4", "<html>", "\xff\xfea\x00", "From: a\nTo: b\n\n", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1", "\x30\x80\x06\x09"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		typ, ok := Sniff(b)
		if ok != (typ != "") {
			t.Fatalf("%q, %v", typ, ok)
		}
		if typ == TypeText && len(b) < SniffLen && !IsText(b, true) {
			t.Fatal("text that is none")
		}
	})
}
