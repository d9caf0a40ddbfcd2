package fixity

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"eakte/appliance/audit"
)

// rows gives a year's rows to be changed.
func (a *archive) rows(year int) []Row { return a.log.rows[year] }

// forge makes row i another entry, sound in itself.
func (a *archive) forge(year, i int, leaf bool) {
	h, err := audit.ParseHeader(a.rows(year)[i].Header)
	a.ok(err)
	l, err := audit.Seal(audit.Entry{At: h.At, Action: audit.DocumentView, Outcome: audit.Denied, Actor: "system"})
	a.ok(err)
	r := &a.rows(year)[i]
	r.Header, r.Salt, r.Payload = l.Header, l.Salt, l.Payload
	if leaf {
		r.Leaf = audit.LeafHash(l.Header)
	}
}

// noSegments takes the segments away, so that only tree and checkpoints speak.
func (a *archive) noSegments(year int) {
	for name := range a.audit.objects {
		if n, err := audit.ParseName(name); err == nil && n.Year == year && !n.Checkpoint {
			delete(a.audit.objects, name)
		}
	}
	for name, by := range a.names {
		if len(by) > 14 && by[:11] == "key of segm" && by[len("key of segment "):][:4] == fmt.Sprint(year) {
			delete(a.keys.objects, name)
		}
	}
}

// rehead makes the head of a log fit its rows, as a careful forger would.
func (a *archive) rehead(year int) {
	tree, err := audit.NewTree(0, nil)
	a.ok(err)
	for _, r := range a.rows(year) {
		_, err := tree.Append(audit.LeafHash(r.Header))
		a.ok(err)
	}
	for i := range a.log.states {
		if a.log.states[i].Year == year {
			a.log.states[i] = LogState{year, tree.Size(), tree.Frontier()}
		}
	}
}

// renumber closes the gaps in the numbers.
func (a *archive) renumber(year int) {
	for i := range a.log.rows[year] {
		a.log.rows[year][i].Index = uint64(i)
	}
}

const headWrong = "audit.root audit log 2026: The head of the log is not that"

func TestChangedEntries(t *testing.T) {
	tryFaults(t, map[string]fault{
		"changed row": {func(a *archive) { a.forge(2026, 6, false) },
			[]string{"audit.entry audit entry 2026/6: The entry is not the one that got this number", headWrong,
				"audit.root audit log 2026: Of the entries 5 to 11 at least one was changed"}},
		"changed row and leaf, no segments": {func(a *archive) { a.noSegments(2026); a.forge(2026, 6, true) },
			[]string{headWrong, "audit.root audit log 2026: Of the entries 5 to 11 at least one was changed"}},
		"changed row and leaf and head, no segments": {func(a *archive) { a.noSegments(2026); a.forge(2026, 6, true); a.rehead(2026) },
			[]string{"audit.root audit log 2026: Of the entries 5 to 11 at least one was changed"}},
		"changed row and leaf and head": {func(a *archive) { a.forge(2026, 6, true); a.rehead(2026) },
			[]string{"audit.entry audit entry 2026/6: The entry is another one in the catalog",
				"audit.root audit log 2026: Of the entries 5 to 11 at least one was changed"}},
		"changed behind the last checkpoint": {func(a *archive) { a.forge(2026, 19, true) }, []string{headWrong}},
		"two rows swapped": {func(a *archive) {
			r := a.rows(2026)
			r[8], r[9] = r[9], r[8]
			r[8].Index, r[9].Index = 8, 9
		}, []string{"audit.entry audit entry 2026/8: The entry is another one", "audit.entry audit entry 2026/9: The entry is another one",
			headWrong, "audit.root audit log 2026: Of the entries 5 to 11"}},
		"header not in its form": {func(a *archive) { r := &a.rows(2026)[18]; r.Header = append(bytes.Clone(r.Header), ' ') },
			[]string{"audit.entry audit entry 2026/18: The entry is not the one", "audit.entry audit entry 2026/18: The entry is malformed: it is not in its one form", headWrong}},
		"header no JSON": {func(a *archive) { a.rows(2026)[18].Header = []byte("x") },
			[]string{"audit.entry audit entry 2026/18: The entry is not the one", "audit.entry audit entry 2026/18: The entry is malformed: it is no JSON", headWrong}},
		"entry of another year": {func(a *archive) {
			r := &a.rows(2026)[18]
			r.Header = bytes.Replace(r.Header, []byte(`"at":"2026`), []byte(`"at":"2024`), 1)
		}, []string{"audit.entry audit entry 2026/18: The entry is not the one", "audit.entry audit entry 2026/18: The entry is malformed: its time lies in the year 2024", headWrong}},
		"header with a bad field": {func(a *archive) {
			r := &a.rows(2026)[18]
			r.Header = bytes.Replace(r.Header, []byte(`sha256-`), []byte(`sha512-`), 1)
		}, []string{"audit.entry audit entry 2026/18: The entry is not the one", "audit.entry audit entry 2026/18: The entry is malformed: a field", headWrong}},
		"payload changed": {func(a *archive) { r := &a.rows(2026)[6]; r.Payload = replaced("mustermann", "beispiel")(r.Payload) },
			[]string{"audit.entry audit entry 2026/6: The payload is not the one"}},
		"salt changed": {func(a *archive) { r := &a.rows(2026)[6]; r.Salt = flip(bytes.Clone(r.Salt)) },
			[]string{"audit.entry audit entry 2026/6: The payload is not the one"}},
		"border between salt and payload moved": {func(a *archive) {
			r := &a.rows(2026)[6]
			r.Salt, r.Payload = append(bytes.Clone(r.Salt), r.Payload[0]), r.Payload[1:]
		}, []string{"audit.entry audit entry 2026/6: The payload is not the one"}},
		"salt missing": {func(a *archive) { a.rows(2026)[6].Salt = nil },
			[]string{"audit.entry audit entry 2026/6: The payload is not the one"}},
		"payload missing": {func(a *archive) { r := &a.rows(2026)[6]; r.Salt, r.Payload = nil, nil },
			[]string{"audit.erased audit entry 2026/6: The entry's payload is missing"}},
		"head's size": {func(a *archive) { a.log.states[1].Size = 19 },
			[]string{headWrong, "audit.root audit log 2026: The catalog holds 20 entries, the head of the log counts 19"}},
		"head's frontier": {func(a *archive) { a.log.states[1].Frontier[0] = hash() }, []string{headWrong}},
	})
}

