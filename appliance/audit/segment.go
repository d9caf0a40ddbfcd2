package audit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"eakte/appliance/record"
)

// Limits of a segment. Who writes one splits what is larger.
const (
	MaxSegmentRows  = 1 << 16
	MaxSegmentBytes = 1 << 28 // of its lines, and of the lines of its personal part, before compression
)

// Row is a numbered entry of a log. Salt and Payload are nil if they were
// erased, or if the segment was read without opening its personal part.
type Row struct {
	Header  []byte
	Salt    []byte
	Payload []byte
}

// Segment is a run of a log's rows, as it is kept in the audit bucket: the
// headers in clear, salts and payloads together sealed to one key. So the
// numbering and the tree can be checked without any secret, and the personal
// part of a segment ends with its key.
type Segment struct {
	Origin  string
	Edition int    // 1 at first, see SegmentName
	Key     string // id of the key the personal part is sealed to; "" if there is none
	First   uint64 // the index of Rows[0]
	Rows    []Row
}

// Last is the index of the last row.
func (s Segment) Last() uint64 { return s.First + uint64(len(s.Rows)) - 1 }

// Name is the name of the segment's object.
func (s Segment) Name() (string, error) {
	_, year, err := ParseOrigin(s.Origin)
	if err != nil {
		return "", err
	}
	if s.Key != "" && !record.ValidID(s.Key) {
		return "", record.Bad("key", "A segment's key is named by its id.")
	}
	return SegmentName(year, s.First, s.Last(), s.Edition)
}

// The lines of a segment. Every field is there, always.
type (
	headLine struct {
		Count   int    `json:"count"`
		Edition int    `json:"edition"`
		First   uint64 `json:"first"`
		Key     string `json:"key"`
		Origin  string `json:"origin"`
		Version int    `json:"version"`
	}
	rowLine struct {
		Header string `json:"header"`
		Index  uint64 `json:"index"`
	}
	personalLine struct {
		Personal string `json:"personal"` // base64 of the sealed personal part
	}
	payloadLine struct { // in the personal part
		Index   uint64 `json:"index"`
		Payload string `json:"payload"`
		Salt    string `json:"salt"` // base64
	}
)

// EncodeSegment writes a segment. seal encrypts the personal part to s.Key.
// Two encodings of the same segment need not be the same bytes, since sealing
// is random: compare with SameHeaders. It fails with record.Corrupt when a
// row doesn't fit its header, and with record.Invalid when it is too large.
func EncodeSegment(s Segment, seal func([]byte) ([]byte, error)) ([]byte, error) {
	if _, err := s.Name(); err != nil {
		return nil, err
	}
	if len(s.Rows) == 0 || len(s.Rows) > MaxSegmentRows {
		return nil, record.Bad("rows", "A segment holds 1 to %d entries.", MaxSegmentRows)
	}
	lines, personal := new(lineWriter), new(lineWriter)
	lines.add(map[string]any{"count": uint64(len(s.Rows)), "edition": uint64(s.Edition), "first": s.First, "key": s.Key,
		"origin": s.Origin, "version": uint64(Version)})
	for i, r := range s.Rows {
		if err := Check(r.Header, r.Salt, r.Payload); err != nil {
			return nil, fmt.Errorf("audit: segment row %d: %w", s.First+uint64(i), err)
		}
		index := s.First + uint64(i)
		lines.add(map[string]any{"header": string(r.Header), "index": index})
		if r.Payload != nil {
			personal.add(map[string]any{"index": index, "payload": string(r.Payload),
				"salt": base64.StdEncoding.EncodeToString(r.Salt)})
		}
	}
	block, err := personal.zip()
	if err != nil {
		return nil, err
	}
	sealed, err := seal(block)
	if err != nil {
		return nil, fmt.Errorf("audit: seal segment: %w", err)
	}
	lines.add(map[string]any{"personal": base64.StdEncoding.EncodeToString(sealed)})
	return lines.zip()
}

