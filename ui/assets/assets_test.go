package assets

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestNotBuilt(t *testing.T) {
	if _, err := From(fstest.MapFS{"README": {Data: []byte("x")}}); !errors.Is(err, ErrNotBuilt) || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("without assets: %v", err)
	}
	half := fstest.MapFS{"manifest.json": {Data: []byte(`{"app.css":"a.css"}`)}, "a.css": {Data: []byte("x")}}
	if _, err := From(half); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("with half of the assets: %v", err)
	}
}

func TestSet(t *testing.T) {
	s, err := From(fstest.MapFS{"manifest.json": {Data: []byte(`{"app.css":"a-1.css","app.js":"a-2.js","icon.svg":"i-3.svg"}`)},
		"a-1.css": {Data: []byte(strings.Repeat("body{}", 100))}, "a-2.js": {Data: []byte("1")}, "i-3.svg": {Data: []byte("<svg/>")},
		"f-4.woff2": {Data: []byte("font")}})
	if err != nil {
		t.Fatal(err)
	}
	css, ok := s.Open(s.Name("app.css"))
	if !ok || css.Type != "text/css; charset=utf-8" || len(css.Gzip) == 0 || len(css.Gzip) >= len(css.Body) {
		t.Errorf("style sheet: %v %+v", ok, css)
	}
	if font, ok := s.Open("f-4.woff2"); !ok || font.Type != "font/woff2" || font.Gzip != nil {
		t.Errorf("font: %v %+v", ok, font)
	}
	if _, ok := s.Open("manifest.json"); ok {
		t.Error("the manifest is served")
	}
}

// TestPins: what is built is what was looked at: exact versions, each with its
// hash, from no particular host.
func TestPins(t *testing.T) {
	for _, dir := range []string{".", "../e2e"} {
		b, err := os.ReadFile(dir + "/package.json")
		if err != nil {
			t.Fatal(err)
		}
		var p struct{ Dependencies, DevDependencies map[string]string }
		if err := json.Unmarshal(b, &p); err != nil {
			t.Fatal(err)
		}
		exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
		for name, v := range p.DevDependencies {
			if !exact.MatchString(v) {
				t.Errorf("%s: %s is %s", dir, name, v)
			}
		}
		lock, err := os.ReadFile(dir + "/package-lock.json")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(lock), `"resolved"`) {
			t.Errorf("%s: the lock file names hosts", dir)
		}
		if strings.Count(string(lock), `"integrity"`) < len(p.DevDependencies) {
			t.Errorf("%s: the lock file lacks hashes", dir)
		}
	}
}
