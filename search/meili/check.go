package meili

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"eakte/appliance/record"
	"eakte/search"
)

// known are the versions of Meilisearch that the adapter is right for. Filters
// decide who finds what, so a version is added after the whole of searchtest
// has passed on it, not before.
var known = regexp.MustCompile(`^1\.50\.\d+$`)

// version asks for the server's version and refuses an unknown one.
func (s *server) version(ctx context.Context) (string, error) {
	v, err := s.admin.VersionWithContext(ctx)
	if err != nil {
		return "", failed(ctx, err)
	}
	if !known.MatchString(v.PkgVersion) {
		return v.PkgVersion, &record.Error{Category: record.Unavailable,
			Message: "The search server is a version of Meilisearch that this program does not know.",
			Hint:    "Run Meilisearch 1.50 (any 1.50.x), or update this program first: its notes say which versions it knows.",
			Cause:   fmt.Errorf("it is not 1.50.x")}
	}
	return v.PkgVersion, nil
}

// probe is a request that shows whether a key has a right. It changes nothing:
// what would is malformed, which the server finds only after it has looked at
// the key.
type probe struct{ right, method, path, body string }

// keyCheck is a key, what it is called, and what it must be good for on which
// indexes.
type keyCheck struct {
	field, name, key, indexes string
	probes                    []probe
}

func keys(cfg Config, index string) []keyCheck {
	docs := "/indexes/" + index + "/documents"
	set := "/indexes/" + index + "/settings"
	return []keyCheck{
		{"search_key", "search key", cfg.SearchKey, cfg.Prefix + "*", []probe{
			{"search", http.MethodPost, "/indexes/" + index + "/search", `{"limit":0}`},
		}},
		{"document_key", "document key", cfg.DocumentKey, cfg.Prefix + "*", []probe{
			{"documents.get", http.MethodPost, docs + "/fetch", `{"limit":1,"fields":["id"]}`},
			{"documents.add", http.MethodPost, docs, `{`},
			{"documents.delete", http.MethodPost, docs + "/delete-batch", `{`},
			{"tasks.get", http.MethodGet, "/tasks?limit=1&uids=0", ""},
		}},
		{"admin_key", "admin key", cfg.AdminKey, "*", []probe{
			{"version", http.MethodGet, "/version", ""},
			{"indexes.get", http.MethodGet, "/indexes?limit=1", ""},
			{"indexes.create", http.MethodPost, "/indexes", `{`},
			{"settings.get", http.MethodGet, set, ""},
			{"settings.update", http.MethodPatch, set, `{`},
			{"indexes.delete", http.MethodDelete, "/indexes/no%20name", ""},
			{"tasks.get", http.MethodGet, "/tasks?limit=1&uids=0", ""},
			{"tasks.delete", http.MethodDelete, "/tasks", ""},
		}},
	}
}

// Check asks a server whether an Engine could work with it: it is reachable,
// its version is known, nobody gets in without a key, and each key is good for
// what it is used for. It gives the version where it learnt it. The rights are
//
//	search key    search
//	document key  documents.get, documents.add, documents.delete, tasks.get
//	admin key     version, indexes.get, indexes.create, indexes.delete,
//	              settings.get, settings.update, tasks.get, tasks.delete
//
// on the indexes that begin with the prefix; the admin key on all ("*"), since
// Meilisearch gives the right version to no other. Errors: record.Invalid, with the
// field, for what is to be entered differently, record.Unavailable else.
func Check(ctx context.Context, cfg Config) (version string, err error) {
	s, err := newServer(&cfg)
	if err != nil {
		return "", err
	}
	health, err := s.admin.HealthWithContext(ctx)
	if err != nil || health.Status != "available" {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", &record.Error{Category: record.Unavailable, Field: "url", Message: "No Meilisearch answers at this address.",
			Hint: "Check the address and port, and that the server runs and can be reached from here.", Cause: failed(ctx, err)}
	}
	if err := s.closed(ctx); err != nil {
		return "", err
	}
	e := Engine{prefix: cfg.Prefix, analyzer: search.AnalyzerFingerprint()}
	for _, k := range keys(cfg, e.index()) {
		if err := s.checkKey(ctx, k); err != nil {
			return "", err
		}
	}
	return s.version(ctx)
}

// closed says whether the server wants a key at all.
func (s *server) closed(ctx context.Context) error {
	status, _, err := s.call(ctx, "", http.MethodGet, "/indexes?limit=1", nil)
	if err != nil {
		return err
	}
	if status == http.StatusOK {
		return &record.Error{Category: record.Invalid, Field: "url", Message: "The search server lets everybody in: it has no master key.",
			Hint: "Start Meilisearch with a master key (MEILI_MASTER_KEY), make the three keys with it and enter them here."}
	}
	return nil
}

// checkKey tries the rights of a key.
func (s *server) checkKey(ctx context.Context, k keyCheck) error {
	hint := "Make a key on the indexes " + k.indexes + " with the rights "
	for i, p := range k.probes {
		if i > 0 {
			hint += ", "
		}
		hint += p.right
	}
	hint += " and enter it here."
	for _, p := range k.probes {
		var body []byte
		if p.body != "" {
			body = []byte(p.body)
		}
		status, answer, err := s.call(ctx, k.key, p.method, p.path, body)
		if err != nil {
			return err
		}
		switch {
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			return &record.Error{Category: record.Invalid, Field: k.field,
				Message: fmt.Sprintf("The %s is not accepted for %s.", k.name, p.right), Hint: hint, Cause: refused(status, answer)}
		case status >= http.StatusInternalServerError:
			return record.Down("The search server", errors.Join(refused(status, answer)))
		}
	}
	return nil
}
