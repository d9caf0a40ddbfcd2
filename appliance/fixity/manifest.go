package fixity

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"eakte/appliance/record"
)

// manifest is as much of docs/formats/manifest as is checked here.
type manifest struct {
	Version  int            `json:"version"`
	Kind     string         `json:"kind"`
	Header   manifestHeader `json:"header"`
	Personal string         `json:"personal"`
	digest   record.Digest  // of its bytes, as they were read
}

type manifestHeader struct {
	Manifest    record.ObjectID `json:"manifest"`
	Subject     string          `json:"subject"`
	Object      record.ObjectID `json:"object"`
	Sequence    int             `json:"sequence"`
	Predecessor string          `json:"predecessor"`
	Before      record.Digest   `json:"predecessor_digest"`
	Cipher      record.Digest   `json:"cipher"`
	CipherSize  int64           `json:"cipher_size"`
	SealedKey   record.Digest   `json:"sealed_key"`
	KeepUntil   string          `json:"keep_until"`
	LockedUntil time.Time       `json:"locked_until"`
}

// described is what a document's manifest says that its row says as well.
type described struct {
	File        record.FileID      `json:"file"`
	Type        string             `json:"type"`
	Direction   record.Direction   `json:"direction"`
	Title       string             `json:"title"`
	Section     string             `json:"section"`
	Sensitivity record.Sensitivity `json:"sensitivity"`
	Dated       string             `json:"dated"`
	Received    string             `json:"received"`
	Name        string             `json:"name"`
	Size        int64              `json:"size"`
	Plain       record.Digest      `json:"plain"`
}

// checkChain follows a subject's manifests from the newest to the first: the
// catalog keeps the hash of the newest, and each names that of the one before,
// so that whoever changes one has to change the catalog as well. row
// is nil for files and persons; sealed is nil if the key could not be read.
func (v *verifier) checkChain(ctx context.Context, subject string, head Head, sealed []byte, row *Document, c *checked) error {
	name, sequence, digest := head.Name, head.Sequence, head.Digest
	for newest := true; name != ""; newest = false {
		c.names = append(c.names, name)
		m, o, err := v.fetchManifest(ctx, subject, name, c)
		if m == nil {
			return err
		}
		c.manifests++
		what := fmt.Sprintf("Manifest %d (%s)", sequence, name)
		keep := m.Header.KeepUntil
		if row != nil {
			keep = row.KeepUntil
		}
		if o != nil {
			v.checkLock(&c.findings, subject, what, *o, m.Header.LockedUntil, v.required(keep))
		}
		if !checkLink(&c.findings, subject, what, *m, name, head.Subject, sequence) {
			return nil
		}
		if m.digest != digest {
			kind, keeper := Chain, "its successor"
			if newest {
				kind, keeper = Changed, "the catalog"
			}
			c.add(kind, subject, doRestore, "%s is not the one whose hash %s keeps.", what, keeper)
		}
		if row != nil && (m.Kind != "document" || m.Header.Object != row.Object || m.Header.Cipher != row.Cipher || m.Header.CipherSize != row.CipherSize) {
			c.add(Mismatch, subject, doAsk, "%s speaks of another original than the catalog.", what)
		}
		if newest && sealed != nil {
			if err := v.checkNewest(ctx, subject, what, *m, sealed, row, c); err != nil {
				return err
			}
		}
		name, sequence, digest = m.Header.Predecessor, sequence-1, m.Header.Before
	}
	return nil
}

// fetchManifest reads a manifest, from the store or while it waits to be put
// there; then its object is nil. The manifest is nil where there is none.
func (v *verifier) fetchManifest(ctx context.Context, subject, name string, c *checked) (*manifest, *Object, error) {
	what := "The manifest " + name
	var body []byte
	var object *Object
	_, err := v.Records.Stat(ctx, name)
	if errors.Is(err, record.NotFound) && v.Outbox != nil {
		if body, err = v.Outbox.Waiting(ctx, name); err != nil && !errors.Is(err, record.NotFound) {
			return nil, nil, err
		} // it may have been put between the two questions: fetch looks again
	}
	if body == nil {
		o, b, err := c.fetch(ctx, v.Records, name, subject, what)
		if b == nil {
			return nil, nil, err
		}
		body, object = b, &o
	}
	var m manifest
	if err := json.Unmarshal(body, &m); err != nil || m.Version != 1 {
		c.add(Changed, subject, doRestore, "%s can't be read.", what)
		return nil, nil, nil
	}
	m.digest = record.Sum(body)
	return &m, object, nil
}

