package office

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"eakte/ingest/office/officetest"
)

// TestMain lets the test binary be the process that LibreOffice is loaded
// into. It has no walls round it here: what a document does not do is then for
// LibreOffice's settings to prevent.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "office" {
		os.Exit(Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// text converts a document and reads the PDF with poppler.
func text(t *testing.T, doc []byte, k Kind) (string, error) {
	t.Helper()
	if !Installed() {
		if os.Getenv("CI") == "true" {
			t.Fatal("LibreOffice is not installed")
		}
		t.Skip("LibreOffice is not installed")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	scratch := t.TempDir()
	var pdf bytes.Buffer
	err = Converter{Command: []string{exe, "office"}, Scratch: scratch}.ToPDF(ctx, bytes.NewReader(doc), int64(len(doc)), k, &pdf)
	if left, _ := filepath.Glob(filepath.Join(scratch, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "pdftotext", "-layout", "-", "-")
	cmd.Stdin = &pdf
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("no PDF: %v", err)
	}
	return string(out), nil
}

// listen counts who calls.
func listen(t *testing.T) (address string, calls *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	calls = &atomic.Int32{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			c.Close()
		}
	}()
	return "http://" + l.Addr().String(), calls
}

const (
	relation = `<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s" TargetMode="External"/>`
	picture  = `<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:extent cx="900000" cy="900000"/>` +
		`<wp:docPr id="1" name="p"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">` +
		`<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr>` +
		`<pic:blipFill><a:blip r:link="p1"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm>` +
		`<a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
)

// TestNothingIsFetched holds documents that link to an address on this machine.
func TestNothingIsFetched(t *testing.T) {
	url, calls := listen(t)
	rel := func(id, kind, path string) string { return fmt.Sprintf(relation, id, kind, url+path) }
	sheet := func(formula string) string { return `<row><c t="str"><f>` + formula + `</f><v>gemerkt</v></c></row>` }
	for name, c := range map[string]struct {
		doc  []byte
		kind Kind
	}{
		"DOCX": {officetest.DOCX(t, officetest.Paragraphs("gemerkt")+picture+
			`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>INCLUDETEXT "`+url+`/text"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`+
			`<w:altChunk r:id="c1"/>`, rel("p1", "image", "/p.png")+rel("t1", "attachedTemplate", "/t.dotm")+rel("c1", "aFChunk", "/c.html")), DOCX},
		"ODT": {officetest.ODF(t, ODT.Type, `<office:text><text:section text:name="s"><text:section-source xlink:href="`+url+`/s.odt"/><text:p>gemerkt</text:p></text:section>`+
			`<text:p><draw:frame svg:width="2cm" svg:height="2cm"><draw:image xlink:href="`+url+`/p.png" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p>`+
			`<text:p><draw:frame svg:width="2cm" svg:height="2cm"><draw:object xlink:href="`+url+`/o.odt" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p></office:text>`), ODT},
		"RTF": {[]byte(`{\rtf1\ansi gemerkt\par{\*\template ` + url + `/t.dot}{\field{\*\fldinst INCLUDEPICTURE "` + url + `/p.png" \\d}{\fldrslt x}}` +
			`{\object\objautlink\objupdate{\*\objclass Word.Document}{\result y}}}`), RTF},
		"XLSX": {officetest.XLSX(t, officetest.Cell("gemerkt")+sheet(`_xlfn.WEBSERVICE(&quot;`+url+`/w&quot;)`)+sheet(`HYPERLINK(&quot;`+url+`/h&quot;)`)), XLSX},
		"ODS": {officetest.ODF(t, ODS.Type, `<office:spreadsheet><table:table table:name="a"><table:table-source xlink:href="`+url+`/t.ods" table:table-name="b" table:refresh-delay="PT1S"/>`+
			`<table:table-row><table:table-cell table:formula="of:=COM.MICROSOFT.WEBSERVICE(&quot;`+url+`/w&quot;)" office:value-type="string" office:string-value="gemerkt"><text:p>gemerkt</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>`), ODS},
	} {
		got, err := text(t, c.doc, c.kind)
		if err != nil || !strings.Contains(got, "gemerkt") {
			t.Errorf("%s: %v, %q", name, err, got)
		}
		if n := calls.Swap(0); n != 0 {
			t.Errorf("%s called %d times", name, n)
		}
	}
}

// TestMacrosDoNotRun: a text whose macro would write into it when it is opened.
func TestMacrosDoNotRun(t *testing.T) {
	library := `<?xml version="1.0" encoding="UTF-8"?><library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" library:passwordprotected="false"><library:element library:name="M"/></library:library>`
	content := `<?xml version="1.0" encoding="UTF-8"?><office:document-content ` + officetest.ODFNamespaces + ` xmlns:dom="http://www.w3.org/2001/xml-events" xmlns:ooo="http://openoffice.org/2004/office">` +
		`<office:scripts><office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" ` +
		`xlink:href="vnd.sun.star.script:Standard.M.Run?language=Basic&amp;location=document" xlink:type="simple"/></office:event-listeners></office:scripts>` +
		`<office:body><office:text><text:p>harmlos</text:p></office:text></office:body></office:document-content>`
	entry := func(name, kind string) string {
		return `<manifest:file-entry manifest:full-path="` + name + `" manifest:media-type="` + kind + `"/>`
	}
	doc := officetest.Zipped(t, "mimetype", ODT.Type, "content.xml", content,
		"Basic/script-lc.xml", `<?xml version="1.0" encoding="UTF-8"?><library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink"><library:library library:name="Standard" library:link="false"/></library:libraries>`,
		"Basic/Standard/script-lb.xml", library,
		"Basic/Standard/M.xml", `<?xml version="1.0" encoding="UTF-8"?><script:module xmlns:script="http://openoffice.org/2000/script" script:name="M" script:language="StarBasic">`+
			"Sub Run\nThisComponent.Text.String = \"gelaufen\"\nEnd Sub</script:module>",
		"META-INF/manifest.xml", `<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">`+
			entry("/", ODT.Type)+entry("content.xml", "text/xml")+entry("Basic/script-lc.xml", "text/xml")+entry("Basic/Standard/script-lb.xml", "text/xml")+entry("Basic/Standard/M.xml", "text/xml")+`</manifest:manifest>`)
	got, err := text(t, doc, ODT)
	if err != nil || !strings.Contains(got, "harmlos") || strings.Contains(got, "gelaufen") {
		t.Errorf("%v, %q", err, got)
	}
}

// TestProcessorTimeEnds: the limit that the process inherits ends it.
func TestProcessorTimeEnds(t *testing.T) {
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &was); err != nil {
		t.Fatal(err)
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	// Of this process too, which has not used so much more when it starts the other.
	short := syscall.Rlimit{Cur: uint64(used.Utime.Sec+used.Stime.Sec) + 4, Max: was.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &short); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &was); err != nil {
			t.Error(err)
		}
	}()
	row := "<row>" + strings.Repeat(`<c><v>1</v></c>`, 1000) + "</row>"
	_, err := text(t, officetest.XLSX(t, strings.Repeat(row, 1000)), XLSX)
	var f *Fault
	if !errors.As(err, &f) || f.Reason != reasonTimeout {
		t.Errorf("%v", err)
	}
}