func TestRemovedEntries(t *testing.T) {
	cut := func(i, j int) func(*archive) {
		return func(a *archive) { a.log.rows[2026] = slices.Delete(a.log.rows[2026], i, j) }
	}
	tail := "the end of the log was removed"
	tryFaults(t, map[string]fault{
		"in the middle": {cut(8, 9), []string{"audit.entry audit entry 2026/8: Entry 8 is missing from the catalog"}},
		"in the middle, no segments": {func(a *archive) { a.noSegments(2026); cut(8, 10)(a) },
			[]string{"audit.entry audit entry 2026/8: Entries 8 to 9 are missing from the catalog", "audit.root audit log 2026: Of the entries 5 to 11"}},
		"in the middle and renumbered": {func(a *archive) {
			whole := slices.Clone(a.rows(2026))
			cut(8, 9)(a)
			a.renumber(2026)
			a.rehead(2026)
			a.noSegments(2026)
			for i := range a.rows(2026) {
				a.rows(2026)[i].Leaf = whole[i].Leaf
			}
		},
			slices.Concat(slices.Repeat([]string{"audit.entry audit entry 2026/"}, 11), []string{"audit.root audit log 2026: Of the entries 5 to 11"})},
		"in the middle, renumbered, leaves too": {func(a *archive) {
			cut(8, 9)(a)
			a.renumber(2026)
			a.rehead(2026)
			a.noSegments(2026) // the leaf hashes moved along with the rows
		}, []string{"audit.root audit log 2026: Of the entries 5 to 11"}},
		"at the end": {cut(19, 20), []string{"audit.entry audit entry 2026/19: Entry 19 is missing at the end"}},
		"at the end, head too": {func(a *archive) { cut(17, 20)(a); a.rehead(2026) },
			[]string{"audit.root audit log 2026: 18 entries were signed (2026/checkpoint/0000000018), the catalog holds 17: " + tail}},
		"at the end, head too, behind the checkpoints": {func(a *archive) {
			a.addSegment(2026, 16, 19, 1)
			cut(18, 20)(a)
			a.rehead(2026)
		}, []string{"audit.root audit log 2026: The locked segments hold 20 entries, the catalog holds 18: " + tail}},
		"from the beginning": {cut(0, 2), []string{"audit.entry audit entry 2026/0: Entries 0 to 1 are missing"}},
		"whole log": {func(a *archive) { a.log.states = a.log.states[:1]; a.log.rows[2026], a.log.notes[2026] = nil, nil },
			[]string{"audit.root audit log 2026: The audit bucket holds a log that the catalog has lost",
				"audit.root audit log 2026: 18 entries were signed", "audit.root audit log 2026: The locked segments hold 16"}},
		"number given twice": {func(a *archive) {
			a.log.rows[2026] = slices.Insert(a.log.rows[2026], 10, a.log.rows[2026][9])
		}, []string{"audit.entry audit entry 2026/9: The number was given twice"}},
	})
}

