package render

import (
	"strings"
	"testing"
)

func TestSniffContainers(t *testing.T) {
	long := "Received: from a by b;\r\n\tMon, 2 Mar 2026\r\n" + strings.Repeat("X-Filler: "+strings.Repeat("x", 60)+"\r\n", 40)
	for name, c := range map[string]struct{ head, want string }{
		"mail":                    {"From: a@b.de\r\nSubject: x\r\n\r\ntext", TypeEML},
		"mail, long head":         {long[:40] + "To: a@b.de\r\n" + long, TypeText},
		"mail, head goes on":      {"Received: x\r\nTo: a\r\n" + long, TypeEML},
		"mail in a mailbox":       {"From a@b.de Mon\nFrom: a@b.de\nDate: x\n\n", TypeEML},
		"mail with a byte mark":   {"\xef\xbb\xbfReturn-Path: <a>\nDate: x\n", TypeEML},
		"mail that says PDF":      {"From: a@b.de\nSubject: %PDF-1.4\n\n", TypeEML},
		"letter":                  {"Betreff: Antrag\nDatum: heute\n\nGuten Tag", TypeText},
		"letter with From":        {"From: me\n\nDear Sir", TypeText},
		"answer of a server":      {"HTTP/1.1 200 OK\nDate: x\nContent-Type: text/html\n\n%PDF-1.4", TypePDF},
		"head of a file":          {"Date: x\nContent-Type: application/pdf\n\n%PDF-1.4", TypePDF},
		"a line that is no field": {"From: a@b.de\nhello\nSubject: x\n", TypeText},
		"ZIP":                     {"PK\x03\x04rest", TypeZIP},
		"empty ZIP":               {"PK\x05\x06rest", TypeZIP},
		"compound":                {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", TypeOLE},
		"winmail":                 {"\x78\x9f\x3e\x22", TypeTNEF},
	} {
		if got, ok := Sniff([]byte(c.head)); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
}
