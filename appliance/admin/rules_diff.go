package admin

import (
	"bytes"
	"encoding/json"
	"strings"

	"eakte/appliance/record"
)

// DiffLine is one line of a comparison.
type DiffLine struct {
	Op   string `json:"op"` // "+", "-", " " around them, or "…" for lines left out
	Text string `json:"text"`
}

// Around a change so many lines are shown; texts that differ in more lines than
// maxCompared are shown as taken out and put in.
const (
	linesAround = 2
	maxCompared = 2000
)

// pretty indents JSON, with the fields of its kind in one order, so that a
// comparison by lines says what differs and not how it was written down.
func pretty(kind, body string) string {
	var v any
	switch kind {
	case record.RulesTypes:
		v = &TypeRules{}
	case record.RulesRouting:
		v = &RoutingRules{}
	default:
		v = &json.RawMessage{}
	}
	if json.Unmarshal([]byte(body), v) != nil {
		return body
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(v) != nil {
		return body
	}
	return strings.ReplaceAll(strings.TrimSpace(b.String()), ": null", ": []") // only lists can be null in these
}

// diff compares two texts line by line; it is empty if they are the same.
func diff(before, after string) []DiffLine {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	all := lines(" ", a[:head])
	all = append(all, changes(a[head:len(a)-tail], b[head:len(b)-tail])...)
	return around(append(all, lines(" ", a[len(a)-tail:])...))
}

func lines(op string, list []string) []DiffLine {
	out := make([]DiffLine, len(list))
	for i, s := range list {
		out[i] = DiffLine{op, s}
	}
	return out
}

// changes finds the longest common sequence of lines.
func changes(a, b []string) []DiffLine {
	if len(a) > maxCompared || len(b) > maxCompared {
		return append(lines("-", a), lines("+", b)...)
	}
	common := make([][]int16, len(a)+1)
	for i := range common {
		common[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []DiffLine
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, DiffLine{" ", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, DiffLine{"-", a[i]})
			i++
		default:
			out = append(out, DiffLine{"+", b[j]})
			j++
		}
	}
	return out
}

// around keeps what changed with some lines about it.
func around(all []DiffLine) []DiffLine {
	keep := make([]bool, len(all))
	for i, l := range all {
		if l.Op == " " {
			continue
		}
		for n := max(0, i-linesAround); n <= min(len(all)-1, i+linesAround); n++ {
			keep[n] = true
		}
	}
	out := []DiffLine{}
	for i, l := range all {
		switch {
		case keep[i]:
			out = append(out, l)
		case len(out) > 0 && out[len(out)-1].Op != "…":
			out = append(out, DiffLine{Op: "…"})
		}
	}
	return out
}
