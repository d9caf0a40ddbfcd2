package vault_test

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func somePage(n int) (vault.PackPage, record.PageWords) {
	return vault.PackPage{Number: n, Width: 2480, Height: 3508, DPI: 300, Source: "ocr", Confidence: 91.5, Separator: n == 1,
			Blank: true, Doubtful: true, Faulty: true, Turned: 90, Unmapped: true}, // what is false is left out
		record.PageWords{Width: 2480, Height: 3508, Words: []record.Word{
			{Text: "Bescheid", Raw: "Besoheid", Confidence: 88.5, X: 10, Y: 20, W: 300, H: 40, Start: 0, Len: 8}},
			Codes: []record.Code{{Format: "code128", Text: "03104//0012345", X: 100, Y: 200, W: 500, H: 120}}}
}

// buildPack writes pages, every second one with a full image.
func buildPack(t *testing.T, w io.Writer, pages int) error {
	pw := vault.WritePack(w)
	pw.Info().Signed, pw.Info().Converted = true, true
	for n := 1; n <= pages; n++ {
		page, words := somePage(n)
		var full []byte
		if n%2 == 0 {
			full = picture(t, 248, 350)
		}
		text := "Bescheid " + string(rune('0'+n))
		if err := pw.AddPage(page, text, "Besoheid", words, picture(t, 124, 175), full, picture(t, 20, 30)); err != nil {
			return err
		}
	}
	return pw.Close()
}

func TestPack(t *testing.T) {
	b := vaulttest.NewBuckets()
	v := newVault(t, b)
	id, _ := keep(t, v, []byte("letter"))
	key, err := v.OpenKey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.OpenPack(t.Context(), id); !errors.Is(err, record.NotFound) {
		t.Errorf("before there is one: %v", err)
	}
	for _, pages := range []int{0, 3} { // the second takes the place of the first
		if err := v.PutPack(t.Context(), key, func(w io.Writer) error { return buildPack(t, w, pages) }); err != nil {
			t.Fatal(err)
		}
	}
	p, err := v.OpenPack(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if info := p.Info(); info.Version != 1 || !info.Signed || !info.Converted || len(info.Pages) != 3 || info.Pages[0].ImageWidth != 124 || info.Pages[0].Full || !info.Pages[1].Full {
		t.Errorf("%+v", info)
	}
	_, want := somePage(2)
	words, err := p.Words(2)
	if err != nil || !reflect.DeepEqual(words, want) {
		t.Errorf("%+v, %v", words, err)
	}
	text, err := p.Text(2)
	raw, rawErr := p.Raw(2)
	if text != "Bescheid 2" || raw != "Besoheid" || err != nil || rawErr != nil {
		t.Errorf("%q, %q, %v, %v", text, raw, err, rawErr)
	}
	for kind, width := range map[string]int{vault.ImagePage: 124, vault.ImageFull: 248, vault.ImageThumb: 20} {
		body, err := p.Image(2, kind)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(body)); err != nil || c.Width != width {
			t.Errorf("%s: %d wide, %v", kind, c.Width, err)
		}
	}
	if _, err := p.Image(1, vault.ImageFull); !errors.Is(err, record.NotFound) {
		t.Errorf("a full image that is not there: %v", err)
	}
	if _, err := p.Image(1, "words"); !errors.Is(err, record.Invalid) {
		t.Errorf("no kind of image: %v", err)
	}
	for _, n := range []int{-1, 0, 4} {
		if _, err := p.Text(n); !errors.Is(err, record.NotFound) {
			t.Errorf("page %d: %v", n, err)
		}
	}
}

// TestPackErrors: pages out of order, a builder that fails, damage anywhere.
func TestPackErrors(t *testing.T) {
	page, words := somePage(2)
	if err := vault.WritePack(io.Discard).AddPage(page, "", "", words, nil, nil, nil); err == nil {
		t.Error("a pack began with page 2")
	}
	b := vaulttest.NewBuckets()
	v := newVault(t, b)
	id, _ := keep(t, v, []byte("letter"))
	key, err := v.OpenKey(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := v.PutPack(t.Context(), key, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if _, err := v.OpenPack(t.Context(), id); !errors.Is(err, record.NotFound) {
		t.Errorf("a pack that was not built is there: %v", err)
	}
	if err := v.PutPack(t.Context(), key, func(w io.Writer) error { return buildPack(t, w, 2) }); err != nil {
		t.Fatal(err)
	}
	info, err := b.Derived.Stat(t.Context(), vault.PackName(id))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for range 30 {
		off := r.Int64N(info.Size)
		mem := b.Derived.(*vaulttest.Memory)
		mem.Damage(vault.PackName(id), off)
		if err := readAllOf(t, v, id); !errors.Is(err, record.Corrupt) {
			t.Errorf("damage at %d of %d: %v", off, info.Size, err)
		}
		mem.Damage(vault.PackName(id), off) // back again
	}
	if err := readAllOf(t, v, id); err != nil {
		t.Errorf("without damage: %v", err)
	}
}

func readAllOf(t *testing.T, v *vault.Vault, id record.ObjectID) error {
	p, err := v.OpenPack(t.Context(), id)
	if err != nil {
		return err
	}
	for _, page := range p.Info().Pages {
		_, textErr := p.Text(page.Number)
		_, rawErr := p.Raw(page.Number)
		_, wordsErr := p.Words(page.Number)
		_, imageErr := p.Image(page.Number, vault.ImagePage)
		_, thumbErr := p.Image(page.Number, vault.ImageThumb)
		if err := errors.Join(textErr, rawErr, wordsErr, imageErr, thumbErr); err != nil {
			return err
		}
	}
	return nil
}
