package fixity

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// tombstone is as much of docs/formats/tombstone as is checked here.
type tombstone struct {
	Version int             `json:"version"`
	ID      record.ObjectID `json:"id"`
	Subject string          `json:"subject"`
	Object  record.ObjectID `json:"object"`
}

// checkTombstones reads all tombstones first: what they name may be missing.
func (v *verifier) checkTombstones(ctx context.Context) error {
	return v.records.List(ctx, "t/", func(o Object) error {
		var c checked
		c.fatal = v.checkTombstone(ctx, o.Name, &c)
		return v.take(&c)
	})
}

func (v *verifier) checkTombstone(ctx context.Context, name string, c *checked) error {
	subject := "tombstone " + name
	c.names = append(c.names, name)
	o, b, err := c.fetch(ctx, v.records, name, subject, "The tombstone")
	if b == nil {
		return err
	}
	var t tombstone
	if err := json.Unmarshal(b, &t); err != nil || t.Version != 1 || objectName("t", t.ID) != name || !record.ValidID(t.Subject) {
		c.add(Changed, subject, doRestore, "The tombstone can't be read, or lies under a name that is not its own.")
		return nil
	}
	v.checkLock(&c.findings, subject, "The tombstone", o, time.Time{}, v.required(""))
	v.buried[t.Subject] = t
	return nil
}

// checkBuried insists that the key of what was erased is gone: every sealing
// and every version of it, and those of the objects that its original lay in
// before it was put anew.
func (v *verifier) checkBuried(ctx context.Context, subject string, object record.ObjectID, c *checked) error {
	if !record.ValidID(string(object)) {
		c.add(Changed, subject, doRestore, "Its tombstone names no object.")
		return nil
	}
	objects := []record.ObjectID{object}
	head, err := v.Catalog.Head(ctx, c.of)
	if err == nil {
		_, err = v.walk(ctx, head, func(_ string, m manifest) {
			if !slices.Contains(objects, m.Header.Object) {
				objects = append(objects, m.Header.Object)
			}
		})
	}
	if err != nil && !errors.Is(err, record.NotFound) {
		return err
	}
	left := 0
	for _, o := range objects {
		c.names = append(c.names, objectName("o", o))
		err := v.keys.names(ctx, objectName("k", o), func(_ string, n name) error {
			left += n.versions
			return nil
		})
		if err != nil {
			return c.failed(ctx, subject, "The place of the destroyed key", err)
		}
	}
	if left > 0 {
		c.add(Erasure, subject, "Destroy the key in every place: the erasure is not finished.", "A tombstone says that it is erased, but its key is still there.")
	}
	return nil
}

// recoveryFile names the recovery identity as each pair of custodians can open it.
var recoveryFile = regexp.MustCompile(`^r/recovery-[1-3]-[1-3]\.age$`)

// checkListings goes through everything the store holds and finds what
// nobody knows.
func (v *verifier) checkListings(ctx context.Context) error {
	for _, b := range []*bucket{v.records, v.keys} {
		err := b.names(ctx, "", func(called string, n name) error {
			v.result.Objects++
			v.progress("objects", v.result.Objects, 0)
			if err := v.touched(b, called, n); err != nil { // during the run
				return err
			}
			if n.versions == 0 || v.objects.has(called) || isProbe(called) || b == v.keys && recoveryFile.MatchString(called) {
				return nil
			}
			var c checked
			if b == v.keys {
				v.checkStrangeKey(n.oldest, &c)
			} else {
				c.fatal = v.checkStranger(ctx, n.oldest, &c)
			}
			return v.take(&c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isProbe says whether an object is one by which the lock was tried at a
// start: it has no content.
func isProbe(called string) bool {
	letter, _, ok := parseObjectName(called)
	return ok && letter == "p"
}

const doLeave = "Leave it where it is, and find out who put it there; the nightly reconciliation lists it as well."

// checkStrangeKey looks at an object among the keys that nothing has asked for.
// One that was made for something that was then not kept opens nothing, and an
// earlier sealing of a key nothing that the newest doesn't.
func (v *verifier) checkStrangeKey(o Object, c *checked) {
	if _, _, ok := parseKeyName(o.Name); ok {
		v.result.SpareKeys++
		return
	}
	c.add(Alien, "object "+o.Name, doLeave, "The appliance makes no objects of that name.")
}

// checkStranger looks at an object that no check so far has come across.
func (v *verifier) checkStranger(ctx context.Context, o Object, c *checked) error {
	subject := "object " + o.Name
	letter, _, ok := parseObjectName(o.Name)
	if !ok || !strings.Contains("omt", letter) {
		c.add(Alien, subject, doLeave, "The appliance makes no objects of that name.")
		return nil
	}
	if letter == "t" { // it came during the run
		return v.checkTombstone(ctx, o.Name, c)
	}
	known, err := v.Catalog.Knows(ctx, o.Name)
	if err != nil || known {
		return err
	}
	if letter == "m" {
		if known, err = v.inChain(ctx, o, c); err != nil || known {
			return err
		}
	}
	if v.now.Sub(o.Modified) < v.cfg.Young {
		return nil
	}
	what := map[string]string{"o": "an original", "m": "a manifest"}[letter]
	c.add(Alien, subject, doLeave, "It looks like %s, but the catalog doesn't know it.", what)
	return nil
}

// inChain says whether a manifest belongs to its subject's chain as it stands
// now: subjects change while a run reads them.
func (v *verifier) inChain(ctx context.Context, o Object, c *checked) (bool, error) {
	m, _, err := v.fetchManifest(ctx, "object "+o.Name, o.Name, c)
	if m == nil {
		return err == nil, err // what is wrong with it is said
	}
	head, err := v.Catalog.Head(ctx, m.Header.Subject)
	if errors.Is(err, record.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	found := false
	unknown, err := v.walk(ctx, head, func(name string, _ manifest) {
		c.names = append(c.names, name)
		found = found || name == o.Name
	})
	return found || unknown, err // unknown is not alien
}
