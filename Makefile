# The two commands: `make run` and `make test`. Everything else serves them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

DATA   ?= data
LISTEN ?= 127.0.0.1:8080
GO     ?= go
BIN    := bin/eakte
CACHE  ?= $(CURDIR)/.cache
NPM    := npm --prefix ui/assets

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOFILES := $(shell find appliance ingest search policy ui -name '*.go' 2>/dev/null)
STATICCHECK := $(CACHE)/staticcheck-v0.8.2

export CGO_ENABLED := 1

.PHONY: help deps run build assets templ test lint topology compose-check compose-pin stores bench bench-reading bench-delivery bench-search bench-search-million faults code-eval ocr-eval routing-eval routing-noise search-eval search-rights torture fuzz clean

help: ## Say what each target does
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n",$$1,$$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  DATA=$(DATA) and LISTEN=$(LISTEN) can be set on the command line."

deps: ## Install what is missing from Debian's packages (sudo where not root)
	@.ci/deps

build: deps $(BIN) ## Build bin/eakte

$(BIN): $(GOFILES) go.mod go.sum ui/assets/dist/.built
	$(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o $@ ./appliance

assets: ui/assets/dist/.built ## Build stylesheet, script and fonts into ui/assets/dist

ui/assets/dist/.built: ui/assets/package.json ui/assets/package-lock.json $(shell find ui/assets/src -type f 2>/dev/null)
	$(NPM) ci --no-audit --no-fund --loglevel=error
	$(NPM) run --silent build
	@touch $@

templ: ## Make the Go code of the page templates anew (it is committed)
	$(GO) run github.com/a-h/templ/cmd/templ@v0.3.977 generate -path ui/web

run: build ## Install, build and start with sample data; prints address and first sign-in
	./$(BIN) demo --data $(DATA) --listen $(LISTEN)

test: build ## Run all tests, those in a browser included
	@.ci/test

lint: deps assets $(STATICCHECK) ## Formatting, go vet, staticcheck, templates up to date
	@.ci/lint $(STATICCHECK)

$(STATICCHECK):
	@mkdir -p $(CACHE)
	GOBIN=$(CACHE)/tmp $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.2
	@mv $(CACHE)/tmp/staticcheck $@ && rmdir $(CACHE)/tmp

topology: build ## Put compose/ up as plain processes and go the whole way
	@.ci/topology

compose-check: ## Hold compose/ against the specification's schema and our rules
	$(GO) test -count=1 -run 'Compose|Rules|Schema|Secrets' ./appliance/topology

compose-pin: ## Write the images' digests into compose/ (needs a network)
	@.ci/compose-pin

stores: build ## The conformance suite in full, on every store that is at hand (docs/stores.md)
	. .ci/tools && EAKTE_TEST_FULL=1 $(GO) test -count=1 -timeout 90m ./appliance/vault/...

bench: build ## Print measured ratios against a yardstick of the same run (docs/performance.md)
	@.ci/bench

bench-reading: deps ## Measure reading: speed, memory and cost a page (hours; docs/performance.md)
	@.ci/bench-reading

bench-delivery: deps ## Hand a delivery of 5,000 documents over: speed and memory (docs/performance.md)
	$(GO) test ./ingest/delivery -count=1 -timeout 1h -run '^$$' -bench Delivery -benchtime 1x -bench-documents 5000

# ENGINE=meili asks the server at EAKTE_TEST_MEILI_URL with EAKTE_TEST_MEILI_KEY.
bench-search: deps ## Measure search over PAGES="10000 100000" pages, ENGINE=embedded (docs/performance.md)
	for n in $(or $(PAGES),10000 100000); do \
	  $(GO) test ./search/corpus -count=1 -timeout 12h -v -run TestBenchSearch -bench-pages $$n -bench-engine $(or $(ENGINE),embedded) || exit 1; done

bench-search-million: ## The same over a million pages (hours)
	$(MAKE) bench-search PAGES=1000000

faults: deps ## Let everything fail that can, in full (hours; docs/faults.md)
	@.ci/faults

code-eval: deps ## Read codes on 800 pages, and on 1,000 without any (docs/quality.md)
	$(GO) test ./ingest/barcode -count=1 -timeout 2h -v -run 'TestEval' -code-eval

ocr-eval: deps ## Recognise pages in every condition, PAGES=60 of each (docs/quality.md)
	$(GO) test ./ingest/ocr -count=1 -timeout 6h -v -run 'TestEval|Backs|Upright' -ocr-eval -ocr-pages $(or $(PAGES),60)

routing-eval: deps ## Route LETTERS=500 read pieces of post and NOISE=20000 by the noise model (docs/quality.md)
	$(GO) test ./ingest/routing -count=1 -timeout 6h -v -run TestEvalRouting -routing-eval -routing-letters $(or $(LETTERS),500) \
	  -routing-noise $(or $(NOISE),20000) -routing-files $(or $(FILES),2000) $(if $(MISSES),-routing-misses $(abspath $(MISSES)))

routing-noise: deps ## Measure recognition anew for the noise model, PAGES=45 of each condition
	$(GO) test ./ingest/routing -count=1 -timeout 2h -v -run TestLearnNoise -routing-learn $(or $(PAGES),45)

search-eval: deps ## Ask 269 questions of letters read with real recognition (docs/quality.md)
	$(GO) test ./search/eval -count=1 -timeout 2h -v -run TestEvalSearch -search-eval

search-rights: deps ## Ask PAIRS=100000 (user, query) pairs while rights change underneath
	. .ci/tools && $(GO) test ./appliance/archive -count=1 -timeout 4h -v -run TestSearchWhileRightsChange -search-pairs $(or $(PAIRS),100000)

torture: deps ## Read all hostile files, and those in TORTURE=/folder:/folder (docs/hostile-files.md)
	@TORTURE="$(TORTURE)" .ci/torture

fuzz: deps ## Fuzz the parsers of our own, FUZZTIME=1m each
	@.ci/fuzz

clean: ## Remove what build made; sample data and keys stay
	rm -rf bin ui/assets/node_modules ui/e2e/node_modules
	find ui/assets/dist -mindepth 1 -not -name README -delete
