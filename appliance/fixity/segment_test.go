package fixity

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/record"

	"golang.org/x/mod/sumdb/note"
)

// rawSegment writes a segment from the documented format, whatever its rows.
func rawSegment(a *archive, origin, key string, first uint64, rows []audit.Row, seal func([]byte) []byte) []byte {
	zip := func(lines []any) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for _, l := range lines {
			j, err := json.Marshal(l)
			a.ok(err)
			_, err = z.Write(append(j, '\n'))
			a.ok(err)
		}
		a.ok(z.Close())
		return b.Bytes()
	}
	entries := slices.IndexFunc(rows, func(r audit.Row) bool { return r.Header == nil }) // from there on: payloads only
	if entries < 0 {
		entries = len(rows)
	}
	lines := []any{map[string]any{"count": entries, "edition": 1, "first": first, "key": key, "origin": origin, "version": 1}}
	var personal []any
	for i, r := range rows {
		if i < entries {
			lines = append(lines, map[string]any{"header": string(r.Header), "index": first + uint64(i)})
		}
		if r.Payload != nil {
			personal = append(personal, map[string]any{"index": first + uint64(i), "payload": string(r.Payload), "salt": r.Salt})
		}
	}
	lines = append(lines, map[string]any{"personal": base64.StdEncoding.EncodeToString(seal(zip(personal)))})
	return zip(lines)
}

// inside changes the text of a segment.
func (a *archive) inside(change func([]byte) []byte) func([]byte) []byte {
	return func(b []byte) []byte {
		r, err := gzip.NewReader(bytes.NewReader(b))
		a.ok(err)
		text, err := io.ReadAll(r)
		a.ok(err)
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		_, err = z.Write(change(text))
		a.ok(err)
		a.ok(z.Close())
		return out.Bytes()
	}
}

