// Package sample makes the appliance's own sample data by seed: a small
// jobcenter with sites, teams, users and households, and the letters that
// arrive there. The same seed gives the same bytes on machines with the same
// fonts. Every letter comes with its ground truth: text, words with boxes,
// type, numbers, name, dates and amounts. All people, firms and places are
// invented.
//
// It serves `eakte demo` and the tests of other packages:
//
//	office := sample.Jobcenter(1, 50)
//	for _, file := range office.Files {
//		for _, letter := range office.Letters(file) {
//			r, err := letter.Render() // r.Name, r.ContentType, r.Body, r.Truth
//		}
//	}
//
// Lengths are in points (1/72 inch) with the origin at the page's upper left
// corner, pixels are those of the raster at its own resolution.
package sample

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// dice is a stream of random numbers that depends on its seed and path only,
// so that letters may be rendered in any order.
type dice struct{ *rand.Rand }

func newDice(seed uint64, path ...any) dice {
	sum := sha256.Sum256([]byte(fmt.Sprintln(append([]any{seed}, path...)...)))
	return dice{rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))}
}

// between gives a number from lo to hi, both included.
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// within gives a number from lo up to hi.
func (d dice) within(lo, hi float64) float64 { return lo + d.Float64()*(hi-lo) }

func (d dice) chance(p float64) bool { return d.Float64() < p }

func (d dice) pick(from []string) string { return from[d.IntN(len(from))] }

// some gives n different ones in their own order.
func (d dice) some(n int, from []string) []string {
	n = min(n, len(from))
	chosen := make([]bool, len(from))
	for _, i := range d.Perm(len(from))[:n] {
		chosen[i] = true
	}
	out := make([]string, 0, n)
	for i, s := range from {
		if chosen[i] {
			out = append(out, s)
		}
	}
	return out
}

// digits gives a string of n random digits.
func (d dice) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + d.IntN(10))
	}
	return string(b)
}

// euro writes cents as 1.234,56.
func euro(cents int) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%s,%02d", sign, thousands(cents/100), cents%100)
}

// thousands writes a whole number with a dot for each group of three digits.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}

// decimal writes a number with the given places and a comma.
func decimal(v float64, places int) string {
	return strings.Replace(fmt.Sprintf("%.*f", places, v), ".", ",", 1)
}

// isoDate and germanDate are the two ways dates are written.
const (
	isoDate    = "2006-01-02"
	germanDate = "02.01.2006"
)

func monthNames() []string {
	return []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli",
		"August", "September", "Oktober", "November", "Dezember"}
}

// longDate writes 3. März 2026.
func longDate(t time.Time) string {
	return fmt.Sprintf("%d. %s %d", t.Day(), monthNames()[t.Month()-1], t.Year())
}

// monthYear writes März 2026.
func monthYear(t time.Time) string { return fmt.Sprintf("%s %d", monthNames()[t.Month()-1], t.Year()) }

// fill puts values into the {names} of a text.
func fill(text string, values map[string]string) string {
	for strings.Contains(text, "{") {
		i := strings.IndexByte(text, '{')
		n := strings.IndexByte(text[i:], '}')
		if n < 0 {
			return text
		}
		text = text[:i] + values[text[i+1:i+n]] + text[i+n+1:]
	}
	return text
}
