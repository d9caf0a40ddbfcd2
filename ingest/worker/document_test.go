package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/ingest/render"
)

// lethal is a document of so many pages, some of which kill the child.
type lethal struct {
	Pages int
	Kills map[int]string // page, 0 for the opening → kill, hang or blame
	Times int            // each kills so many children and then no more; 0: all
	Dir   string         // where the children count
}

// deadly says whether page n kills this child, and counts it.
func (l lethal) deadly(n int) string {
	how := l.Kills[n]
	if how == "" || l.Times == 0 {
		return how
	}
	if had, err := filepath.Glob(filepath.Join(l.Dir, fmt.Sprintf("%d-*", n))); err != nil || len(had) >= l.Times {
		return ""
	}
	f, err := os.CreateTemp(l.Dir, fmt.Sprintf("%d-", n))
	if err != nil || f.Close() != nil {
		os.Exit(10)
	}
	return how
}

// die does what a page does to its child.
func die(n int, how string) {
	switch how {
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "blame": // it lives and says that a tool has died
		_ = writeFrame(os.Stdout, kindFault, fmt.Appendf(nil, `{"reason":"crashed","page":%d}`, n))
	}
	time.Sleep(time.Hour)
}

// lethalChild reads documents as the product's child does, as far as their
// pages let it.
func lethalChild(spec string) int {
	var l lethal
	if json.Unmarshal([]byte(spec), &l) != nil || writeFrame(os.Stdout, kindReady, []byte(`{}`)) != nil {
		return 4
	}
	page, err := unreadable(1)
	if err != nil {
		return 5
	}
	for {
		f, err := readFrame(os.Stdin)
		if errors.Is(err, io.EOF) {
			return 0
		}
		var r request
		if err != nil || json.Unmarshal(f.parts[0], &r) != nil || writeFrame(os.Stdout, kindAccepted) != nil {
			return 6
		}
		for f.kind != kindBodyEnd {
			if f, err = readFrame(os.Stdin); err != nil {
				return 7
			}
		}
		for n := 0; n <= l.Pages; n++ {
			if n > 0 && (n < r.From || slices.Contains(r.Skip, n)) {
				continue
			}
			if how := l.deadly(n); how != "" {
				die(n, how)
			}
			if n == 0 {
				err = writeFrame(os.Stdout, kindOpened, fmt.Appendf(nil, `{"pages":%d}`, l.Pages))
			} else {
				head := fmt.Appendf(nil, `{"number":%d,"width":%d,"height":%d,"dpi":100,"source":"ocr"}`, n, page.Width, page.Height)
				text := fmt.Appendf(nil, "%d\n", n)
				err = writeFrame(os.Stdout, kindPage, head, []byte("[]"), text, text, page.Image, page.Full, page.Thumb)
			}
			if err != nil {
				return 8
			}
		}
		if writeFrame(os.Stdout, kindSummary, fmt.Appendf(nil, `{"ContentType":"application/pdf","Pages":%d}`, l.Pages)) != nil {
			return 9
		}
	}
}

// readLethal reads a lethal document; deaths are those of an earlier try and
// come back counted on.
func readLethal(t *testing.T, l lethal, deaths map[int]int) ([]Page, Summary, error) {
	t.Helper()
	l.Dir = t.TempDir()
	spec, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	p := newPool(t, Config{Args: []string{"lethal", string(spec)}, Pause: time.Millisecond, Limits: Limits{PageSeconds: 1}})
	var pages []Page
	body := []byte("%PDF-1.4 whatever")
	sum, err := p.Read(t.Context(), Document{Open: func() io.Reader { return bytes.NewReader(body) }, Size: int64(len(body)), Deaths: deaths,
		Died: func(page int, reason string) error { return nil }}, func(pg Page) error {
		pages = append(pages, pg)
		return nil
	})
	return pages, sum, err
}

