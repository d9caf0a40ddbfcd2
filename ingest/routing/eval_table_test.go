package routing_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/sample"
)

// row counts what became of post of one kind.
type row struct {
	want            sample.Wanted
	n, filed, right int
	site, siteRight int // in clearing, of those whose site can be told
}

func (r *row) add(v verdict) {
	r.n++
	if v.filed() {
		r.filed++
	}
	if v.right() {
		r.right++
	}
	if !v.filed() && v.piece.Site != "" {
		r.site++
		if v.routing.Site == v.piece.Site {
			r.siteRight++
		}
	}
}

// sums are what the tables are printed from.
type sums struct {
	cases                  map[string]*row
	want                   map[sample.Wanted]*row
	all                    row
	typed                  map[string]*typeRow
	typeDecided, typeRight int
	reworded, none         typeRow // letters headed by other words; letters of none of the types
	took, typing           []time.Duration
}

// typeRow counts what the rules made of letters of one type.
type typeRow struct{ n, decided, right int }

func tally(vs []verdict) sums {
	s := sums{cases: map[string]*row{}, want: map[sample.Wanted]*row{}, typed: map[string]*typeRow{}}
	for _, w := range []sample.Wanted{sample.Filed, sample.Unsure, sample.Torn, sample.Either} {
		s.want[w] = &row{want: w}
	}
	for _, v := range vs {
		if s.cases[v.piece.Case] == nil {
			s.cases[v.piece.Case] = &row{want: v.piece.Want}
		}
		s.cases[v.piece.Case].add(v)
		s.want[v.piece.Want].add(v)
		s.all.add(v)
		s.took, s.typing = append(s.took, v.took), append(s.typing, v.typing)
		s.addType(v)
	}
	slices.Sort(s.took)
	slices.Sort(s.typing)
	return s
}

func (s *sums) addType(v verdict) {
	is := string(v.piece.Type)
	if is == "" {
		is = "none of them"
	}
	if s.typed[is] == nil {
		s.typed[is] = &typeRow{}
	}
	rows := []*typeRow{s.typed[is]}
	switch {
	case v.piece.Type == "":
		rows = append(rows, &s.none)
	case v.piece.Reworded:
		rows = append(rows, &s.reworded)
	}
	for _, r := range rows {
		r.n++
		if v.kind.Type != "" {
			r.decided++
			if v.kind.Type == string(v.piece.Type) {
				r.right++
			}
		}
	}
	if v.kind.Type != "" {
		s.typeDecided++
		if v.kind.Type == string(v.piece.Type) {
			s.typeRight++
		}
	}
}

func share(n, of int) float64 { return float64(n) / float64(max(1, of)) }

// wilson gives the interval in which a share of k of n lies, at 95 %.
func wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	mid := p + z*z/(2*m)
	off := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (mid-off)/(1+z*z/m)), min(1, (mid+off)/(1+z*z/m))
}

func percent(k, n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*share(k, n))
}

func within(k, n int) string {
	low, high := wilson(k, n)
	return fmt.Sprintf("%d of %d, %.2f %% (%.2f to %.2f)", k, n, 100*share(k, n), 100*low, 100*high)
}

// print gives the tables as markdown.
func (s sums) print(title string) {
	fmt.Printf("\n%s\n\n| kind of post | n | filed | right | wrong | in clearing | site right there |\n|---|---|---|---|---|---|---|\n", title)
	for _, w := range []sample.Wanted{sample.Filed, sample.Torn, sample.Unsure, sample.Either} {
		for _, name := range sample.RouteCases() {
			if r := s.cases[name]; r != nil && r.want == w {
				r.print(name)
			}
		}
		s.want[w].print("**" + string(w) + "**")
	}
	fmt.Printf("\n| asked | measured |\n|---|---|\n")
	f, u, c, e := s.want[sample.Filed], s.want[sample.Unsure], s.want[sample.Torn], s.want[sample.Either]
	fmt.Printf("| sufficient evidence: filed, at least 97 %% | %s |\n", within(f.filed, f.n))
	fmt.Printf("| of those in the right file, at least 99.9 %% | %s |\n", within(f.right, f.filed))
	fmt.Printf("| without sufficient evidence: in clearing, 100 %% | %s |\n", within(u.n-u.filed, u.n))
	fmt.Printf("| conflict: in clearing, 100 %% | %s |\n", within(c.n-c.filed, c.n))
	fmt.Printf("| may be filed or not: filed, of those right | %s; %d of %d |\n", percent(e.filed, e.n), e.right, e.filed)
	fmt.Printf("| all that was filed: right | %s |\n", within(s.all.right, s.all.filed))
	fmt.Printf("| in clearing: at the right site | %s |\n", within(s.all.siteRight, s.all.site))
	fmt.Printf("| type: decided | %s |\n", within(s.typeDecided, s.all.n))
	fmt.Printf("| of those right, at least 95 %% | %s |\n", within(s.typeRight, s.typeDecided))
	fmt.Printf("| letters headed by other words: decided; right | %s; %s |\n", within(s.reworded.decided, s.reworded.n), within(s.reworded.right, s.reworded.decided))
	fmt.Printf("| letters of none of the types: left undecided | %s |\n", within(s.none.n-s.none.decided, s.none.n))
	fmt.Printf("| time to route a letter: median, 99th percentile, longest | %s |\n", times(s.took))
	fmt.Printf("| time to find its type | %s |\n", times(s.typing))
	fmt.Printf("\n| type | n | decided | right |\n|---|---|---|---|\n")
	for _, t := range append(sample.Types(), "none of them") {
		if r := s.typed[string(t)]; r != nil {
			fmt.Printf("| %s | %d | %d | %d |\n", t, r.n, r.decided, r.right)
		}
	}
}

