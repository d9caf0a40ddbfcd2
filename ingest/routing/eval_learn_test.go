package routing_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/routing"
	"eakte/ingest/worker"
)

// learnFrom is the number of the first piece that noise is learned from: none
// of those that are judged.
const learnFrom = 1_000_000

// lesson is what is gathered of one condition.
type lesson struct {
	conditionNoise
	pages         []float64
	sure, doubted []float32
}

// TestLearnNoise writes testdata/noise.json: so many pages of each condition,
// one a piece, drawn, read by the real worker, and held against the truth.
func TestLearnNoise(t *testing.T) {
	if *learn == 0 {
		t.Skip("only with -routing-learn")
	}
	h := sample.NewHouse(seed(t), 2000)
	p := worker.NewPool(worker.Config{})
	defer p.Close()
	lessons := map[string]*lesson{}
	total := 0
	for n := learnFrom; total < *learn*6 && n < learnFrom+*learn*400; n++ {
		piece := h.Post(n)
		l := lessons[piece.Condition()]
		if l == nil {
			l = &lesson{conditionNoise: conditionNoise{Seen: map[string]int{}, Became: map[string]map[string]int{}, Added: map[string]int{}}}
			lessons[piece.Condition()] = l
		}
		if l.Pages >= *learn || piece.Type == "" {
			continue
		}
		truth, err := piece.Truth()
		if err != nil {
			t.Fatal(err)
		}
		if len(truth.Pages) > 2 { // long ones would be read for nothing
			continue
		}
		for i, got := range recognised(t, p, piece) {
			if l.Pages < *learn {
				l.page(truth.Pages[i], got)
				total++
			}
		}
	}
	writeNoise(t, lessons)
}

