package vaulttest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// nth is the name of an object of a listing: ascending, a hundred in a folder.
func nth(prefix string, i int) string { return fmt.Sprintf("%s%02x/%05d", prefix, i/100, i) }

// page is the most objects that one answer of a listing holds.
const page = 1000

// fill puts objects under new names with the prefix, with many writers.
func fill(t *testing.T, b vault.Bucket, prefix string, count int) {
	t.Helper()
	const workers = 32
	names := make(chan string)
	failed := make(chan error, workers)
	for range workers {
		go func() {
			var err error
			for name := range names {
				if err == nil {
					err = b.Put(t.Context(), request(name, []byte(name), time.Time{}))
				}
			}
			failed <- err
		}()
	}
	for i := range count {
		names <- nth(prefix, i)
	}
	close(names)
	for range workers {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}

// listing puts more objects than one page of a listing holds.
func listing(t *testing.T, s Store) {
	count := s.Objects
	if count == 0 {
		count = page + 13
		if Full() {
			count = 10_000
		}
	}
	b, prefix := s.Buckets.Derived, "l"+record.NewID()[:8]+"/"
	fill(t, b, prefix, count)
	collect := func(prefix, after string) (got []string) {
		t.Helper()
		err := b.List(t.Context(), prefix, after, func(info vault.ObjectInfo) error {
			if info.Size != int64(len(info.Name)) || info.Modified.IsZero() {
				t.Errorf("%s: %d bytes, modified %s", info.Name, info.Size, info.Modified)
			}
			got = append(got, info.Name)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	all := collect(prefix, "")
	if len(all) != count {
		t.Fatalf("%d of %d objects are listed", len(all), count)
	}
	for i, name := range all {
		if want := nth(prefix, i); name != want {
			t.Fatalf("item %d is %s, want %s", i, name, want)
		}
	}
	if got := collect(prefix, all[page]); len(got) != count-page-1 || got[0] != all[page+1] {
		t.Errorf("after %s: %d objects, want %d", all[page], len(got), count-page-1)
	}
	if got := collect(prefix+"03/", ""); len(got) != 100 || !strings.HasPrefix(got[0], prefix+"03/") {
		t.Errorf("with a prefix: %d objects, want 100", len(got))
	}
	if got := collect(prefix, all[count-1]); len(got) != 0 {
		t.Errorf("after the last: %d objects", len(got))
	}
	stop, seen := errors.New("enough"), 0
	err := b.List(t.Context(), prefix, "", func(vault.ObjectInfo) error { seen++; return stop })
	if !errors.Is(err, stop) || seen != 1 {
		t.Errorf("stopped listing: %v after %d", err, seen)
	}
}
