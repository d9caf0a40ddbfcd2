package ingest

import (
	"io"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/ingest/worker"
)

// The stages of reading a document, in their order. Those from StageOpen to
// StageEncode happen in a worker.
const (
	StageScan      = "scan"  // for malware
	StageFetch     = "fetch" // out of the store, and decrypted
	StageOpen      = "open"  // with taking containers apart and converting
	StageRender    = "render"
	StageCare      = "care" // of the image
	StageRecognise = "recognise"
	StageCodes     = "codes"
	StageEncode    = "encode"
	StageStore     = "store" // encrypted, and put
	StageIndex     = catalog.StageIndex
)

// What a document may wait for, as the cause of its job says.
const (
	heldForRoom    = "no room on the disk"
	heldForVerdict = "no verdict from the malware scanner"
)

// Stages lists them in their order.
func Stages() []string {
	return []string{StageScan, StageFetch, StageOpen, StageRender, StageCare, StageRecognise, StageCodes, StageEncode, StageStore, StageIndex}
}

// meter counts what reading one document takes. It is kept with the end of the
// document, in the minutes in which things happened.
type meter struct {
	clock   record.Clock
	counts  map[catalog.Count]int64 // with N left out
	fetched time.Duration           // by readers of the document
}

// meter begins to count a try of a job.
func (r *Reader) meter(j job.Job) *meter {
	m := &meter{clock: r.Clock, counts: map[catalog.Count]int64{}}
	m.add(catalog.CountRetries, "", int64(max(0, j.Attempt-1)))
	if r.Pool != nil {
		m.add(catalog.CountWorkers, "", int64(r.Pool.Workers()))
	}
	return m
}

// count tells what was counted to who wants to know.
func (r *Reader) count(m *meter) {
	if r.Count == nil {
		return
	}
	for _, c := range m.all() {
		r.Count(c)
	}
}

func (m *meter) add(kind, name string, n int64) {
	if n != 0 {
		m.counts[catalog.Count{At: m.clock.Now().UTC().Truncate(time.Minute), Kind: kind, Name: name}] += n
	}
}

// took adds to a stage the time since it began.
func (m *meter) took(stage string, began time.Time) {
	m.add(catalog.CountStage, stage, time.Since(began).Milliseconds())
}

// page counts a page that has come, with what the worker says it took.
func (m *meter) page(p worker.Page) {
	m.add(catalog.CountPages, "", 1)
	for stage, ms := range map[string]int{StageOpen: p.Took.Open, StageRender: p.Took.Render, StageCare: p.Took.Care,
		StageRecognise: p.Took.Recognise, StageCodes: p.Took.Codes, StageEncode: p.Took.Encode} {
		m.add(catalog.CountStage, stage, int64(ms))
	}
}

// all is what was counted.
func (m *meter) all() []catalog.Count {
	out := make([]catalog.Count, 0, len(m.counts))
	for c, n := range m.counts {
		c.N = n
		out = append(out, c)
	}
	return out
}

// timedReader adds up how long its reads wait.
type timedReader struct {
	io.Reader
	waited *time.Duration
}

func (r timedReader) Read(p []byte) (int, error) {
	began := time.Now()
	n, err := r.Reader.Read(p)
	*r.waited += time.Since(began)
	return n, err
}