func writeNoise(t *testing.T, lessons map[string]*lesson) {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	out := struct {
		How        string                     `json:"how"`
		Conditions map[string]*conditionNoise `json:"conditions"`
	}{How: fmt.Sprintf("go test ./ingest/routing -run LearnNoise -routing-learn %d, EAKTE_SEED=%d, %s, load %.4s: pages of the sample's post, read by the real worker, held line by line against what they truly say.",
		*learn, seed(t), time.Now().Format(time.DateOnly), load), Conditions: map[string]*conditionNoise{}}
	for name, l := range lessons {
		mean := float64(max(1, l.Wrong)) / float64(max(1, l.Chars))
		for _, cer := range l.pages {
			l.Pace = append(l.Pace, float64(int(100*cer/mean))/100)
		}
		slices.Sort(l.Pace)
		l.Sure, l.Doubted = percentiles(l.sure), percentiles(l.doubted)
		out.Conditions[name] = &l.conditionNoise
		t.Logf("%s: %d pages, CER %.2f %%", name, l.Pages, 100*mean)
	}
	b, err := json.MarshalIndent(out, "", " ")
	if err == nil {
		err = os.WriteFile(noiseFile, append(b, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func percentiles(of []float32) []float32 {
	slices.Sort(of)
	var out []float32
	for i := 0; i <= 20 && len(of) > 0; i++ {
		out = append(out, of[i*(len(of)-1)/20])
	}
	return out
}

// page counts what became of a page.
func (l *lesson) page(want sample.TruthPage, got routing.Page) {
	l.Pages++
	chars, wrong := l.Chars, l.Wrong
	lines := map[int][]sample.TruthWord{}
	var order []int
	for _, w := range want.Words {
		if w.Hand {
			l.Hand++
			continue
		}
		if lines[w.Line] == nil {
			order = append(order, w.Line)
		}
		lines[w.Line] = append(lines[w.Line], w)
	}
	read := map[int][]record.Word{}
	for _, r := range got.Words.Words {
		l.place(want, r, read)
	}
	for _, n := range order {
		l.line(lines[n], read[n])
	}
	l.codes(want, got)
	l.pages = append(l.pages, float64(l.Wrong-wrong)/float64(max(1, l.Chars-chars)))
}

// place gives a word that was read to the line it lies on, if it is one of print.
func (l *lesson) place(want sample.TruthPage, r record.Word, read map[int][]record.Word) {
	most, line, hand := 0, -1, false
	for _, w := range want.Words {
		if o := overlap(w.Pixels, r); o > most {
			most, line, hand = o, w.Line, w.Hand
		}
	}
	switch {
	case hand:
		if stands := slices.ContainsFunc(want.Words, func(w sample.TruthWord) bool { return w.Text == r.Text }); stands {
			l.HandRight++
		} else if len(l.HandRead) < 60 {
			l.HandRead = append(l.HandRead, r.Text)
		}
	case line >= 0:
		read[line] = append(read[line], r)
	}
}

func (l *lesson) codes(want sample.TruthPage, got routing.Page) {
	for _, m := range want.Marks {
		if _, ok := isCode(m.Kind); ok && !stamped(want, m) {
			l.Codes++
			if slices.ContainsFunc(got.Words.Codes, func(c record.Code) bool { return c.Text == m.Text }) {
				l.CodesRead++
			}
		}
		if m.Kind == sample.MarkStamp {
			for _, f := range strings.Fields(m.Text) {
				l.Stamps++
				if slices.ContainsFunc(got.Words.Words, func(w record.Word) bool { return w.Text == f && overlap(m.Pixels, w) > 0 }) {
					l.StampsRead++
				}
			}
		}
	}
}

// line counts what became of a line's characters.
func (l *lesson) line(truth []sample.TruthWord, read []record.Word) {
	slices.SortStableFunc(read, func(a, b record.Word) int { return cmp.Compare(a.X, b.X) })
	slices.SortStableFunc(truth, func(a, b sample.TruthWord) int { return cmp.Compare(a.Pixels.X, b.Pixels.X) })
	l.Lines++
	l.Words += len(truth)
	if len(read) == 0 {
		l.LinesLost++
		return
	}
	is, said := make([]string, len(truth)), make([]string, len(read))
	for i, w := range truth {
		is[i] = w.Text
	}
	for i, r := range read {
		said[i] = r.Text
		if slices.Contains(is, r.Text) {
			l.sure = append(l.sure, r.Confidence)
		} else {
			l.doubted = append(l.doubted, r.Confidence)
		}
	}
	kept := is[:0:0]
	for i, w := range truth { // a word on which nothing lies was lost whole
		if slices.ContainsFunc(read, func(r record.Word) bool { return overlap(w.Pixels, r) > 0 }) {
			kept = append(kept, is[i])
		} else {
			l.WordsLost++
		}
	}
	l.align([]rune(strings.Join(kept, " ")), []rune(strings.Join(said, " ")))
}

// align counts the fewest changes that make b of a.
func (l *lesson) align(a, b []rune) {
	cost := make([][]int, len(a)+1)
	for i := range cost {
		cost[i] = make([]int, len(b)+1)
		for j := range cost[i] {
			switch {
			case i == 0:
				cost[i][j] = j
			case j == 0:
				cost[i][j] = i
			default:
				same := 1
				if a[i-1] == b[j-1] {
					same = 0
				}
				cost[i][j] = min(cost[i-1][j-1]+same, cost[i-1][j]+1, cost[i][j-1]+1)
			}
		}
	}
	l.Chars += len(a)
	l.Wrong += cost[len(a)][len(b)]
	for i, j := len(a), len(b); i > 0 || j > 0; {
		switch {
		case i > 0 && j > 0 && a[i-1] == b[j-1] && cost[i][j] == cost[i-1][j-1]:
			l.Seen[string(a[i-1])]++
			i, j = i-1, j-1
		case i > 0 && j > 0 && cost[i][j] == cost[i-1][j-1]+1:
			l.became(a[i-1], string(b[j-1]))
			i, j = i-1, j-1
		case i > 0 && cost[i][j] == cost[i-1][j]+1:
			l.became(a[i-1], "")
			i--
		default:
			l.Added[string(b[j-1])]++
			j--
		}
	}
}

func (l *lesson) became(r rune, s string) {
	l.Seen[string(r)]++
	if l.Became[string(r)] == nil {
		l.Became[string(r)] = map[string]int{}
	}
	l.Became[string(r)][s]++
}

func overlap(b record.Box, w record.Word) int {
	x := min(b.X+b.W, w.X+w.W) - max(b.X, w.X)
	y := min(b.Y+b.H, w.Y+w.H) - max(b.Y, w.Y)
	return max(0, x) * max(0, y)
}
