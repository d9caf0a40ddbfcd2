package worker

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"eakte/appliance/sample"
)

// BenchmarkIsolation is the processor time of a page with the start of its
// child, for a comparison with a build whose isolate does nothing (see
// docs/worker.md): born-digital pages start the most tools, scans compute.
func BenchmarkIsolation(b *testing.B) {
	var digital pdf
	for range 8 {
		digital.text("", paragraph...)
	}
	scans, _ := benchPages(b, sample.Form{Container: sample.JPEG, DPI: 200, Quality: 75, Skew: 0.3, Noise: 1})
	for name, docs := range map[string][][]byte{"start": {asPNG(b, drawn(b, 10, 10, 72))}, "digital": {digital.bytes()}, "scan": scans[:2]} {
		b.Run(name, func(b *testing.B) {
			var spent, clock time.Duration
			pages := 0
			for b.Loop() {
				start := time.Now()
				n, s := throughWorker(b, docs)
				pages, spent, clock = pages+n, spent+s, clock+time.Since(start)
			}
			b.ReportMetric(spent.Seconds()*1000/float64(pages), "cpu-ms/page")
			b.ReportMetric(clock.Seconds()*1000/float64(pages), "ms/page")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPageDeath is what a page that kills every child costs until the
// document goes on behind it, the pause before the last try left out.
func BenchmarkPageDeath(b *testing.B) {
	for b.Loop() {
		p := NewPool(Config{Args: []string{"lethal", `{"Pages":3,"Kills":{"2":"kill"}}`}, Pause: time.Nanosecond})
		body := []byte("%PDF-1.4 whatever")
		sum, err := p.Read(context.Background(), Document{Open: func() io.Reader { return bytes.NewReader(body) }, Size: -1}, func(Page) error { return nil })
		if err != nil || len(sum.Unreadable) != 1 {
			b.Fatal(sum, err)
		}
		p.Close()
	}
}