// checkLink says whether a manifest stands where it says.
func checkLink(f *findings, subject, what string, m manifest, name, of string, sequence int) bool {
	h := m.Header
	switch {
	case objectName("m", h.Manifest) != name:
		f.add(Chain, subject, doAsk, "%s lies under a name that is not its own.", what)
	case h.Subject != of:
		f.add(Chain, subject, doAsk, "%s is one of another subject.", what)
	case h.Sequence != sequence:
		f.add(Chain, subject, doAsk, "%s has the number %d: manifests are missing or were slipped in.", what, h.Sequence)
	case (h.Sequence == 1) != (h.Predecessor == ""):
		f.add(Chain, subject, doAsk, "%s names a predecessor that doesn't fit its number.", what)
	case h.Predecessor == "" && h.Before != "":
		f.add(Chain, subject, doAsk, "%s names the hash of a predecessor that it doesn't name.", what)
	default:
		return true
	}
	return false
}

// checkNewest checks the newest manifest's key and what it says of the row.
func (v *verifier) checkNewest(ctx context.Context, subject, what string, m manifest, sealed []byte, row *Document, c *checked) error {
	if record.Sum(sealed) != m.Header.SealedKey {
		c.add(Mismatch, subject, doRestore, "The sealed key is not the one that %s names.", what)
	}
	block, _ := pem.Decode([]byte(m.Personal)) // armored age files are PEM
	if block == nil {
		c.add(Changed, subject, doRestore, "%s has no personal part.", what)
		return nil
	}
	r, err := v.Key.Decrypt(ctx, m.Header.Object, sealed, bytes.NewReader(block.Bytes))
	var plain []byte
	if err == nil {
		plain, err = io.ReadAll(io.LimitReader(r, maxSmall))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var d described
	if err != nil || json.Unmarshal(plain, &d) != nil {
		c.add(Changed, subject, doRestore, "The personal part of %s doesn't open with the key.", what)
		return nil
	}
	if row == nil || len(differing(d, *row)) == 0 {
		return nil
	}
	return v.compareAgain(ctx, subject, what, m, d, row.ID, c)
}

// compareAgain compares manifest and row once more, as they stand now: between
// reading the one and the other somebody may have changed the document.
func (v *verifier) compareAgain(ctx context.Context, subject, what string, m manifest, d described, id record.DocumentID, c *checked) error {
	row, err := v.Catalog.Document(ctx, id)
	if err != nil {
		return err
	}
	head, err := v.Catalog.Head(ctx, string(id))
	if err != nil {
		return err
	}
	if fields := differing(d, row); len(fields) > 0 && head.Name == objectName("m", m.Header.Manifest) {
		c.add(Mismatch, subject, doAsk, "%s and the catalog differ in: %s.", what, strings.Join(fields, ", "))
	}
	return nil
}

// differing names the fields in which manifest and row differ; never what
// they say.
func differing(d described, r Document) []string {
	var fields []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"file", d.File == r.File}, {"type", d.Type == r.Type}, {"direction", d.Direction == r.Direction},
		{"title", d.Title == r.Title}, {"section", d.Section == r.Section}, {"sensitivity", d.Sensitivity == r.Sensitivity},
		{"dated", d.Dated == r.Dated}, {"received", d.Received == r.Received}, {"name", d.Name == r.Name},
		{"size", d.Size == r.Size}, {"plain", d.Plain == r.Plain},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// checkOtherChains follows the manifests of files and persons, and finds
// documents whose row is gone.
func (v *verifier) checkOtherChains(ctx context.Context) error {
	var done int64
	for after := ""; ; {
		heads, err := v.Catalog.Heads(ctx, after, pageSize)
		if err != nil {
			return err
		}
		for _, h := range heads {
			after = h.Subject
			done++
			v.progress("manifests", done, 0)
			if v.documents[h.Subject] {
				continue
			}
			var c checked
			c.fatal = v.checkSubject(ctx, h, &c)
			if err := v.take(&c); err != nil {
				return err
			}
		}
		if len(heads) < pageSize {
			return nil
		}
	}
}

// checkSubject checks a chain that belongs to no document row read before.
func (v *verifier) checkSubject(ctx context.Context, h Head, c *checked) error {
	subject := "subject " + h.Subject
	m, _, err := v.fetchManifest(ctx, subject, h.Name, c)
	if m == nil {
		c.names = append(c.names, h.Name)
		return err
	}
	subject = m.Kind + " " + h.Subject
	if t, ok := v.buried[h.Subject]; ok {
		return v.checkBuried(ctx, subject, t.Object, c)
	}
	if m.Kind == "document" {
		d, err := v.Catalog.Document(ctx, record.DocumentID(h.Subject))
		if errors.Is(err, record.NotFound) {
			c.add(Missing, subject, doAsk, "The store has the document and its manifest, the catalog has lost its row.")
			return nil
		}
		if err != nil {
			return err
		}
		return v.checkDocument(ctx, d, c) // it came while the rows were being read
	}
	key := objectName("k", m.Header.Object)
	c.names = append(c.names, key)
	_, sealed, err := c.fetch(ctx, v.Keys, key, subject, "The sealed key")
	if err != nil {
		return err
	}
	return v.checkChain(ctx, subject, h, sealed, nil, c)
}
