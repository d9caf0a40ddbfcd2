package embedded

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
	"eakte/search"
)

// undated sorts after every date when the newest comes first.
const undated = "0000-00-00"

// meta is what a search reads of every document it meets: for access, facets,
// order and the answer, in one value. Its text form has a fixed part
//
//	ordinal 8 hex · sensitivity 2 hex · date 10 · sequence 16 hex · pages 8 hex
//
// and then document, site, team and type, each after a 0x1f. Bleve reserves
// the byte 0xff; valid UTF-8 has none.
type meta struct {
	ordinal     uint32
	sensitivity record.Sensitivity
	date        string
	sequence    int64
	pages       uint32
	document    string
	site        string
	team        string
	kind        string
}

const (
	fixedPart = 8 + 2 + 10 + 16 + 8
	separator = "\x1f"
)

func metaOf(e search.Entry) meta {
	m := meta{ordinal: e.Ordinal, sensitivity: e.Sensitivity, date: e.Date, sequence: e.Sequence, pages: uint32(len(e.Pages)),
		document: string(e.Document), site: clean(e.Site), team: clean(e.Team), kind: clean(e.Type)}
	if len(m.date) != len(undated) {
		m.date = undated
	}
	return m
}

// clean makes a value safe to stand in a meta.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), separator, " ")
}

func (m meta) encode() string {
	return fmt.Sprintf("%08x%02x%s%016x%08x", m.ordinal, uint8(m.sensitivity), m.date, uint64(m.sequence), m.pages) +
		separator + m.document + separator + m.site + separator + m.team + separator + m.kind
}

// decode reads the whole of a meta.
func decode(b []byte) (meta, error) {
	parts := strings.Split(string(b[min(len(b), fixedPart):]), separator)
	var n [17]byte
	if len(b) < fixedPart || len(parts) != 5 {
		return meta{}, fmt.Errorf("search index: a document's properties are malformed")
	}
	if _, err := hex.Decode(n[:5], b[:10]); err != nil {
		return meta{}, fmt.Errorf("search index: a document's properties: %w", err)
	}
	if _, err := hex.Decode(n[5:], b[20:fixedPart]); err != nil {
		return meta{}, fmt.Errorf("search index: a document's properties: %w", err)
	}
	return meta{ordinal: binary.BigEndian.Uint32(n[:4]), sensitivity: record.Sensitivity(n[4]), date: string(b[10:20]),
		sequence: int64(binary.BigEndian.Uint64(n[5:13])), pages: binary.BigEndian.Uint32(n[13:]),
		document: parts[1], site: parts[2], team: parts[3], kind: parts[4]}, nil
}

func ordinalTerm(n uint32) string { return fmt.Sprintf("%08x", n) }

// metas reads the meta of documents by their internal id. The bytes are good
// until the next call.
type metas struct {
	reader index.DocValueReader
	found  []byte
}

func newMetas(r index.IndexReader) (*metas, error) {
	dv, err := r.DocValueReader([]string{fieldMeta})
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	return &metas{reader: dv}, nil
}

func (m *metas) of(id index.IndexInternalID) ([]byte, error) {
	m.found = m.found[:0]
	err := m.reader.VisitDocValues(id, func(_ string, term []byte) { m.found = append(m.found, term...) })
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	if len(m.found) < fixedPart {
		return nil, damaged(fmt.Errorf("a document without properties"))
	}
	return m.found, nil
}
