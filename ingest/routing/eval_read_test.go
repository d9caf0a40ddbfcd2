package routing_test

import (
	"bytes"
	"context"
	"image"
	"math/rand/v2"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/ocr"
	"eakte/ingest/routing"
	"eakte/ingest/worker"
)

// recognised reads a piece of post the way the product does: drawn, decoded
// and recognised by the worker's child.
func recognised(t testing.TB, p *worker.Pool, piece sample.Piece) []routing.Page {
	t.Helper()
	r, err := piece.Render()
	if err != nil {
		t.Fatal(err)
	}
	var out []routing.Page
	_, err = p.Process(context.Background(), worker.Input{Body: bytes.NewReader(r.Body), Size: int64(len(r.Body))}, func(pg worker.Page) error {
		out = append(out, routing.Page{Number: pg.Number, Text: pg.Text,
			Words: record.PageWords{Width: pg.Width, Height: pg.Height, Words: pg.Words, Codes: pg.Codes}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// spoiled gives a piece of post as recognition would have read it, by the
// noise that was measured.
func (n noise) spoiled(t testing.TB, piece sample.Piece, seed uint64) []routing.Page {
	t.Helper()
	truth, err := piece.Truth()
	if err != nil {
		t.Fatal(err)
	}
	c := n[piece.Condition()]
	if c == nil {
		t.Fatalf("no noise was measured for %q", piece.Condition())
	}
	r := rand.New(rand.NewPCG(seed, 77))
	var out []routing.Page
	for i, p := range truth.Pages {
		out = append(out, c.spoiler(r).page(p, i+1))
	}
	return out
}

func (s *spoiler) page(p sample.TruthPage, number int) routing.Page {
	var tokens []ocr.Token
	lost := map[int]bool{}
	last, line := -1, 0
	for _, w := range p.Words {
		if w.Line != last {
			last, line = w.Line, line+1
			lost[line] = s.Float64() < s.pace*float64(s.LinesLost)/float64(max(1, s.Lines))
		} else if n := len(tokens); n > 0 && !w.Hand && tokens[n-1].Line == line && s.Float64() < s.pace*s.rate(' ') && s.Float64() < 0.8 {
			tokens[n-1].Raw += s.word(w.Text) // the space between is not seen
			tokens[n-1].Box = tokens[n-1].Box.Union(boxOf(w.Pixels))
			continue
		}
		if lost[line] {
			continue
		}
		text, right := "", true
		if w.Hand {
			text, right = s.byHand(w.Text), false
		} else {
			text = s.word(w.Text)
			right = text == w.Text
		}
		if strings.TrimSpace(text) != "" {
			tokens = append(tokens, ocr.Token{Raw: text, Box: boxOf(w.Pixels), Confidence: s.confidence(right), Line: line})
		}
	}
	out := record.PageWords{Width: p.Width, Height: p.Height}
	for _, m := range p.Marks {
		line++
		if format, ok := isCode(m.Kind); ok {
			if !stamped(p, m) && s.Float64() < float64(s.CodesRead+1)/float64(s.Codes+1) {
				out.Codes = append(out.Codes, record.Code{Format: format, Text: m.Text, X: m.Pixels.X, Y: m.Pixels.Y, W: m.Pixels.W, H: m.Pixels.H})
			}
			continue
		}
		if m.Kind == sample.MarkStamp {
			for _, f := range strings.Fields(m.Text) {
				if s.Float64() < float64(s.StampsRead)/float64(max(1, s.Stamps)) {
					tokens = append(tokens, ocr.Token{Raw: s.word(f), Box: boxOf(m.Pixels), Confidence: s.confidence(true), Line: line})
				}
			}
		}
	}
	page := ocr.Assemble(tokens)
	out.Words = page.Words
	return routing.Page{Number: number, Text: page.Text, Words: out}
}

func boxOf(b record.Box) image.Rectangle {
	return image.Rect(b.X, b.Y, b.X+max(1, b.W), b.Y+max(1, b.H))
}
