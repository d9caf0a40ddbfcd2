// Package officetest builds small documents of office programs for tests.
package officetest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Zipped makes an archive of names and contents, the first one stored.
func Zipped(t testing.TB, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		method := zip.Deflate
		if i == 0 {
			method = zip.Store
		}
		out, err := w.CreateHeader(&zip.FileHeader{Name: entries[i], Method: method})
		if err == nil {
			_, err = out.Write([]byte(entries[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	xmlHead  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	packRels = "http://schemas.openxmlformats.org/package/2006/relationships"
	docRels  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	wordNS   = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	sheetNS  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
)

// OOXML is a package whose main part, of a content type, stands at target;
// rels are the main part's own relations, more are further entries.
func OOXML(t testing.TB, target, contentType, main, rels string, more ...string) []byte {
	t.Helper()
	dir, name, _ := strings.Cut(target, "/")
	return Zipped(t, append([]string{
		"[Content_Types].xml", xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>` +
			`<Override PartName="/` + target + `" ContentType="` + contentType + `"/>` + parts(more) + `</Types>`,
		"_rels/.rels", xmlHead + `<Relationships xmlns="` + packRels + `"><Relationship Id="r1" Type="` + docRels + `/officeDocument" Target="` + target + `"/></Relationships>`,
		target, xmlHead + main,
		dir + "/_rels/" + name + ".rels", xmlHead + `<Relationships xmlns="` + packRels + `">` + rels + `</Relationships>`}, more...)...)
}

// parts are the content types of sheets.
func parts(more []string) string {
	var b strings.Builder
	for i := 0; i < len(more); i += 2 {
		if strings.HasPrefix(more[i], "xl/worksheets/") {
			b.WriteString(`<Override PartName="/` + more[i] + `" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`)
		}
	}
	return b.String()
}

// Content types of main parts.
const (
	DOCXMain = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	DOCMMain = "application/vnd.ms-word.document.macroEnabled.main+xml"
	XLSXMain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
)

// DOCX is a text with the given paragraphs.
func DOCX(t testing.TB, body, rels string, more ...string) []byte {
	t.Helper()
	return OOXML(t, "word/document.xml", DOCXMain, `<w:document xmlns:w="`+wordNS+`" xmlns:r="`+docRels+`" `+
		`xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><w:body>`+body+`</w:body></w:document>`, rels, more...)
}

// Paragraphs makes paragraphs of lines.
func Paragraphs(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("<w:p><w:r><w:t>" + l + "</w:t></w:r></w:p>")
	}
	return b.String()
}

// XLSX is a table with the given sheets, each the content of sheetData.
func XLSX(t testing.TB, sheets ...string) []byte {
	t.Helper()
	var list, rels strings.Builder
	var more []string
	for i, s := range sheets {
		fmt.Fprintf(&list, `<sheet name="Blatt %d" sheetId="%d" r:id="s%d"/>`, i+1, i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="s%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, docRels, i+1)
		more = append(more, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), xmlHead+`<worksheet xmlns="`+sheetNS+`"><sheetData>`+s+`</sheetData></worksheet>`)
	}
	return OOXML(t, "xl/workbook.xml", XLSXMain, `<workbook xmlns="`+sheetNS+`" xmlns:r="`+docRels+`"><sheets>`+list.String()+`</sheets></workbook>`,
		rels.String(), more...)
}

// Cell is a row of one cell.
func Cell(text string) string {
	return `<row><c t="inlineStr"><is><t>` + text + `</t></is></c></row>`
}

// ODFNamespaces are those that ODF uses, and its version.
const ODFNamespaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
	`xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" ` +
	`xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" ` +
	`xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" office:version="1.2"`

// ODF is a document of a type; body is what stands in office:body.
func ODF(t testing.TB, kind string, body string, more ...string) []byte {
	t.Helper()
	return Zipped(t, append([]string{"mimetype", kind,
		"content.xml", xmlHead + `<office:document-content ` + ODFNamespaces + `><office:body>` + body + `</office:body></office:document-content>`,
		"META-INF/manifest.xml", xmlHead + `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">` +
			`<manifest:file-entry manifest:full-path="/" manifest:media-type="` + kind + `"/>` +
			`<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`}, more...)...)
}
