package torture

import (
	"encoding/base64"
	"fmt"
	"strings"
)

const mailHead = "From: Erika <erika@example.org>\r\nTo: post@jobcenter.example\r\nDate: Mon, 2 Mar 2026 09:15:00 +0100\r\nSubject: Unterlagen\r\nMIME-Version: 1.0\r\n"

// mixed is a mail of parts, each with its own headers.
func mixed(parts ...string) []byte {
	return []byte(mailHead + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + strings.Join(parts, "\r\n--x\r\n") + "\r\n--x--\r\n")
}

func attached(header string, b []byte) string {
	return header + "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n" + base64.StdEncoding.EncodeToString(b)
}

func goodMail() []byte {
	return mixed("Content-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag, anbei der Bescheid.", attached(`Content-Type: image/png; name="b.png"`, pngOf(page())))
}

// mails makes mails that never end, or hold each other.
func (m *maker) mails() {
	const family = "mail"
	deep := func(n int, kind string) []byte {
		s := mailHead
		for i := range n {
			s += fmt.Sprintf("Content-Type: multipart/%s; boundary=b%d\r\n\r\n--b%d\r\n", kind, i, i)
		}
		return []byte(s + "Content-Type: text/plain\r\n\r\nGuten Tag\r\n")
	}
	m.add(family, "multipart 1,000 deep", deep(1000, "mixed"))
	m.add(family, "alternative 10,000 deep", deep(10_000, "alternative"))
	within := "Content-Type: text/plain\r\n\r\nGuten Tag\r\n"
	m.add(family, "message 1,000 deep", []byte(mailHead+strings.Repeat("Content-Type: message/rfc822\r\n\r\n"+mailHead, 1000)+within))
	m.add(family, "5,000 attachments", mixed(strings.Split(strings.Repeat("Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nx|", 5000), "|")...))
	m.add(family, "a million headers", []byte(mailHead+strings.Repeat("X-A: b\r\n", 1_000_000)+"\r\nGuten Tag"))
	m.add(family, "a header of 10 MB", []byte(mailHead+"X-A: "+strings.Repeat("a", 10*mib)+"\r\n\r\nGuten Tag"))
	m.add(family, "a header of a million folds", []byte(mailHead+"X-A: a"+strings.Repeat("\r\n a", 1_000_000)+"\r\n\r\nGuten Tag"))
	m.add(family, "a line of 10 MB", []byte(mailHead+"\r\n"+strings.Repeat("Wort ", 2*mib)))
	m.add(family, "3,000,000 lines", []byte(mailHead+"\r\n"+strings.Repeat("x\r\n", 3_000_000)))
	m.add(family, "100,000 recipients", []byte(strings.Replace(mailHead, "To: ", "To: "+strings.Repeat("a@example.org, ", 100_000), 1)+"\r\nGuten Tag"))
	m.add(family, "a subject of 100,000 words encoded", []byte(mailHead+"Subject: "+strings.Repeat("=?utf-8?B?R3LDvMOfZQ==?= ", 100_000)+"\r\n\r\nx"))
	m.add(family, "comments 100,000 deep", []byte(strings.Replace(mailHead, "From: ", "From: "+strings.Repeat("(", 100_000), 1)+"\r\nx"))
	for label, kind := range inOrder(map[string]string{"no boundary": "multipart/mixed", "empty boundary": `multipart/mixed; boundary=""`, "boundary of 100 KB": "multipart/mixed; boundary=" + strings.Repeat("b", 100_000),
		"boundary of dashes": "multipart/mixed; boundary=--", "unknown": "\x00/\xff", "parameters": "text/plain" + strings.Repeat("; a=b", 20_000), "continued": "text/plain" + strings.Repeat("; name*0=a", 10_000),
		"partial": "message/partial; id=x; number=1; total=1000000", "external": `message/external-body; access-type=URL; URL="` + m.URL + `mail"`, "signed": "multipart/signed; boundary=x; protocol=application/pkcs7-signature",
		"encrypted": "multipart/encrypted; boundary=x; protocol=application/pgp-encrypted", "sealed": "application/pkcs7-mime; smime-type=enveloped-data", "delivery": "multipart/report; report-type=delivery-status; boundary=x", "calendar": "text/calendar; method=REQUEST"}) {
		m.add(family, "type: "+label, []byte(mailHead+"Content-Type: "+kind+"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nGuten Tag\r\n--x--\r\n"))
	}
	for _, charset := range []string{"utf-7", "utf-16", "utf-32", "iso-2022-jp", "hz-gb-2312", "x-user-defined", "../../etc/passwd", "ebcdic-cp-de", "\x00", "utf-8"} {
		m.add(family, "charset "+charset, []byte(mailHead+"Content-Type: text/plain; charset=\""+charset+"\"\r\n\r\n+ADw-script+AD4- \xff\xfe\x00Gr\xfc\xdfe\x1b$B\x1b(J~{\x80"))
		m.add(family, "subject in "+charset, []byte(mailHead+"Subject: =?"+charset+"?Q?=2BADw-=FF=FE=00Gr=FC?=\r\n\r\nGuten Tag"))
	}
	for _, encoding := range []string{"base64", "quoted-printable", "uuencode", "x-gzip", "binary", "8bit", "nothing"} {
		m.add(family, "encoded by "+encoding, []byte(mailHead+"Content-Transfer-Encoding: "+encoding+"\r\n\r\n"+string(m.noise(5000))+strings.Repeat("=", 3000)))
	}
	m.add("active: mail", "HTML with everything", []byte(mailHead+"Content-Type: text/html; charset=utf-8\r\n\r\n"+m.activeHTML()))
	m.add("active: mail", "receipt wanted", []byte("Disposition-Notification-To: a@example.org\r\nReturn-Receipt-To: a@example.org\r\nList-Unsubscribe: <"+m.URL+"leave>\r\n"+mailHead+"\r\nGuten Tag"))
	m.add("active: mail", "attachments that are pages", mixed(attached(`Content-Type: text/html; name="a.html"`, []byte(m.activeHTML())), attached(`Content-Type: image/svg+xml; name="a.svg"`, []byte(m.svg())), attached("Content-Type: application/x-sh; name=a.sh", []byte("#!/bin/sh\ntouch "+m.Canary))))
	m.add(family, "a bomb attached", mixed(attached("Content-Type: application/zip; name=a.zip", overlapping(1000, 50*mib))))
	m.add(family, "winmail.dat attached", mixed(attached("Content-Type: application/ms-tnef; name=winmail.dat", append([]byte("\x78\x9f\x3e\x22\x01\x00"), m.noise(500)...))))
	m.add(family, "HTML 100,000 deep", []byte(mailHead+"Content-Type: text/html\r\n\r\n"+strings.Repeat("<div><table><tr><td>", 25_000)+"Guten Tag"))
	m.add(family, "HTML comment without end", []byte(mailHead+"Content-Type: text/html\r\n\r\nGuten Tag<!--"+strings.Repeat("-- <", 100_000)))
	m.add(family, "HTML of ampersands", []byte(mailHead+"Content-Type: text/html\r\n\r\n"+strings.Repeat("&", 1_000_000)))
	m.add(family, "NUL everywhere", []byte(strings.ReplaceAll(mailHead, " ", "\x00 ")+"\r\n"+strings.Repeat("\x00", 10_000)))
}

