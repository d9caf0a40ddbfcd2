package ingest

import "testing"

// TestSignedMail: the head decides, whatever stands below it.
func TestSignedMail(t *testing.T) {
	for mail, want := range map[string]bool{
		"From: a\r\nContent-Type: multipart/signed; micalg=sha-256;\r\n protocol=\"application/pkcs7-signature\"\r\n\r\nx": true,
		"\r\n\r\ncontent-type:\r\n\tMultipart/Signed;\r\n\tprotocol=\"application/pgp-signature\"\r\n\r\nx":                true,
		"Content-Type: application/pkcs7-mime;\n name=smime.p7m;\n smime-type=signed-data\nSubject: x\n\nx":                true,
		"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx":                                             false,
		"Subject: multipart/signed\r\nContent-Type: text/plain\r\n\r\nContent-Type: multipart/signed\r\n":                  false,
		"Subject: x\r\n\r\nContent-Type: multipart/signed\r\n\r\n":                                                         false,
		"Content-Type: multipart/signed-not\n\n":                                                                           false,
		"":                                                                                                                 false,
	} {
		if got := signedMail([]byte(mail)); got != want {
			t.Errorf("%q: %v", mail, got)
		}
	}
}
