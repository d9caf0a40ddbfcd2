package embedded_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// TestDamagedWhenTakenUp: damage that shows while an index is taken up is an
// error, and holds nobody up who makes it anew.
func TestDamagedWhenTakenUp(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	if err := e.Index(context.Background(), []search.Entry{letter(1), letter(2)}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "index-*", "*.zap"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if err := os.Truncate(f, 0); err != nil {
			t.Fatal(err)
		}
	}
	_, err = e.Search(context.Background(), search.Query{Scopes: []search.Scope{{Files: roaring.BitmapOf(1), MaxSensitivity: 9}}})
	if !errors.Is(err, record.Corrupt) {
		t.Errorf("a search of a damaged index: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- e.Reset(context.Background()) }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Reset: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Reset waits for a search that failed")
	}
	if err := e.Index(context.Background(), []search.Entry{letter(1)}); err != nil {
		t.Errorf("after Reset: %v", err)
	}
}
