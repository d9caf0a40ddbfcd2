package torture

import (
	"bytes"
	"fmt"
	"strings"
)

// activeHTML is a page that wants to fetch and to run whatever a page can.
func (m *maker) activeHTML() string {
	u := m.URL
	return `<!DOCTYPE html><html manifest="` + u + `m"><head><meta http-equiv=refresh content="0;url=` + u + `refresh"><base href="` + u + `"><link rel=stylesheet href="` + u + `css">
<link rel=prefetch href="` + u + `pre"><style>@import "` + u + `import";body{background:url(` + u + `bg)}@font-face{font-family:x;src:url(` + u + `font)}</style><script src="` + u + `js"></script>
<script>fetch("` + u + `fetch");new Image().src="` + u + `img"</script></head><body onload="location='` + u + `load'" background="` + u + `back"><p>Sehr geehrte Damen und Herren, der Antrag wird bewilligt.</p>
<img src="` + u + `img.png"><img src="file:///etc/passwd"><img srcset="` + u + `set 2x"><iframe src="` + u + `frame"></iframe><object data="` + u + `object"></object><embed src="` + u + `embed"><video src="` + u + `video" autoplay></video>
<form action="` + u + `form"><input autofocus onfocus=submit()></form><svg><use href="` + u + `use"/><image href="` + u + `svg"/></svg><a href="javascript:alert(1)" ping="` + u + `ping">x</a></body></html>`
}

func (m *maker) svg() string {
	return `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)" width="1e9" height="1e9">
<script xlink:href="` + m.URL + `svg.js"/><image xlink:href="` + m.URL + `svg.png" width="9" height="9"/><foreignObject><iframe src="` + m.URL + `"/></foreignObject><text>&x;</text></svg>`
}

// texts makes texts, and what is one by accident.
func (m *maker) texts() {
	const family = "text and rest"
	m.add(family, "nothing", nil, "empty")
	for _, b := range []byte{0, '\n', ' ', 'x', '%', 0xff, 'P', 0x89} {
		m.add(family, fmt.Sprintf("one byte, %x", b), []byte{b})
	}
	for label, s := range inOrder(map[string]string{
		"plain": "Sehr geehrte Damen und Herren,\nder Antrag wird bewilligt.\n", "control characters": "\x1b[2J\x07\x08 Guten Tag\x00\x01\x02", "10 MB on one line": strings.Repeat("Wort ", 2*mib), "a million lines": strings.Repeat("Zeile\n", 1_000_000),
		"form feeds": strings.Repeat("Seite\f", 20_000), "right to left": strings.Repeat("\u202e\u2066Text\u2069\n", 1000), "combined letters": "a" + strings.Repeat("\u0308", 100_000), "UTF-16": "\xff\xfeG\x00u\x00t\x00", "UTF-16 big": "\xfe\xff\x00G\x00u\xd8\x00", "UTF-32": "\xff\xfe\x00\x00G\x00\x00\x00",
		"not UTF-8": "Gr\xfc\xdfe aus \x80\x9f", "UTF-7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "tabs": strings.Repeat("\t", mib), "spaces": strings.Repeat(" ", mib), "only accents": strings.Repeat("\u0300", 5000), "noise of letters": strings.Repeat("ﷺ", 20_000),
		"test of scanners, not whole": `X5O!P%@AP[4\PZX54(P^)7CC)7}$`, "shell": "#!/bin/sh\ntouch " + m.Canary + "\n", "program": "\x7fELF\x02\x01\x01", "Windows program": "MZ\x90\x00\x03", "class": "\xca\xfe\xba\xbe\x00\x00\x00\x34", "PHP": "<?php system('touch " + m.Canary + "'); ?>",
	}) {
		m.add(family, label, []byte(s))
	}
	for label, s := range inOrder(map[string]string{"HTML": m.activeHTML(), "HTML, 100,000 deep": strings.Replace(m.activeHTML(), "<p>", strings.Repeat("<div>", 100_000), 1), "SVG": m.svg(), "SVG that laughs": entities("svg", m.URL), "XML that laughs": entities("office:document", m.URL),
		"XHTML": `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "` + m.URL + `xhtml.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><body>Guten Tag</body></html>`, "MHTML": "From: <Saved>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\nContent-Location: " + m.URL + "\r\n\r\n" + m.activeHTML() + "\r\n--x--",
		"XSLT": `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="` + m.URL + `xsl"?><a/>`, "shortcut": "[InternetShortcut]\r\nURL=" + m.URL + "\r\n", "desktop entry": "[Desktop Entry]\nType=Application\nExec=touch " + m.Canary + "\n",
		"PostScript": "%!PS-Adobe-3.0\n(%pipe%touch " + m.Canary + ") (w) file closefile\n(" + m.URL + "ps) run showpage\n", "EPS": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n", "EPS with a head": "\xc5\xd0\xd3\xc6\x1e\x00\x00\x00\xff\xff\xff\xff", "HTA": "<hta:application><script>new ActiveXObject('WScript.Shell').Run('" + m.Canary + "')</script>",
		"vCard": "BEGIN:VCARD\nPHOTO;VALUE=uri:" + m.URL + "photo\nEND:VCARD\n", "calendar": "BEGIN:VCALENDAR\nATTACH:" + m.URL + "ics\nEND:VCALENDAR\n", "CSV": "=cmd|'/c touch " + m.Canary + "'!A0,=HYPERLINK(\"" + m.URL + "\")\n"}) {
		m.add("active: text", label, []byte(s))
	}
}

