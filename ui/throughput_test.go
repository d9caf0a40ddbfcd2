package ui

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"eakte/appliance/catalog"
	"eakte/ingest"
)

// TestThroughputPage: figures, plots with their tables, errors that lead to the
// quarantine, and an empty page that teaches.
func TestThroughputPage(t *testing.T) {
	h := open(t)
	v := h.visitor("de")
	v.signIn("s.scan")
	p := v.get("/throughput")
	p.want(200)
	if text := p.Find("main").Text(); !strings.Contains(text, "In diesem Zeitraum wurde nichts gelesen.") || !strings.Contains(text, "noch keine Messung") ||
		!strings.Contains(text, "Sie ist leer.") || p.Find("svg.plot").Length() != 0 {
		t.Errorf("the empty page: %s", text)
	}
	if p.Find(".bar-nav a[href='/throughput'][aria-current=page]").Length() != 1 || p.Find(".bar-nav a[href='/admin']").Length() != 0 {
		t.Errorf("the bar: %s", p.Find(".bar-nav").Text())
	}
	now := time.Now()
	check(t, h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return tx.AddCounts("n", []catalog.Count{{At: now, Kind: catalog.CountPages, N: 1200}, {At: now, Kind: catalog.CountReady, N: 399}, {At: now, Kind: catalog.CountQuarantined, Name: "damaged", N: 1},
			{At: now, Kind: catalog.CountStage, Name: ingest.StageRecognise, N: 1_200_000}, {At: now, Kind: catalog.CountStage, Name: ingest.StageStore, N: 400_000},
			{At: now, Kind: catalog.CountDeaths, N: 1}})
	}))
	h.call("k.sommer", "POST", "/documents?file="+string(h.file), "wartet", nil).want(201)
	p = v.get("/throughput")
	for figure, want := range map[string]string{"queue": "1", "pace": "1.200", "pages": "3", "aside": "0"} {
		if got := strings.TrimSpace(p.Find("[data-figure=" + figure + "]").Text()); got != want {
			t.Errorf("%s is %q, want %q", figure, got, want)
		}
	}
	if text := p.Find("[data-figure=empty]").Text(); !strings.Contains(text, "in etwa einer Minute") {
		t.Errorf("empty: %s", text)
	}
	if p.Find("svg.plot").Length() != 2 || p.Find("svg.plot [style], svg.plot[style]").Length() != 0 || p.Find("svg.plot rect.plot-piece").Length() != 2 {
		t.Errorf("%d plots, %d pieces", p.Find("svg.plot").Length(), p.Find("svg.plot rect.plot-piece").Length())
	}
	sums := 0
	p.Find("table[data-plot=pages] tbody tr").Each(func(_ int, s *goquery.Selection) {
		if n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(s.Find("td").Eq(1).Text()), ".", "")); err == nil {
			sums += n
		}
	})
	if sums != 1200 {
		t.Errorf("the table sums up to %d pages", sums)
	}
	if text := p.Find("tr[data-stage=recognise]").Text(); !strings.Contains(text, "Text erkennen") || !strings.Contains(text, "1.000") || !strings.Contains(text, "75 %") {
		t.Errorf("recognition: %s", text)
	}
	if text := p.Find("tr[data-reason=damaged]").Text(); !strings.Contains(text, "beschädigt") || p.Find("section a[href='/quarantine']").Length() != 1 {
		t.Errorf("errors: %s", text)
	}
	for _, r := range ingest.Ranges() {
		p := v.get("/throughput?range=" + r)
		p.want(200)
		if got := p.Find(".tabs [aria-current]").AttrOr("href", ""); got != "/throughput?range="+r || p.Find("svg.plot").Length() != 2 {
			t.Errorf("%s: %s, %d plots", r, got, p.Find("svg.plot").Length())
		}
	}
	v.get("/throughput?range=1y").want(400)
}

// TestThroughputOfTheInterface: the same numbers, and the same refusals.
func TestThroughputOfTheInterface(t *testing.T) {
	h := open(t)
	h.call("k.sommer", "POST", "/documents?file="+string(h.file), "wartet", nil).want(201)
	var got ingest.Throughput
	for _, name := range []string{"a.admin", "s.scan", "c.klar"} {
		res := h.call(name, "GET", "/throughput?range=48h", "", nil)
		res.want(200)
		res.json(&got)
		if got.Queue.Waiting != 1 || len(got.Buckets) != 48 || got.Estimate.Why != ingest.WhyUnmeasured || got.Estimate.EmptyAt != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	h.call("k.sommer", "GET", "/throughput", "", nil).failure(403, "denied")
	h.call("d.schutz", "GET", "/throughput?range=1y", "", nil).failure(403, "denied")
	h.call("s.scan", "GET", "/throughput?range=1y", "", nil).failure(400, "invalid")
}
