package fixity

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
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
	Change      string          `json:"change"`
	CreatedAt   time.Time       `json:"created_at"`
	Before      record.Digest   `json:"predecessor_digest"`
	Cipher      record.Digest   `json:"cipher"`
	CipherSize  int64           `json:"cipher_size"`
	SealedKey   record.Digest   `json:"sealed_key"`
	KeepUntil   string          `json:"keep_until"`
	LockedUntil time.Time       `json:"locked_until"`
}

// chain is a subject's manifests, as they are followed.
type chain struct {
	subject string // as findings call it
	head    Head
	key     sealedKey
	row     *Document       // nil for all but documents
	object  record.ObjectID // that the next manifest must speak of
	moved   bool            // the manifest before was made when the original was put anew
}

// checkChain follows a subject's manifests from the newest to the first: the
// catalog keeps the hash of the newest, and each names that of the one before,
// so that whoever changes one has to change the catalog as well.
func (v *verifier) checkChain(ctx context.Context, ch chain, c *checked) error {
	name, sequence, digest := ch.head.Name, ch.head.Sequence, ch.head.Digest
	ch.object = ch.key.object
	for newest := true; name != ""; newest = false {
		c.names = append(c.names, name)
		m, o, err := v.fetchManifest(ctx, ch.subject, name, c)
		if m == nil {
			return err
		}
		c.manifests++
		what := fmt.Sprintf("Manifest %d (%s)", sequence, name)
		v.checkManifestLock(ch, what, *m, o, c)
		if !checkLink(&c.findings, ch.subject, what, *m, name, ch.head.Subject, sequence) {
			return nil
		}
		c.digests = append(c.digests, m.digest)
		if m.digest != digest {
			kind, keeper := Chain, "its successor"
			if newest {
				kind, keeper = Changed, "the catalog"
			}
			c.add(kind, ch.subject, doRestore, "%s is not the one whose hash %s keeps.", what, keeper)
		}
		ch.checkObject(what, *m, c)
		if newest && ch.key.bytes != nil {
			if err := v.checkNewest(ctx, ch, what, *m, c); err != nil {
				return err
			}
		}
		name, sequence, digest = m.Header.Predecessor, sequence-1, m.Header.Before
	}
	return nil
}

func (v *verifier) checkManifestLock(ch chain, what string, m manifest, o *Object, c *checked) {
	if o == nil { // it waits in the outbox
		return
	}
	promised := m.Header.LockedUntil
	if m.Header.CreatedAt.After(v.now) { // by a clock that was wrong: it was not locked by it
		promised = time.Time{}
	}
	keep := m.Header.KeepUntil
	if ch.row != nil {
		keep = ch.row.lastDay()
		v.checkHold(*ch.row, ch.subject, what, *o, c)
	}
	v.checkLock(&c.findings, ch.subject, what, *o, promised, v.required(keep))
}

// relocated is the change of a manifest whose original was put anew, the same
// bytes under another name, because the earlier object was lost or damaged.
const relocated = "relocated"

// checkObject holds the original that a manifest speaks of against the one of
// its successor. It may change only where the bytes were put anew; the earlier
// object is then accounted for, and what has become of it is no finding.
func (ch *chain) checkObject(what string, m manifest, c *checked) {
	if ch.row == nil {
		return
	}
	if ch.moved && m.Header.Object != ch.object {
		ch.object = m.Header.Object
		c.relocated++
		c.names = append(c.names, objectName("o", ch.object), objectName("k", ch.object))
	}
	if m.Kind != "document" || m.Header.Object != ch.object || m.Header.Cipher != ch.row.Cipher || m.Header.CipherSize != ch.row.CipherSize {
		c.add(Mismatch, ch.subject, doAsk, "%s speaks of another original than the catalog.", what)
	}
	ch.moved = m.Header.Change == relocated
}

// fetchManifest reads a manifest, from the store or while it waits to be put
// there; then its object is nil. The manifest is nil where there is none.
func (v *verifier) fetchManifest(ctx context.Context, subject, name string, c *checked) (*manifest, *Object, error) {
	what := "The manifest " + name
	var body []byte
	var object *Object
	_, err := v.records.Stat(ctx, name)
	if errors.Is(err, record.NotFound) && v.Outbox != nil {
		if body, err = v.Outbox.Waiting(ctx, name); err != nil && !errors.Is(err, record.NotFound) {
			return nil, nil, err
		} // it may have been put between the two questions: fetch looks again
	}
	if body == nil {
		o, b, err := c.fetch(ctx, v.records, name, subject, what)
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
func (v *verifier) checkNewest(ctx context.Context, ch chain, what string, m manifest, c *checked) error {
	if !ch.key.named(m) {
		c.add(Mismatch, ch.subject, doRestore, "The sealed key is not the one that %s names.", what)
	}
	block, _ := pem.Decode([]byte(m.Personal)) // armored age files are PEM
	if block == nil {
		c.add(Changed, ch.subject, doRestore, "%s has no personal part.", what)
		return nil
	}
	r, err := v.Key.Decrypt(ctx, m.Header.Object, ch.key.bytes, bytes.NewReader(block.Bytes))
	var plain []byte
	if err == nil {
		plain, err = io.ReadAll(io.LimitReader(r, maxSmall))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || !json.Valid(plain) {
		c.add(Changed, ch.subject, doRestore, "The personal part of %s doesn't open with the key.", what)
		return nil
	}
	return v.compareRow(ctx, ch, what, m, plain, c)
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
			if v.documents.has(h.Subject) {
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
	c.of = h.Subject
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
	key, err := v.fetchKey(ctx, m.Header.Object, subject, "The sealed key", c)
	if err != nil {
		return err
	}
	return v.checkChain(ctx, chain{subject: subject, head: h, key: key}, c)
}
