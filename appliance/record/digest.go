package record

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// Digest is a hash with its function's name, as "sha256-<64 hex digits>".
type Digest string

const digestPrefix = "sha256-"

// Sum gives the digest of b.
func Sum(b []byte) Digest {
	s := sha256.Sum256(b)
	return DigestOf(s[:])
}

// DigestOf wraps a finished SHA-256 sum.
func DigestOf(sum []byte) Digest { return Digest(digestPrefix + hex.EncodeToString(sum)) }

// FromHash takes the sum of a running SHA-256.
func FromHash(h hash.Hash) Digest { return DigestOf(h.Sum(nil)) }

// ParseDigest reads "sha256-<hex>".
func ParseDigest(s string) (Digest, error) {
	h, ok := strings.CutPrefix(s, digestPrefix)
	if b, err := hex.DecodeString(h); !ok || err != nil || len(b) != sha256.Size || h != strings.ToLower(h) {
		return "", fmt.Errorf("digest: %q is not sha256-<64 hex digits>", s)
	}
	return Digest(s), nil
}

// Bytes gives the 32 bytes of the sum, or nil if d is malformed.
func (d Digest) Bytes() []byte {
	b, err := hex.DecodeString(strings.TrimPrefix(string(d), digestPrefix))
	if err != nil || len(b) != sha256.Size {
		return nil
	}
	return b
}

// Base64 gives the sum as the x-amz-checksum-sha256 header wants it.
func (d Digest) Base64() string { return base64.StdEncoding.EncodeToString(d.Bytes()) }
