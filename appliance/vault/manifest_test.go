package vault_test

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"filippo.io/age/armor"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// fullDocument has something valid in every field, as have fullFile, fullPerson
// and fullHouse: what a schema or a decoder forgets shows.
func fullDocument() vault.DocumentPersonal {
	id := record.NewID()
	return vault.DocumentPersonal{
		File: record.FileID(id), Matter: "w-1", Section: "Leistung", Type: "bescheid", Title: "Bescheid & Anlage", Direction: record.DirectionOut,
		Sensitivity: record.SensitivityRaised, State: record.StateReady, Reason: "none", Dated: "2026-11-18", Received: "2026-11-19",
		ReceivedPlace: "Neustadt", Name: "Bescheid.pdf", ContentType: "application/pdf", Size: 1234, Plain: record.Sum([]byte("x")), Pages: 3,
		CreatedAt: day(19), CreatedBy: "u1", ChangedBy: "u2", ChangeReason: "umgehängt", Channel: "folder", IdempotencyKey: "key-1",
		Delivery: vault.Delivery{ID: "SDL-1", Provider: "Scandienst", Object: "0001.pdf", CreatedAt: "2026-11-20T16:02:11Z", BagSeal: "4711",
			PaperBox: "K-1", PaperLocation: "Halle 2", PaperPosition: 4, Documents: 5},
		Filings: []vault.Filing{{ID: "00000000000000000000000000000009", From: "00000000000000000000000000000001", To: "00000000000000000000000000000002", Reason: "misfiled",
			Along: true, Since: "2026-03-01T08:00:00Z", At: "2026-03-03T08:00:00Z", By: "00000000000000000000000000000003", Silent: true}},
		Barcodes: []string{"03104//0012345"}, TypeHint: "widerspruch", Event: "4711",
		Routing: record.Routing{Outcome: record.OutcomeFiled, Reason: "number", File: "00000000000000000000000000000001", Reserved: "00000000000000000000000000000002", Site: "03104", Team: "L1",
			Confidence: 0.99, Rules: 3, Rule: "landlord", At: time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC), By: "system",
			Evidence: []record.Evidence{{Kind: record.EvidenceHousehold, Source: "page", Page: 1, Box: record.Box{X: 1, Y: 2, W: 3, H: 4}, Text: "03104//OO12345", Value: "03104//0012345",
				File: "00000000000000000000000000000001", Person: "00000000000000000000000000000003", Site: "03104", Repair: true, Weight: 0.9}},
			Candidates: []record.Candidate{{File: "00000000000000000000000000000001", Confidence: 0.99, Evidence: []int{1}, Conflict: true}},
			Type: record.TypeGuess{Type: "widerspruch", Title: "Widerspruch", Confidence: 0.9, Rules: 2, Second: "anhoerung",
				Reasons: []record.TypeReason{{Kind: "heading", Page: 1, Text: "Widerspruch", Weight: 0.8}}}},
		TransferNote: record.TransferNote{Operator: "op-17", Scanner: "S-3", Software: "x 1", ScannedAt: "2026-11-20T15:00:00Z",
			Anomalies: []string{"Eselsohr"}, Quality: "ok", Statement: "Bild und Inhalt stimmen überein."},
		Signatures:  []vault.Signature{{Kind: "cms", Name: "0001.pdf.p7s", Bytes: "QUJD", Valid: "yes", Report: "ok", CheckedAt: "2026-11-20T17:00:00Z"}},
		Custody:     []vault.CustodyEvent{{At: "2026-11-20T15:00:00Z", Event: "scanned", Actor: "op-17", Place: "Halle 2", Note: "-"}},
		DerivedFrom: []vault.DerivedFrom{{Document: record.DocumentID(id), How: "split", FirstPage: 2, LastPage: 4, Place: 3, Parts: 5, Sheet: "03104//0012345"}},
		Links:       []vault.Link{{Kind: "answers", Document: record.DocumentID(id), By: "u1", At: "2026-11-20T17:00:00Z"}},
		Persons:     []record.PersonID{record.PersonID(id)},
		Outgoing:    vault.Outgoing{Stage: "final", Posted: "2026-11-20", Evidence: "Postbuch", PresumedNotified: "2026-11-24", Returned: "2026-11-28"},
		Retention:   vault.RetentionStatement{Event: "closing", EventDate: "2027-01-01", Corrected: "2030-01-01", Reason: "r", By: "u1", Approved: "u2"},
		Holds: []vault.HoldStatement{{ID: "h1", Kind: "lawsuit", Reason: "Klage", By: "u1", From: "2026-11-20", To: "2026-12-01",
			Origin: "h0", PlacedAt: "2026-11-20T17:00:00Z", LiftedBy: "u2", LiftedAt: "2026-12-01T09:00:00Z", LiftReason: "erledigt"}},
		Marks: []vault.Mark{{Kind: "disputed", Note: "bestritten", By: "u1", At: "2026-11-20T17:00:00Z"}},
	}
}

