package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"eakte/appliance/record"
)

// MaxManifest is the largest manifest that is read, in bytes.
const MaxManifest = 16 << 20

// maxEntry bounds what a manifest says of one document, in bytes of JSON.
const maxEntry = 2 << 20

// ParseManifest reads a manifest or an announcement, of at most MaxManifest
// bytes. It is strict where something would be guessed, and says which field is
// wrong first: a field of another type, a name that is no plain name or stands
// there twice, a hash that is none. Fields it does not know are passed over: a
// later version says so by its number. It needs at most some twelve times the memory that the
// manifest has.
func ParseManifest(r io.Reader) (Manifest, error) {
	limited := &io.LimitedReader{R: r, N: MaxManifest + 1}
	raw, err := io.ReadAll(limited)
	if err != nil {
		return Manifest{}, fmt.Errorf("delivery: manifest: %w", err)
	}
	if limited.N <= 0 {
		return Manifest{}, &record.Error{Category: record.TooLarge, Field: "manifest", Message: "The manifest is larger than 16 MB.",
			Hint: "Hand the documents over in several deliveries."}
	}
	m, err := parse(raw)
	if err != nil {
		return Manifest{}, corrected(err)
	}
	return m, nil
}

// parse reads a manifest; one that was kept may be longer than one that is
// handed over, since everything stands in it.
func parse(raw []byte) (Manifest, error) {
	var read struct {
		Manifest
		Documents documents `json:"documents"`
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		return Manifest{}, notJSON(err)
	}
	m := read.Manifest
	m.Documents = read.Documents
	return m, m.normalize()
}

// corrected says what to do about a field that is wrong.
func corrected(err error) error {
	var e *record.Error
	if errors.As(err, &e) && e.Category == record.Invalid && e.Hint == "" {
		e.Hint = "Correct the field and hand the manifest over again; nothing was taken in."
	}
	return err
}

// documents are read one by one, so that too many, or one too large, end it
// before they lie in memory.
type documents []Document

// UnmarshalJSON names the document of which something is wrong.
func (ds *documents) UnmarshalJSON(b []byte) error {
	if *ds != nil {
		return record.Bad("documents", "stand there twice")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	switch t, err := dec.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('['):
		return record.Bad("documents", "is of another type than it has to be")
	}
	*ds = documents{}
	for dec.More() {
		at := fmt.Sprintf("documents[%d]", len(*ds))
		if len(*ds) == maxDocuments {
			return record.Bad("documents", "are more than %d", maxDocuments)
		}
		var entry json.RawMessage
		if err := dec.Decode(&entry); err != nil {
			return err
		}
		if len(entry) > maxEntry {
			return record.Bad(at, "is longer than %d bytes", maxEntry)
		}
		var d Document
		if err := json.Unmarshal(entry, &d); err != nil {
			return within(at, err)
		}
		*ds = append(*ds, d)
	}
	return nil
}

// within names the field of a document.
func within(at string, err error) error {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) && typ.Field != "" {
		at += "." + typ.Field
	}
	return record.Bad(at, "is of another type than it has to be")
}

// notJSON names the field whose value is of another type, or the place at which
// the JSON ends to be one.
func notJSON(err error) error {
	var typ *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case record.CategoryOf(err) != nil:
		return err
	case errors.As(err, &typ) && typ.Field != "":
		return record.Bad(strings.TrimPrefix(typ.Field, "Manifest."), "is of another type than it has to be")
	case errors.As(err, &typ):
		return record.Bad("manifest", "is of another type than it has to be")
	case errors.As(err, &syntax):
		return record.Bad("manifest", "is no JSON from byte %d on", syntax.Offset)
	}
	return record.Bad("manifest", "is no JSON")
}
