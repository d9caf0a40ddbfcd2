package vault_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// FuzzManifest: what is taken for a manifest is one that can be written again.
func FuzzManifest(f *testing.F) {
	good, err := json.Marshal(vault.Manifest{Version: vault.ManifestVersion, Kind: vault.KindDocument, Header: header(record.ObjectID(record.NewID())), Personal: "-----BEGIN AGE ENCRYPTED FILE-----"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":1,"kind":"house","header":{"sequence":-1}}`))
	f.Add([]byte(`{"version":1,"kind":["document"],"header":{},"personal":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := vault.ParseManifest(b)
		if err != nil {
			if !errors.Is(err, record.Corrupt) {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vault.ParseManifest(again); err != nil {
			t.Errorf("%s is none: %v", again, err)
		}
	})
}

// smallPack is a pack of two pages.
func smallPack(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := vault.WritePack(&b)
	words := record.PageWords{Width: 10, Height: 10, Words: []record.Word{{Text: "Wort", Len: 4, W: 3, H: 3}}}
	for n := range 2 {
		p := vault.PackPage{Number: n + 1, Width: 10, Height: 10, DPI: 100, Source: "ocr"}
		if err := w.AddPage(p, "Wort", "Wort", words, []byte("\xff\xd8\xff"), []byte("\xff\xd8\xff"), []byte("\xff\xd8\xff")); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// FuzzPack: a pack that was damaged gives its pages, or an error with a category.
func FuzzPack(f *testing.F) {
	f.Add(smallPack(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := vault.ReadPack(bytes.NewReader(b), int64(len(b)))
		named(t, err)
		if err != nil {
			return
		}
		for n := range min(len(p.Info().Pages), 5) + 2 {
			_, err := p.Page(n)
			named(t, err)
			_, err = p.Text(n)
			named(t, err)
			_, err = p.Words(n)
			named(t, err)
			for _, kind := range []string{vault.ImagePage, vault.ImageFull, vault.ImageThumb} {
				_, err = p.Image(n, kind)
				named(t, err)
			}
		}
		_ = p.Info()
	})
}

// FuzzPackInfo puts any JSON where a pack says what it holds.
func FuzzPackInfo(f *testing.F) {
	f.Add([]byte(`{"version":1,"pages":[{"number":1,"width":10,"height":10,"dpi":100,"source":"ocr"}],"signed":true}`), []byte(`{"width":10,"height":10,"words":[]}`))
	f.Add([]byte(`{"version":1,"pages":[{"number":-1},{"number":1000000000,"turned":91,"blank":true,"doubtful":true,"separator":true}]}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, info, words []byte) {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, part := range []struct {
			name string
			body []byte
		}{{"pack.json", info}, {"words/0001.json", words}} {
			out, err := w.Create(part.name)
			if err == nil {
				_, err = out.Write(part.body)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		p, err := vault.ReadPack(bytes.NewReader(b.Bytes()), int64(b.Len()))
		named(t, err)
		if err != nil {
			return
		}
		i := p.Info()
		for _, m := range i.Marks() {
			if m.Kind == "" {
				t.Errorf("%+v", m)
			}
		}
		_, err = p.Words(1)
		named(t, err)
	})
}

func named(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, record.Corrupt) && !errors.Is(err, record.NotFound) {
		t.Error(err)
	}
}
