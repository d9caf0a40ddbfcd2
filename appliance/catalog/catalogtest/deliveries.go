package catalogtest

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) delivery(provider, number, state string) catalog.Delivery {
	s.Helper()
	s.clock.Advance(time.Second)
	d := catalog.Delivery{ID: record.NewID(), Provider: provider, Number: number, Actor: "u1", Channel: "api", Site: "03104", State: state,
		Digest: record.Sum([]byte(number)), BagSeal: "S-" + number, PaperBox: "K", PaperLocation: "H", MadeAt: "2026-03-01T00:00:00Z",
		AnnouncedSeal: "X", AnnouncedDocuments: 2, Problems: "[]", Documents: 2, AnnouncedAt: s.clock.Now(), ChangedAt: s.clock.Now()}
	s.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.PutDelivery(d), tx.SetDeliveryManifest(d.ID, `{"a":1}`), tx.PutDelivery(d)) // which leaves it
	})
	return d
}

func (s *suite) deliveries() {
	a, b := s.delivery("Nord", "1", "open"), s.delivery("Nord", "2", "done")
	c := s.delivery("Süd", "1", "waiting")
	a.State, a.WaitsSince, a.Problems = "waiting", s.clock.Now(), `[{"kind":"missing"}]`
	s.write(func(tx *catalog.Tx) error { return tx.PutDelivery(a) })
	if got := get(s, func(tx *catalog.Tx) (catalog.Delivery, error) { return tx.DeliveryByID(a.ID) }); got != a {
		s.Errorf("read back: %+v, want %+v", got, a)
	}
	s.read(func(tx *catalog.Tx) error {
		if _, err := tx.DeliveryByID(record.NewID()); !errors.Is(err, record.NotFound) {
			s.Errorf("a delivery that isn't there: %v", err)
		}
		for _, x := range []struct {
			q    catalog.DeliveryQuery
			want []string
		}{{catalog.DeliveryQuery{}, nil}, {catalog.DeliveryQuery{Providers: []string{"Nord"}}, []string{b.ID, a.ID}},
			{catalog.DeliveryQuery{Sites: []string{"03104"}, State: "waiting"}, []string{c.ID, a.ID}}, {catalog.DeliveryQuery{Sites: []string{"03107"}}, nil},
			{catalog.DeliveryQuery{Sites: []string{"*"}, Provider: "Süd"}, []string{c.ID}}} {
			ds, _, err := tx.Deliveries(x.q)
			var ids []string
			for _, d := range ds {
				ids = append(ids, d.ID)
			}
			if err != nil || !slices.Equal(ids, x.want) {
				s.Errorf("%+v: %v, %v", x.q, ids, err)
			}
		}
		first, next, err := tx.Deliveries(catalog.DeliveryQuery{Sites: []string{"*"}, Limit: 2})
		rest, end, err2 := tx.Deliveries(catalog.DeliveryQuery{Sites: []string{"*"}, Limit: 2, Cursor: next})
		if err := errors.Join(err, err2); err != nil || len(first) != 2 || len(rest) != 1 || rest[0].ID != a.ID || end != "" {
			s.Errorf("pages: %v %v %q %v", first, rest, end, err)
		}
		other, err := tx.DeliveryWithSeal("Nord", "S-2", a.ID)
		own, err2 := tx.DeliveryWithSeal("Nord", "S-2", b.ID)
		none, err3 := tx.DeliveryWithSeal("Nord", "", a.ID)
		if err := errors.Join(err, err2, err3); err != nil || other != "2" || own != "" || none != "" {
			s.Errorf("seals: %q %q %q %v", other, own, none, err)
		}
		return nil
	})
}