// DecodeSegment reads a segment and checks every row against its header. open
// decrypts the personal part; it is given the key's id. With open nil the
// personal part is left alone. Anything out of its form is record.Corrupt.
func DecodeSegment(b []byte, open func(key string, sealed []byte) ([]byte, error)) (Segment, error) {
	lines, err := unzip(b)
	if err != nil {
		return Segment{}, err
	}
	var head headLine
	if len(lines) < 3 || strictJSON(lines[0], &head) != nil || head.Version != Version || head.Count != len(lines)-2 || head.Count > MaxSegmentRows {
		return Segment{}, corrupt("The segment's first line doesn't fit the segment.", nil)
	}
	s := Segment{Origin: head.Origin, Edition: head.Edition, Key: head.Key, First: head.First, Rows: make([]Row, head.Count)}
	if _, err := s.Name(); err != nil {
		return Segment{}, corrupt("The segment's first line is malformed.", err)
	}
	for i := range s.Rows {
		var l rowLine
		if err := strictJSON(lines[i+1], &l); err != nil || l.Index != s.First+uint64(i) {
			return Segment{}, corrupt("A line of the segment is out of its place.", fmt.Errorf("line %d: %v", i+2, err))
		}
		s.Rows[i].Header = []byte(l.Header)
		if _, err := ParseHeader(s.Rows[i].Header); err != nil {
			return Segment{}, err
		}
	}
	var p personalLine
	if err := strictJSON(lines[len(lines)-1], &p); err != nil {
		return Segment{}, corrupt("The segment's last line can't be read.", err)
	}
	if open == nil {
		return s, nil
	}
	return s, s.openPersonal(p.Personal, open)
}

func (s *Segment) openPersonal(text string, open func(string, []byte) ([]byte, error)) error {
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return corrupt("The segment's personal part can't be read.", err)
	}
	block, err := open(s.Key, sealed)
	if err != nil {
		return fmt.Errorf("audit: open segment: %w", err)
	}
	lines, err := unzip(block)
	if err != nil {
		return err
	}
	next := s.First
	for _, line := range lines {
		var l payloadLine
		if err := strictJSON(line, &l); err != nil || l.Index < next || l.Index > s.Last() {
			return corrupt("A line of the segment's personal part is out of its place.", err)
		}
		next = l.Index + 1
		r := &s.Rows[l.Index-s.First]
		r.Payload = []byte(l.Payload)
		if r.Salt, err = base64.StdEncoding.DecodeString(l.Salt); err != nil {
			return corrupt("A salt in the segment can't be read.", err)
		}
		if err := Check(r.Header, r.Salt, r.Payload); err != nil {
			return fmt.Errorf("audit: segment row %d: %w", l.Index, err)
		}
	}
	return nil
}

// SameHeaders says whether an encoded segment holds the rows of s: what a
// writer asks that finds its segment's name taken after a crash.
func SameHeaders(encoded []byte, s Segment) (bool, error) {
	o, err := DecodeSegment(encoded, nil)
	if err != nil {
		return false, err
	}
	if o.Origin != s.Origin || o.First != s.First || o.Edition != s.Edition || len(o.Rows) != len(s.Rows) {
		return false, nil
	}
	for i := range s.Rows {
		if !bytes.Equal(o.Rows[i].Header, s.Rows[i].Header) {
			return false, nil
		}
	}
	return true, nil
}

// lineWriter collects canonical JSON lines.
type lineWriter struct{ b []byte }

func (w *lineWriter) add(v any) { w.b = append(appendCanonical(w.b, v), '\n') }

func (w *lineWriter) zip() ([]byte, error) {
	if len(w.b) > MaxSegmentBytes {
		return nil, record.Bad("rows", "A segment is larger than %d bytes.", MaxSegmentBytes)
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("audit: compress: %w", err)
	}
	if _, err := z.Write(w.b); err != nil {
		return nil, fmt.Errorf("audit: compress: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("audit: compress: %w", err)
	}
	return out.Bytes(), nil
}

// unzip gives the lines of a gzip, each ended by a line feed.
func unzip(b []byte) ([][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, corrupt("The segment is not compressed as it should be.", err)
	}
	r := bufio.NewReader(io.LimitReader(z, MaxSegmentBytes+1))
	var lines [][]byte
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return lines, nil
		}
		if err != nil {
			return nil, corrupt("The segment is cut off or damaged.", err)
		}
		lines = append(lines, line[:len(line)-1])
	}
}