func TestSegmentFaults(t *testing.T) {
	const second = "2026/segment/0000000008-0000000015"
	const first = "2026/segment/0000000000-0000000007"
	tryFaults(t, map[string]fault{
		"damaged": {func(a *archive) { a.audit.rewrite(second, flip) }, []string{"audit.object segment " + second + ": The segment can't be read"}},
		"damaged on the disk": {func(a *archive) { flip(a.audit.objects[second].body) },
			[]string{"changed segment " + second + ": The segment is damaged"}},
		"no lock": {func(a *archive) { a.audit.objects[second].Mode = "" }, []string{"lock segment " + second + ": The segment has no"}},
		"removed": {func(a *archive) {
			delete(a.audit.objects, first)
			delete(a.keys.objects, a.object("key of segment 2026/0"))
		}, []string{"audit.object segment " + second + ": The segment begins at entry 8, the ones before it end at 0"}},
		"overlap": {func(a *archive) { a.addSegment(2026, 14, 17, 1) },
			[]string{"audit.object segment 2026/segment/0000000014-0000000017: The segment begins at entry 14, the ones before it end at 16"}},
		"of other entries": {func(a *archive) {
			b := a.audit.objects[first].body
			a.audit.rewrite(second, func([]byte) []byte { return bytes.Clone(b) })
			delete(a.keys.objects, a.object("key of segment 2026/8"))
		}, []string{"audit.object segment " + second + ": The segment can't be read, or is not the one"}},
		"key missing": {func(a *archive) { delete(a.keys.objects, a.object("key of segment 2026/8")) },
			[]string{"missing segment " + second + ": The key of the segment's personal part"}},
		"key of another": {func(a *archive) {
			b := a.keys.objects[a.object("key of segment 2026/0")].body
			a.keys.rewrite(a.object("key of segment 2026/8"), func([]byte) []byte { return bytes.Clone(b) })
		}, []string{"audit.object segment " + second + ": The segment's personal part doesn't open"}},
		"a further edition": {func(a *archive) {
			r := &a.rows(2026)[6] // erased as well, without anybody saying so
			r.Salt, r.Payload = nil, nil
			delete(a.keys.objects, a.object("key of segment 2026/0"))
			delete(a.names, a.object("key of segment 2026/0"))
			a.addSegment(2026, 0, 7, 2)
		}, []string{"audit.erased audit entry 2026/6", "audit.erased segment " + first + ".2, entry 6"}},
		"payload exchanged": {func(a *archive) {
			a.resegment(second, func(rows []audit.Row) []audit.Row {
				rows[0].Payload = bytes.Clone(rows[0].Payload)
				copy(rows[0].Payload[15:], "x")
				return rows
			})
		}, []string{"audit.entry segment " + second + ", entry 8: The payload in the segment is not"}},
		"payload of no entry": {func(a *archive) {
			a.resegment(second, func(rows []audit.Row) []audit.Row {
				return append(rows, audit.Row{Salt: rows[0].Salt, Payload: rows[0].Payload})
			})
		}, []string{"audit.object segment " + second + ": The segment's personal part speaks of entries"}},
		"head of another version": {func(a *archive) { a.audit.rewrite(second, a.inside(replaced(`"version":1`, `"version":2`))) },
			[]string{"audit.object segment " + second + ": The segment can't be read"}},
		"head of another edition": {func(a *archive) { a.audit.rewrite(second, a.inside(replaced(`"edition":1`, `"edition":2`))) },
			[]string{"audit.object segment " + second + ": The segment can't be read"}},
		"line with another number": {func(a *archive) { a.audit.rewrite(second, a.inside(replaced(`"index":9}`, `"index":10}`))) },
			[]string{"audit.object segment " + second + ": Line 3 of the segment is out of its place"}},
		"fewer lines than its head says": {func(a *archive) {
			a.audit.rewrite(second, a.inside(func(b []byte) []byte {
				lines := bytes.SplitAfter(b, []byte("\n"))
				return bytes.Join(slices.Delete(lines, 8, 9), nil)
			}))
		}, []string{"audit.object segment " + second + ": The segment can't be read"}},
		"nothing in it": {func(a *archive) { a.audit.rewrite(second, a.inside(func([]byte) []byte { return nil })) },
			[]string{"audit.object segment " + second + ": The segment can't be read"}},
		"name says more": {func(a *archive) {
			a.audit.put("2026/segment/0000000008-0000000016", a.audit.objects[second].body, lockDate())
			delete(a.audit.objects, second)
		}, []string{"audit.object segment 2026/segment/0000000008-0000000016: The segment can't be read"}},
		"line out of place": {func(a *archive) {
			a.resegment(second, func(rows []audit.Row) []audit.Row { rows[2].Header = rows[2].Header[1:]; return rows })
		}, []string{"audit.object segment " + second + ": Line 4 of the segment is out of its place"}},
	})
}

// resegment writes a segment anew with changed rows, as the writer never
// would.
func (a *archive) resegment(name string, change func([]audit.Row) []audit.Row) {
	id := record.ObjectID(record.NewID())
	key, err := a.v.NewKey(id)
	a.ok(err)
	a.keys.put(objectName("k", id), key.Sealed(), time.Time{})
	delete(a.keys.objects, a.object("key of segment 2026/8"))
	var rows []audit.Row
	for _, r := range a.rows(2026)[8:16] {
		rows = append(rows, audit.Row{Header: r.Header, Salt: r.Salt, Payload: r.Payload})
	}
	rows = change(rows)
	a.audit.rewrite(name, func([]byte) []byte {
		return rawSegment(a, fmt.Sprintf("eakte/%s/2026", a.id), string(id), 8, rows, func(b []byte) []byte { return a.encrypt(key, b) })
	})
}

