package routing_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"eakte/appliance/sample"
)

// noiseFile is what recognition was measured to do wrong; `make routing-noise`
// writes it anew.
const noiseFile = "testdata/noise.json"

// noise says, for each condition in which pages come, what recognition makes of
// them: counted on pages that were drawn, read by the real worker, and held
// against what they truly say.
type noise map[string]*conditionNoise

// conditionNoise are the counts of one condition. Keys of Seen and Became are
// single characters, the space between two words included; what one became may
// be empty (lost) or several.
type conditionNoise struct {
	Pages      int                       `json:"pages"`
	Chars      int                       `json:"chars"`
	Wrong      int                       `json:"wrong"`
	Seen       map[string]int            `json:"seen"`
	Became     map[string]map[string]int `json:"became"`
	Added      map[string]int            `json:"added"` // read where nothing stands
	Words      int                       `json:"words"`
	WordsLost  int                       `json:"words_lost"`
	Lines      int                       `json:"lines"`
	LinesLost  int                       `json:"lines_lost"`
	Pace       []float64                 `json:"pace"`       // each page's share of wrong characters, over the mean; sorted
	Sure       []float32                 `json:"sure"`       // confidence of words that are right: 0th, 5th … 100th percentile
	Doubted    []float32                 `json:"doubted"`    // and of those that are not
	Hand       int                       `json:"hand"`       // words written by hand
	HandRight  int                       `json:"hand_right"` // of them
	HandRead   []string                  `json:"hand_read"`  // what was read in their place, some
	Stamps     int                       `json:"stamps"`     // words on stamps
	StampsRead int                       `json:"stamps_read"`
	Codes      int                       `json:"codes"` // on which no stamp lies
	CodesRead  int                       `json:"codes_read"`
}

func readNoise(t testing.TB) noise {
	t.Helper()
	b, err := os.ReadFile(noiseFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		How        string `json:"how"`
		Conditions noise  `json:"conditions"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Conditions
}

// spoiler makes of what a page truly says what recognition may make of it.
type spoiler struct {
	*conditionNoise
	*rand.Rand
	pace  float64
	rates map[rune]float64
	added float64
}

// spoiler draws how good this page is.
func (c *conditionNoise) spoiler(r *rand.Rand) *spoiler {
	s := &spoiler{conditionNoise: c, Rand: r, pace: c.Pace[r.IntN(len(c.Pace))], rates: map[rune]float64{}}
	n := 0
	for _, k := range c.Added {
		n += k
	}
	s.added = float64(n) / float64(max(1, c.Chars))
	return s
}

// class joins characters too rare to be counted alone.
func class(r rune) int {
	switch {
	case unicode.IsDigit(r):
		return 0
	case r == ' ':
		return 1
	case unicode.IsUpper(r):
		return 2
	case unicode.IsLower(r):
		return 3
	}
	return 4
}

// rate is how often a character is read wrongly, at least as often as half of
// its class is: a character that was always right was not seen often enough.
func (s *spoiler) rate(r rune) float64 {
	if v, ok := s.rates[r]; ok {
		return v
	}
	seen, wrong := 0, 1
	for c, n := range s.Seen {
		if class([]rune(c)[0]) != class(r) {
			continue
		}
		seen += n
		for _, k := range s.Became[c] {
			wrong += k
		}
	}
	v := 0.5 * float64(wrong) / float64(seen+1)
	own := 0
	for _, k := range s.Became[string(r)] {
		own += k
	}
	if n := s.Seen[string(r)]; n > 0 {
		v = max(v, float64(own)/float64(n))
	}
	s.rates[r] = v
	return v
}

// instead draws what a character is read as.
func (s *spoiler) instead(r rune) string {
	from := s.Became[string(r)]
	if len(from) == 0 || class(r) == 0 && s.Float64() < 0.3 {
		return s.likely(r)
	}
	return drawn(s.Rand, from)
}

// likely is for what was not seen to be misread: the shapes that are near it.
func (s *spoiler) likely(r rune) string {
	near := map[rune]string{'0': "O689", '1': "lI7|", '2': "Z7", '3': "8B5", '4': "A9", '5': "S6", '6': "8G5", '7': "1", '8': "B36", '9': "g4",
		'ä': "aá", 'ö': "oó", 'ü': "uii", 'ß': "B", '/': "|lI", 'ı': "i", 'ş': "s", 'ł': "l", 'ö' + 1: "o"}
	if of := []rune(near[r]); len(of) > 0 {
		return string(of[s.IntN(len(of))])
	}
	return ""
}

func drawn(r *rand.Rand, from map[string]int) string {
	keys := make([]string, 0, len(from))
	sum := 0
	for k, n := range from {
		keys = append(keys, k)
		sum += n
	}
	slices.Sort(keys)
	at := r.IntN(sum)
	for _, k := range keys {
		if at -= from[k]; at < 0 {
			return k
		}
	}
	return ""
}

// word spoils one word; empty: it is lost.
func (s *spoiler) word(text string) string {
	if s.Float64() < s.pace*float64(s.WordsLost)/float64(max(1, s.Words)) {
		return ""
	}
	var b strings.Builder
	for _, r := range text {
		if s.Float64() < s.pace*s.rate(r) {
			b.WriteString(s.instead(r))
		} else {
			b.WriteRune(r)
		}
		if s.Float64() < s.pace*s.added {
			b.WriteString(drawn(s.Rand, s.Added))
		}
	}
	return b.String()
}

func (s *spoiler) confidence(right bool) float32 {
	from := s.Sure
	if !right && len(s.Doubted) > 0 {
		from = s.Doubted
	}
	if len(from) < 2 {
		return 90
	}
	x := s.Float64() * float64(len(from)-1)
	i := int(x)
	return from[i] + float32(x-float64(i))*(from[min(i+1, len(from)-1)]-from[i])
}

// byHand is what is read where somebody wrote a word: itself, something else, or
// nothing.
func (s *spoiler) byHand(text string) string {
	switch x := s.Float64() * float64(max(1, s.Hand)); {
	case x < float64(s.HandRight):
		return text
	case x < float64(s.HandRight+len(s.HandRead)) && len(s.HandRead) > 0:
		return s.HandRead[s.IntN(len(s.HandRead))]
	}
	return ""
}

// stamped says that somebody put a stamp on a code.
func stamped(p sample.TruthPage, code sample.TruthMark) bool {
	return slices.ContainsFunc(p.Marks, func(m sample.TruthMark) bool {
		a, b := m.Pixels, code.Pixels
		return m.Kind == sample.MarkStamp && a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
	})
}

// isCode says which marks a reader of codes may find, and how it names them.
func isCode(k sample.MarkKind) (format string, ok bool) {
	format, ok = map[sample.MarkKind]string{sample.MarkCode: "code128", sample.MarkCode39: "code39", sample.MarkQR: "qr", sample.MarkDataMatrix: "datamatrix"}[k]
	return format, ok
}
