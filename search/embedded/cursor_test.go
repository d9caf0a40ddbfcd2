package embedded_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/search"
)

// TestCursorIsSealed: a cursor tells neither score nor document, and belongs to
// the process that gave it.
func TestCursorIsSealed(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	in := []search.Entry{letter(1), letter(2), letter(3)}
	for i := range in {
		in[i].Pages, in[i].Ordinal = []string{"Bescheid"}, 1
	}
	if err := e.Index(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	p, err := search.Parse("bescheid")
	if err != nil {
		t.Fatal(err)
	}
	q := search.Query{Parsed: p, Limit: 1, Scopes: []search.Scope{{Files: roaring.BitmapOf(1), MaxSensitivity: 9}}}
	first, err := e.Search(context.Background(), q)
	if err != nil || first.Next == "" {
		t.Fatal(first, err)
	}
	plain, err := base64.RawURLEncoding.DecodeString(first.Next)
	if err != nil || strings.Contains(string(plain), string(first.Hits[0].Document)) {
		t.Errorf("the cursor says %q, %v", plain, err)
	}
	again, err := e.Search(context.Background(), q)
	if err != nil || again.Next == first.Next {
		t.Errorf("the same place is the same cursor, %v: it can be compared", err)
	}
	q.Cursor = first.Next
	if second, err := e.Search(context.Background(), q); err != nil || len(second.Hits) != 1 || second.Hits[0].Document == first.Hits[0].Document {
		t.Errorf("%+v, %v", second, err)
	}
}
