package ocr_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/sample"
	"eakte/ingest/ocr"
	"eakte/ingest/worker"
)

// domain are words that our letters have and the models' dictionaries lack.
const domain = `Bedarfsgemeinschaft Regelbedarf Mehrbedarf Weiterbewilligungsantrag Veränderungsmitteilung Mietbescheinigung
Unterkunftskosten Kundennummer BG-Nummer Jobcenter Leistungsberechtigte Mitwirkungspflichten Eingliederungsvereinbarung
Kooperationsplan Aufhebungsbescheid Erstattungsbescheid Anhörung Zustellungsurkunde Arbeitsunfähigkeitsbescheinigung
Grundmiete Betriebskostenvorauszahlung Heizkostenvorauszahlung Nebenkostenabrechnung SGB II III XII`

// TestEvalModels holds the German model, both models, and both with words of
// the domain against each other: through the engine, without the worker.
func TestEvalModels(t *testing.T) {
	if !*full {
		t.Skip("only with -ocr-eval")
	}
	dir := t.TempDir()
	words, config := filepath.Join(dir, "words"), filepath.Join(dir, "config")
	for file, text := range map[string]string{words: strings.Join(strings.Fields(domain), "\n") + "\n", config: "user_words_file " + words + "\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("| models | n | CER running text | CER all print | § right | CPU s a page |\n|---|---|---|---|---|---|")
	for _, m := range []struct {
		name, config string
		languages    []string
	}{{"deu", "", []string{"deu"}}, {"deu+eng", "", []string{"deu", "eng"}}, {"deu+eng, user words", config, []string{"deu", "eng"}}} {
		e, err := ocr.NewEngine(m.config, m.languages...)
		if err != nil {
			t.Fatal(err)
		}
		var s score
		var spent time.Duration
		o := sample.Jobcenter(seed(t), 60)
		c := condition{form: sample.Form{Container: sample.PNG, DPI: 200, Noise: 2}}
		for i := range *pages {
			l := o.Letter(o.Files[2+i%50], sample.Types()[i%len(sample.Types())], time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), i)
			l.Form = c.form
			page, truth, err := l.FirstPage()
			if err != nil {
				t.Fatal(err)
			}
			in := pixels(t, sample.Rendered{Body: page, Truth: truth})
			before := ownTime(t)
			p, err := e.Read(in)
			if err != nil {
				t.Fatal(err)
			}
			spent += ownTime(t) - before
			s.add(scored(truth.Pages[0], worker.Page{Words: p.Words, Confidence: p.Confidence}, truth.Number, truth.CustomerNumber))
		}
		fmt.Printf("| %s | %d | %.2f %% | %.2f %% | %d of %d | %.2f |\n", m.name, s.pages, 100*share(s.runningWrong, s.running),
			100*share(s.wrong, s.chars), s.signsRight, s.signs, spent.Seconds()/float64(s.pages))
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

func ownTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestEvalDoubt says how well the mark "doubtful" tells pages of which more
// than one character in twenty is wrong: on good pages and on ever worse ones.
func TestEvalDoubt(t *testing.T) {
	if !*full {
		t.Skip("only with -ocr-eval")
	}
	grey := sample.Form{Container: sample.TIFF, DPI: 200, Compression: sample.Deflate}
	at := func(change func(*sample.Form)) sample.Form { f := grey; change(&f); return f }
	black := func(f *sample.Form) { f.Bilevel, f.Compression = true, sample.Group4 }
	var right, missed, extra, good int
	for _, c := range []condition{
		{name: "grey 200", form: grey},
		{name: "forms 200", forms: true, form: grey},
		{name: "grey 100", form: at(func(f *sample.Form) { f.DPI = 100 })},
		{name: "grey 75", form: at(func(f *sample.Form) { f.DPI = 75 })},
		{name: "noise", form: at(func(f *sample.Form) { f.Noise = 45 })},
		{name: "strong noise", form: at(func(f *sample.Form) { f.Noise = 80 })},
		{name: "thin black", form: at(func(f *sample.Form) { black(f); f.Light, f.Noise = 0.65, 25 })},
		{name: "specks", form: at(func(f *sample.Form) { black(f); f.Speckle = 60 })},
		{name: "curled", form: at(func(f *sample.Form) { f.Photo, f.Curl = true, true })},
		{name: "skewed 8°", form: at(func(f *sample.Form) { f.Skew = 9 })},
	} {
		var r, m, x, g int
		c.run(t, max(2, *pages/6), func(typ sample.Type, i int, p worker.Page, s score) {
			bad := share(s.wrong, s.chars) > 0.05
			r, m, x, g = r+one(bad && p.Doubtful), m+one(bad && !p.Doubtful), x+one(!bad && p.Doubtful), g+one(!bad && !p.Doubtful)
			if bad != p.Doubtful {
				t.Logf("%s, %s %d: CER %.3f\t%s", c.name, typ, i, share(s.wrong, s.chars), features(p))
			}
		})
		fmt.Printf("| %s | bad and marked %d | bad, not marked %d | good but marked %d | good %d |\n", c.name, r, m, x, g)
		right, missed, extra, good = right+r, missed+m, extra+x, good+g
	}
	fmt.Printf("precision %.0f %%, recall %.0f %% of %d pages with a CER over 5 %%, among %d\n",
		100*share(right, right+extra), 100*share(right, right+missed), right+missed, right+missed+extra+good)
}
