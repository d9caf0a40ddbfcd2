// Package layers holds the law of who may import whom. Its test reads the
// sources of the whole module and names every import that breaks it.
package layers

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// Module is this module's path in go.mod.
const Module = "eakte"

// Own says which packages of this module each package may import. A trailing
// "/*" stands for all packages below. A package that is missing here is itself
// a violation: a new one has to be given its place first.
var Own = map[string][]string{
	"appliance":                 {"*"},
	"appliance/config":          {},
	"appliance/record":          {},
	"appliance/sample":          {"appliance/record"},
	"appliance/layers":          {},
	"appliance/audit":           {"appliance/record"},
	"appliance/job":             {"appliance/record"},
	"appliance/job/jobtest":     {"appliance/record", "appliance/job"},
	"appliance/vault":           {"appliance/record"},
	"appliance/vault/s3":        {"appliance/record", "appliance/vault"},
	"appliance/vault/embedded":  {"appliance/record", "appliance/vault"},
	"appliance/vault/vaulttest": {"appliance/record", "appliance/vault"},
	"appliance/catalog":         {"appliance/record", "appliance/audit", "appliance/job"},
	"appliance/catalog/catalogtest": {"appliance/record", "appliance/audit", "appliance/job",
		"appliance/job/jobtest", "appliance/catalog"},
	"appliance/archive": {"appliance/record", "appliance/catalog", "appliance/vault", "appliance/audit",
		"appliance/job", "search", "policy/*", "ingest/rendition", "ingest/mailroom"},
	"appliance/identity":  {"appliance/record", "appliance/catalog", "appliance/audit", "policy/access"},
	"appliance/oversight": {"appliance/record", "appliance/catalog", "appliance/audit", "policy/*"},
	"appliance/admin": {"appliance/record", "appliance/config", "appliance/catalog", "appliance/vault",
		"appliance/audit", "search", "appliance/job", "appliance/backup", "appliance/identity",
		"policy/access", "policy/retention", "ingest/routing", "ingest/classify", "ingest/mailroom"},
	"appliance/fixity":   {"appliance/record"},
	"appliance/backup":   {"appliance/record", "appliance/vault", "appliance/catalog", "appliance/audit"},
	"appliance/faults":   {},
	"appliance/install":  {"appliance/record", "appliance/config", "appliance/admin"},
	"appliance/metrics":  {"appliance/record", "appliance/job", "appliance/vault", "search"},
	"appliance/topology": {},
	"appliance/upkeep": {"appliance/record", "appliance/catalog", "appliance/vault", "appliance/audit",
		"appliance/job", "appliance/fixity", "ingest", "policy/*"},
	"ingest": {"appliance/record", "appliance/vault", "appliance/catalog", "appliance/audit", "appliance/job",
		"policy/*", "ingest/worker", "ingest/routing", "ingest/classify", "ingest/rendition", "ingest/malware", "ingest/sheet", "ingest/mailroom"},
	"ingest/routing":  {"appliance/record", "appliance/catalog"},
	"ingest/classify": {"appliance/record"},
	"ingest/mailroom": {"appliance/record", "appliance/catalog"},
	"ingest/delivery": {"appliance/record", "appliance/catalog", "appliance/vault", "appliance/audit", "appliance/job",
		"policy/access", "ingest"},
	"ingest/inbox":      {"appliance/record", "appliance/catalog", "appliance/audit", "appliance/job", "policy/*"},
	"ingest/folder":     {"appliance/record", "ingest", "ingest/delivery"},
	"ingest/render":     {"appliance/record"},
	"ingest/ocr":        {"appliance/record"},
	"ingest/barcode":    {"appliance/record"},
	"ingest/mail":       {"appliance/record"},
	"ingest/sheet":      {"appliance/record"},
	"ingest/office":     {"appliance/record"},
	"ingest/rendition":  {"appliance/record"},
	"ingest/malware":    {"appliance/record"},
	"ingest/worker":     {"appliance/record", "ingest/render", "ingest/ocr", "ingest/barcode", "ingest/mail", "ingest/office"},
	"search":            {"appliance/record"},
	"search/embedded":   {"appliance/record", "search"},
	"search/meili":      {"appliance/record", "search"},
	"search/searchtest": {"appliance/record", "search"},
	"search/corpus":     {"appliance/record", "appliance/sample", "search"},
	"search/eval":       {}, // questions and judgments, for tests
	"search/indexer":    {"appliance/record", "appliance/catalog", "appliance/vault", "appliance/job", "search"},
	"policy/access":     {"appliance/record"},
	"policy/retention":  {"appliance/record"},
	"policy/hold":       {"appliance/record"},
	"policy/workday":    {},
	"ui":                {"ui/*", doors, "appliance/record"},
	"ui/border":         {doors, "appliance/record", "search", "ui/locale", "ingest/rendition"}, // receipts in print
	"ui/web":            {doors, "appliance/record", "search", "ui/locale", "ui/assets", "ui/border", "ingest/sheet", "ingest/mailroom"},
	"ui/api":            {doors, "appliance/record", "search", "ui/locale", "ui/border", "ingest/sheet"},
	"ui/locale":         {},
	"ui/assets":         {},

	"ingest/malware/malwaretest": {}, // a real clamd
	"ingest/torture":             {}, // hostile files, for tests
	"ingest/office/officetest":   {},
}

// doors are the packages a page or an API call may go through. No handler can
// go round policy or audit, because it cannot name what lies behind them.
const doors = "doors"

