package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// DeliveryObject is one object of a delivery: what the manifest says of it, and
// where its bytes lie until it is a document.
type DeliveryObject struct {
	Delivery, Name string
	Place          int    // in the manifest, from 1; 0: the manifest does not name it
	Kind           string // document, signature
	Said           string // JSON: its part of the manifest; empty once it is a document
	State          string // those of ingest/delivery
	Problem        string
	Document       record.DocumentID
	Staged
	Pages     int // counted; 0: can't be counted
	ArrivedAt time.Time
}

// Staged is where bytes lie that are no document yet: encrypted in the spool of
// one node. An empty Object means that there are none.
type Staged struct {
	Object           record.ObjectID
	Node             string
	KeySealed        []byte
	Plain, Cipher    record.Digest
	Size, CipherSize int64
	ContentType      string
}

const objectColumns = `delivery_id, name, place, kind, said, state, problem, document_id, object_id, node, key_sealed, plain, cipher, size,
	cipher_size, content_type, pages, arrived_at`

// PutDeliveryObject adds an object, or replaces the one of the same name.
func (t *Tx) PutDeliveryObject(o DeliveryObject) error {
	_, err := t.exec("put delivery object", `INSERT INTO delivery_object (`+objectColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (delivery_id, name) DO UPDATE SET place = excluded.place, kind = excluded.kind, said = excluded.said, state = excluded.state,
		problem = excluded.problem, document_id = excluded.document_id, object_id = excluded.object_id, node = excluded.node,
		key_sealed = excluded.key_sealed, plain = excluded.plain, cipher = excluded.cipher, size = excluded.size,
		cipher_size = excluded.cipher_size, content_type = excluded.content_type, pages = excluded.pages, arrived_at = excluded.arrived_at`,
		o.Delivery, o.Name, o.Place, o.Kind, o.Said, o.State, o.Problem, o.Document, o.Object, o.Node, encode(o.KeySealed), o.Plain, o.Cipher, o.Size,
		o.CipherSize, o.ContentType, o.Pages, toMicros(o.ArrivedAt))
	return err
}

// DeleteDeliveryObject forgets an object.
func (t *Tx) DeleteDeliveryObject(delivery, name string) error {
	_, err := t.exec("delete delivery object", "DELETE FROM delivery_object WHERE delivery_id = $1 AND name = $2", delivery, name)
	return err
}

// DeliveryObject reads one object; NotFound if there is none of the name.
func (t *Tx) DeliveryObject(delivery, name string) (DeliveryObject, error) {
	os, err := t.deliveryObjects("WHERE delivery_id = $1 AND name = $2", delivery, name)
	if err == nil && len(os) == 0 {
		err = missing("object of the delivery")
	}
	if err != nil {
		return DeliveryObject{}, err
	}
	return os[0], nil
}

// DeliveryObjects lists a delivery's objects by name, from behind after.
func (t *Tx) DeliveryObjects(delivery, after string, limit int) ([]DeliveryObject, error) {
	return t.deliveryObjects("WHERE delivery_id = $1 AND name > $2 ORDER BY name LIMIT $3", delivery, after, limit)
}

func (t *Tx) deliveryObjects(where string, args ...any) ([]DeliveryObject, error) {
	var out []DeliveryObject
	err := t.each("delivery objects", "SELECT "+objectColumns+" FROM delivery_object "+where, args, func(row *sql.Rows) error {
		var o DeliveryObject
		var key string
		var arrived int64
		err := row.Scan(&o.Delivery, &o.Name, &o.Place, &o.Kind, &o.Said, &o.State, &o.Problem, &o.Document, &o.Object, &o.Node, &key, &o.Plain,
			&o.Cipher, &o.Size, &o.CipherSize, &o.ContentType, &o.Pages, &arrived)
		if err != nil {
			return err
		}
		o.ArrivedAt = fromMicros(arrived)
		o.KeySealed, err = decode(key)
		out = append(out, o)
		return err
	})
	return out, err
}

// As with deliveryWithSeal: only so the index is used.
const stagedFor = `WHERE object_id = $1 AND object_id <> '' AND state = 'here' AND EXISTS
	(SELECT 1 FROM delivery d WHERE d.id = delivery_id AND d.state = $2)`

// StagedFor gives the object of a delivery in a state whose bytes are these;
// NotFound if there is none. What is staged becomes a document only while its
// delivery is taken in.
func (t *Tx) StagedFor(object record.ObjectID, state string) (DeliveryObject, error) {
	os, err := t.deliveryObjects(stagedFor, object, state)
	if err == nil && len(os) == 0 {
		err = missing("object of the delivery")
	}
	if err != nil {
		return DeliveryObject{}, err
	}
	return os[0], nil
}

// TakeDeliveryObject notes that an object's bytes are a document now: the key is
// the document's alone, and what was said of it stands with the document.
func (t *Tx) TakeDeliveryObject(object record.ObjectID, id record.DocumentID) error {
	_, err := t.exec("take delivery object", `UPDATE delivery_object SET state = 'taken', problem = '', document_id = $2, key_sealed = '', said = ''
		WHERE object_id = $1 AND object_id <> ''`, object, id)
	return err
}

// DeliveryCount is how many of a delivery's documents are here, those that were
// taken among them.
type DeliveryCount struct{ Here, Taken int }

// CountDeliveries counts what is here of the documents that manifests name.
func (t *Tx) CountDeliveries(ids []string) (map[string]DeliveryCount, error) {
	out := map[string]DeliveryCount{}
	for part := range chunks(ids) {
		var p params
		err := t.each("count deliveries", `SELECT delivery_id, state, COUNT(*) FROM delivery_object WHERE delivery_id IN (`+list(&p, part)+`)
			AND kind = 'document' AND place > 0 AND state IN ('here', 'taken') GROUP BY delivery_id, state`, p.args, func(row *sql.Rows) error {
			var id, state string
			var n int
			err := row.Scan(&id, &state, &n)
			c := out[id]
			c.Here += n
			if state == "taken" {
				c.Taken += n
			}
			out[id] = c
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DeliveredDocument is a document that came in a delivery.
type DeliveredDocument struct {
	Name     string
	Document record.DocumentID
	Plain    record.Digest
	Size     int64
	Pages    int
	TakenAt  time.Time
}

// DeliveredDocuments lists the documents of a delivery in the manifest's order.
func (t *Tx) DeliveredDocuments(delivery string) ([]DeliveredDocument, error) {
	var out []DeliveredDocument
	err := t.each("delivered documents", `SELECT o.name, o.document_id, o.plain, o.size, o.pages, COALESCE(d.created_at, 0)
		FROM delivery_object o LEFT JOIN document d ON d.id = o.document_id
		WHERE o.delivery_id = $1 AND o.kind = 'document' AND o.state = 'taken' ORDER BY o.place, o.name`, []any{delivery}, func(row *sql.Rows) error {
		var d DeliveredDocument
		var at int64
		err := row.Scan(&d.Name, &d.Document, &d.Plain, &d.Size, &d.Pages, &at)
		d.TakenAt = fromMicros(at)
		out = append(out, d)
		return err
	})
	return out, err
}

// forgetDelivered is for a document that is erased: what came with it goes, and
// the copy of its delivery's manifest that named its customer.
func (t *Tx) forgetDelivered(id record.DocumentID) error {
	for _, query := range []string{
		"DELETE FROM document_note WHERE document_id = $1",
		`UPDATE delivery SET manifest = '', problems = '[]' WHERE id IN (SELECT delivery_id FROM delivery_object WHERE document_id = $1 AND document_id <> '')`,
		`DELETE FROM delivery_clue WHERE (delivery_id, name) IN (SELECT delivery_id, name FROM delivery_object WHERE document_id = $1 AND document_id <> '')`,
		"DELETE FROM delivery_object WHERE document_id = $1 AND document_id <> '' AND kind = 'signature'",
		`UPDATE delivery_object SET name = document_id, said = '', key_sealed = '', plain = '', cipher = '' WHERE document_id = $1 AND document_id <> ''`,
	} {
		if _, err := t.exec("forget delivered", query, id); err != nil {
			return err
		}
	}
	return nil
}