// The verifier reads the committed artefacts of version 1, too, by its own
// means.
func TestVersion1IsReadForever(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "formats", "artefacts", "v1")
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var kept struct {
		Origin string `json:"origin"`
		Public []byte `json:"public"`
		Size   uint64 `json:"size"`
		Root   string `json:"root"`
		Rows   []struct {
			Header  string `json:"header"`
			Salt    []byte `json:"salt"`
			Payload string `json:"payload"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(read("audit-log.json"), &kept); err != nil {
		t.Fatal(err)
	}
	archive := strings.Split(kept.Origin, "/")[1]
	v := &verifier{cfg: Config{Archive: archive, AuditKey: kept.Public}}
	var tr tree
	for i, r := range kept.Rows {
		e, err := parseEntry([]byte(r.Header), 2026)
		if err != nil || !e.payloadFits(r.Salt, []byte(r.Payload)) {
			t.Errorf("entry %d: %v", i, err)
		}
		tr.add(leafHash([]byte(r.Header)))
	}
	if hex.EncodeToString(tr.root()) != kept.Root || tr.size != kept.Size {
		t.Errorf("root %x of %d", tr.root(), tr.size)
	}
	c, err := v.openCheckpoint(2026, read("audit-checkpoint.txt"))
	if err != nil || c.size != kept.Size || !bytes.Equal(c.root, tr.root()) {
		t.Errorf("checkpoint %+v, %v", c, err)
	}
	for name, p := range map[string]segmentPlace{"audit-segment.gz": {last: 4, edition: 1}, "audit-segment.2.gz": {last: 4, edition: 2}} {
		s := &segments{v: v, year: 2026}
		var f findings
		er := &erasures{ids: map[string]bool{}}
		v.keys, v.objects, v.generation = &bucket{Store: newFakeStore()}, newSeen(), 1
		if err := s.read(t.Context(), &f, er, name, p, read(name)); err != nil {
			t.Fatal(err)
		}
		if len(s.loaded) != 5 || string(s.loaded[4]) != kept.Rows[4].Header {
			t.Errorf("%s: %d rows, %+v", name, len(s.loaded), f.list)
		}
	}
}

func TestTreeIsRFC6962(t *testing.T) {
	var tr tree
	ref, err := audit.NewTree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		root, err := ref.Root()
		if err != nil || !bytes.Equal(root, tr.root()) {
			t.Fatalf("size %d: the writer's root is another one", i)
		}
		h := []byte{byte(i), byte(i >> 8)}
		tr.add(leafHash(h))
		if _, err := ref.Append(audit.LeafHash(h)); err != nil {
			t.Fatal(err)
		}
	}
}

// A text signed with the right key is still refused if it isn't in the form.
func TestCheckpointHasOneForm(t *testing.T) {
	origin := "eakte/" + record.NewID() + "/2026"
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	_, public, _ := strings.Cut(vkey[len(origin)+1:], "+")
	key, err := base64.StdEncoding.DecodeString(public)
	if err != nil {
		t.Fatal(err)
	}
	v := &verifier{cfg: Config{Archive: strings.Split(origin, "/")[1], AuditKey: key[1:]}}
	root := base64.StdEncoding.EncodeToString(hash())
	for name, lines := range map[string][]string{
		"right":        {origin, "7", root, "at 2026-01-01T00:00:00.000000Z", ""},
		"other origin": {strings.Replace(origin, "2026", "2025", 1), "7", root, "at 2026-01-01T00:00:00.000000Z", ""},
		"more lines":   {origin, "7", root, "at 2026-01-01T00:00:00.000000Z", "more", ""},
		"no time":      {origin, "7", root, ""},
		"bad time":     {origin, "7", root, "at noon", ""},
		"no size":      {origin, "seven", root, "at 2026-01-01T00:00:00.000000Z", ""},
		"short root":   {origin, "7", "AAAA", "at 2026-01-01T00:00:00.000000Z", ""},
		"no root":      {origin, "7", "*", "at 2026-01-01T00:00:00.000000Z", ""},
	} {
		signed, err := note.Sign(&note.Note{Text: strings.Join(lines, "\n")}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := v.openCheckpoint(2026, signed); (err == nil) != (name == "right") {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}
