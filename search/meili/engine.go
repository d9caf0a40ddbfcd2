// Package meili is the search engine on a Meilisearch server, for archives
// that have one anyway or want the index on a machine of its own.
//
// Meilisearch analyzes and matches nothing here. A document carries the terms
// that package search gives for its title and pages as values of filterable
// attributes, and a query is one filter over them, with no search text at all.
// Filters are exact, complete and counted whole, and know neither the ten
// words nor the 65,535 positions that Meilisearch's own matching ends at. Who
// may find a document stands in the same filter, sent with every question that
// is asked, lists of files as integers in the body of the request.
//
// What Meilisearch can't say in a filter is decided here: words with a typing
// error come from its facet search, which looks through the terms of allowed
// documents only, and are checked by package search. Words side by side are
// values as well, two by two; longer phrases and the page to show come from the
// terms in their order, which every entry keeps.
//
// An index of another analyzer goes on answering while the new one is built
// beside it; see note and view.
//
// What differs from the embedded engine:
//
//   - The order by relevance is coarse: documents with every word in the
//     title, then whole words, then parts and beginnings, then typing errors;
//     among these the shorter, then the newer ones. How often a word occurs
//     does not count.
//   - Of the documents that only the order of their words can tell (phrases of
//     three words and more) the newest maxChecked are read. If there are more,
//     the others match if each two words of the phrase stand side by side
//     somewhere, and Exact is false.
//   - A beginning (word*) stands for all terms, not for search.MaxExpansions.
//   - Hits, total and facets of one answer are read one after the other:
//     while documents are being indexed they may differ by those.
//   - Of a document only the first maxKept pages are kept.
//   - Suggestions are the maxValues most frequent words, in the order of the
//     documents that may be found.
//   - One process may write at a time: whether an entry is older than the one
//     in the index is asked before it is written.
package meili

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
	"eakte/search"
)

// Config says where the server is. The keys may be one and the same; see the
// rights of each in Check.
type Config struct {
	URL         string // http://host:7700, perhaps with a path
	Prefix      string // begins the names of our indexes; "" is DefaultPrefix
	SearchKey   string
	DocumentKey string
	AdminKey    string
	HTTP        *http.Client // nil: one with time limits
	Log         *slog.Logger // nil: slog.Default
}

// DefaultPrefix begins the names of indexes.
const DefaultPrefix = "eakte"

var prefixForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

// Engine is a search.Engine on a Meilisearch server.
type Engine struct {
	log    *slog.Logger
	server *server
	prefix string

	write   sync.Mutex // one change at a time: it reads what it replaces
	pending int64      // a task that was sent and not waited for, or noTask
	changes int        // since finished tasks were deleted

	life     sync.Mutex // held while the indexes are looked after
	seen     atomic.Pointer[view]
	ended    atomic.Bool
	analyzer string // whose words are indexed
	fresh    time.Duration
}

var _ search.Engine = (*Engine)(nil)

// Open makes an Engine and brings the server's indexes into order. A server
// that can't be reached, or used, is no error: the log says so, every call is
// answered by record.Unavailable, and tries again. record.Invalid means that
// cfg can't be right.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	return open(ctx, cfg, search.AnalyzerFingerprint(), freshness)
}

func open(ctx context.Context, cfg Config, analyzer string, fresh time.Duration) (*Engine, error) {
	s, err := newServer(&cfg)
	if err != nil {
		return nil, err
	}
	e := &Engine{log: cfg.Log, server: s, prefix: cfg.Prefix, pending: noTask, analyzer: analyzer, fresh: fresh}
	if _, err := e.use(ctx); err != nil {
		e.log.Warn("search is not available", "error", err)
	}
	return e, nil
}

// check completes a Config.
func (cfg *Config) check() error {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Prefix == "" {
		cfg.Prefix = DefaultPrefix
	}
	if !prefixForm.MatchString(cfg.Prefix) {
		return record.Bad("prefix", "The prefix of the search indexes is lower-case letters, digits, - and _, at most 40.")
	}
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return record.Bad("url", "The search server's address has the form http://host:7700.")
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	for _, k := range []struct{ field, name, value string }{{"search_key", "search key", cfg.SearchKey},
		{"document_key", "document key", cfg.DocumentKey}, {"admin_key", "admin key", cfg.AdminKey}} {
		if k.value == "" {
			return record.Bad(k.field, "The search server's %s is missing.", k.name)
		}
	}
	return nil
}

// index is the name of the index that this version of the program writes.
func (e *Engine) index() string {
	return e.family() + e.analyzer + "_" + settingsVersion
}

// family is what the names of all our indexes of documents begin with.
func (e *Engine) family() string { return e.prefix + "_documents_" }

// state is the name of the index that keeps the notes.
func (e *Engine) state() string { return e.prefix + "_state" }

func (e *Engine) holding(index string) meilisearch.IndexManager {
	return e.server.documents.Index(index)
}

// Close stops the engine. What Index and Delete have answered stays.
func (e *Engine) Close() error {
	if !e.ended.Swap(true) {
		e.server.http.CloseIdleConnections()
	}
	return nil
}
