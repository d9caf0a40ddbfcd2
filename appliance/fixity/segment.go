package fixity

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"eakte/appliance/record"
)

// maxLines is the most that a segment may unpack to, in bytes.
const maxLines = 1 << 28

// segments walks the segments of one year, one in memory at a time.
type segments struct {
	v      *verifier
	year   int
	places []segmentPlace
	next   int // the place to be read next
	first  uint64
	loaded [][]byte // headers from first on
}

// header gives the header that a segment keeps under an index, or nil. The
// index must not fall from call to call.
func (s *segments) header(ctx context.Context, er *erasures, index uint64) ([]byte, error) {
	for s.next < len(s.places) && s.places[s.next].first <= index {
		if err := s.load(ctx, er); err != nil {
			return nil, err
		}
	}
	if index >= s.first && index-s.first < uint64(len(s.loaded)) {
		return s.loaded[index-s.first], nil
	}
	return nil, nil
}

// rest reads the segments that no index asked for.
func (s *segments) rest(ctx context.Context, er *erasures) (end uint64, err error) {
	for s.next < len(s.places) {
		if err := s.load(ctx, er); err != nil {
			return 0, err
		}
	}
	for _, p := range s.places {
		end = max(end, p.last+1)
	}
	return end, nil
}

// load reads and checks the next segment.
func (s *segments) load(ctx context.Context, er *erasures) error {
	p := s.places[s.next]
	var f findings
	subject := "segment " + p.object.Name
	want := uint64(0)
	if s.next > 0 {
		want = s.places[s.next-1].last + 1
	}
	if p.first != want {
		f.add(AuditObject, subject, doAsk, "The segment begins at entry %d, the ones before it end at %d.", p.first, want)
	}
	s.next++
	s.first, s.loaded = p.first, nil
	o, b, err := f.fetch(ctx, s.v.audit, p.object.Name, subject, "The segment")
	if err != nil {
		return err
	}
	if b != nil {
		s.v.checkAuditLock(&f, subject, "The segment", o)
		if err := s.read(ctx, &f, er, subject, p, b); err != nil {
			return err
		}
	}
	return s.v.flush(&f)
}

// read takes the lines of a segment apart.
func (s *segments) read(ctx context.Context, f *findings, er *erasures, subject string, p segmentPlace, b []byte) error {
	lines, err := unpack(b)
	var head struct {
		Count   uint64 `json:"count"`
		Edition int    `json:"edition"`
		First   uint64 `json:"first"`
		Key     string `json:"key"`
		Origin  string `json:"origin"`
		Version int    `json:"version"`
	}
	if err != nil || len(lines) < 3 || json.Unmarshal(lines[0], &head) != nil || head.Version != 1 || head.Origin != s.v.origin(s.year) ||
		head.First != p.first || head.Count != p.last-p.first+1 || head.Edition != p.edition || head.Count != uint64(len(lines)-2) {
		f.add(AuditObject, subject, doAsk, "The segment can't be read, or is not the one that its name says.")
		return nil
	}
	entries := make([]entry, 0, head.Count)
	for i, line := range lines[1 : len(lines)-1] {
		var row struct {
			Header string `json:"header"`
			Index  uint64 `json:"index"`
		}
		err := json.Unmarshal(line, &row)
		e, formErr := parseEntry([]byte(row.Header), s.year)
		if err != nil || formErr != nil || row.Index != p.first+uint64(i) {
			f.add(AuditObject, subject, doAsk, "Line %d of the segment is out of its place or malformed.", i+2)
			s.loaded = nil
			return nil
		}
		s.loaded = append(s.loaded, []byte(row.Header))
		er.note(e)
		entries = append(entries, e)
	}
	return s.readPersonal(ctx, f, er, subject, p, head.Key, entries, lines[len(lines)-1])
}

// readPersonal opens the sealed part and holds it against the headers. A
// segment without a key of its own is left closed.
func (s *segments) readPersonal(ctx context.Context, f *findings, er *erasures, subject string, p segmentPlace, key string, entries []entry, line []byte) error {
	if key == "" {
		return nil
	}
	c := checked{findings: *f}
	sealed, err := s.v.fetchKey(ctx, record.ObjectID(key), subject, "The key of the segment's personal part", &c)
	*f = c.findings
	if err != nil || sealed.bytes == nil {
		return err
	}
	for _, n := range c.names {
		s.v.objects.add(n)
	}
	payloads, err := s.v.openPersonal(ctx, record.ObjectID(key), sealed.bytes, line)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		f.add(AuditObject, subject, doRestore, "The segment's personal part doesn't open with its key.")
		return nil
	}
	for i, e := range entries {
		index := p.first + uint64(i)
		row, ok := payloads[index]
		delete(payloads, index)
		where := fmt.Sprintf("%s, entry %d", subject, index)
		switch {
		case !ok:
			er.missing = append(er.missing, missingPayload{s.year, index, e.ID, where})
		case !e.payloadFits(row.Salt, []byte(row.Payload)):
			f.add(AuditEntry, where, doAsk, "The payload in the segment is not the one that was sealed.")
		}
	}
	if len(payloads) > 0 {
		f.add(AuditObject, subject, doAsk, "The segment's personal part speaks of entries that are not in it.")
	}
	return nil
}

type payloadLine struct {
	Index   uint64 `json:"index"`
	Payload string `json:"payload"`
	Salt    []byte `json:"salt"` // base64 in JSON
}

func (v *verifier) openPersonal(ctx context.Context, key record.ObjectID, sealed, line []byte) (map[uint64]payloadLine, error) {
	var last struct {
		Personal string `json:"personal"`
	}
	if err := json.Unmarshal(line, &last); err != nil {
		return nil, err
	}
	cipher, err := base64.StdEncoding.DecodeString(last.Personal)
	if err != nil {
		return nil, err
	}
	r, err := v.Key.Decrypt(ctx, key, sealed, bytes.NewReader(cipher))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxLines))
	if err != nil {
		return nil, err
	}
	lines, err := unpack(plain)
	if err != nil {
		return nil, err
	}
	payloads := map[uint64]payloadLine{}
	for _, l := range lines {
		var p payloadLine
		if err := json.Unmarshal(l, &p); err != nil {
			return nil, err
		}
		payloads[p.Index] = p
	}
	return payloads, nil
}

// unpack gives the lines of a gzip, each of which must be ended.
func unpack(b []byte) ([][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(io.LimitReader(z, maxLines+1))
	var lines [][]byte
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, bytes.TrimSuffix(line, []byte("\n")))
	}
}
