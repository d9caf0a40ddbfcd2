package web

import (
	"math"
	"slices"
	"strconv"

	"eakte/ingest"
	"eakte/ui/locale"
)

// A plot is drawn in units of its view box; the style sheet gives colours.
const (
	plotWidth, plotHeight = 960, 200
	plotParts             = 6 // of its width, each with a time below its middle
)

// bar is a piece of a column; Stage is empty where a column is of one piece.
type bar struct {
	X, Y, W, H string
	Stage      string
	Says       string
}

// plot is a diagram of columns. Its texts stand beside the drawing, evenly
// spaced: so they keep their size, whatever the drawing's is.
type plot struct {
	Bars  []bar
	Lines []string // heights of the lines across, from the bottom
	Side  []string // values at the lines, from the top
	Below []string // times
}

// plotOf draws a column for each bucket; pieces are the values of its pieces
// from the bottom, says what is told when one points at a piece.
func plotOf(l *locale.Lang, v throughputView, stages []string, pieces func(i ingest.Interval) []float64, says func(i ingest.Interval, n int) string) plot {
	most := 0.0
	for _, i := range v.Buckets {
		sum := 0.0
		for _, p := range pieces(i) {
			sum += p
		}
		most = math.Max(most, sum)
	}
	top, step := scale(most)
	var p plot
	for n := 0; float64(n)*step <= top+step/2; n++ {
		p.Lines = append(p.Lines, number(plotHeight*(1-float64(n)*step/top)))
		p.Side = slices.Insert(p.Side, 0, decimal(l, float64(n)*step))
	}
	for n := range plotParts {
		p.Below = append(p.Below, v.tick(l, v.Buckets[(2*n+1)*len(v.Buckets)/(2*plotParts)]))
	}
	column := float64(plotWidth) / float64(len(v.Buckets))
	for n, i := range v.Buckets {
		y := float64(plotHeight)
		for k, value := range pieces(i) {
			h := plotHeight * value / top
			if h <= 0 {
				continue
			}
			y -= h
			b := bar{X: number(column * (float64(n) + 0.1)), Y: number(y), W: number(column * 0.8), H: number(h), Says: says(i, k)}
			if k < len(stages) {
				b.Stage = stages[k]
			}
			p.Bars = append(p.Bars, b)
		}
	}
	return p
}

// scale gives the top of an axis for values up to most, and its steps: 1, 2 or
// 5 times a power of ten, three to five of them.
func scale(most float64) (top, step float64) {
	if most <= 0 {
		return 1, 1
	}
	step = math.Pow(10, math.Floor(math.Log10(most)))
	for _, f := range []float64{0.2, 0.25, 0.5, 1, 2} {
		if most/(step*f) <= 5 {
			step *= f
			break
		}
	}
	return step * math.Ceil(most/step-1e-9), step
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// pagesPlot shows how many pages were read.
func pagesPlot(l *locale.Lang, v throughputView) plot {
	return plotOf(l, v, nil, func(i ingest.Interval) []float64 { return []float64{v.rate(i)} },
		func(i ingest.Interval, _ int) string { return v.span(l, i) + ": " + decimal(l, v.rate(i)) })
}

// stagesPlot shows how long a page took, stage upon stage, in milliseconds.
func stagesPlot(l *locale.Lang, v throughputView) plot {
	stages := ingest.Stages()
	return plotOf(l, v, stages, func(i ingest.Interval) []float64 {
		out := make([]float64, len(stages))
		for n, s := range stages {
			out[n] = aPage(i, s)
		}
		return out
	}, func(i ingest.Interval, n int) string {
		return v.span(l, i) + ", " + l.Of("throughput.stage", stages[n]) + ": " + decimal(l, aPage(i, stages[n])) + " ms"
	})
}

// texture is how a stage is hatched, so that colour alone tells nothing: a path
// in a square of 8 units, empty for a plain surface.
func texture(stage string) string {
	return map[string]string{
		ingest.StageScan:   "M0 4H8",
		ingest.StageFetch:  "M4 0V8",
		ingest.StageOpen:   "M0 4H8M4 0V8",
		ingest.StageRender: "M-2 2L2 -2M0 8L8 0M6 10L10 6",
		ingest.StageCare:   "M0 2H8M0 6H8",
		ingest.StageCodes:  "M-2 6L2 10M0 0L8 8M6 -2L10 2",
		ingest.StageEncode: "M0 0L8 8M8 0L0 8",
		ingest.StageStore:  "M1 2h3M5 6h3",
		ingest.StageIndex:  "M2 0V8M6 0V8",
	}[stage]
}

// pagesLine says in words what the plot of pages shows.
func pagesLine(l *locale.Lang, v throughputView) string {
	most := 0.0
	for _, i := range v.Buckets {
		most = math.Max(most, v.rate(i))
	}
	if v.daily() {
		return l.T("throughput.plotdays", "most", decimal(l, most), "all", l.Number(int(v.Sum.Pages)))
	}
	return l.T("throughput.plotpages", "most", decimal(l, most), "all", l.Number(int(v.Sum.Pages)))
}

// stagesLine says in words what the plot of stages shows.
func stagesLine(l *locale.Lang, v throughputView) string {
	longest := ""
	for _, s := range ingest.Stages() {
		if longest == "" || v.Sum.Stages[s] > v.Sum.Stages[longest] {
			longest = s
		}
	}
	return l.T("throughput.plotstages", "ms", decimal(l, wholePage(v.Sum)), "stage", l.Of("throughput.stage", longest), "part", portion(l, v.Sum, longest))
}