func TestPagesThatKillAreLeftOut(t *testing.T) {
	all := map[int]string{}
	for n := 1; n <= 20; n++ {
		all[n] = "kill"
	}
	for name, c := range map[string]struct {
		doc    lethal
		before map[int]int
		lost   []int
		reason string // of the fault, if it is one
		deaths map[int]int
	}{
		"none":                         {doc: lethal{Pages: 4}, deaths: map[int]int{}},
		"one in the middle":            {doc: lethal{Pages: 5, Kills: map[int]string{3: "kill"}}, lost: []int{3}, deaths: map[int]int{3: 3}},
		"the first and the last":       {doc: lethal{Pages: 3, Kills: map[int]string{1: "kill", 3: "kill"}}, lost: []int{1, 3}, deaths: map[int]int{1: 3, 3: 3}},
		"one that hangs":               {doc: lethal{Pages: 2, Kills: map[int]string{2: "hang"}}, lost: []int{2}, deaths: map[int]int{2: 3}},
		"one that kills a tool":        {doc: lethal{Pages: 3, Kills: map[int]string{2: "blame"}}, lost: []int{2}, deaths: map[int]int{2: 3}},
		"each kills twice only":        {doc: lethal{Pages: 3, Kills: all, Times: 2}, deaths: map[int]int{1: 2, 2: 2, 3: 2}},
		"the opening kills twice only": {doc: lethal{Pages: 2, Kills: map[int]string{0: "kill"}, Times: 2}, deaths: map[int]int{0: 2}},
		"known from before":            {doc: lethal{Pages: 3, Kills: map[int]string{2: "kill"}}, before: map[int]int{2: 3}, lost: []int{2}, deaths: map[int]int{2: 3}},
		"died of twice before":         {doc: lethal{Pages: 3, Kills: map[int]string{2: "kill"}}, before: map[int]int{2: 2}, lost: []int{2}, deaths: map[int]int{2: 3}},
		"the opening":                  {doc: lethal{Pages: 2, Kills: map[int]string{0: "kill"}}, reason: render.ReasonCrashed, deaths: map[int]int{0: 3}},
		"all of few":                   {doc: lethal{Pages: 2, Kills: all}, reason: render.ReasonCrashed, deaths: map[int]int{1: 3, 2: 3}},
		"all of few, known":            {doc: lethal{Pages: 2, Kills: all}, before: map[int]int{1: 3, 2: 3}, reason: render.ReasonCrashed, deaths: map[int]int{1: 3, 2: 3}},
		"too many": {doc: lethal{Pages: 20, Kills: all}, before: map[int]int{1: 3, 2: 3, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3, 9: 3}, reason: render.ReasonCrashed,
			deaths: map[int]int{1: 3, 2: 3, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3, 9: 3, 10: 3, 11: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deaths := maps.Clone(c.before)
			if deaths == nil {
				deaths = map[int]int{}
			}
			pages, sum, err := readLethal(t, c.doc, deaths)
			if !maps.Equal(deaths, c.deaths) {
				t.Errorf("deaths %v, want %v", deaths, c.deaths)
			}
			if c.reason != "" {
				wantFault(t, err, c.reason)
				return
			}
			if err != nil || len(pages) != c.doc.Pages || sum.Pages != c.doc.Pages || !slices.Equal(sum.Unreadable, c.lost) {
				t.Fatalf("%d pages, %+v, %v", len(pages), sum, err)
			}
			for i, pg := range pages {
				lost := slices.Contains(c.lost, i+1)
				if pg.Number != i+1 || (pg.Source == SourceUnreadable) != lost || lost != (pg.Text == "") {
					t.Errorf("page %d: number %d, source %s, text %q", i+1, pg.Number, pg.Source, pg.Text)
				}
			}
		})
	}
}

// TestAPageThatSaysSo: what stands for a lost page passes for a page, and
// somebody can read on it what it is.
func TestAPageThatSaysSo(t *testing.T) {
	pg, err := unreadable(7)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkImages(pg); err != nil {
		t.Error(err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(pg.Full)); err != nil {
		t.Error(err)
	}
	p := newPool(t, Config{})
	read := mustProcess(t, p, pg.Full, render.TypeJPEG, 1)[0]
	for _, word := range []string{"Seite", "lesbar", "unreadable"} {
		if !strings.Contains(read.Text, word) {
			t.Errorf("no %q on it: %q", word, read.Text)
		}
	}
}

// TestTheNextPageIsReadByTheNextChild: pages that came are not read again.
func TestTheNextPageIsReadByTheNextChild(t *testing.T) {
	p := newPool(t, Config{})
	g := drawn(t, 400, 120, 200, "Akte")
	doc := asTIFF(t, "g4", g, g, g)
	for from, want := range map[int]int{1: 3, 2: 2, 3: 1, 4: 0} {
		n := 0
		sum, err := p.Process(t.Context(), Input{Body: bytes.NewReader(doc), Size: -1, From: from}, func(pg Page) error {
			if n++; pg.Number != from+n-1 {
				t.Errorf("page %d came as number %d from %d", pg.Number, n, from)
			}
			return nil
		})
		if err != nil || n != want || sum.Pages != 3 {
			t.Errorf("from %d: %d pages, %+v, %v", from, n, sum, err)
		}
	}
}

func TestReadStopsWhenItIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	spec, err := json.Marshal(lethal{Pages: 1, Kills: map[int]string{1: "kill"}})
	if err != nil {
		t.Fatal(err)
	}
	p := newPool(t, Config{Args: []string{"lethal", string(spec)}, Pause: time.Hour})
	died, broken := 0, errors.New("broken")
	read := func(ctx context.Context, died func(int, string) error) error {
		_, err := p.Read(ctx, Document{Open: func() io.Reader { return strings.NewReader("%PDF-1.4") }, Size: -1, Died: died}, func(Page) error { return nil })
		return err
	}
	if err := read(t.Context(), func(int, string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a death that could not be kept: %v", err)
	}
	err = read(ctx, func(int, string) error {
		if died++; died == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || died != 2 {
		t.Errorf("%d died, %v", died, err)
	}
}
