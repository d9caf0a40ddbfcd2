package worker

import (
	"fmt"
	"time"
)

// Took is how long a page took its child, stage by stage, in milliseconds by
// the clock: what a program of poppler does for the page is in it.
type Took struct {
	Open      int `json:"open"`      // of the document, its parts and its conversion included; with its first page only
	Render    int `json:"render"`    // taking the page apart, or drawing it
	Care      int `json:"care"`      // of the image, before recognition
	Recognise int `json:"recognise"` // of the words
	Codes     int `json:"codes"`
	Encode    int `json:"encode"` // the images that are kept
}

// check holds a child's word against what any document may take.
func (t Took) check(l Limits) error {
	for _, ms := range []int{t.Open, t.Render, t.Care, t.Recognise, t.Codes, t.Encode} {
		if ms < 0 || ms > 1000*l.DocumentSeconds {
			return fmt.Errorf("a stage of %d ms", ms)
		}
	}
	return nil
}

// stopwatch measures one stage after the other.
type stopwatch struct {
	start time.Time
	given int // milliseconds that were given out
}

func startWatch() *stopwatch { return &stopwatch{start: time.Now()} }

// lap gives the milliseconds since the lap before. What is cut off of one lap
// goes to the next, so that many short ones add up to the whole.
func (w *stopwatch) lap() int {
	all := int(time.Since(w.start).Milliseconds())
	ms := all - w.given
	w.given = all
	return ms
}
