package vault_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// writeArtefacts makes the artefacts of the newest version where they are
// missing. Those that are there are never touched: they stand for what is
// already in somebody's store.
var writeArtefacts = flag.Bool("write-artefacts", false, "write the committed artefacts that are missing")

const artefacts = formats + "/artefacts/v1"

func artefact(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(artefacts, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const letter = "Sehr geehrte Frau Muster,\nIhr Antrag ist eingegangen.\n"

// TestWriteArtefacts writes a key file, its recovery, and one document, file
// and person with all that is kept of them.
func TestWriteArtefacts(t *testing.T) {
	if !*writeArtefacts {
		t.Skip("only with -write-artefacts")
	}
	if _, err := os.Stat(filepath.Join(artefacts, "appliance.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Skip("they are there")
	}
	save := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(artefacts, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ring, keyFile, pairs, custodians := secrets(t)
	text, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	save("appliance.key", text)
	save("recovery.pub", []byte(ring.RecoveryRecipient()+"\n"))
	for name, b := range pairs {
		save(name, b)
	}
	for i, c := range custodians {
		save("custodian-"+string(rune('1'+i))+".key", []byte(c+"\n"))
	}
	b := vaulttest.NewBuckets()
	v := vault.New(b, ring, record.SystemClock{})
	document, file, person := fullDocument(), fullFile(), fullPerson()
	fileID, personID := record.NewID(), record.NewID()
	document.File, document.Persons = record.FileID(fileID), []record.PersonID{record.PersonID(personID)}
	document.Plain, document.Size = record.Sum([]byte(letter)), int64(len(letter))
	file.Members[0].Person = record.PersonID(personID)
	subjects := map[string]string{"document": record.NewID(), "file": fileID, "person": personID}
	for kind, personal := range map[string]any{"document": document, "file": file, "person": person} {
		key := newKey(t, v, newID())
		h := header(key.Object())
		h.Subject = subjects[kind]
		if kind == "document" {
			cipher := encrypt(t, key, []byte(letter))
			save("document-original.age", cipher)
			h.Cipher, h.CipherSize = record.Sum(cipher), int64(len(cipher))
			if err := v.PutPack(t.Context(), key, func(w io.Writer) error { return buildPack(t, w, 2) }); err != nil {
				t.Fatal(err)
			}
			r, err := b.Derived.Get(t.Context(), vault.PackName(key.Object()), 0, -1)
			if err != nil {
				t.Fatal(err)
			}
			pack, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			save("document-pack.age", pack)
		} else {
			h.Cipher, h.CipherSize = "", 0
		}
		encoded, err := v.BuildManifest(key, h, personal)
		if err != nil {
			t.Fatal(err)
		}
		save("manifest-"+kind+".json", encoded)
		if kind == "document" { // the chain's second link
			h.Predecessor, h.PredecessorDigest = vault.ManifestName(h.Manifest), record.Sum(encoded)
			h.Manifest, h.Sequence, h.Change = newID(), 2, "filed"
			if encoded, err = v.BuildManifest(key, h, personal); err != nil {
				t.Fatal(err)
			}
			save("manifest-document-2.json", encoded)
		}
		save(kind+"-key.age", key.Sealed())
	}
	stone, err := vault.EncodeTombstone(tombstone())
	if err != nil {
		t.Fatal(err)
	}
	save("tombstone.json", stone)
}

// TestWriteHouse writes the house's manifest, which came later than the others,
// to the same key file.
func TestWriteHouse(t *testing.T) {
	if !*writeArtefacts {
		t.Skip("only with -write-artefacts")
	}
	if _, err := os.Stat(filepath.Join(artefacts, "manifest-house.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Skip("it is there")
	}
	v, _ := oldVault(t)
	house := fullHouse()
	key := newKey(t, v, record.ObjectID(house.Archive))
	h := header(key.Object())
	h.Subject, h.Cipher, h.CipherSize, h.RetentionClass, h.KeepUntil = house.Archive, "", 0, "", ""
	encoded, err := v.BuildManifest(key, h, house)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"manifest-house.json": encoded, "house-key.age": key.Sealed()} {
		if err := os.WriteFile(filepath.Join(artefacts, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// oldVault is a vault over the committed key file.
func oldVault(t *testing.T) (*vault.Vault, vault.Buckets) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "appliance.key") // a checkout makes it readable for others
	if err := os.WriteFile(path, artefact(t, "appliance.key"), 0o600); err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(path, strings.TrimSpace(string(artefact(t, "recovery.pub"))))
	if err != nil {
		t.Fatal(err)
	}
	b := vaulttest.NewBuckets()
	return vault.New(b, ring, record.SystemClock{}), b
}

// TestArtefactsV1 reads what version 1 wrote. It must pass for ever.
func TestArtefactsV1(t *testing.T) {
	v, b := oldVault(t)
	for kind, into := range map[string]any{"document": &vault.DocumentPersonal{}, "file": &vault.FilePersonal{}, "person": &vault.PersonPersonal{},
		"house": &vault.HousePersonal{}} {
		encoded, sealed := artefact(t, "manifest-"+kind+".json"), artefact(t, kind+"-key.age")
		conformsOld(t, "manifest.schema.json", encoded)
		m, err := vault.ParseManifest(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.SealedKey != record.Sum(sealed) {
			t.Errorf("%s: the sealed key is %s, the manifest says %s", kind, record.Sum(sealed), m.Header.SealedKey)
		}
		key, err := v.KeyFromSealed(m.Header.Object, sealed)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.PutKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		conformsOld(t, "manifest-"+kind+".schema.json", plainOf(t, key, m.Personal))
		if err := v.OpenPersonal(t.Context(), m, into); err != nil {
			t.Fatal(err)
		}
		if kind == "document" {
			oldDocument(t, v, b, m)
		}
	}
	stone := artefact(t, "tombstone.json")
	conformsOld(t, "tombstone.schema.json", stone)
	if s, err := vault.ParseTombstone(stone); err != nil || s.Act != vault.ActDisposed || len(s.Names) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestChainV1 follows the committed document's chain by its hash.
func TestChainV1(t *testing.T) {
	first, second := artefact(t, "manifest-document.json"), artefact(t, "manifest-document-2.json")
	conformsOld(t, "manifest.schema.json", second)
	before, err := vault.ParseManifest(first)
	if err != nil {
		t.Fatal(err)
	}
	m, err := vault.ParseManifest(second)
	if err != nil {
		t.Fatal(err)
	}
	if h := m.Header; h.Sequence != 2 || h.Subject != before.Header.Subject ||
		h.Predecessor != vault.ManifestName(before.Header.Manifest) || h.PredecessorDigest != record.Sum(first) {
		t.Errorf("%+v doesn't follow %+v, %s", h, before.Header, record.Sum(first))
	}
}

func oldDocument(t *testing.T, v *vault.Vault, b vault.Buckets, m vault.Manifest) {
	t.Helper()
	id, cipher, pack := m.Header.Object, artefact(t, "document-original.age"), artefact(t, "document-pack.age")
	if err := v.PutLocked(t.Context(), vault.OriginalName(id), m.Header.CipherSize, m.Header.Cipher, bytes.NewReader(cipher), inTwoYears()); err != nil {
		t.Fatal(err)
	}
	if err := b.Derived.Replace(t.Context(), vault.PackName(id), int64(len(pack)), bytes.NewReader(pack)); err != nil {
		t.Fatal(err)
	}
	c, err := v.OpenOriginal(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c.Reader()); err != nil || string(got) != letter {
		t.Errorf("%q, %v", got, err)
	}
	if err := readAllOf(t, v, id); err != nil {
		t.Error(err)
	}
	p, err := v.OpenPack(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := p.Text(2); err != nil || text != "Bescheid 2" || !p.Info().Pages[1].Full {
		t.Errorf("%q, %v", text, err)
	}
	var d vault.DocumentPersonal
	if err := v.OpenPersonal(t.Context(), m, &d); err != nil || d.Title != "Bescheid & Anlage" ||
		d.DerivedFrom[0].LastPage != 4 || d.Plain != record.Sum([]byte(letter)) {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestRecoveryV1 opens the committed document by two custodians.
func TestRecoveryV1(t *testing.T) {
	open := func(with, cipher []byte) []byte {
		t.Helper()
		ids, err := age.ParseIdentities(bytes.NewReader(with))
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(cipher), ids...)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return plain
	}
	recovery := open(artefact(t, "custodian-3.key"), open(artefact(t, "custodian-1.key"), artefact(t, "recovery-1-3.age")))
	document := open(recovery, artefact(t, "document-key.age"))
	if got := open(document, artefact(t, "document-original.age")); string(got) != letter {
		t.Errorf("%q", got)
	}
}

// TestPackSchemas holds what is written today against the published formats.
func TestPackSchemas(t *testing.T) {
	parts := packParts(t)
	conforms(t, "pack.schema.json", parts["pack.json"])
	conforms(t, "pack-words.schema.json", parts["words/0001.json"])
}

// packParts unpacks a fresh pack without the reader that is being tested.
func packParts(t *testing.T) map[string][]byte {
	t.Helper()
	var b bytes.Buffer
	if err := buildPack(t, &b, 2); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	parts := make(map[string][]byte)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if parts[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return parts
}
