package sample

import "strings"

// CER is the character error rate of got against truth: the edit distance in
// characters, divided by the characters of truth. Runs of white space count as
// one space. An empty truth gives 0 for empty got, else 1.
func CER(truth, got string) float64 {
	a := []rune(strings.Join(strings.Fields(truth), " "))
	b := []rune(strings.Join(strings.Fields(got), " "))
	if len(a) == 0 {
		if len(b) == 0 {
			return 0
		}
		return 1
	}
	return float64(distance(a, b)) / float64(len(a))
}

// distance is Levenshtein's.
func distance(a, b []rune) int {
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
