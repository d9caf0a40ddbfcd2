package meili_test

import (
	"context"
	"testing"
	"time"

	"eakte/search"
	"eakte/search/meili"
	"eakte/search/searchtest"
)

// as opens an engine over the indexes of cfg, with another analyzer's words.
func as(t *testing.T, cfg meili.Config, analyzer string) *meili.Engine {
	t.Helper()
	e, err := meili.OpenAs(context.Background(), cfg, analyzer, meili.Freshness)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestBeside: an index of another analyzer answers until the new one is whole.
func TestBeside(t *testing.T) {
	real(t)
	configs := map[*testing.T]meili.Config{}
	searchtest.RunBeside(t, func(t *testing.T, version string) search.Engine {
		if _, known := configs[t]; !known {
			configs[t] = real(t)
		}
		return as(t, configs[t], version)
	})
}

// TestSwitchIsNoticed: another process, which only searches, changes to the new
// index, and is never without one.
func TestSwitchIsNoticed(t *testing.T) {
	cfg, ctx := real(t), context.Background()
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	old := as(t, cfg, "1")
	done(old.Index(ctx, letter))
	done(old.Rebuilt(ctx))
	writes, asks := as(t, cfg, "2"), as(t, cfg, "2")
	again := letter[0]
	again.Sequence, again.Pages = 2, []string{"Kosten der Unterkunft, besser gelesen"} // not changed: the old index keeps what it has
	done(writes.Index(ctx, []search.Entry{again}))
	found := func(text string) int {
		r, err := ask(asks, text)
		done(err)
		if r.Partial {
			t.Error("the answer is partial")
		}
		return r.Total
	}
	if all, better := found("kosten"), found("gelesen"); all != 1 || better != 0 {
		t.Errorf("the old index answers with %d documents, %d of them new", all, better)
	}
	done(writes.Rebuilt(ctx))
	for end := time.Now().Add(5 * meili.Freshness); found("gelesen") != 1; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the switch is not noticed")
		}
	}
}
