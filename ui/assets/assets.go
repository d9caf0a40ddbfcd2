// Package assets embeds the style sheet, the scripts and the fonts that
// `npm run build` bundled into dist. Their names carry a hash of their
// content, so browsers may keep them for ever.
package assets

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt says that the binary was built before the assets were.
var ErrNotBuilt = errors.New("ui/assets/dist is empty: run `npm ci && npm run build` in ui/assets (or `make build`), then build the binary again")

// Asset is one file as it is sent.
type Asset struct {
	Type string // media type
	Body []byte
	Gzip []byte // the same compressed; nil where that gains nothing
}

// Set is all assets by name, and which of them is the style sheet and so on.
type Set struct {
	files map[string]Asset
	names map[string]string // "app.css" → "app-1A2B3C4D.css"
}

// Load reads the embedded assets; ErrNotBuilt if there are none.
func Load() (*Set, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return From(sub)
}

// From reads assets as the build lays them out: manifest.json and the files it names.
func From(from fs.FS) (*Set, error) {
	b, err := fs.ReadFile(from, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, err
	}
	s := &Set{files: map[string]Asset{}}
	if err := json.Unmarshal(b, &s.names); err != nil {
		return nil, fmt.Errorf("ui/assets/dist/manifest.json: %w", err)
	}
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || e.Name() == "manifest.json" || e.Name() == "README" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		body, err := fs.ReadFile(from, e.Name())
		if err != nil {
			return nil, err
		}
		if s.files[e.Name()], err = asset(e.Name(), body); err != nil {
			return nil, err
		}
	}
	for _, want := range []string{"app.css", "app.js", "icon.svg"} {
		if _, ok := s.files[s.names[want]]; !ok {
			return nil, fmt.Errorf("%s is missing: %w", want, ErrNotBuilt)
		}
	}
	return s, nil
}

func asset(name string, body []byte) (Asset, error) {
	a := Asset{Type: mediaType(name), Body: body}
	if !strings.HasPrefix(a.Type, "text/") && !strings.HasPrefix(a.Type, "image/svg") {
		return a, nil
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return a, err
	}
	if _, err := w.Write(body); err != nil {
		return a, err
	}
	if err := w.Close(); err != nil {
		return a, err
	}
	a.Gzip = b.Bytes()
	return a, nil
}

// mediaType does not ask the machine's own table: it differs between machines.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return mime.FormatMediaType("text/plain", map[string]string{"charset": "utf-8"})
	}
	return "application/octet-stream"
}

// Name gives the hashed name of an asset, as "app.css".
func (s *Set) Name(plain string) string { return s.names[plain] }

// Open gives an asset by its hashed name.
func (s *Set) Open(name string) (Asset, bool) {
	a, ok := s.files[name]
	return a, ok
}
