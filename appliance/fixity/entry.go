package fixity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/record"
)

const (
	saltSize     = 32
	auditTime    = "2006-01-02T15:04:05.000000Z"
	eraseAction  = "audit.erase"
	eraseOutcome = "done"
)

// entry is a header of docs/formats/audit.md.
type entry struct {
	Action  string `json:"action"`
	Actor   string `json:"actor"`
	At      string `json:"at"`
	ID      string `json:"id"`
	Objects []struct {
		ID   string `json:"id"`
		Kind string `json:"kind"`
	} `json:"objects"`
	Outcome string `json:"outcome"`
	Payload string `json:"payload"`
	Request string `json:"request"`
	Version int    `json:"version"`
	Via     string `json:"via"`
}

// parseEntry reads a header of the log of a year. A header holds nothing that
// encoding/json would escape otherwise than RFC 8785, so encoding it again
// must give the same bytes.
func parseEntry(header []byte, year int) (entry, error) {
	var e entry
	if err := json.Unmarshal(header, &e); err != nil {
		return entry{}, errors.New("it is no JSON")
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil || e.Objects == nil || !bytes.Equal(bytes.TrimSuffix(buf.Bytes(), []byte("\n")), header) {
		return entry{}, errors.New("it is not in its one form")
	}
	at, err := time.Parse(auditTime, e.At)
	switch {
	case err != nil || !record.ValidID(e.ID) || e.Version != 1 || e.Action == "" || e.Outcome == "":
		return entry{}, errors.New("a field of it is malformed")
	case at.Year() != year:
		return entry{}, fmt.Errorf("its time lies in the year %d", at.Year())
	}
	if _, err := record.ParseDigest(e.Payload); err != nil {
		return entry{}, errors.New("a field of it is malformed")
	}
	return e, nil
}

// payloadFits says whether salt and payload are those of the header.
func (e entry) payloadFits(salt, payload []byte) bool {
	return len(salt) == saltSize && string(record.DigestOf(hash(salt, payload))) == e.Payload
}

// erasures is what the logs say was erased on purpose, and what is missing.
type erasures struct {
	ids     map[string]bool
	ranges  []span
	missing []missingPayload
}

type span struct {
	year        int
	first, last uint64
}

type missingPayload struct {
	year    int
	index   uint64
	id      string
	subject string
}

// note takes up what an erasure entry names.
func (er *erasures) note(e entry) {
	if e.Action != eraseAction || e.Outcome != eraseOutcome {
		return
	}
	for _, o := range e.Objects {
		switch o.Kind {
		case "entry":
			er.ids[o.ID] = true
		case "entries":
			if s, ok := parseSpan(o.ID); ok {
				er.ranges = append(er.ranges, s)
			}
		}
	}
}

// parseSpan reads <year>:<first>-<last>.
func parseSpan(id string) (span, bool) {
	y, rest, _ := strings.Cut(id, ":")
	first, last, _ := strings.Cut(rest, "-")
	year, err1 := strconv.Atoi(y)
	f, err2 := strconv.ParseUint(first, 10, 64)
	l, err3 := strconv.ParseUint(last, 10, 64)
	return span{year, f, l}, err1 == nil && err2 == nil && err3 == nil && f <= l
}

func (er *erasures) covers(m missingPayload) bool {
	if er.ids[m.id] {
		return true
	}
	for _, s := range er.ranges {
		if s.year == m.year && s.first <= m.index && m.index <= s.last {
			return true
		}
	}
	return false
}
