package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"testing"

	"eakte/appliance/record"
)

// TestPlanOfDeliveries: every file is made before anything goes into it, every
// letter is handed in once by somebody who may, the walk-through's first.
func TestPlanOfDeliveries(t *testing.T) {
	o := Jobcenter(1, 120)
	plan := o.Plan()
	roles := map[string]map[string]bool{}
	for _, u := range o.Users {
		roles[u.Name] = map[string]bool{}
		for _, r := range u.Roles {
			roles[u.Name][r.Role] = true
		}
	}
	made, seen := map[string]File{}, map[string]bool{}
	var unfiled, broken, post, consigned, open, later, elsewhere int
	for i, d := range plan {
		switch f, ok := made[d.File]; {
		case d.Make != nil:
			made[d.Make.Number] = *d.Make
			continue
		case d.File == "" && !roles[d.User][record.RoleScan] && !roles[d.User][record.RoleReception]:
			t.Errorf("step %d: %s hands in without a file", i, d.User)
		case d.File == "":
			unfiled++
		case !ok || f.Responsible != d.User:
			t.Errorf("step %d: %s hands in to %s", i, d.User, d.File)
		}
		if d.Hostile != nil {
			broken++
			continue
		}
		if d.Post != nil {
			post++
			continue
		}
		if d.Consignment != nil {
			checkConsignment(t, *d.Consignment)
			consigned++
			continue
		}
		if seen[d.Letter.path] {
			t.Errorf("step %d: %s comes twice", i, d.Letter.path)
		}
		seen[d.Letter.path] = true
		if d.Letter.Direction != record.DirectionIn {
			elsewhere++
			if !d.Settled || d.Later != 0 {
				t.Errorf("step %d: work with what went out", i)
			}
		}
		if d.Later > 0 {
			later++
		}
		if !d.Settled && d.User == o.Files[0].Responsible {
			open++
		}
	}
	letters := 0
	for _, f := range o.Files {
		letters += len(o.Letters(f))
	}
	if len(made) != len(o.Files) || len(seen) != letters {
		t.Errorf("%d of %d files, %d of %d letters", len(made), len(o.Files), len(seen), letters)
	}
	if plan[0].Make == nil || plan[0].Make.Number != showcaseNumber || plan[1].Letter.path != Showcase().Heating.path || plan[1].Settled {
		t.Error("the walk-through's letter is not the first, or lies on nobody's desk")
	}
	if post != 4 || consigned != 3 {
		t.Errorf("%d pieces of other post, %d deliveries of the scan provider", post, consigned)
	}
	if unfiled < 5 || broken < 5 || open < 3 || open > 30 || later < 3 || elsewhere < letters/4 {
		t.Errorf("%d without file, %d unreadable, %d on the walk-through's desk, %d put off, %d out or internal", unfiled, broken, open, later, elsewhere)
	}
	if again := Jobcenter(1, 120).Plan(); !samePlan(plan, again) {
		t.Error("the plan of the same office differs: steps could not be gone on with")
	}
}

// checkConsignment holds what arrives against the manifest.
func checkConsignment(t *testing.T, c Consignment) {
	t.Helper()
	b, objects, err := c.Make()
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Documents []struct{ Name, SHA256 string }
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, d := range m.Documents {
		said[d.Name] = d.SHA256
	}
	fit := 0
	for _, o := range objects {
		if sum := sha256.Sum256(o.Body); said[o.Name] == hex.EncodeToString(sum[:]) {
			fit++
		}
	}
	if n := len(m.Documents); c.Announced && len(objects) > 0 || c.Short && fit != n-2 || !c.Announced && !c.Short && fit != n || n < 2 || len(said) != n {
		t.Errorf("%s: %d documents, %d objects, %d fit", c.Number, n, len(objects), fit)
	}
}

func samePlan(a, b []Delivery) bool {
	key := func(ds []Delivery) (keys []string) {
		for _, d := range ds {
			k := d.User + " " + d.File
			if d.Letter != nil {
				k += d.Letter.path + d.Letter.Title + d.Letter.Name
			}
			keys = append(keys, k)
		}
		return keys
	}
	return reflect.DeepEqual(key(a), key(b))
}
