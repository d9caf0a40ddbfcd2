// Package audit makes the tamper-evident log of who did what. It holds no
// SQL and no keys of its own: it defines what an entry looks like in bytes,
// how entries are hashed into a tree, and how that tree is signed, proved and
// kept as segments.
//
// An entry is sealed once, into a Leaf: a header without personal data and a
// payload that may name people. The header holds sha256(salt ‖ payload), and
// the tree is built over headers only. So the payload and the salt of an
// entry can be erased, and every proof ever given still holds.
//
// There is one log for each calendar year in UTC; an entry belongs to the
// log of the year it happened in. Everything here is a kept format: it is
// written down in docs/formats/audit.md and never changes under version 1.
package audit

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"eakte/appliance/record"
)

// Version is the version of header, payload and segment.
const Version = 1

// SaltSize is the length of a payload's salt in bytes.
const SaltSize = 32

// Limits of what one entry may hold, in bytes.
const (
	MaxHeader = 1 << 18 // a canonical header
	MaxText   = 4096    // one personal text; what is longer is cut
)

// The outcomes of an action.
const (
	Allowed = "allowed" // asked for, permitted, about to be shown
	Denied  = "denied"  // asked for, refused by policy
	Failed  = "failed"  // permitted, did not work
	Done    = "done"    // a change that is made by the same transaction
)

// Entry is one thing that somebody did or tried to do.
type Entry struct {
	At       time.Time // kept to the microsecond, in UTC
	Action   string    // one of the constants below, or of the same form
	Outcome  string    // Allowed, Denied, Failed or Done
	Actor    record.UserID
	Via      string   // web, api, cli, system
	Request  string   // random id of the request
	Objects  []Object // everything the request showed or changed, in that order
	Personal Personal
}

// Object names one thing by kind and random id. No numbers, no names: those
// belong in Personal.
type Object struct {
	Kind string `json:"kind"` // file, document, user, delivery …
	ID   string `json:"id"`
}

// Personal is the part of an entry that may name people. It can be erased.
type Personal struct {
	ActorName string            `json:"actor_name"` // the sign-in name at that time
	Address   string            `json:"address"`    // the network address the request came from
	Query     string            `json:"query"`      // what was searched for
	Reason    string            `json:"reason"`     // the reason the actor gave
	Detail    map[string]string `json:"detail"`     // what else this action has to say
}

// Leaf is a sealed entry: what the catalog stores before it gets a number.
type Leaf struct {
	ID      string // random, also in Header
	Year    int    // the log it belongs to: the year of Entry.At in UTC
	Header  []byte // canonical JSON, hashed into the tree
	Salt    []byte // SaltSize random bytes; nil once erased
	Payload []byte // canonical JSON of Personal; nil once erased
}

// Header is a leaf's header, parsed.
type Header struct {
	Version int
	ID      string
	At      time.Time
	Action  string
	Outcome string
	Actor   record.UserID
	Via     string
	Request string
	Objects []Object
	Payload record.Digest // of salt ‖ payload
}

// Year is the year of the log that the entry belongs to.
func (h Header) Year() int { return h.At.UTC().Year() }

// Seal gives an entry its id and salt and encodes it. It fails only with
// record.Invalid: when a field of the header is not of its form. Personal
// text never fails: it is made valid UTF-8 and cut at MaxText bytes.
func Seal(e Entry) (Leaf, error) {
	salt := make([]byte, SaltSize)
	rand.Read(salt) // never fails (crypto/rand, Go 1.24 and later)
	return seal(e, record.NewID(), salt)
}

func seal(e Entry, id string, salt []byte) (Leaf, error) {
	payload := encodePersonal(e.Personal)
	h := Header{
		Version: Version, ID: id, At: e.At.UTC().Truncate(time.Microsecond), Action: e.Action, Outcome: e.Outcome,
		Actor: e.Actor, Via: e.Via, Request: e.Request, Objects: e.Objects, Payload: payloadDigest(salt, payload),
	}
	if err := h.validate(); err != nil {
		return Leaf{}, err
	}
	header := h.encode()
	if len(header) > MaxHeader {
		return Leaf{}, record.Bad("objects", "An audit entry names more objects than %d bytes hold.", MaxHeader)
	}
	return Leaf{ID: id, Year: h.Year(), Header: header, Salt: salt, Payload: payload}, nil
}