// names hands one small good file in under names of every kind, and as part of
// an archive and of a mail.
func (m *maker) names() {
	body := []byte("%PDF-1.4 broken")
	for i, name := range []string{"../../x", "../../../../etc/passwd", `..\..\windows\system32\x.pdf`, "/etc/cron.d/x.pdf", "C:\\autoexec.bat", "Brief\r\nX-Injected: ja.pdf",
		"zwei\nZeilen.pdf", "<img src=x onerror=alert(1)>.pdf", `"; filename="x.html`, "\u202efdp.exe", strings.Repeat("Bescheid-", 1200) + ".pdf", "nul\x00byte.pdf", "CON", "NUL.pdf", "COM1", "aux.txt",
		"-rf", "--version", " ", ".", "..", "", "...", "a/b/c/d.pdf", "A\u0308\u0308\u0308.pdf", "kein utf8 \xff\xfe.pdf", "+ADw-script+AD4-.pdf", "\x1b]0;x\x07.pdf", "$(touch " + m.Canary + ").pdf",
		"`touch " + m.Canary + "`", "|touch " + m.Canary, "%s%n%x.pdf", "%2e%2e%2f.pdf", "\u2028.pdf", "\U0001f4a9.pdf", "file://" + m.URL, "\u0000\u0001\u0002", "/dev/sda", "\\\\server\\share", "a;b&c|d.pdf", "=cmd|'/c x'!A0", "\ufeffbom.pdf", strings.Repeat("../", 400) + "x"} {
		label := fmt.Sprintf("%d", i+1)
		m.add("names", label, body).Name = name
		m.add("names", label+" in an archive", zipped(entry{name: name, body: body}))
		m.add("names", label+" in a mail", mixed("Content-Type: text/plain\r\n\r\nGuten Tag", attached("Content-Type: application/pdf; name=\""+strings.ReplaceAll(name, `"`, `\"`)+"\"", body)))
	}
}