// polyglots makes files that are two formats at once.
func (m *maker) polyglots() {
	const family = "two formats at once"
	var p pdf
	p.text("", "Sehr geehrte Damen und Herren, der Antrag wird bewilligt.")
	pdfFile, html := p.bytes(), []byte("<html><script>alert(1)</script></html>")
	archive := zipped(entry{name: "a.txt", body: []byte("eins")})
	p.head = "%PDF-1.7\n%<!DOCTYPE html><script src='" + m.URL + "'></script>\n"
	inside := p.bytes()
	jpg, png, tif := jpegOf(page()), pngOf(page()), goodTIFF()
	join := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	for label, b := range inOrder(map[string][]byte{
		"PDF and ZIP": join(pdfFile, archive), "ZIP and PDF": join(archive, pdfFile), "PDF and HTML": join(pdfFile, html), "HTML and PDF": join(html, pdfFile), "PDF with HTML in its head": inside,
		"JPEG and ZIP": join(jpg, archive), "JPEG and HTML": join(jpg, html), "JPEG and PDF": join(jpg, pdfFile), "PNG and ZIP": join(png, archive), "PNG and PDF": join(png, pdfFile), "TIFF and PDF": join(tif, pdfFile), "TIFF and ZIP": join(tif, archive),
		"GIF and program archive": join([]byte("GIF89a/*"), archive), "GIF and script": []byte("GIF89a/*\x00\x00*/=1;alert(1)"), "PDF in a comment of JPEG": join(jpg[:2], segment(0xfe, pdfFile), jpg[2:]), "HTML in a comment of PNG": rawPNG(8, 8, 8, 0, 0, zeros(72), chunk("tEXt", join([]byte("Comment\x00"), html))),
		"mail and PDF": join(goodMail(), pdfFile), "PDF and mail": join(pdfFile, goodMail()), "script and PDF": join([]byte("#!/bin/sh\ntouch "+m.Canary+"\nexit\n"), pdfFile), "program and PDF": join([]byte("MZ\x90\x00"), pdfFile), "Outlook and PDF": join(compound(), pdfFile), "PDF and PDF": join(pdfFile, pdfFile), "ZIP with PDF before": join(pdfFile[:200], archive), "PDF named as mail": join([]byte("From: x\r\nSubject: y\r\n\r\n"), pdfFile),
	}) {
		m.add(family, label, b)
	}
}