// Check says whether a header is canonical and its payload the one it was
// sealed with. An erased payload (salt and payload nil) is not checked here:
// whether it may be missing is for who reads the whole log. Errors are
// record.Corrupt.
func Check(header, salt, payload []byte) error {
	h, err := ParseHeader(header)
	if err != nil {
		return err
	}
	if salt == nil && payload == nil {
		return nil
	}
	if len(salt) != SaltSize {
		return corrupt("An audit entry's salt has the wrong length.", nil)
	}
	if payloadDigest(salt, payload) != h.Payload {
		return corrupt("An audit entry's payload is not the one it was sealed with.", nil)
	}
	return nil
}

// ParseHeader reads a header and insists on its canonical form: there is one
// encoding of each header, and no other bytes are accepted.
func ParseHeader(header []byte) (Header, error) {
	var w struct {
		Action  string        `json:"action"`
		Actor   string        `json:"actor"`
		At      string        `json:"at"`
		ID      string        `json:"id"`
		Objects []Object      `json:"objects"`
		Outcome string        `json:"outcome"`
		Payload record.Digest `json:"payload"`
		Request string        `json:"request"`
		Version int           `json:"version"`
		Via     string        `json:"via"`
	}
	if err := strictJSON(header, &w); err != nil {
		return Header{}, corrupt("An audit entry's header can't be read.", err)
	}
	at, err := time.Parse(timeForm, w.At)
	if err != nil {
		return Header{}, corrupt("An audit entry's time can't be read.", err)
	}
	h := Header{Version: w.Version, ID: w.ID, At: at, Action: w.Action, Outcome: w.Outcome, Actor: record.UserID(w.Actor),
		Via: w.Via, Request: w.Request, Objects: w.Objects, Payload: w.Payload}
	if err := h.validate(); err != nil {
		return Header{}, corrupt("An audit entry's header is malformed.", err)
	}
	if !bytes.Equal(h.encode(), header) {
		return Header{}, corrupt("An audit entry's header is not in its canonical form.", nil)
	}
	return h, nil
}

// ParsePersonal reads a payload. Check it against its header first.
func ParsePersonal(payload []byte) (Personal, error) {
	var p Personal
	if err := strictJSON(payload, &p); err != nil {
		return Personal{}, corrupt("An audit entry's payload can't be read.", err)
	}
	return p, nil
}

func payloadDigest(salt, payload []byte) record.Digest {
	h := sha256.New()
	h.Write(salt)
	h.Write(payload)
	return record.FromHash(h)
}

func (h Header) encode() []byte {
	objects := make([]any, len(h.Objects))
	for i, o := range h.Objects {
		objects[i] = map[string]any{"kind": o.Kind, "id": o.ID}
	}
	return canonical(map[string]any{
		"action": h.Action, "actor": string(h.Actor), "at": h.At.Format(timeForm), "id": h.ID, "objects": objects,
		"outcome": h.Outcome, "payload": string(h.Payload), "request": h.Request, "version": uint64(h.Version), "via": h.Via,
	})
}

func encodePersonal(p Personal) []byte {
	detail := make(map[string]any, len(p.Detail))
	for k, v := range p.Detail {
		detail[personalText(k)] = personalText(v)
	}
	return canonical(map[string]any{
		"actor_name": personalText(p.ActorName), "address": personalText(p.Address), "detail": detail,
		"query": personalText(p.Query), "reason": personalText(p.Reason),
	})
}

// personalText makes s valid UTF-8 of at most MaxText bytes: what somebody
// typed must never keep its own audit entry from being written.
func personalText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= MaxText {
		return s
	}
	const mark = "…"
	return strings.ToValidUTF8(s[:MaxText-len(mark)], "") + mark
}

func strictJSON(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("bytes after the end")
	}
	return nil
}

func corrupt(message string, cause error) error {
	return &record.Error{Category: record.Corrupt, Message: message,
		Hint: "Run eakte verify; it names the entry and what is wrong.", Cause: cause}
}