func TestErasures(t *testing.T) {
	erase := func(a *archive, i int) { r := &a.rows(2026)[i]; r.Salt, r.Payload = nil, nil }
	// entry 4 of each log is the erasure entry; it is replaced by another one.
	says := func(a *archive, e audit.Entry) {
		e.At, e.Actor = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), "system"
		l, err := audit.Seal(e)
		a.ok(err)
		a.rows(2026)[4] = Row{Index: 4, Header: l.Header, Salt: l.Salt, Payload: l.Payload, Leaf: audit.LeafHash(l.Header)}
		a.noSegments(2026)
		for name := range a.audit.objects {
			if name[:4] == "2026" {
				delete(a.audit.objects, name)
			}
		}
		a.log.notes[2026] = nil
		a.rehead(2026)
	}
	of := func(kind, id string) []audit.Object { return []audit.Object{{Kind: kind, ID: id}} }
	missing3 := "audit.erased audit entry 2026/3: The entry's payload is missing"
	tryFaults(t, map[string]fault{
		"by range": {func(a *archive) {
			erase(a, 6)
			says(a, audit.Entry{Action: audit.AuditErase, Outcome: audit.Done, Objects: of(audit.KindEntries, audit.EntriesID(2026, 3, 6))})
		}, nil},
		"outside the range": {func(a *archive) {
			erase(a, 7)
			erase(a, 1)
			says(a, audit.Entry{Action: audit.AuditErase, Outcome: audit.Done, Objects: of(audit.KindEntries, audit.EntriesID(2026, 2, 6))})
		}, []string{"audit.erased audit entry 2026/1", "audit.erased audit entry 2026/7"}},
		"range of another year": {func(a *archive) {
			says(a, audit.Entry{Action: audit.AuditErase, Outcome: audit.Done, Objects: of(audit.KindEntries, audit.EntriesID(2025, 0, 19))})
		}, []string{missing3}},
		"refused erasure": {func(a *archive) {
			says(a, audit.Entry{Action: audit.AuditErase, Outcome: audit.Denied, Objects: of(audit.KindEntries, audit.EntriesID(2026, 0, 19))})
		}, []string{missing3}},
		"another action": {func(a *archive) {
			says(a, audit.Entry{Action: audit.AuditRead, Outcome: audit.Done, Objects: of(audit.KindEntries, audit.EntriesID(2026, 0, 19))})
		}, []string{missing3}},
		"another kind of object": {func(a *archive) {
			h, err := audit.ParseHeader(a.rows(2026)[3].Header)
			a.ok(err)
			says(a, audit.Entry{Action: audit.AuditErase, Outcome: audit.Done, Objects: of(audit.KindDocument, h.ID)})
		}, []string{missing3}},
		"said in a later year": {func(a *archive) {
			r := &a.rows(2025)[6]
			r.Salt, r.Payload = nil, nil
			// the segment of 2025 still has it: that is the key's matter, not the row's
			says(a, audit.Entry{Action: audit.AuditErase, Outcome: audit.Done,
				Objects: append(of(audit.KindEntries, audit.EntriesID(2025, 6, 6)), of(audit.KindEntries, audit.EntriesID(2026, 3, 3))...)})
		}, nil},
		"erasure entry lost, segment keeps it": {func(a *archive) { a.log.rows[2026] = slices.Delete(a.log.rows[2026], 4, 5) },
			[]string{"audit.entry audit entry 2026/4: Entry 4 is missing"}},
	})
}

