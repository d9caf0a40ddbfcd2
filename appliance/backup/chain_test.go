package backup

import (
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/vault"
)

// What is said of a chain, and which manifest is taken for the newest.
func TestJudge(t *testing.T) {
	link := func(n int, change string) catalog.StagedManifest {
		name := func(n int) string { return string(rune('a' + n)) }
		m := catalog.StagedManifest{Name: name(n), Subject: "s", Kind: vault.KindFile, Object: "o", Sequence: n, Digest: "digest of " + "x", Change: change}
		if n > 1 {
			m.Predecessor, m.PredecessorDigest = name(n-1), m.Digest
		}
		return m
	}
	but := func(m catalog.StagedManifest, change func(*catalog.StagedManifest)) catalog.StagedManifest {
		change(&m)
		return m
	}
	document := func(m *catalog.StagedManifest) { m.Kind = vault.KindDocument }
	for name, c := range map[string]struct {
		chain   []catalog.StagedManifest
		damaged bool
		flaw    string
		head    string
	}{
		"whole":               {[]catalog.StagedManifest{link(1, ""), link(2, ""), link(3, "")}, false, "", "d"},
		"without the first":   {[]catalog.StagedManifest{link(2, ""), link(3, "")}, false, flawGap, "d"},
		"gap":                 {[]catalog.StagedManifest{link(1, ""), link(3, "")}, false, flawGap, "d"},
		"fork in the middle":  {[]catalog.StagedManifest{link(1, ""), link(2, ""), but(link(2, ""), func(m *catalog.StagedManifest) { m.Name = "z" }), link(3, "")}, false, flawFork, "d"},
		"two heads":           {[]catalog.StagedManifest{link(1, ""), link(2, ""), but(link(2, ""), func(m *catalog.StagedManifest) { m.Name = "z" })}, false, flawFork, "c"},
		"other bytes before":  {[]catalog.StagedManifest{link(1, ""), but(link(2, ""), func(m *catalog.StagedManifest) { m.PredecessorDigest = "y" })}, false, flawBroken, "c"},
		"another object":      {[]catalog.StagedManifest{link(1, ""), but(link(2, ""), func(m *catalog.StagedManifest) { m.Object = "p" })}, false, flawFork, "c"},
		"relocated":           {[]catalog.StagedManifest{but(link(1, ""), document), but(link(2, changeRelocated), func(m *catalog.StagedManifest) { document(m); m.Object = "p" })}, false, "", "c"},
		"unreadable besides":  {[]catalog.StagedManifest{link(1, "")}, true, flawUnreadable, "b"},
		"gap, then released":  {[]catalog.StagedManifest{link(1, ""), link(3, changeReleased), link(4, "")}, false, "", "e"},
		"released, then gap":  {[]catalog.StagedManifest{link(1, ""), link(2, changeReleased), link(4, "")}, false, flawGap, "e"},
		"doubled release":     {[]catalog.StagedManifest{link(1, ""), link(2, changeReleased), but(link(2, changeReleased), func(m *catalog.StagedManifest) { m.Name = "z" })}, false, flawFork, "c"},
		"released a document": {[]catalog.StagedManifest{but(link(1, ""), document), but(link(3, changeReleased), document)}, false, flawGap, "d"},
	} {
		if s := judge(c.chain, c.damaged); s.Flaw != c.flaw || s.Head.Name != c.head {
			t.Errorf("%s: flaw %q, head %s; want %q, %s", name, s.Flaw, s.Head.Name, c.flaw, c.head)
		}
	}
}
