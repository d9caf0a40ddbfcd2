package search_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

func keptWords() record.PageWords {
	return record.PageWords{Width: 2480, Height: 3508, Words: []record.Word{
		{X: 200, Y: 300, W: 120, H: 40, Start: 0, Len: 8}, {X: 340, Y: 302, W: 80, H: 38, Start: 9, Len: 5},
		{X: 200, Y: 360, W: 60, H: 40, Start: 15, Len: 3}, {X: 10, Y: 20, W: 5, H: 400, Start: 3, Len: 1}}}
}

func TestKeptPage(t *testing.T) {
	for _, text := range []string{"", "Bescheid über\nÄnderung 👍", strings.Repeat("Heizkosten ", 5000)} {
		b, err := search.KeepPage(text, keptWords())
		if err != nil {
			t.Fatal(err)
		}
		got, words, err := search.KeptPage(b)
		if err != nil || got != text || !reflect.DeepEqual(words, keptWords()) {
			t.Errorf("%d bytes of text come back as %d, %+v, %v", len(text), len(got), words, err)
		}
	}
	b, err := search.KeepPage("nur Text", record.PageWords{})
	if err != nil {
		t.Fatal(err)
	}
	if text, words, err := search.KeptPage(b); text != "nur Text" || len(words.Words) != 0 || err != nil {
		t.Errorf("%q, %+v, %v", text, words, err)
	}
	for n := range b {
		if _, _, err := search.KeptPage(b[:n]); !errors.Is(err, record.Corrupt) {
			t.Errorf("the first %d of %d bytes: %v", n, len(b), err)
		}
	}
}

func FuzzKeptPage(f *testing.F) {
	b, err := search.KeepPage("Bescheid", keptWords())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		text, words, err := search.KeptPage(b)
		if err != nil {
			if !errors.Is(err, record.Corrupt) {
				t.Errorf("%v", err)
			}
			return
		}
		if b, err = search.KeepPage(text, words); err != nil {
			t.Fatal(err)
		}
		again, same, err := search.KeptPage(b)
		if err != nil || again != text || !reflect.DeepEqual(same, words) {
			t.Errorf("%q, %+v comes back as %q, %+v, %v", text, words, again, same, err)
		}
	})
}