func TestCheckpointFaults(t *testing.T) {
	const at12 = "2026/checkpoint/0000000012"
	tryFaults(t, map[string]fault{
		"signature": {func(a *archive) {
			a.audit.rewrite(at12, func(b []byte) []byte { b[len(b)-10] ^= 1; return b })
			a.log.notes[2026] = nil
		}, []string{"audit.object checkpoint " + at12 + ": The checkpoint bears no valid signature"}},
		"damaged on the disk": {func(a *archive) { flip(a.audit.objects[at12].body); a.log.notes[2026] = nil },
			[]string{"changed checkpoint " + at12 + ": The checkpoint is damaged"}},
		"under another's name": {func(a *archive) {
			b := a.audit.objects[at12].body
			a.audit.rewrite("2026/checkpoint/0000000018", func([]byte) []byte { return bytes.Clone(b) })
			a.log.notes[2026] = nil
		}, []string{"audit.object checkpoint 2026/checkpoint/0000000018: The checkpoint lies under a name"}},
		"of another year": {func(a *archive) {
			a.audit.put("2026/checkpoint/0000000007", a.audit.objects["2025/checkpoint/0000000007"].body, lockDate())
		},
			[]string{"audit.object checkpoint 2026/checkpoint/0000000007: The checkpoint bears no valid signature"}},
		"no lock": {func(a *archive) { a.audit.objects[at12].Mode = "" },
			[]string{"lock checkpoint " + at12 + ": The checkpoint has no COMPLIANCE"}},
		"short lock": {func(a *archive) { a.audit.objects[at12].LockedUntil = now.AddDate(0, 0, aheadDays-1) },
			[]string{"lock checkpoint " + at12 + ": The checkpoint is locked until"}},
		"removed from the bucket": {func(a *archive) { delete(a.audit.objects, at12) },
			[]string{"missing catalog, checkpoint 12 of 2026: A checkpoint of the catalog is not in the audit bucket"}},
		"on its way to the bucket": {func(a *archive) { delete(a.audit.objects, at12); a.cfg.Young = time.Hour }, nil},
		"forged in the catalog": {func(a *archive) { a.log.notes[2026][1].Text = []byte("x") },
			[]string{"audit.object catalog, checkpoint 12 of 2026: A checkpoint in the catalog is not one"}},
		"under another number in the catalog": {func(a *archive) { a.log.notes[2026][1].Size = 13 },
			[]string{"audit.object catalog, checkpoint 13 of 2026: A checkpoint in the catalog is not one"}},
		"only in the catalog, and the log forged": {func(a *archive) {
			delete(a.audit.objects, at12)
			a.cfg.Young = time.Hour
			a.noSegments(2026)
			a.forge(2026, 6, true)
			a.rehead(2026)
		}, []string{"audit.root audit log 2026: Of the entries 5 to 11 at least one was changed, removed or put in another order after being signed (catalog, checkpoint 12 of 2026)"}},
		"signed with another key": {func(a *archive) {
			a.cfg.AuditKey = ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
			a.log.notes = map[int][]Note{}
		}, slices.Repeat([]string{"audit.object checkpoint 202"}, 5)},
		"of the empty log, wrong": {func(a *archive) {
			a.audit.put("2026/checkpoint/0000000000", a.sign(2026, 0, hash([]byte("x"))), lockDate())
		}, []string{"audit.root audit log 2026: Of the entries 0 to 0 at least one"}},
	})
}

func (a *archive) sign(year int, size uint64, root []byte) []byte {
	origin, err := audit.Origin(a.id, year)
	a.ok(err)
	s, err := audit.NewSigner(origin, a.v.Keyring().AuditSeed())
	a.ok(err)
	b, err := s.Sign(size, root, now)
	a.ok(err)
	return b
}

// The log may grow while it is read.
func TestLogGrowsDuringTheRun(t *testing.T) {
	tryFaults(t, map[string]fault{
		"row and head": {func(a *archive) {
			whole := a.rows(2026)
			a.log.rows[2026] = slices.Clone(whole[:19])
			a.rehead(2026)
			a.log.grow = func() {
				if len(a.log.rows[2026]) == 19 {
					a.log.rows[2026] = whole
					a.rehead(2026)
				}
			}
		}, nil},
		"row without head": {func(a *archive) {
			whole := a.rows(2026)
			a.log.rows[2026] = slices.Clone(whole[:19])
			a.rehead(2026)
			a.log.grow = func() { a.log.rows[2026] = whole }
		}, []string{"audit.root audit log 2026: The catalog holds 20 entries, the head of the log counts 19"}},
	})
}
