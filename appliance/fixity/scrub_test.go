package fixity

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"eakte/appliance/record"
)

// flaky gives an object's body once or always in a bad way.
type flaky struct {
	bodies map[string][][]byte // one for each reading, the last for all later ones
	wrong  map[string]error    // instead of a body
	known  map[string]record.Digest
	stat   error
}

func (f *flaky) Stat(_ context.Context, name string) (Object, error) {
	b := f.bodies[name]
	o := Object{Name: name, Digest: f.known[name]}
	if len(b) > 0 {
		o.Size = int64(len(b[len(b)-1]))
	}
	return o, f.stat
}

func (f *flaky) Open(_ context.Context, name string) (io.ReadCloser, error) {
	if err := f.wrong[name]; err != nil {
		return nil, err
	}
	b := f.bodies[name]
	if len(b) > 1 {
		f.bodies[name] = b[1:]
	}
	return io.NopCloser(bytes.NewReader(b[0])), nil
}

func TestScrubRead(t *testing.T) {
	good, bad := bytes.Repeat([]byte("good"), 100_000), []byte("bad")
	gone := &record.Error{Category: record.NotFound}
	f := &flaky{bodies: map[string][][]byte{"o/known": {good}, "o/other": {bad}, "o/once": {good[:500], good}, "k/store": {good}, "k/changed": {bad},
		"k/silent": {good}, "m/manifest": {[]byte(`{"header":{"predecessor":"m/before","predecessor_digest":"sha256-1"}}`)}},
		wrong: map[string]error{"o/gone": gone, "o/dead": record.Down("The disk", nil)},
		known: map[string]record.Digest{"k/store": record.Sum(good), "k/changed": record.Sum(good)}}
	manifest := record.Sum(f.bodies["m/manifest"][0])
	wanted := []Wanted{{"o/known", record.Sum(good)}, {"o/other", record.Sum(good)}, {"o/once", record.Sum(good)}, {"o/gone", record.Sum(good)},
		{"o/dead", record.Sum(good)}, {"k/store", ""}, {"k/changed", ""}, {"k/silent", ""}, {"m/manifest", manifest}, {"m/manifest", ""}}
	got, err := Scrub{Store: f, Readers: 1}.Read(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	damaged := []bool{false, true, false, false, true, false, true, true, false, true}
	for i, r := range got {
		if r.Name != wanted[i].Name || (r.Damage != "") != damaged[i] || r.Gone != (r.Name == "o/gone") {
			t.Errorf("%+v", r)
		}
		if trusted := i == 8; (r.Before.Name == "m/before") != trusted {
			t.Errorf("believed: %+v", r)
		}
	}
	f.stat = record.Down("The object store", nil) // now it may as well be the store
	if _, err := (Scrub{Store: f, Readers: 3}).Read(t.Context(), wanted); !errors.Is(err, record.Unavailable) {
		t.Errorf("%v", err)
	}
}

// TestPacer: who asks for much waits as long as the rate says, and is let go
// when the run ends.
func TestPacer(t *testing.T) {
	p := &Pacer{PerSecond: 1 << 20}
	began := time.Now()
	for range 8 {
		if err := p.Wait(t.Context(), 32<<10); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 140*time.Millisecond { // a quarter of a second, less the burst
		t.Errorf("256 KiB at 1 MiB a second took %s", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx, 1<<30); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