// TestWithoutLibreOffice: a reason in words, and no try.
func TestWithoutLibreOffice(t *testing.T) {
	defer func(was []string) { places = was }(places)
	places = []string{t.TempDir()}
	err := Converter{Scratch: t.TempDir()}.ToPDF(t.Context(), strings.NewReader("x"), 1, RTF, &bytes.Buffer{})
	var f *Fault
	if Installed() || !errors.As(err, &f) || f.Reason != reasonMissing {
		t.Error(err)
	}
}

func TestPacked(t *testing.T) {
	many := []string{"[Content_Types].xml", `<Types><Override ContentType="` + officetest.XLSXMain + `"/></Types>`}
	for i := range mostEntries {
		many = append(many, fmt.Sprintf("xl/worksheets/sheet%d.xml", i), "")
	}
	bomb := officetest.DOCX(t, officetest.Paragraphs("x"), "", "word/media/a.xml", strings.Repeat("\x00", bombMinimum+2))
	locked := bytes.ReplaceAll(officetest.DOCX(t, "", ""), []byte("PK\x01\x02\x14\x00\x14\x00\x08\x00"), []byte("PK\x01\x02\x14\x00\x14\x00\x09\x00"))
	for name, c := range map[string]struct {
		doc    []byte
		ok     bool
		reason string
	}{
		"text":               {officetest.DOCX(t, "", ""), true, ""},
		"archive":            {officetest.Zipped(t, "a.txt", "a"), false, ""},
		"mimetype of a book": {officetest.Zipped(t, "mimetype", "application/epub+zip"), true, reasonUnknown},
		"another package":    {officetest.Zipped(t, "[Content_Types].xml", "<Types/>"), true, reasonUnknown},
		"slides":             {officetest.Zipped(t, "[Content_Types].xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"), true, reasonSlides},
		"slides, open":       {officetest.Zipped(t, "mimetype", "application/vnd.oasis.opendocument.presentation"), true, reasonSlides},
		"password, open":     {officetest.Zipped(t, "mimetype", ODT.Type, "META-INF/manifest.xml", "<manifest:encryption-data/>"), true, reasonEncrypted},
		"password":           {locked, true, reasonEncrypted},
		"bomb":               {bomb, true, reasonBomb},
		"10,000 sheets":      {officetest.Zipped(t, many...), true, reasonManyParts},
		"no archive":         {[]byte("PK\x03\x04 and nothing else"), false, ""},
	} {
		_, ok, err := Packed(bytes.NewReader(c.doc), int64(len(c.doc)))
		var f *Fault
		if ok != c.ok || (err == nil) != (c.reason == "") || err != nil && (!errors.As(err, &f) || f.Reason != c.reason) {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

func FuzzPacked(f *testing.F) {
	f.Add(officetest.DOCX(f, officetest.Paragraphs("x"), ""))
	f.Add(officetest.ODF(f, ODT.Type, "<office:text/>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, ok, err := Packed(bytes.NewReader(b), int64(len(b)))
		var fault *Fault
		if err != nil && !errors.As(err, &fault) || ok && err == nil && k.ext == "" {
			t.Fatalf("%v, %v, %v", k, ok, err)
		}
	})
}
