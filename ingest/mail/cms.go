package mail

import (
	"bytes"
	"encoding/pem"
	"io"
)

// TypeCMS is a message that is signed or encrypted by S/MIME, as a file.
const TypeCMS = "application/pkcs7-mime"

const reasonSignature = "signature"

// The kinds of message (RFC 5652), as their identifiers end.
var (
	cmsPrefix    = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07")
	cmsSigned    = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
	cmsEnveloped = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")
	cmsAuthData  = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
)

// openCMS opens a mail that lies within its signature. The signature is not
// verified: who signed, and whether it holds, is for the original. A message
// that is encrypted, or a signature without what it signs, is a *Fault.
func openCMS(r io.ReaderAt, size int64, l Limits) (*Container, error) {
	if size > l.MailBytes {
		return nil, fault(reasonTooLarge, "a message of %d bytes", size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), b); err != nil {
		return nil, err
	}
	if p, _ := pem.Decode(b); p != nil {
		b = p.Bytes
	}
	inner, err := signedContent(b)
	if err != nil {
		return nil, err
	}
	c, err := openEML(bytes.NewReader(inner), int64(len(inner)), l)
	if err != nil {
		return nil, err
	}
	c.Type, c.Signed = TypeCMS, true
	return c, nil
}

// signedContent takes out what a message signs.
func signedContent(b []byte) ([]byte, error) {
	message, err := derWithin(b, derSequence)
	if err != nil {
		return nil, err
	}
	kind, rest, err := derNext(message, 0)
	switch {
	case err != nil || kind.tag != derIdentifier:
		return nil, fault(reasonDamaged, "a message of no kind")
	case bytes.Equal(kind.body, cmsEnveloped), bytes.Equal(kind.body, cmsAuthData):
		return nil, fault(reasonEncrypted, "an encrypted message")
	case !bytes.Equal(kind.body, cmsSigned):
		return nil, fault(reasonUnknown, "a message of another kind")
	}
	if rest, err = derWithin(rest, derExplicit); err != nil {
		return nil, err
	}
	if rest, err = derWithin(rest, derSequence); err != nil {
		return nil, err
	}
	for range 2 { // version and digests
		if _, rest, err = derNext(rest, 0); err != nil {
			return nil, err
		}
	}
	if rest, err = derWithin(rest, derSequence); err != nil {
		return nil, err
	}
	if kind, rest, err = derNext(rest, 0); err != nil || !bytes.HasPrefix(kind.body, cmsPrefix) {
		return nil, fault(reasonUnknown, "it signs something else")
	}
	if len(rest) == 0 || rest[0] != derExplicit {
		return nil, fault(reasonSignature, "a signature without its message")
	}
	if rest, err = derWithin(rest, derExplicit); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	octets, _, err := derNext(rest, 0)
	if err == nil {
		err = octets.octets(&out, 0)
	}
	return out.Bytes(), err
}

// Tags of ASN.1 that are needed here.
const (
	derIdentifier  = 0x06
	derOctets      = 0x04
	derOctetPieces = 0x24
	derSequence    = 0x30
	derExplicit    = 0xa0
)

// derValue is a value: its tag, and what it holds.
type derValue struct {
	tag  byte
	body []byte
}

// derDepth bounds values in each other, of those without a stated length.
const derDepth = 20

// derNext takes the first value off b. Lengths may be left open, as in the
// basic rules (BER), which is how mail programs write.
func derNext(b []byte, depth int) (v derValue, rest []byte, err error) {
	if len(b) < 2 || b[0]&0x1f == 0x1f || depth > derDepth {
		return v, nil, fault(reasonDamaged, "no value")
	}
	v.tag = b[0]
	n, b := int(b[1]), b[2:]
	switch {
	case n == 0x80:
		return derOpen(v, b, depth)
	case n > 0x84:
		return v, nil, fault(reasonDamaged, "a length beyond all bounds")
	case n > 0x80:
		size := n - 0x80
		if len(b) < size {
			return v, nil, fault(reasonDamaged, "half a length")
		}
		n = 0
		for _, c := range b[:size] {
			n = n<<8 | int(c)
		}
		b = b[size:]
	}
	if n > len(b) {
		return v, nil, fault(reasonDamaged, "a value that leaves the file")
	}
	v.body = b[:n]
	return v, b[n:], nil
}

// derOpen finds the end of a value whose length is left open: two zero bytes
// behind its last part.
func derOpen(v derValue, b []byte, depth int) (derValue, []byte, error) {
	if v.tag&0x20 == 0 {
		return v, nil, fault(reasonDamaged, "a plain value without a length")
	}
	for rest := b; ; {
		if len(rest) >= 2 && rest[0] == 0 && rest[1] == 0 {
			v.body = b[:len(b)-len(rest)]
			return v, rest[2:], nil
		}
		var err error
		if _, rest, err = derNext(rest, depth+1); err != nil {
			return v, nil, err
		}
	}
}

// derWithin gives what the first value of b holds, if it has the tag.
func derWithin(b []byte, tag byte) ([]byte, error) {
	v, _, err := derNext(b, 0)
	if err == nil && v.tag != tag {
		err = fault(reasonDamaged, "not the value that belongs here")
	}
	return v.body, err
}

// octets writes a string of bytes, which may be in pieces.
func (v derValue) octets(out *bytes.Buffer, depth int) error {
	switch {
	case v.tag == derOctets:
		out.Write(v.body)
		return nil
	case v.tag != derOctetPieces || depth > derDepth:
		return fault(reasonDamaged, "no string of bytes")
	}
	for rest := v.body; len(rest) > 0; {
		var piece derValue
		var err error
		if piece, rest, err = derNext(rest, depth+1); err != nil {
			return err
		}
		if err := piece.octets(out, depth+1); err != nil {
			return err
		}
	}
	return nil
}