func fullFile() vault.FilePersonal {
	id := record.NewID()
	return vault.FilePersonal{
		Ordinal: 7, Kind: "leistung", Site: "03104", Team: "L1", Responsible: "u1", RetentionClass: "leistung", Sensitivity: record.SensitivityNormal,
		Numbers:   []record.DatedNumber{{Number: "03104//0012345", From: "2026-01-01", To: "2026-12-31"}},
		Names:     []record.DatedName{{Name: "Muster", FirstName: "Max", From: "2026-01-01", To: "2026-12-31"}},
		Members:   []record.Member{{Person: record.PersonID(id), Role: "applicant", From: "2026-01-01", To: "2026-12-31"}},
		Grants:    []vault.Grant{{User: "u3", Reason: "Vertretung", By: "u1", From: "2026-01-01", To: "2026-12-31", EndsAt: "2026-01-01T17:00:00Z", CreatedAt: "2026-01-01T09:00:00Z"}},
		Denials:   []vault.Denial{{User: "u4", Reason: "Verwandt", By: "u1", From: "2026-01-01", To: "2026-12-31", CreatedAt: "2026-01-01T09:00:00Z"}},
		Matters:   []vault.Matter{{ID: "m1", Kind: "objection", Title: "Widerspruch", Number: "W-1/26", From: "2026-01-01", To: "2026-02-01", Deadline: "2026-02-01", Event: "2026-03-01"}},
		Relations: []vault.FileRelation{{Kind: "split_from", File: record.FileID(id), At: "2026-11-20T17:00:00Z"}},
		Holds: []vault.HoldStatement{{ID: "h1", Kind: "lawsuit", Reason: "Klage", By: "u1", From: "2026-11-20", To: "2026-12-01",
			Origin: "h0", PlacedAt: "2026-11-20T17:00:00Z", LiftedBy: "u2", LiftedAt: "2026-12-01T09:00:00Z", LiftReason: "erledigt"}},
		Marks:     []vault.Mark{{Kind: "disputed", Note: "bestritten", By: "u1", At: "2026-11-20T17:00:00Z"}},
		CreatedAt: day(1), CreatedBy: "u1", ChangedBy: "u2", ChangeReason: "geschlossen", ClosedAt: "2026-11-20T17:00:00Z",
	}
}

func fullPerson() vault.PersonPersonal {
	return vault.PersonPersonal{
		Names:     []record.DatedName{{Name: "Muster", FirstName: "Max", From: "2026-01-01", To: "2026-12-31"}},
		BirthDate: "1980-02-29", CustomerNumber: "031D123456", Address: "Am Markt 1", ProtectedAddress: true, FormerNameHidden: true,
		Representatives: []vault.Representative{{Person: record.PersonID(record.NewID()), Kind: "guardian", From: "2026-01-01", To: "2026-12-31"}},
		Marks:           []vault.Mark{{Kind: "disputed", Note: "bestritten", By: "u1", At: "2026-11-20T17:00:00Z"}},
		CreatedAt:       day(1), CreatedBy: "u1", ChangedBy: "u2", ChangeReason: "Heirat",
	}
}

func fullHouse() vault.HousePersonal {
	return vault.HousePersonal{
		Archive: record.NewID(), Name: "Jobcenter Musterkreis", Recovery: "age1x",
		Sites: []record.Site{{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033"},
			Teams: []record.Team{{Code: "L1", Name: "Leistung 1", FirstLetters: "A-K"}}}},
		Retention: []record.RetentionClass{{Class: "leistung", Years: 10, From: "end_of_year_of_closing", Lock: "full"}},
		Providers: []vault.HouseProvider{{Name: "Scandienst Nord", User: "sdn"}},
		Users: []vault.HouseUser{{ID: "u1", Name: "k.muster", Display: "Katrin Muster", Disabled: true, CreatedAt: day(1),
			Roles: []record.RoleAt{{Role: "caseworker", Site: "03104", Team: "L1"}}}},
		Substitutions: []vault.HouseSubstitution{{ID: "s1", Absent: "u1", Substitute: "u2", From: "2026-11-01", To: "2026-11-20", By: "u3", CreatedAt: day(1)}},
		Rules:         []vault.HouseRules{{Kind: "types", Version: 3, Body: "{}", Reason: "Neue Formulare", MadeBy: "u2", MadeAt: day(1), ActiveBy: "u3", ActiveAt: day(2), Highest: 4}},
		ChangedBy:     "u2",
	}
}

