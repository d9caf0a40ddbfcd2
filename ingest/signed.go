package ingest

import (
	"bytes"
	"io"
	"strings"

	"eakte/appliance/vault"
	"eakte/ingest/rendition"
)

// mailHead is how much of a mail is looked through for its head.
const mailHead = 256 << 10

// signed says whether an original bears a digital signature, by its type. It
// looks for bytes and interprets nothing, so it may run outside of a worker.
// Whether the signature is valid nobody asks here.
func signed(contentType string, content vault.Content) (bool, error) {
	switch contentType {
	case "application/pdf":
		return rendition.Signed(content.Reader())
	case "message/rfc822":
		head, err := io.ReadAll(io.LimitReader(content.Reader(), mailHead))
		return signedMail(head), err
	case "application/pkcs7-mime": // what is read of such a file is what it signs
		return true, nil
	}
	return false, nil
}

// signedMail looks at the type that a mail's head names: S/MIME and PGP/MIME
// are multipart/signed (RFC 1847), S/MIME is pkcs7-mime as well (RFC 8551).
func signedMail(mail []byte) bool {
	kind := strings.ToLower(string(contentTypeOf(mail)))
	media, parameters, _ := strings.Cut(kind, ";")
	switch strings.TrimSpace(media) {
	case "multipart/signed":
		return true
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return strings.Contains(parameters, "signed-data")
	}
	return false
}

// contentTypeOf is the field of that name in the head, its folded lines joined.
func contentTypeOf(mail []byte) []byte {
	var value []byte
	const name = "content-type:"
	begun := false // the head: empty lines may stand before it
	for line := range bytes.Lines(mail) {
		line = bytes.TrimRight(line, "\r\n")
		folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		switch {
		case len(line) == 0 && begun:
			return value
		case folded && value != nil:
			value = append(value, line...)
		case value != nil:
			return value
		case len(line) >= len(name) && strings.EqualFold(string(line[:len(name)]), name):
			value = append([]byte{}, line[len(name):]...)
		}
		begun = begun || len(line) > 0
	}
	return value
}
