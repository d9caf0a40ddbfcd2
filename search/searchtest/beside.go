package searchtest

import (
	"context"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// RunBeside holds an engine to what it says of an index of another analyzer
// version. Open gives the engine over one and the same index (within one t), as
// a program with that version of the analyzer opens it; the suite closes it
// before it opens the next.
func RunBeside(t *testing.T, open func(t *testing.T, version string) search.Engine) {
	for _, c := range []struct {
		name string
		test func(*beside)
	}{
		{"SwitchesOver", testSwitch},
		{"Crash", testCrash},
		{"Overtaken", testOvertaken},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &beside{fixture: fixture{t: t}, version: open}
			t.Cleanup(b.close)
			c.test(b)
		})
	}
}

// beside is an index that programs of several versions open one after another.
type beside struct {
	fixture
	version func(t *testing.T, version string) search.Engine
}

func (b *beside) open(version string) {
	b.t.Helper()
	b.close()
	b.engine = b.version(b.t, version)
}

func (b *beside) close() {
	if b.engine == nil {
		return
	}
	if err := b.engine.Close(); err != nil {
		b.t.Errorf("Close: %v", err)
	}
	b.engine = nil
}

// old leaves a complete index of version 1 with three documents.
func (b *beside) old() {
	b.t.Helper()
	b.open("1")
	b.index(at(1, 1, "a", "Kündigung"), at(1, 1, "b", "Kündigung"), at(1, 1, "c", "Kündigung"))
	b.rebuilt()
}

func at(sequence, changed int64, name string, pages ...string) search.Entry {
	e := withWords(name, pages...)
	e.Sequence, e.Changed = sequence, changed
	return e
}

func (b *beside) rebuilt() {
	b.t.Helper()
	if err := b.engine.Rebuilt(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *beside) reset() {
	b.t.Helper()
	if err := b.engine.Reset(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

// stands checks what is answered, what the new index holds, and whether it
// has to be made still.
func (b *beside) stands(when string, held uint64, building bool, names ...string) {
	b.t.Helper()
	r := b.ask("kündigung")
	b.same(when, r, names...)
	if r.Partial {
		b.t.Errorf("%s: the answer is partial", when)
	}
	if docs, _, err := b.engine.Count(context.Background()); err != nil || docs != held {
		b.t.Errorf("%s: the new index holds %d, %v; want %d", when, docs, err, held)
	}
	if list, err := b.engine.List(context.Background(), "", 100); err != nil || uint64(len(list)) != held {
		b.t.Errorf("%s: the new index lists %v, %v; want %d", when, list, err, held)
	}
	if why, err := b.engine.NeedsRebuild(context.Background()); err != nil || (why != "") != building {
		b.t.Errorf("%s: needs a rebuild %q, %v", when, why, err)
	}
}

func testSwitch(b *beside) {
	b.old()
	b.open("2")
	b.stands("opened", 0, true, "a", "b", "c")
	if why, err := b.engine.NeedsRebuild(context.Background()); why != "other version" || err != nil {
		b.t.Errorf("needs a rebuild: %q, %v", why, err)
	}
	b.index(at(5, 5, "a", "Kündigung widerrufen")) // a live change: seen at once
	b.stands("changed", 1, true, "a", "b", "c")
	b.finds("widerrufen", "a")
	b.index(at(5, 1, "b", "Kündigung anders gelesen")) // as it is in the old one already
	b.stands("indexed", 2, true, "a", "b", "c")
	b.finds("anders")
	b.index(at(6, 6, "d", "Kündigung")) // new since
	b.stands("added", 3, true, "a", "b", "c", "d")
	if err := b.engine.Delete(context.Background(), []record.DocumentID{id("c")}); err != nil {
		b.t.Fatal(err)
	}
	b.stands("deleted", 3, true, "a", "b", "d")
	b.reset()
	b.stands("begun anew", 0, true, "a", "b", "d")
	if err := b.engine.SetRebuild(context.Background(), "under way"); err != nil {
		b.t.Fatal(err)
	}
	b.index(at(7, 5, "a", "Kündigung widerrufen"), at(7, 1, "b", "Kündigung anders gelesen"), at(7, 6, "d", "Kündigung"))
	b.stands("indexed again", 3, true, "a", "b", "d")
	b.finds("anders")
	b.rebuilt()
	b.stands("rebuilt", 3, false, "a", "b", "d")
	b.finds("anders", "b")
	b.open("2")
	b.stands("opened again", 3, false, "a", "b", "d")
}

// testCrash closes and opens between all steps.
func testCrash(b *beside) {
	b.old()
	b.open("2")
	b.open("2")
	b.stands("opened twice", 0, true, "a", "b", "c")
	b.reset()
	b.open("2")
	b.stands("after Reset", 0, true, "a", "b", "c")
	if err := b.engine.SetRebuild(context.Background(), "under way"); err != nil {
		b.t.Fatal(err)
	}
	b.index(at(2, 1, "a", "Kündigung"))
	b.open("2")
	b.stands("one indexed", 1, true, "a", "b", "c")
	if why, err := b.engine.NeedsRebuild(context.Background()); why != "under way" || err != nil {
		b.t.Errorf("needs a rebuild: %q, %v", why, err)
	}
	b.index(at(3, 3, "b", "Kündigung"), at(3, 3, "x", "Kündigung"))
	if err := b.engine.Delete(context.Background(), []record.DocumentID{id("c")}); err != nil {
		b.t.Fatal(err)
	}
	b.open("2")
	b.stands("changed", 3, true, "a", "b", "x")
	b.rebuilt()
	b.open("2")
	b.stands("done", 3, false, "a", "b", "x")
}

// testOvertaken: a third version comes before the second is complete.
func testOvertaken(b *beside) {
	b.old()
	b.open("2")
	b.index(at(2, 1, "a", "Kündigung"))
	b.open("3")
	b.stands("overtaken", 0, true, "a", "b", "c")
	b.index(at(3, 1, "a", "Kündigung"), at(3, 1, "b", "Kündigung"), at(3, 1, "c", "Kündigung"))
	b.rebuilt()
	b.stands("done", 3, false, "a", "b", "c")
	b.open("3")
	b.stands("opened again", 3, false, "a", "b", "c")
}