func day(d int) time.Time { return time.Date(2026, 11, d, 12, 30, 15, 0, time.UTC) }

func header(object record.ObjectID) vault.Header {
	return vault.Header{Manifest: newID(), Subject: record.NewID(), Object: object, Sequence: 1, Change: "created", CreatedAt: day(20),
		Cipher: record.Sum([]byte("c")), CipherSize: 99, RetentionClass: "leistung", KeepUntil: "2037-12-31", LockedUntil: day(20).AddDate(2, 0, 0)}
}

// zeroFields names the fields of a struct that are still empty.
func zeroFields(v reflect.Value, at string) (names []string) {
	for i := range v.NumField() {
		f, name := v.Field(i), at+"."+v.Type().Field(i).Name
		switch {
		case f.IsZero():
			names = append(names, name)
		case f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[time.Time]():
			names = append(names, zeroFields(f, name)...)
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			names = append(names, zeroFields(f.Index(0), name)...)
		}
	}
	return names
}

// TestManifests builds one manifest a kind, with every field filled, and
// reads it back; then one with no field filled: none may be missing.
func TestManifests(t *testing.T) {
	v := newVault(t, vaulttest.NewBuckets())
	for _, c := range []struct {
		kind        string
		full, empty any
		into, fresh any
	}{
		{vault.KindDocument, fullDocument(), vault.DocumentPersonal{Sensitivity: 1, Plain: record.Sum(nil), CreatedAt: day(1)}, &vault.DocumentPersonal{}, &vault.FilePersonal{}},
		{vault.KindFile, fullFile(), vault.FilePersonal{Ordinal: 1, Sensitivity: 1, CreatedAt: day(1)}, &vault.FilePersonal{}, &vault.PersonPersonal{}},
		{vault.KindPerson, fullPerson(), vault.PersonPersonal{CreatedAt: day(1)}, &vault.PersonPersonal{}, &vault.HousePersonal{}},
		{vault.KindHouse, fullHouse(), vault.HousePersonal{Archive: record.NewID()}, &vault.HousePersonal{}, &vault.DocumentPersonal{}},
	} {
		if empty := zeroFields(reflect.ValueOf(c.full), c.kind); len(empty) > 0 {
			t.Fatalf("the test leaves fields empty: %v", empty)
		}
		key := newKey(t, v, newID())
		if err := v.PutKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		var before vault.Header
		for i, personal := range []any{c.empty, c.full} {
			h := header(key.Object())
			h.Sequence, h.Predecessor, h.PredecessorDigest = i+1, before.Predecessor, before.PredecessorDigest
			encoded, err := v.BuildManifest(key, h, personal)
			if err != nil {
				t.Fatal(err)
			}
			conforms(t, "manifest.schema.json", encoded)
			before = vault.Header{Predecessor: vault.ManifestName(h.Manifest), PredecessorDigest: record.Sum(encoded)}
			m, err := vault.ParseManifest(encoded)
			if err != nil {
				t.Fatal(err)
			}
			h.SealedKey = record.Sum(key.Sealed())
			if m.Kind != c.kind || m.Header != h {
				t.Errorf("%s: header %+v, want %+v", m.Kind, m.Header, h)
			}
			conforms(t, "manifest-"+c.kind+".schema.json", plainOf(t, key, m.Personal))
			if err := v.OpenPersonal(t.Context(), m, c.into); err != nil {
				t.Fatal(err)
			}
		}
		if got := reflect.ValueOf(c.into).Elem().Interface(); !reflect.DeepEqual(got, c.full) {
			t.Errorf("%s came back as %+v, want %+v", c.kind, got, c.full)
		}
		encoded, err := v.BuildManifest(key, header(key.Object()), c.full)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Muster", "Bescheid", "031D", "03104", "Scandienst", string(record.Sum([]byte("x")))} {
			if strings.Contains(string(encoded), secret) {
				t.Errorf("%s: %q stands in the clear", c.kind, secret)
			}
		}
		m, err := vault.ParseManifest(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.OpenPersonal(t.Context(), m, c.fresh); err == nil {
			t.Errorf("%s opened as another kind", c.kind)
		}
	}
}

