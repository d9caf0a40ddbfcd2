package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// The kinds of object.
const (
	kindDocument  = "document"
	kindSignature = "signature"
)

// The kinds of Problem.
const (
	ProblemMissing   = "missing"       // a document that the manifest names
	ProblemHash      = "hash"          // other bytes than the manifest says
	ProblemSize      = "size"          // another size
	ProblemPages     = "pages"         // another number of pages
	ProblemSurplus   = "surplus"       // the manifest does not name it
	ProblemSignature = "signature"     // one that the manifest names is missing, or is none by its size
	ProblemCount     = "count"         // the manifest names another number of documents than the announcement
	ProblemSeal      = "bag_seal"      // the manifest names another seal than the announcement
	ProblemSealUsed  = "bag_seal_used" // another delivery came under this seal
)

// maxSignature is the size of a signature, seal or time stamp, in bytes.
const maxSignature = 256 << 10

// maxProblems is how many of a delivery are kept and shown.
const maxProblems = 5000

func digestOf(hex string) record.Digest { return record.Digest("sha256-" + hex) }

// isSignature says by its name whether an object is a signature or a time stamp.
func isSignature(name string) bool {
	n := strings.ToLower(name)
	return strings.HasSuffix(n, ".p7s") || strings.HasSuffix(n, ".tsr")
}

// signedBy says of which document a name is the signature, for every name that
// the manifest names or that may stand beside a document.
func (m Manifest) signedBy() map[string]string {
	out := map[string]string{}
	for _, d := range m.Documents {
		out[d.Name+".p7s"], out[d.Name+".tsr"] = d.Name, d.Name
	}
	for _, d := range m.Documents {
		delete(out, d.Name)
		for _, s := range d.Signatures {
			out[s] = d.Name
		}
	}
	return out
}

// judge sets state and problem of an object by what is said of it.
func judge(o *catalog.DeliveryObject, d Document) {
	if o.State == ObjectTaken {
		return
	}
	o.State, o.Problem = ObjectHere, ""
	switch {
	case o.Object == "":
		o.State = ObjectWanted
	case o.Kind == kindSignature:
		if o.Size > maxSignature || o.Size == 0 {
			o.State, o.Problem = ObjectWrong, ProblemSignature
		}
	case o.Place == 0:
		o.State, o.Problem = ObjectWrong, ProblemSurplus
	case d.SHA256 != "" && o.Plain != digestOf(d.SHA256):
		o.State, o.Problem = ObjectWrong, ProblemHash
	case d.Size > 0 && o.Size != d.Size:
		o.State, o.Problem = ObjectWrong, ProblemSize
	case d.Pages > 0 && o.Pages > 0 && o.Pages != d.Pages:
		o.State, o.Problem = ObjectWrong, ProblemPages
	}
}

// expected gives the objects of a delivery as the manifest wants them, over
// what has arrived: those that it names and those that came besides.
func (m Manifest) expected(id string, have map[string]catalog.DeliveryObject) (map[string]catalog.DeliveryObject, error) {
	want := map[string]catalog.DeliveryObject{}
	signs := m.signedBy()
	for i, d := range m.Documents {
		o := have[d.Name]
		o.Delivery, o.Name, o.Place, o.Kind = id, d.Name, i+1, kindDocument
		if o.State != ObjectTaken {
			b, err := json.Marshal(d)
			if err != nil {
				return nil, fmt.Errorf("delivery: %w", err)
			}
			o.Said = string(b)
		}
		judge(&o, d)
		want[d.Name] = o
		for _, s := range d.Signatures {
			o := have[s]
			o.Delivery, o.Name, o.Place, o.Kind, o.Said = id, s, i+1, kindSignature, ""
			judge(&o, Document{})
			want[s] = o
		}
	}
	for name, o := range have {
		lost := o.Place == 0 && signs[name] != "" // see wantAgain
		if _, named := want[name]; named || o.Object == "" && o.State != ObjectTaken && !lost {
			continue
		}
		o.Place, o.Said, o.Kind = 0, "", kindDocument
		if signs[name] != "" {
			o.Kind = kindSignature
		}
		judge(&o, Document{})
		want[name] = o
	}
	return want, nil
}