func (s *suite) deliveryObjects() {
	d := s.delivery("Nord", "1", "taking")
	object := record.ObjectID(record.NewID())
	o := catalog.DeliveryObject{Delivery: d.ID, Name: "0001.pdf", Place: 1, Kind: "document", Said: `{"name":"0001.pdf"}`, State: "here",
		Staged: catalog.Staged{Object: object, Node: "n1", KeySealed: []byte{1, 2, 3}, Plain: record.Sum([]byte("a")), Cipher: record.Sum([]byte("b")),
			Size: 1, CipherSize: 2, ContentType: "application/pdf"}, Pages: 3, ArrivedAt: s.clock.Now()}
	clue := []record.Clue{{Kind: record.ClueNumber, Value: "03104BG0012345"}}
	s.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.PutDeliveryObject(o), tx.SetDeliveryClues(d.ID, o.Name, clue),
			tx.PutDeliveryObject(catalog.DeliveryObject{Delivery: d.ID, Name: "0002.pdf", Place: 2, Kind: "document", State: "wanted"}),
			tx.PutDeliveryObject(catalog.DeliveryObject{Delivery: d.ID, Name: "0001.pdf.p7s", Kind: "signature", State: "here"}))
	})
	s.read(func(tx *catalog.Tx) error {
		all, err := tx.DeliveryObjects(d.ID, "", 10)
		behind, err2 := tx.DeliveryObjects(d.ID, "0001.pdf.p7s", 10)
		counts, err3 := tx.CountDeliveries([]string{d.ID})
		known, err4 := tx.JournalKnows(object)
		sealed, err5 := tx.SealedUnfinished("")
		if err := errors.Join(err, err2, err3, err4, err5); err != nil || len(all) != 3 || len(behind) != 1 || behind[0].Name != "0002.pdf" ||
			counts[d.ID] != (catalog.DeliveryCount{Here: 1}) || !known || len(sealed) != 1 || string(sealed[0].Sealed) != "\x01\x02\x03" {
			s.Errorf("%d %v %v %v %v %v", len(all), behind, counts, known, sealed, err)
		}
		if _, err := tx.StagedFor(object, "open"); !errors.Is(err, record.NotFound) {
			s.Errorf("of a delivery in another state: %v", err)
		}
		got, err := tx.StagedFor(object, "taking")
		if err != nil || got.Name != o.Name || string(got.KeySealed) != "\x01\x02\x03" || !got.ArrivedAt.Equal(o.ArrivedAt) || got.Pages != 3 {
			s.Errorf("staged: %+v %v", got, err)
		}
		return nil
	})
	if m := get(s, func(tx *catalog.Tx) (string, error) { return tx.DeliveryManifest(d.ID) }); m != `{"a":1}` {
		s.Errorf("the manifest: %q", m)
	}
	doc := s.document("", "u1", "03104")
	s.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.TakeDeliveryObject(object, doc.ID), tx.SetNote(doc.ID, catalog.Note{Delivery: d.ID, Object: o.Name, Barcodes: []string{"x"}}))
	})
	s.read(func(tx *catalog.Tx) error {
		got, err := tx.DeliveryObject(d.ID, o.Name)
		known, err2 := tx.JournalKnows(object)
		sealed, err3 := tx.SealedUnfinished("")
		docs, err4 := tx.DeliveredDocuments(d.ID)
		counts, err5 := tx.CountDeliveries([]string{d.ID})
		if err := errors.Join(err, err2, err3, err4, err5); err != nil || got.State != "taken" || got.Document != doc.ID || len(got.KeySealed) != 0 || got.Said != "" ||
			known || len(sealed) != 0 || len(docs) != 1 || docs[0].Document != doc.ID || docs[0].TakenAt.IsZero() || counts[d.ID] != (catalog.DeliveryCount{Here: 1, Taken: 1}) {
			s.Errorf("taken: %+v %v %v %v %v %v", got, known, sealed, docs, counts, err)
		}
		return nil
	})
	s.write(func(tx *catalog.Tx) error { return tx.DisposeDocument(doc.ID) })
	s.read(func(tx *catalog.Tx) error {
		note, err := tx.NoteOf(doc.ID)
		manifest, err2 := tx.DeliveryManifest(d.ID)
		docs, err3 := tx.DeliveredDocuments(d.ID)
		if err := errors.Join(err, err2, err3); err != nil || note.Object != "" || manifest != "" || len(docs) != 1 || docs[0].Name != string(doc.ID) || docs[0].Plain != "" {
			s.Errorf("erased: %+v %q %+v %v", note, manifest, docs, err)
		}
		return nil
	})
}

func (s *suite) deliveryClues() {
	d := s.delivery("Nord", "1", "open")
	for part := range 3 {
		s.write(func(tx *catalog.Tx) error {
			for i := range 200 {
				if err := tx.SetDeliveryClues(d.ID, strconv.Itoa(200*part+i), []record.Clue{{Kind: record.ClueNumber, Value: "A"}, {Kind: record.ClueNumber, Value: "A"}}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var gone []int64
	for range 3 {
		s.write(func(tx *catalog.Tx) error {
			n, err := tx.ForgetDeliveryClues(d.ID)
			gone = append(gone, n)
			return err
		})
	}
	if !slices.Equal(gone, []int64{500, 100, 0}) {
		s.Errorf("clues went %v", gone)
	}
}