// plainOf decrypts a personal part by the document's own key, as an outsider would.
func plainOf(t *testing.T, key vault.Key, personal string) []byte {
	t.Helper()
	r, err := key.Decrypt(armor.NewReader(strings.NewReader(personal)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// TestBadManifests: what is not whole is not built, and not read.
func TestBadManifests(t *testing.T) {
	v := newVault(t, vaulttest.NewBuckets())
	key := newKey(t, v, newID())
	for name, change := range map[string]func(*vault.Header){
		"no manifest id": func(h *vault.Header) { h.Manifest = "" }, "a path as subject": func(h *vault.Header) { h.Subject = "../x" },
		"another object": func(h *vault.Header) { h.Object = newID() }, "no sequence": func(h *vault.Header) { h.Sequence = 0 },
		"second without predecessor": func(h *vault.Header) { h.Sequence = 2 }, "first with one": func(h *vault.Header) { h.Predecessor = "m/00/x" },
		"second without a digest": func(h *vault.Header) { h.Sequence, h.Predecessor = 2, vault.ManifestName(newID()) },
		"second with half a digest": func(h *vault.Header) {
			h.Sequence, h.Predecessor, h.PredecessorDigest = 2, vault.ManifestName(newID()), record.Sum(nil)[:30]
		},
		"first with a digest": func(h *vault.Header) { h.PredecessorDigest = record.Sum(nil) },
		"no date":             func(h *vault.Header) { h.CreatedAt = time.Time{} },
	} {
		h := header(key.Object())
		change(&h)
		if _, err := v.BuildManifest(key, h, fullPerson()); !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := v.BuildManifest(key, header(key.Object()), map[string]string{}); err == nil {
		t.Error("a map passed for a personal part")
	}
	good, err := v.BuildManifest(key, header(key.Object()), fullPerson())
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "no JSON": "x", "a later version": strings.Replace(string(good), `"version": 1`, `"version": 2`, 1),
		"another kind":               strings.Replace(string(good), `"kind": "person"`, `"kind": "cat"`, 1),
		"no ids":                     strings.Replace(string(good), string(key.Object()), "x", 1),
		"a digest of no predecessor": strings.Replace(string(good), `"predecessor_digest": ""`, `"predecessor_digest": "`+string(record.Sum(nil))+`"`, 1),
	} {
		if _, err := vault.ParseManifest([]byte(bad)); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := vault.ParseManifest(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.OpenPersonal(t.Context(), m, &vault.PersonPersonal{}); !errors.Is(err, record.NotFound) {
		t.Errorf("without the key: %v", err)
	}
	if err := v.PutKey(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	m.Personal = strings.Replace(m.Personal, "\n", "\nAAAA", 3)
	if err := v.OpenPersonal(t.Context(), m, &vault.PersonPersonal{}); !errors.Is(err, record.Corrupt) {
		t.Errorf("a damaged personal part: %v", err)
	}
}

// TestCallersListsAreNotTouched: encoding fills empty lists in a copy.
func TestCallersListsAreNotTouched(t *testing.T) {
	v := newVault(t, vaulttest.NewBuckets())
	key := newKey(t, v, newID())
	p := vault.DocumentPersonal{Signatures: []vault.Signature{{Kind: "cms"}}}
	if _, err := v.BuildManifest(key, header(key.Object()), p); err != nil {
		t.Fatal(err)
	}
	if p.Links != nil || p.TransferNote.Anomalies != nil || len(p.Signatures) != 1 {
		t.Errorf("%+v", p)
	}
}

func tombstone() vault.Tombstone {
	id := newID()
	return vault.Tombstone{ID: newID(), Act: vault.ActDisposed, Kind: vault.KindDocument, Subject: record.NewID(), Object: id,
		Names: []string{vault.OriginalName(id), vault.KeyName(id)}, Class: "leistung", KeepUntil: "2026-12-31", Basis: "retention.leistung",
		ProposedBy: "u1", ApprovedBy: "u2", At: day(20), Disposition: "d1", Offered: "declined"}
}

func TestTombstone(t *testing.T) {
	want := tombstone()
	encoded, err := vault.EncodeTombstone(want)
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, "tombstone.schema.json", encoded)
	want.Version = vault.TombstoneVersion
	if got, err := vault.ParseTombstone(encoded); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, change := range map[string]func(*vault.Tombstone){
		"one person": func(x *vault.Tombstone) { x.ApprovedBy = x.ProposedBy }, "nobody": func(x *vault.Tombstone) { x.ProposedBy = "" },
		"no act": func(x *vault.Tombstone) { x.Act = "" }, "no subject": func(x *vault.Tombstone) { x.Subject = "" }, "no kind": func(x *vault.Tombstone) { x.Kind = "" },
		"no date": func(x *vault.Tombstone) { x.At = time.Time{} },
	} {
		bad := tombstone()
		change(&bad)
		if _, err := vault.EncodeTombstone(bad); !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		b, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vault.ParseTombstone(b); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s, read: %v", name, err)
		}
	}
}
