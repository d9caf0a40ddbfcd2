// Package metrics counts what the appliance does, for Prometheus. It wraps the
// parts it measures (store, search, jobs) and asks the others at each scrape,
// so that nothing that works has to know of it.
//
// No label names a person, a file, a document or a path: labels are taken from
// fixed sets, such as the kind of a job or the pattern of a route.
package metrics

import (
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// Set is all metrics of one process. It is safe for concurrent use.
type Set struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	store    *prometheus.HistogramVec
	search   *prometheus.HistogramVec
	jobs     *prometheus.HistogramVec
	read     reading
}

// The bounds of what is timed, in seconds: a page image takes some
// milliseconds, the recognition of a long document minutes.
var (
	quick = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	slow  = []float64{.01, .05, .1, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}
)

// New makes a set. ask is called at each scrape for what is only known then.
func New(version string, ask Ask) *Set {
	timed := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	s := &Set{registry: prometheus.NewRegistry(),
		requests: timed("eakte_http_request_seconds", "Time to answer, by route pattern.", quick, "method", "route", "status"),
		store:    timed("eakte_store_seconds", "Time of calls to the object store.", quick, "bucket", "call", "outcome"),
		search:   timed("eakte_search_seconds", "Time of calls to the search engine.", quick, "call", "outcome"),
		jobs:     timed("eakte_job_seconds", "Time of one run of a job.", slow, "kind", "outcome"),
		read:     newReading(),
	}
	info := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eakte_build_info", Help: "1; the version is a label.",
		ConstLabels: prometheus.Labels{"version": version}}, func() float64 { return 1 })
	s.registry.MustRegister(s.read.pages, s.read.documents, s.read.retries, s.read.deaths, s.read.stages)
	s.registry.MustRegister(s.requests, s.store, s.search, s.jobs, info, asked{ask},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// Request counts an answered request. route is its pattern, never its path.
func (s *Set) Request(method, route string, status int, took time.Duration) {
	s.requests.WithLabelValues(verb(method), route, fmt.Sprintf("%dxx", status/100)).Observe(took.Seconds())
}

// verb keeps what a client made up out of the labels.
func verb(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE":
		return method
	}
	return "other"
}

// Write writes all metrics in the text format.
func (s *Set) Write(w io.Writer) error {
	families, err := s.registry.Gather()
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return nil
}

// outcome is the label for how a call ended.
func outcome(err error) string {
	if err != nil {
		return "error"
	}
	return "ok"
}
