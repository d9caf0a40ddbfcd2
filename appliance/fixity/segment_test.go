package fixity

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	lines := []any{map[string]any{"count": len(rows), "edition": 1, "first": first, "key": key, "origin": origin, "version": 1}}
	var personal []any
	for i, r := range rows {
		lines = append(lines, map[string]any{"header": string(r.Header), "index": first + uint64(i)})
		if r.Payload != nil {
			personal = append(personal, map[string]any{"index": first + uint64(i), "payload": string(r.Payload), "salt": r.Salt})
		}
	}
	lines = append(lines, map[string]any{"personal": base64.StdEncoding.EncodeToString(seal(zip(personal)))})
	return zip(lines)
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
		v.Keys, v.objects = newFakeStore(), map[string]bool{}
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
