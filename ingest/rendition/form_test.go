package rendition

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// printedForm is a form of several pages with everything that is difficult: a
// value longer than a line, one without a space, letters of far away, no value.
func printedForm(t testing.TB) *Rendition {
	t.Helper()
	f := Form{Info: info("form"), House: "Jobcenter Musterkreis", Heading: "Empfangsbestätigung", PageOf: "Seite", Note: strings.Repeat("Das Dokument ist unverändert gespeichert. ", 12),
		Facts:   []Fact{{"Dokument", strings.Repeat("sehr langer Name ", 12)}, {"Prüfsumme", "sha256-" + strings.Repeat("0123456789abcdef", 12)}, {}, {"Nguyễn 日本", ""}, {"Leer", " "}},
		Columns: []Column{{"Name", 300, false}, {"Seiten", 183, true}}}
	f.Info.Contents = nil
	for i := range 60 {
		f.Rows = append(f.Rows, Row{Cells: []string{fmt.Sprintf("%04d ä 日本 %s.pdf", i, strings.Repeat("lang ", i)), fmt.Sprint(i)}, Under: fmt.Sprintf("sha256-%064d", i)})
	}
	r, err := PrintForm(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every word of a form is on its pages and can be copied from them.
func TestForm(t *testing.T) {
	r := printedForm(t)
	path := save(t, t.TempDir(), "form", r)
	run(t, "qpdf", "--check", path)
	text := strings.Join(strings.Fields(string(run(t, "pdftotext", "-layout", path, "-"))), " ")
	for _, want := range []string{"Jobcenter Musterkreis", "Empfangsbestätigung", "Nguyen ??", "Seite 1/", "Seite 3/3", "0000 ä", "0059 ä", fmt.Sprintf("sha256-%064d", 59), "unverändert gespeichert."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text:\n%s", want, text)
		}
	}
	if got := strings.Count(strings.ReplaceAll(text, " ", ""), strings.Repeat("0123456789abcdef", 3)); got < 3 {
		t.Errorf("a long word was cut: %d", got)
	}
	if r.Level != LevelU || r.Pages != 3 {
		t.Errorf("PDF/A-%s, %d pages", r.Level, r.Pages)
	}
}