// project brings the rows of a delivery's objects to what its manifest says, a
// bounded number at a time. Doing it again changes nothing.
func (k *Desk) project(ctx context.Context, id string, m Manifest) error {
	have, err := k.objects(ctx, id)
	if err != nil {
		return err
	}
	want, err := m.expected(id, have)
	if err != nil {
		return err
	}
	var names []string
	for name, o := range want {
		if h, ok := have[name]; !ok || !sameRow(h, o) {
			names = append(names, name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for part := range slices.Chunk(names, perTx) {
		err := k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			for _, name := range part {
				if err := put(tx, id, name, want, have); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// put writes one row, unless its object was put meanwhile: then it is judged
// when the delivery is said to be complete.
func put(tx *catalog.Tx, id, name string, want, have map[string]catalog.DeliveryObject) error {
	now, err := tx.DeliveryObject(id, name)
	if err != nil && !errors.Is(err, record.NotFound) {
		return err
	}
	o, wanted := want[name]
	if now.Object != have[name].Object || now.State == ObjectTaken {
		return nil
	}
	if !wanted {
		return errors.Join(tx.DeleteDeliveryObject(id, name), tx.SetDeliveryClues(id, name, nil))
	}
	return errors.Join(tx.PutDeliveryObject(o), tx.SetDeliveryClues(id, name, clues(o.Said)))
}

func sameRow(a, b catalog.DeliveryObject) bool {
	return a.Place == b.Place && a.Kind == b.Kind && a.Said == b.Said && a.State == b.State && a.Problem == b.Problem && a.Object == b.Object
}

// clues are the customers that a document's bar codes name.
func clues(said string) []record.Clue {
	var d Document
	if said == "" || json.Unmarshal([]byte(said), &d) != nil {
		return nil
	}
	var out []record.Clue
	for _, b := range d.Barcodes {
		if n := catalog.NormalizeNumber(b); n != "" {
			out = append(out, record.Clue{Kind: record.ClueNumber, Value: n})
		}
	}
	return out
}

// reconcile says what does not fit: of each object, and of the delivery.
func reconcile(tx *catalog.Tx, d catalog.Delivery, m Manifest, rows map[string]catalog.DeliveryObject) ([]Problem, error) {
	out := []Problem{}
	if d.AnnouncedDocuments > 0 && d.AnnouncedDocuments != len(m.Documents) {
		out = append(out, Problem{Kind: ProblemCount, Want: strconv.Itoa(d.AnnouncedDocuments), Got: strconv.Itoa(len(m.Documents))})
	}
	if d.AnnouncedSeal != "" && d.AnnouncedSeal != m.BagSeal {
		out = append(out, Problem{Kind: ProblemSeal, Want: d.AnnouncedSeal, Got: m.BagSeal})
	}
	other, err := tx.DeliveryWithSeal(d.Provider, m.BagSeal, d.ID)
	if err != nil {
		return nil, err
	}
	if other != "" {
		out = append(out, Problem{Kind: ProblemSealUsed, Want: m.BagSeal, Got: other})
	}
	said := map[string]Document{}
	for _, doc := range m.Documents {
		said[doc.Name] = doc
	}
	for _, name := range inOrder(rows) {
		if p, wrong := problemOf(rows[name], said[name]); wrong && len(out) < maxProblems {
			out = append(out, p)
		}
	}
	return out, nil
}

// inOrder gives the names of objects as the manifest has them, what it does not
// name at the end.
func inOrder(rows map[string]catalog.DeliveryObject) []string {
	names := slices.Collect(maps.Keys(rows))
	place := func(name string) int {
		if p := rows[name].Place; p > 0 {
			return p
		}
		return maxDocuments + 1
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return names
}

func problemOf(o catalog.DeliveryObject, d Document) (Problem, bool) {
	p := Problem{Name: o.Name, Kind: o.Problem}
	switch {
	case o.State == ObjectWanted && o.Kind == kindSignature:
		p.Kind = ProblemSignature
	case o.State == ObjectWanted:
		p.Kind, p.Want = ProblemMissing, d.SHA256
	case o.State != ObjectWrong:
		return p, false
	}
	switch o.Problem {
	case ProblemHash:
		p.Want, p.Got = d.SHA256, strings.TrimPrefix(string(o.Plain), "sha256-")
	case ProblemSize:
		p.Want, p.Got = strconv.FormatInt(d.Size, 10), strconv.FormatInt(o.Size, 10)
	case ProblemPages:
		p.Want, p.Got = strconv.Itoa(d.Pages), strconv.Itoa(o.Pages)
	case ProblemSignature:
		p.Want, p.Got = strconv.Itoa(maxSignature), strconv.FormatInt(o.Size, 10)
	case ProblemSurplus:
		p.Got = strings.TrimPrefix(string(o.Plain), "sha256-")
	}
	return p, true
}
