package worker

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"eakte/ingest/office"
	"eakte/ingest/office/officetest"
	"eakte/ingest/render"
)

// needOffice skips where LibreOffice isn't installed; in CI that is a failure.
func needOffice(t *testing.T) {
	t.Helper()
	if !office.Installed() {
		if os.Getenv("CI") == "true" {
			t.Fatal("LibreOffice is not installed")
		}
		t.Skip("LibreOffice is not installed")
	}
}

func TestOfficeDocumentsAreConverted(t *testing.T) {
	needOffice(t)
	p := newPool(t, Config{})
	sentence := "Änderungsbescheid nach § 48 SGB X"
	for name, c := range map[string]struct {
		doc  []byte
		kind office.Kind
		want string
	}{
		"DOCX": {officetest.DOCX(t, officetest.Paragraphs(sentence, "Zweite Zeile"), ""), office.DOCX, sentence},
		"DOCM": {officetest.OOXML(t, "word/document.xml", officetest.DOCMMain,
			`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+officetest.Paragraphs(sentence)+`</w:body></w:document>`, ""), office.DOCM, sentence},
		"XLSX": {officetest.XLSX(t, officetest.Cell(sentence)), office.XLSX, sentence},
		"ODT":  {officetest.ODF(t, office.ODT.Type, `<office:text><text:p>`+sentence+`</text:p></office:text>`), office.ODT, sentence},
		"ODS": {officetest.ODF(t, office.ODS.Type, `<office:spreadsheet><table:table table:name="a"><table:table-row><table:table-cell office:value-type="string"><text:p>`+
			sentence+`</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>`), office.ODS, sentence},
		"RTF": {[]byte(`{\rtf1\ansi\ansicpg1252 {\fonttbl{\f0 Arial;}}\f0 \'c4nderungsbescheid nach \'a7 48 SGB X\par}`), office.RTF, sentence},
		"DOC": {mustRead(t, "testdata/old.doc"), office.DOC, "Bescheid"},
		"XLS": {mustRead(t, "testdata/old.xls"), office.XLS, "Heizung"},
	} {
		t.Run(name, func(t *testing.T) {
			_, pages, sum, err := unpack(t, p, c.doc)
			if err != nil {
				t.Fatal(err)
			}
			if sum.ContentType != c.kind.Type || !sum.Converted || sum.Pages != 1 || len(pages) != 1 {
				t.Fatalf("%+v", sum)
			}
			if pages[0].Source != SourceDigital || !strings.Contains(pages[0].Text, c.want) || len(pages[0].Image) == 0 {
				t.Errorf("source %s, text %q", pages[0].Source, pages[0].Text)
			}
		})
	}
}

// TestHostileOfficeDocuments: whatever comes of them comes in time.
func TestHostileOfficeDocuments(t *testing.T) {
	needOffice(t)
	patient, hasty := newPool(t, Config{}), newPool(t, Config{Limits: Limits{PageSeconds: 4}})
	var sheets []string
	for range 2000 {
		sheets = append(sheets, officetest.Cell("x"))
	}
	row := "<row>" + strings.Repeat(`<c><v>1</v></c>`, 1000) + "</row>"
	laughs := `<!DOCTYPE w [<!ENTITY a "lol">`
	for i := range 12 {
		laughs += fmt.Sprintf(`<!ENTITY %c "%s">`, 'b'+i, strings.Repeat(fmt.Sprintf("&%c;", 'a'+i), 10))
	}
	late := []string{render.ReasonTimeout, render.ReasonMemory, render.ReasonCrashed, render.ReasonTooManyPages, render.ReasonDamaged}
	for name, c := range map[string]struct {
		doc     []byte
		reasons []string // nil: it is read
	}{
		"2,000 sheets":     {officetest.XLSX(t, sheets...), late},
		"a million cells":  {officetest.XLSX(t, strings.Repeat(row, 1000)), late},
		"a billion laughs": {officetest.OOXML(t, "word/document.xml", officetest.DOCXMain, laughs+`]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+officetest.Paragraphs("&l;")+`</w:body></w:document>`, ""), late},
		"an object in a text": {officetest.DOCX(t, officetest.Paragraphs("davor")+`<w:p><w:r><w:object><o:OLEObject Type="Embed" ProgID="Package" ShapeID="a" DrawAspect="Icon" ObjectID="b" r:id="o1"/></w:object></w:r></w:p>`,
			`<Relationship Id="o1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/oleObject" Target="embeddings/o.bin"/>`,
			"word/embeddings/o.bin", string(mustRead(t, "testdata/old.doc"))), nil},
		"no text at all":   {officetest.Zipped(t, "[Content_Types].xml", officetest.DOCXMain), []string{render.ReasonDamaged}},
		"half an old text": {mustRead(t, "testdata/old.doc")[:5000], []string{render.ReasonDamaged}},
		"half an RTF":      {[]byte(`{\rtf1\ansi {\b` + strings.Repeat("{", 100_000)), append(late, "")},
	} {
		p := patient
		if len(c.reasons) > 1 {
			p = hasty
		}
		_, pages, _, err := unpack(t, p, c.doc)
		var f *Fault
		switch {
		case err == nil && (c.reasons == nil || len(c.reasons) > 1):
			t.Logf("%s: %d pages", name, len(pages))
		case errors.As(err, &f) && slices.Contains(c.reasons, f.Reason):
			t.Logf("%s: %v", name, f)
		default:
			t.Errorf("%s: %v", name, err)
		}
	}
}

// mustRead reads a file; the old formats were made by LibreOffice 7.4.
func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
