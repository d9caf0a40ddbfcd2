package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eakte/appliance/record"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const formats = "../../docs/formats"

// The artefacts of version 1. They are never made anew: a log written in the
// first year must be read in the last.
var artefacts = map[string]record.Digest{
	"audit-checkpoint.txt": "sha256-2c57cc161539d65ce6b3a6a71e57719d707d1c57be11cc9716b76f50e4e9d613",
	"audit-log.json":       "sha256-8c4b5f619be1a5ce0565c613c50bfd2559f057992e4900f599c9c1ca6bfc44c6",
	"audit-segment.2.gz":   "sha256-4f89fdf03e8d4e9033b5ce1009097ace305b8ab9f7ff05a47deff4798d87f905",
	"audit-segment.gz":     "sha256-5d793befd01dcc05a6602ed628a739d293a3199bb6065f550fe82f1e713e3021",
}

func artefact(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(formats, "artefacts", "v1", name))
	if err != nil {
		t.Fatal(err)
	}
	if record.Sum(b) != artefacts[name] {
		t.Fatalf("%s is no longer the artefact that was committed with version 1", name)
	}
	return b
}

func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(formats, name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(t *testing.T, s *jsonschema.Schema, b []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

type keptLog struct {
	Origin   string `json:"origin"`
	Public   string `json:"public"`
	Verifier string `json:"verifier"`
	Size     uint64 `json:"size"`
	Root     string `json:"root"`
	Rows     []struct {
		Header  string `json:"header"`
		Salt    string `json:"salt"`
		Payload string `json:"payload"`
		Leaf    string `json:"leaf"`
	} `json:"rows"`
}

func TestVersion1IsReadForever(t *testing.T) {
	var kept keptLog
	if err := json.Unmarshal(artefact(t, "audit-log.json"), &kept); err != nil {
		t.Fatal(err)
	}
	tree, err := NewTree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	var rows []Row
	headers, payloads := schema(t, "audit-header.schema.json"), schema(t, "audit-payload.schema.json")
	for i, r := range kept.Rows {
		salt, err := base64.StdEncoding.DecodeString(r.Salt)
		if err != nil {
			t.Fatal(err)
		}
		row := Row{[]byte(r.Header), salt, []byte(r.Payload)}
		rows = append(rows, row)
		if err := Check(row.Header, row.Salt, row.Payload); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
		p, err := ParsePersonal(row.Payload)
		if err != nil || !bytes.Equal(encodePersonal(p), row.Payload) {
			t.Errorf("entry %d: the payload would be written otherwise today (%v)", i, err)
		}
		if hex.EncodeToString(LeafHash(row.Header)) != r.Leaf {
			t.Errorf("entry %d: the leaf hash is another one", i)
		}
		if err := fits(t, headers, row.Header); err != nil {
			t.Errorf("entry %d: header: %v", i, err)
		}
		if err := fits(t, payloads, row.Payload); err != nil {
			t.Errorf("entry %d: payload: %v", i, err)
		}
		if _, err := tree.Append(LeafHash(row.Header)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := tree.Root()
	if err != nil || hex.EncodeToString(root) != kept.Root || tree.Size() != kept.Size {
		t.Errorf("root %x of %d, %v", root, tree.Size(), err)
	}
	readKeptCheckpoint(t, kept, root)
	readKeptSegments(t, kept, rows)
}

func readKeptCheckpoint(t *testing.T, kept keptLog, root []byte) {
	t.Helper()
	signed := artefact(t, "audit-checkpoint.txt")
	c, err := OpenCheckpoint(signed, kept.Verifier)
	at := time.Date(2026, 3, 2, 7, 25, 0, 120000, time.UTC)
	if err != nil || c.Origin != kept.Origin || c.Size != 5 || !bytes.Equal(c.Root, root) || !c.At.Equal(at) {
		t.Errorf("checkpoint reads as %+v, %v", c, err)
	}
	public, err := ParsePublic(kept.Public)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Verifier(kept.Origin, public); err != nil || v != kept.Verifier {
		t.Errorf("verifier %s, %v", v, err)
	}
	s, err := NewSigner(kept.Origin, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Sign(5, root, at); err != nil || !bytes.Equal(again, signed) {
		t.Errorf("the checkpoint would be signed otherwise today (%v):\n%s", err, again)
	}
}

func readKeptSegments(t *testing.T, kept keptLog, rows []Row) {
	t.Helper()
	lineSchema := schema(t, "audit-segment.schema.json")
	for name, want := range map[string]Segment{
		"audit-segment.gz":   {Origin: kept.Origin, Edition: 1, Key: "66666666666666666666666666666666", Rows: rows},
		"audit-segment.2.gz": {Origin: kept.Origin, Edition: 2, Key: "77777777777777777777777777777777", Rows: without(rows, 3)},
	} {
		b := artefact(t, name)
		s, err := DecodeSegment(b, func(_ string, sealed []byte) ([]byte, error) {
			inner, err := unzip(sealed)
			for _, l := range inner {
				if err := fits(t, lineSchema, l); err != nil {
					t.Errorf("%s: personal part: %v", name, err)
				}
			}
			return sealed, err
		})
		if err != nil || !equalSegments(s, want) {
			t.Errorf("%s reads as %+v, %v", name, s, err)
		}
		lines, err := unzip(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if err := fits(t, lineSchema, l); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func without(rows []Row, i int) []Row {
	out := append([]Row(nil), rows...)
	out[i].Salt, out[i].Payload = nil, nil
	return out
}

// The schema refuses what Seal refuses, and takes what it makes.
func TestSchemaAgreesWithSeal(t *testing.T) {
	headers, payloads := schema(t, "audit-header.schema.json"), schema(t, "audit-payload.schema.json")
	l, err := Seal(sample())
	if err != nil {
		t.Fatal(err)
	}
	if err := fits(t, headers, l.Header); err != nil {
		t.Error(err)
	}
	if err := fits(t, payloads, l.Payload); err != nil {
		t.Error(err)
	}
	for old, with := range map[string]string{`"via":"web"`: `"via":"WEB"`, `"version":1`: `"version":2`, `"outcome":"allowed"`: `"outcome":"ok"`,
		`,"via":"web"`: ``, `{"action"`: `{"a":1,"action"`, `"kind":"file"`: `"kind":"A B"`} {
		b := bytes.Replace(l.Header, []byte(old), []byte(with), 1)
		if bytes.Equal(b, l.Header) {
			t.Fatalf("%s: the test changes nothing", old)
		}
		if fits(t, headers, b) == nil {
			t.Errorf("the schema takes %s", with)
		}
		if _, err := ParseHeader(b); err == nil {
			t.Errorf("ParseHeader takes %s", with)
		}
	}
}
