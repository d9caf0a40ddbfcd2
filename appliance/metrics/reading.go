package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// reading counts what this process has read. How much waits stands in
// eakte_jobs{kind="document.read"}.
type reading struct {
	pages, retries, deaths prometheus.Counter
	documents, stages      *prometheus.CounterVec
}

func newReading() reading {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	by := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	return reading{
		pages:     counter("eakte_read_pages_total", "Pages read, counted when their document has come to its end."),
		retries:   counter("eakte_read_retries_total", "Tries of a document beyond its first."),
		deaths:    counter("eakte_read_deaths_total", "Workers that a page has killed."),
		documents: by("eakte_read_documents_total", "Documents that have come to their end: ready, or the reason why they were set aside.", "outcome"),
		stages:    by("eakte_read_stage_seconds_total", "Time that reading took, by stage.", "stage"),
	}
}

// Pages counts pages that were read.
func (s *Set) Pages(n int64) { s.read.pages.Add(float64(n)) }

// Retries counts tries of documents beyond the first.
func (s *Set) Retries(n int64) { s.read.retries.Add(float64(n)) }

// Deaths counts workers that a page has killed.
func (s *Set) Deaths(n int64) { s.read.deaths.Add(float64(n)) }

// Documents counts documents whose reading has come to an end: outcome is
// "ready" or a reason of quarantine.
func (s *Set) Documents(outcome string, n int64) {
	s.read.documents.WithLabelValues(outcome).Add(float64(n))
}

// Stage counts the time that a stage of reading took.
func (s *Set) Stage(stage string, took time.Duration) {
	s.read.stages.WithLabelValues(stage).Add(took.Seconds())
}
