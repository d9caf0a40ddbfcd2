package embedded

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"eakte/appliance/record"
	"eakte/search"
)

// meta is what a search looks at of every document it meets: for access,
// filters, facets, order and the answer. In the index it is one value of text,
// with a fixed part
//
//	ordinal 8 hex · sensitivity 2 hex · date 8 · received 8 · sequence 16 hex · pages 8 hex
//
// and then document, site, team, type and section, each after a 0x1f. A day is
// YYYYMMDD, 0 if there is none. Bleve reserves the byte 0xff; valid UTF-8 has
// none.
type meta struct {
	ordinal     uint32
	sensitivity record.Sensitivity
	date        uint32
	received    uint32
	sequence    int64
	pages       uint32
	document    string
	site        name
	team        name
	kind        name
	section     name
}

const (
	fixedPart = 8 + 2 + 8 + 8 + 16 + 8
	separator = "\x1f"
)

// encodeMeta writes an entry's meta.
func encodeMeta(e search.Entry) string {
	return fmt.Sprintf("%08x%02x%08d%08d%016x%08x", e.Ordinal, uint8(e.Sensitivity), day(e.Date), day(e.Received), uint64(e.Sequence), len(e.Pages)) +
		separator + clean(string(e.Document)) + separator + clean(e.Site) + separator + clean(e.Team) + separator + clean(e.Type) + separator + clean(e.Section)
}

// clean makes a value safe to stand in a meta.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), separator, " ")
}

// decodeMeta reads a meta. Its names are numbered by n.
func decodeMeta(b []byte, n *names) (meta, error) {
	var parts [5][]byte
	rest := b[min(len(b), fixedPart):]
	for i := range parts {
		var ok bool
		if rest, ok = bytes.CutPrefix(rest, []byte(separator)); !ok {
			return meta{}, damaged(fmt.Errorf("a document's properties are malformed"))
		}
		end := bytes.IndexByte(rest, separator[0])
		if end < 0 {
			end = len(rest)
		}
		parts[i], rest = rest[:end], rest[end:]
	}
	var bad bool
	read := func(from, to, base int) uint64 {
		v, err := strconv.ParseUint(string(b[from:to]), base, 64)
		bad = bad || err != nil
		return v
	}
	m := meta{ordinal: uint32(read(0, 8, 16)), sensitivity: record.Sensitivity(read(8, 10, 16)), date: uint32(read(10, 18, 10)),
		received: uint32(read(18, 26, 10)), sequence: int64(read(26, 42, 16)), pages: uint32(read(42, fixedPart, 16)), document: string(parts[0]),
		site: n.number(parts[1]), team: n.number(parts[2]), kind: n.number(parts[3]), section: n.number(parts[4])}
	if bad || len(rest) > 0 || m.ordinal == 0 {
		return meta{}, damaged(fmt.Errorf("a document's properties are malformed"))
	}
	return m, nil
}

// day reads YYYY-MM-DD as a number that grows with time; what isn't one is 0.
func day(s string) uint32 {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return 0
	}
	n, err := strconv.ParseUint(s[:4]+s[5:7]+s[8:], 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// span is a stretch of days, both ends included.
type span struct{ from, to uint32 }

// days gives the stretch from one day to another, either of which may be empty.
// An end that is no day leaves nothing.
func days(from, to string) span {
	s := span{from: 1, to: math.MaxUint32}
	if from != "" {
		if s.from = day(from); s.from == 0 {
			s.from = math.MaxUint32
		}
	}
	if to != "" {
		s.to = day(to)
	}
	return s
}

func (s span) has(day uint32) bool { return s.from <= day && day <= s.to }
