package sample

import (
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
)

// pdfCrypt is PDF's standard security handler, revision 3: RC4 of 128 bits.
// It is broken; here it only makes files that a reader must refuse or open.
type pdfCrypt struct {
	object int    // of the encryption dictionary
	id     []byte // 16 bytes, the file's
	key    []byte
}

// padding fills passwords up to 32 bytes (ISO 32000-1, 7.6.3.3).
const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

func padded(password string) []byte { return []byte((password + padding)[:32]) }

// newCrypt makes the keys and adds the encryption dictionary. An empty user
// password makes a file that opens without one.
func newCrypt(p *pdfFile, user, owner string) (*pdfCrypt, error) {
	c := &pdfCrypt{id: []byte("eAkte sample 001")}
	ownerKey := md5.Sum(padded(owner))
	for range 50 {
		ownerKey = md5.Sum(ownerKey[:])
	}
	o, err := rc4Rounds(ownerKey[:], padded(user))
	if err != nil {
		return nil, err
	}
	permissions := ^uint32(0) - 0xF3B // reading and printing
	in := append(padded(user), o...)
	in = binary.LittleEndian.AppendUint32(in, permissions)
	key := md5.Sum(append(in, c.id...))
	for range 50 {
		key = md5.Sum(key[:])
	}
	c.key = key[:]
	check := md5.Sum(append([]byte(padding), c.id...))
	u, err := rc4Rounds(c.key, check[:])
	if err != nil {
		return nil, err
	}
	u = append(u, make([]byte, 16)...)
	c.object = p.add(fmt.Sprintf("<</Filter/Standard/V 2/R 3/Length 128/P %d/O<%x>/U<%x>>>", int32(permissions), o, u))
	return c, nil
}

// rc4Rounds encrypts twenty times, the n-th with the key's bytes xor n.
func rc4Rounds(key, data []byte) ([]byte, error) {
	out := append([]byte(nil), data...)
	for n := range 20 {
		k := append([]byte(nil), key...)
		for i := range k {
			k[i] ^= byte(n)
		}
		s, err := rc4.NewCipher(k)
		if err != nil {
			return nil, err
		}
		s.XORKeyStream(out, out)
	}
	return out, nil
}

// apply encrypts the stream of object n.
func (c *pdfCrypt) apply(n int, data []byte) ([]byte, error) {
	key := md5.Sum(append(append([]byte(nil), c.key...), byte(n), byte(n>>8), byte(n>>16), 0, 0))
	s, err := rc4.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data))
	s.XORKeyStream(out, data)
	return out, nil
}