func (r *row) print(name string) {
	fmt.Printf("| %s | %d | %s | %d | %d | %d | %s |\n", name, r.n, percent(r.filed, r.n), r.right, r.filed-r.right, r.n-r.filed, percent(r.siteRight, r.site))
}

func times(of []time.Duration) string {
	if len(of) == 0 {
		return "–"
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f, %.1f, %.1f ms", ms(of[len(of)/2]), ms(of[len(of)*99/100]), ms(of[len(of)-1]))
}

// judge fails the run that misses a mark.
func (s sums) judge(t testing.TB, name string) {
	f, u, c := s.want[sample.Filed], s.want[sample.Unsure], s.want[sample.Torn]
	if share(f.filed, f.n) < 0.97 {
		t.Errorf("%s: %s with sufficient evidence filed, asked for 97 %%", name, within(f.filed, f.n))
	}
	if share(f.right, f.filed) < 0.999 {
		t.Errorf("%s: %s of them right, asked for 99.9 %%", name, within(f.right, f.filed))
	}
	if u.filed+c.filed > 0 {
		t.Errorf("%s: %d without sufficient evidence and %d with a conflict filed", name, u.filed, c.filed)
	}
	if share(s.typeRight, s.typeDecided) < 0.95 {
		t.Errorf("%s: types right in %s, asked for 95 %%", name, within(s.typeRight, s.typeDecided))
	}
}

// line names a piece, what is wrong, and what was decided.
func (v verdict) line(wrong string) string {
	truth := "no file"
	if v.piece.File >= 0 {
		truth = fmt.Sprintf("file %d", v.piece.File)
	}
	return fmt.Sprintf("piece %d [%s] %s (%s, %s, wanted %s): %s; outcome %s, reason %s, file %d, confidence %.2f, truth %s",
		v.n, v.piece.Case, wrong, v.piece.Type, v.piece.Condition(), v.piece.Want, wrong, v.routing.Outcome, v.routing.Reason, v.file, v.routing.Confidence, truth)
}

// explained is the line, with the evidence and the page's first words.
func (v verdict) explained(run, wrong string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", run, v.line(wrong))
	for _, e := range v.routing.Evidence {
		fmt.Fprintf(&b, "    evidence %s/%s page %d %q = %q file %s person %s site %s repair %v weight %.2f\n", e.Kind, e.Source, e.Page, e.Text, e.Value, short(string(e.File)), short(string(e.Person)), e.Site, e.Repair, e.Weight)
	}
	for _, c := range v.routing.Candidates {
		fmt.Fprintf(&b, "    candidate %s %.2f %v conflict %v\n", short(string(c.File)), c.Confidence, c.Evidence, c.Conflict)
	}
	fmt.Fprintf(&b, "    text: %q", v.start(500))
	return b.String()
}

func (v verdict) typed(run, wrong string) string {
	return fmt.Sprintf("%s: piece %d %s: is %s, said %q %.2f, second %q, %s\n    reasons %s\n    text: %q", run, v.n, wrong, v.piece.Type, v.kind.Type, v.kind.Confidence, v.kind.Second, v.piece.Condition(),
		asJSON(v.kind.Reasons), v.start(400))
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (v verdict) start(n int) string {
	if len(v.pages) == 0 {
		return ""
	}
	text := strings.Join(strings.Fields(v.pages[0].Text), " ")
	return strings.ToValidUTF8(text[:min(n, len(text))], "")
}

func short(id string) string { return strings.TrimLeft(id, "0") }

// explain prints one piece and all that was decided on it.
func explain(t *testing.T, i int) {
	j, n := newJudge(t, *files), readNoise(t)
	p := j.house.Post(i)
	v := j.decide(t, p, n.spoiled(t, p, uint64(i)))
	v.n = i
	v.pages = n.spoiled(t, p, uint64(i))
	fmt.Println(v.explained("noise model", v.missed()), "\n", v.typed("noise model", v.mistyped()))
	for _, pg := range v.pages {
		fmt.Printf("--- page %d\n%s\n%v\n", pg.Number, pg.Text, pg.Words.Codes)
	}
	if p.File >= 0 {
		fmt.Println(asJSON(j.house.Record(p.File)))
	}
}
