package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"time"

	"filippo.io/age/armor"

	"eakte/appliance/record"
)

// ManifestVersion is the version of manifests that is written.
const ManifestVersion = 1

// The kinds of manifest.
const (
	KindDocument = "document"
	KindFile     = "file"
	KindPerson   = "person"
	KindHouse    = "house" // what the others refer to: sites, classes, users
)

// Manifest says what a document, file, person or the house is, from one change
// to the next. The chain of a subject's manifests is its history; the newest of each
// subject is all that the catalog needs to be rebuilt.
type Manifest struct {
	Version  int    `json:"version"`
	Kind     string `json:"kind"`
	Header   Header `json:"header"`
	Personal string `json:"personal"` // armored age file to the subject's key: DocumentPersonal, FilePersonal, PersonPersonal or HousePersonal
}

// Header is a manifest's clear part. It holds no personal data: random ids,
// hashes of ciphertext, sizes, dates, the retention class.
type Header struct {
	Manifest          record.ObjectID `json:"manifest"`           // this manifest's own id; it lies under ManifestName
	Subject           string          `json:"subject"`            // id of the document, file, person or archive
	Object            record.ObjectID `json:"object"`             // names the subject's key and, for a document, its original
	Sequence          int             `json:"sequence"`           // 1 for the subject's first manifest, then one more each
	Predecessor       string          `json:"predecessor"`        // name of the manifest before; empty for the first
	PredecessorDigest record.Digest   `json:"predecessor_digest"` // of its bytes; empty for the first
	Change            string          `json:"change"`             // what happened: created, filed, classified, retention, hold, …
	CreatedAt         time.Time       `json:"created_at"`         // of this manifest
	Cipher            record.Digest   `json:"cipher"`             // of the original's ciphertext; empty for all but documents
	CipherSize        int64           `json:"cipher_size"`        // bytes
	SealedKey         record.Digest   `json:"sealed_key"`         // of the sealed key's bytes
	RetentionClass    string          `json:"retention_class"`    // empty where none applies
	KeepUntil         string          `json:"keep_until"`         // YYYY-MM-DD; empty while the event is open
	LockedUntil       time.Time       `json:"locked_until"`       // of this manifest and the original, when it was made
}

// BuildManifest encodes a manifest, its personal part encrypted to key.
// personal is a DocumentPersonal, FilePersonal, PersonPersonal or HousePersonal
// and decides the kind. Lists that are nil are written as empty: no field is ever missing.
func (v *Vault) BuildManifest(key Key, h Header, personal any) ([]byte, error) {
	kind, err := kindOf(personal)
	if err != nil {
		return nil, err
	}
	if h.Object != key.id {
		return nil, record.Bad("object", "the header names another object than the key")
	}
	if h.SealedKey == "" {
		h.SealedKey = record.Sum(key.sealed)
	}
	h.CreatedAt, h.LockedUntil = h.CreatedAt.UTC(), h.LockedUntil.UTC()
	if err := h.check(); err != nil {
		return nil, err
	}
	plain, err := marshalWhole(personal)
	if err != nil {
		return nil, fmt.Errorf("vault: manifest: %w", err)
	}
	armored, err := key.armor(plain)
	if err != nil {
		return nil, fmt.Errorf("vault: manifest: %w", err)
	}
	return marshalWhole(Manifest{Version: ManifestVersion, Kind: kind, Header: h, Personal: armored})
}

func kindOf(personal any) (string, error) {
	switch personal.(type) {
	case DocumentPersonal:
		return KindDocument, nil
	case FilePersonal:
		return KindFile, nil
	case PersonPersonal:
		return KindPerson, nil
	case HousePersonal:
		return KindHouse, nil
	}
	return "", fmt.Errorf("vault: manifest: %T is no personal part", personal)
}

func (h Header) check() error {
	switch {
	case !record.ValidID(string(h.Manifest)):
		return record.Bad("manifest", "not an id")
	case !record.ValidID(h.Subject):
		return record.Bad("subject", "not an id")
	case !record.ValidID(string(h.Object)):
		return record.Bad("object", "not an id")
	case h.Sequence < 1:
		return record.Bad("sequence", "counts from 1")
	case (h.Sequence == 1) != (h.Predecessor == ""):
		return record.Bad("predecessor", "only the first manifest has none")
	case h.Predecessor == "" && h.PredecessorDigest != "":
		return record.Bad("predecessor_digest", "only a predecessor has one")
	case h.Predecessor != "" && !isDigest(h.PredecessorDigest):
		return record.Bad("predecessor_digest", "not a digest")
	case h.CreatedAt.IsZero():
		return record.Bad("created_at", "is missing")
	}
	return nil
}

func isDigest(d record.Digest) bool {
	_, err := record.ParseDigest(string(d))
	return err == nil
}

// ParseManifest reads a manifest's clear part. What is no manifest of a known
// version is record.Corrupt.
func ParseManifest(b []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return Manifest{}, corrupt("The manifest", err)
	}
	if m.Version != ManifestVersion {
		return Manifest{}, corrupt("The manifest", fmt.Errorf("version %d is not known", m.Version))
	}
	switch m.Kind {
	case KindDocument, KindFile, KindPerson, KindHouse:
	default:
		return Manifest{}, corrupt("The manifest", fmt.Errorf("kind %q is not known", m.Kind))
	}
	if err := m.Header.check(); err != nil {
		return Manifest{}, corrupt("The manifest", err)
	}
	return m, nil
}

// OpenPersonal decrypts a manifest's personal part into the struct of its
// kind. Without the key it is record.NotFound: erased, or not yet put.
func (v *Vault) OpenPersonal(ctx context.Context, m Manifest, into any) error {
	var kind string
	switch into.(type) {
	case *DocumentPersonal:
		kind = KindDocument
	case *FilePersonal:
		kind = KindFile
	case *PersonPersonal:
		kind = KindPerson
	case *HousePersonal:
		kind = KindHouse
	}
	if kind != m.Kind {
		return fmt.Errorf("vault: open personal part: %T is not for kind %q", into, m.Kind)
	}
	key, err := v.OpenKey(ctx, m.Header.Object)
	if err != nil {
		return err
	}
	return key.openArmored(m.Personal, into)
}

func (k Key) armor(plain []byte) (string, error) {
	var b bytes.Buffer
	a := armor.NewWriter(&b)
	w, err := k.Encrypt(a)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	if err := a.Close(); err != nil {
		return "", err
	}
	return b.String(), nil
}

func (k Key) openArmored(armored string, into any) error {
	r, err := k.Decrypt(armor.NewReader(bytes.NewReader([]byte(armored))))
	if err != nil {
		return err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return corrupt("The manifest", err)
	}
	return nil
}

// marshalWhole encodes a struct with empty lists instead of null, without
// HTML escaping, with a newline at the end.
func marshalWhole(v any) ([]byte, error) {
	whole := reflect.New(reflect.TypeOf(v)).Elem()
	whole.Set(reflect.ValueOf(v))
	fillLists(whole)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(whole.Interface()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// fillLists makes every nil list in v an empty one. Lists that are not empty
// are copied first: the caller's are not touched.
func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillLists(v.Field(i))
			}
		}
	case reflect.Slice:
		whole := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(whole, v)
		for i := range whole.Len() {
			fillLists(whole.Index(i))
		}
		v.Set(whole)
	}
}
