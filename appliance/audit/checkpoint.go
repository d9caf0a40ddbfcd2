package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"eakte/appliance/record"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
)

// Checkpoint says, signed, that a log had so many entries and that root at a
// time. It is a C2SP tlog-checkpoint with one extension line, "at <time>".
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   []byte
	At     time.Time
}

// Signer signs the checkpoints of one log.
type Signer struct {
	origin   string
	signer   note.Signer
	verifier string
	public   ed25519.PublicKey
}

// keyAlgorithm is the signed-note algorithm byte of Ed25519.
const keyAlgorithm = 1

// NewSigner makes the signer of the log with that origin from a 32-byte
// Ed25519 seed. All logs of an archive share the seed; the name of the key is
// the origin, so a signature of one year is none of another.
func NewSigner(origin string, seed []byte) (*Signer, error) {
	if _, _, err := ParseOrigin(origin); err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, record.Bad("seed", "The audit key's seed has %d bytes, not %d.", len(seed), ed25519.SeedSize)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := Verifier(origin, public)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("audit: signer of %s: %w", origin, err)
	}
	key := base64.StdEncoding.EncodeToString(append([]byte{keyAlgorithm}, seed...))
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", origin, v.KeyHash(), key))
	if err != nil {
		return nil, fmt.Errorf("audit: signer of %s: %w", origin, err)
	}
	return &Signer{origin: origin, signer: s, verifier: vkey, public: public}, nil
}

// Sign makes the signed checkpoint of a tree, to be kept as CheckpointName
// says.
func (s *Signer) Sign(size uint64, root []byte, at time.Time) ([]byte, error) {
	c := Checkpoint{Origin: s.origin, Size: size, Root: root, At: at.UTC().Truncate(time.Microsecond)}
	if len(root) != HashSize {
		return nil, corrupt("The root to be signed is damaged.", fmt.Errorf("%d bytes", len(root)))
	}
	b, err := note.Sign(&note.Note{Text: c.text()}, s.signer)
	if err != nil {
		return nil, fmt.Errorf("audit: sign checkpoint of %s: %w", s.origin, err)
	}
	return b, nil
}

// Verifier gives the log's verifier key, "<origin>+<hash>+<base64>": what
// OpenCheckpoint takes, and any other tool for signed notes.
func (s *Signer) Verifier() string { return s.verifier }

// Public gives the public key that all logs of the archive share, in base64.
// It is printed for the data-protection officer, who keeps it elsewhere.
func (s *Signer) Public() string { return base64.StdEncoding.EncodeToString(s.public) }

// Verifier builds the verifier key of one log from the archive's public key.
func Verifier(origin string, public ed25519.PublicKey) (string, error) {
	if len(public) != ed25519.PublicKeySize {
		return "", record.Bad("public", "The audit key has %d bytes, not %d.", len(public), ed25519.PublicKeySize)
	}
	v, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return "", fmt.Errorf("audit: verifier of %s: %w", origin, err)
	}
	return v, nil
}

// ParsePublic reads what Signer.Public gives.
func ParsePublic(s string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, record.Bad("public", "The audit key is %d bytes in base64.", ed25519.PublicKeySize)
	}
	return b, nil
}

// OpenCheckpoint checks a signed checkpoint with the log's verifier key and
// reads it. A checkpoint of another log or key, or one that is not in its one
// form, is record.Corrupt.
func OpenCheckpoint(signed []byte, verifier string) (Checkpoint, error) {
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return Checkpoint{}, &record.Error{Category: record.Invalid, Field: "verifier",
			Message: "The verifier key of the log can't be read.", Cause: err}
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, corrupt("The checkpoint bears no valid signature of this log.", err)
	}
	for _, sig := range n.Sigs { // note takes a last letter whose unused bits are set
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return Checkpoint{}, corrupt("The checkpoint's signature is not written in its one form.", err)
		}
	}
	var l log.Checkpoint
	rest, err := l.Unmarshal([]byte(n.Text))
	if err != nil {
		return Checkpoint{}, corrupt("The checkpoint can't be read.", err)
	}
	line, ok := strings.CutPrefix(string(rest), "at ")
	at, err := time.Parse(timeForm+"\n", line)
	if !ok || err != nil {
		return Checkpoint{}, corrupt("The checkpoint doesn't say when it was made.", err)
	}
	c := Checkpoint{Origin: l.Origin, Size: l.Size, Root: l.Hash, At: at}
	if c.Origin != v.Name() || len(c.Root) != HashSize || c.text() != n.Text {
		return Checkpoint{}, corrupt("The checkpoint is not one of this log.", nil)
	}
	return c, nil
}

func (c Checkpoint) text() string {
	l := log.Checkpoint{Origin: c.Origin, Size: c.Size, Hash: c.Root}
	return string(l.Marshal()) + "at " + c.At.Format(timeForm) + "\n"
}
