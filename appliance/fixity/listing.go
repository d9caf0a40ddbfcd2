package fixity

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

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
	return v.Records.List(ctx, "t/", func(o Object) error {
		var c checked
		c.fatal = v.checkTombstone(ctx, o.Name, &c)
		return v.take(&c)
	})
}

func (v *verifier) checkTombstone(ctx context.Context, name string, c *checked) error {
	subject := "tombstone " + name
	c.names = append(c.names, name)
	o, b, err := c.fetch(ctx, v.Records, name, subject, "The tombstone")
	if b == nil {
		return err
	}
	var t tombstone
	if err := json.Unmarshal(b, &t); err != nil || t.Version != 1 || objectName("t", t.ID) != name || !record.ValidID(t.Subject) {
		c.add(Changed, subject, doRestore, "The tombstone can't be read, or lies under a name that is not its own.")
		return nil
	}
	if o.Mode != compliance {
		c.add(Lock, subject, doAsk, "The tombstone has no COMPLIANCE lock.")
	}
	v.buried[t.Subject] = t
	return nil
}

// checkBuried insists that the key of what was erased is gone.
func (v *verifier) checkBuried(ctx context.Context, subject string, object record.ObjectID, c *checked) error {
	_, err := v.Keys.Stat(ctx, objectName("k", object))
	switch {
	case errors.Is(err, record.NotFound):
		return nil
	case err != nil:
		return c.failed(ctx, subject, "The place of the destroyed key", err)
	}
	c.add(Erasure, subject, "Destroy the key in every place: the erasure is not finished.", "A tombstone says that it is erased, but its key is still there.")
	return nil
}

// recoveryFile names the recovery identity as each pair of custodians can open it.
var recoveryFile = regexp.MustCompile(`^r/recovery-[1-3]-[1-3]\.age$`)

// checkListings goes through everything the store holds and finds what
// nobody knows.
func (v *verifier) checkListings(ctx context.Context) error {
	for _, b := range []struct {
		store   Store
		letters string
	}{{v.Records, "omt"}, {v.Keys, "k"}} {
		err := b.store.List(ctx, "", func(o Object) error {
			v.result.Objects++
			v.progress("objects", v.result.Objects, 0)
			if v.objects[o.Name] || strings.HasPrefix(o.Name, "p/") { // probes of the lock, without content
				return nil
			}
			if recoveryFile.MatchString(o.Name) && b.letters == "k" {
				return nil
			}
			var c checked
			c.fatal = v.checkStranger(ctx, o, b.letters, &c)
			return v.take(&c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkStranger looks at an object that no check so far has come across.
func (v *verifier) checkStranger(ctx context.Context, o Object, letters string, c *checked) error {
	const do = "Leave it where it is, and find out who put it there; the nightly reconciliation lists it as well."
	subject := "object " + o.Name
	letter, _, ok := parseObjectName(o.Name)
	if !ok || !strings.Contains(letters, letter) {
		c.add(Alien, subject, do, "The appliance makes no objects of that name.")
		return nil
	}
	switch letter {
	case "t": // it came during the run
		return v.checkTombstone(ctx, o.Name, c)
	case "k": // made for something that was then not kept: it opens nothing
		v.result.SpareKeys++
		return nil
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
	c.add(Alien, subject, do, "It looks like %s, but the catalog doesn't know it.", what)
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
	var scratch checked // what is wrong with the chain was said when it was checked
	found := false
	name, digest := head.Name, head.Digest
	for sequence := head.Sequence; name != ""; sequence-- {
		next, _, err := v.fetchManifest(ctx, "", name, &scratch)
		if err != nil {
			return false, err
		}
		if next == nil || !checkLink(&scratch.findings, "", "", *next, name, head.Subject, sequence) || next.digest != digest {
			break
		}
		c.names = append(c.names, name)
		found = found || name == o.Name
		name, digest = next.Header.Predecessor, next.Header.Before
	}
	return found || scratch.unreadable, nil // unknown is not alien
}
