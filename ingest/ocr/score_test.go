package ocr_test

import (
	"cmp"
	"slices"
	"strings"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/worker"
)

// score is what recognition made of some pages, counted line by line of what
// they truly say: in which order a reader takes columns and boxes is no error,
// every letter lost, wrong or added is. Handwriting, stamps and logos don't count.
type score struct {
	pages                 int
	chars, wrong          int // of all print
	running, runningWrong int // of lines of five words or more
	words, wordsWrong     int
	signs, signsRight     int // words with a paragraph sign
	signsFalse            int // paragraph signs where none stands
	file, fileRight       int // BG numbers
	client, clientRight   int // Kundennummern
	overlap               []float64
	confidence            float64
	turned, blank, doubt  int
	worst                 []string // lines with errors: what stands, and what was read
}

func (s *score) add(o score) {
	s.pages += o.pages
	s.chars, s.wrong = s.chars+o.chars, s.wrong+o.wrong
	s.running, s.runningWrong = s.running+o.running, s.runningWrong+o.runningWrong
	s.words, s.wordsWrong = s.words+o.words, s.wordsWrong+o.wordsWrong
	s.signs, s.signsRight, s.signsFalse = s.signs+o.signs, s.signsRight+o.signsRight, s.signsFalse+o.signsFalse
	s.file, s.fileRight = s.file+o.file, s.fileRight+o.fileRight
	s.client, s.clientRight = s.client+o.client, s.clientRight+o.clientRight
	s.overlap = append(s.overlap, o.overlap...)
	s.confidence += o.confidence
	s.turned, s.blank, s.doubt = s.turned+o.turned, s.blank+o.blank, s.doubt+o.doubt
	s.worst = append(s.worst, o.worst...)
}

// line is one printed line and what was read in its place.
type line struct {
	truth []sample.TruthWord
	read  []record.Word
}

// scored holds a page against what it truly says.
func scored(want sample.TruthPage, got worker.Page, number, client string) score {
	s := score{pages: 1, confidence: float64(got.Confidence), turned: one(got.Turned != 0), blank: one(got.Blank), doubt: one(got.Doubtful)}
	for _, l := range lines(want, got.Words) {
		s.line(l, number, client)
	}
	return s
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *score) line(l line, number, client string) {
	slices.SortStableFunc(l.read, func(a, b record.Word) int { return cmp.Compare(a.X, b.X) })
	slices.SortStableFunc(l.truth, func(a, b sample.TruthWord) int { return cmp.Compare(a.Pixels.X, b.Pixels.X) })
	truth, read := make([]string, len(l.truth)), make([]string, len(l.read))
	for i, w := range l.truth {
		truth[i] = w.Text
	}
	for i, w := range l.read {
		read[i] = w.Text
	}
	is, said := strings.Join(truth, " "), strings.Join(read, " ")
	wrong := distance([]rune(is), []rune(said))
	s.chars, s.wrong = s.chars+len([]rune(is)), s.wrong+wrong
	if len(truth) >= 5 {
		s.running, s.runningWrong = s.running+len([]rune(is)), s.runningWrong+wrong
	}
	s.words, s.wordsWrong = s.words+len(truth), s.wordsWrong+distance(truth, read)
	if wrong > 0 {
		s.worst = append(s.worst, is+" ⇒ "+said)
	}
	s.signsFalse += max(0, strings.Count(said, "§")-strings.Count(is, "§"))
	s.signs += strings.Count(is, "§")
	s.signsRight += min(strings.Count(said, "§"), strings.Count(is, "§"))
	for _, n := range []struct {
		number       string
		stand, right *int
	}{{number, &s.file, &s.fileRight}, {client, &s.client, &s.clientRight}} {
		if n.number != "" {
			*n.stand += strings.Count(is, n.number)
			*n.right += min(strings.Count(is, n.number), strings.Count(said, n.number))
		}
	}
	for _, t := range l.truth {
		for _, r := range l.read {
			if both := overlap(t.Pixels, r); r.Text == t.Text && both > 0 {
				s.overlap = append(s.overlap, both/(area(t.Pixels)+float64(r.W*r.H)-both))
			}
		}
	}
}

// lines gives each word read to the printed line it lies on. What lies on none
// is a line of its own that does not exist, unless handwriting or a mark is there.
func lines(want sample.TruthPage, words []record.Word) []line {
	var out []line
	at := map[int]int{}
	for _, w := range want.Words {
		if w.Hand {
			continue
		}
		if _, ok := at[w.Line]; !ok {
			at[w.Line], out = len(out), append(out, line{})
		}
		l := &out[at[w.Line]]
		l.truth = append(l.truth, w)
	}
	for _, r := range words {
		most, place, foreign := 0.0, -1, false
		for _, w := range want.Words {
			if o := overlap(w.Pixels, r); o > most {
				most, foreign = o, w.Hand
				if !w.Hand {
					place = at[w.Line]
				}
			}
		}
		for _, m := range want.Marks {
			foreign = foreign || most == 0 && overlap(m.Pixels, r) > 0
		}
		switch {
		case foreign:
		case place >= 0:
			out[place].read = append(out[place].read, r)
		default:
			out = append(out, line{read: []record.Word{r}})
		}
	}
	return out
}

func overlap(b record.Box, w record.Word) float64 {
	x := min(b.X+b.W, w.X+w.W) - max(b.X, w.X)
	y := min(b.Y+b.H, w.Y+w.H) - max(b.Y, w.Y)
	return float64(max(0, x)) * float64(max(0, y))
}

func area(b record.Box) float64 { return float64(b.W * b.H) }

// distance is Levenshtein's.
func distance[T comparable](a, b []T) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