var doorPackages = []string{"appliance/archive", "appliance/identity", "appliance/oversight",
	"appliance/admin", "appliance/install", "ingest", "ingest/delivery", "ingest/inbox", "ingest/paper", "appliance/handover"}

// Third says which packages may import a third-party module, by the longest
// prefix of the import path. A module that is missing here may not be imported.
var Third = map[string][]string{
	"github.com/minio/minio-go/v7":           {"appliance/vault/s3"},
	"github.com/versity/versitygw":           {"appliance/vault/embedded"},
	"github.com/aws/aws-sdk-go-v2":           {"appliance/vault/embedded"}, // versitygw's own types
	"filippo.io/age":                         {"appliance/vault"},
	"github.com/casbin/casbin/v2":            {"policy/access"},
	"github.com/otiai10/gosseract/v2":        {"ingest/ocr"},
	"github.com/gofiber/fiber/v2":            {"ui", "ui/*"},
	"github.com/valyala/fasthttp":            {"ui", "ui/*"},
	"github.com/a-h/templ":                   {"ui", "ui/web"},
	"modernc.org/sqlite":                     {"appliance/catalog"},
	"github.com/jackc/pgx/v5":                {"appliance/catalog"},
	"github.com/pressly/goose/v3":            {"appliance/catalog"},
	"github.com/blevesearch/bleve/v2":        {"search/embedded", "search/eval"}, // eval: as a yardstick
	"github.com/blevesearch/bleve_index_api": {"search/embedded"},
	"github.com/RoaringBitmap/roaring/v2":    {"search", "search/*", "appliance/archive"},
	"github.com/transparency-dev/merkle":     {"appliance/audit", "appliance/fixity"},
	"github.com/transparency-dev/formats":    {"appliance/audit"},
	"golang.org/x/mod":                       {"appliance/audit", "appliance/fixity"},
	"golang.org/x/crypto":                    {"appliance/identity", "appliance/vault"},
	"golang.org/x/text":                      {"*"},
	"golang.org/x/image":                     {"ingest/render", "ingest/rendition", "appliance/sample"},
	"golang.org/x/sys":                       {"ingest/worker", "ingest/render", "appliance", "ingest", "ingest/folder"},
	"golang.org/x/term":                      {"appliance"},
	"golang.org/x/sync":                      {"*"},
	"github.com/schollz/progressbar/v3":      {"appliance"},
	"github.com/robfig/cron/v3":              {"appliance/job"},
	"github.com/meilisearch/meilisearch-go":  {"search/meili"},
	"github.com/prometheus/client_golang":    {"appliance/metrics"},
	"github.com/prometheus/common":           {"appliance/metrics"},
	"github.com/jhillyerd/enmime/v2":         {"ingest/mail"},
	"github.com/richardlehane/mscfb":         {"ingest/mail"},
	"github.com/landlock-lsm/go-landlock":    {"ingest/worker"},
	"github.com/boombuler/barcode":           {"ingest/barcode", "ingest/sheet", "appliance/sample"},
}

// tests may use more than the product.
var testOnly = []string{"github.com/PuerkitoBio/goquery", "github.com/santhosh-tekuri/jsonschema/v6", "github.com/compose-spec/compose-go/v2", "golang.org/x/image"}

// Check reads every Go source below root and returns the violations, sorted.
// Test files obey the law for third-party modules of the product too, but may
// import any package of this module: they wire real parts together.
func Check(root fs.FS) ([]string, error) {
	var bad []string
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); p != "." && (strings.HasPrefix(n, ".") || n == "node_modules" || n == "testdata" || n == "bin" || n == "data") {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		b, err := checkFile(p, src)
		bad = append(bad, b...)
		return err
	})
	sort.Strings(bad)
	return bad, err
}

func checkFile(name string, src []byte) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("layers: %w", err)
	}
	pkg, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	allowed, known := Own[pkg]
	if !known && !test {
		return []string{fmt.Sprintf("%s: package %s has no place in the table of appliance/layers", name, pkg)}, nil
	}
	var bad []string
	for _, im := range f.Imports {
		p, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			return nil, errors.Join(errors.New(name), err)
		}
		if why := judge(pkg, p, allowed, test); why != "" {
			bad = append(bad, fmt.Sprintf("%s imports %s: %s", name, p, why))
		}
	}
	return bad, nil
}

// judge says why pkg may not import p, or "".
func judge(pkg, p string, allowed []string, test bool) string {
	if own, ok := strings.CutPrefix(p, Module+"/"); ok {
		switch {
		case own == "appliance":
			return "nothing imports main"
		case test, matches(allowed, own), contains(allowed, doors) && matches(doorPackages, own):
			return ""
		}
		return "the table of appliance/layers does not allow it"
	}
	if !strings.Contains(strings.SplitN(p, "/", 2)[0], ".") {
		return "" // standard library
	}
	if test && longest(testOnly, p) != "" {
		return ""
	}
	mods := make([]string, 0, len(Third))
	for m := range Third {
		mods = append(mods, m)
	}
	m := longest(mods, p)
	switch {
	case m == "":
		return "this module is in no list of appliance/layers"
	case matches(Third[m], pkg):
		return ""
	}
	return "only " + strings.Join(Third[m], ", ") + " may"
}

func longest(prefixes []string, p string) string {
	best := ""
	for _, m := range prefixes {
		if (p == m || strings.HasPrefix(p, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

func matches(patterns []string, pkg string) bool {
	for _, a := range patterns {
		if a == "*" || a == pkg || strings.HasSuffix(a, "/*") && strings.HasPrefix(pkg, strings.TrimSuffix(a, "*")) {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
