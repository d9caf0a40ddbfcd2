package s3

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7/pkg/signer"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

const (
	holdOn  = `<LegalHold><Status>ON</Status></LegalHold>`
	holdOff = `<LegalHold><Status>OFF</Status></LegalHold>`
)

func sum256(body string) string {
	h := sha256.Sum256([]byte(body))
	return hex.EncodeToString(h[:])
}

// lift is one way to ask for the end of a hold: a request made by hand, and
// how it is signed.
type lift struct {
	what string
	make func(r *http.Request, c Config) *http.Request
}

func v4(r *http.Request, c Config) *http.Request {
	return signer.SignV4(*r, c.AccessKey, c.SecretKey, "", "us-east-1")
}

// lifts try to lift a hold with a key that may only set one. MinIO's policies
// see headers and the query, never the body, and what they see can be forged:
// each of these says in a forged place that a hold is to be set.
func lifts() []lift {
	const shaHeader = "X-Amz-Content-Sha256"
	query := func(r *http.Request, name, value string) {
		q := r.URL.Query()
		q.Add(name, value)
		r.URL.RawQuery = q.Encode()
	}
	forged := func(r *http.Request) {
		r.Header.Set(shaHeader, sum256(holdOn))
		r.Header.Set("Signatureversion", "AWS4-HMAC-SHA256")
		r.Header.Set("Authtype", "REST-HEADER")
	}
	presigned := func(r *http.Request, c Config) *http.Request {
		return signer.PreSignV4(*r, c.AccessKey, c.SecretKey, "", "us-east-1", 600)
	}
	return []lift{
		{"as it is", v4},
		{"with the header of a put", func(r *http.Request, c Config) *http.Request {
			r.Header.Set(holdHeader, "ON")
			return v4(r, c)
		}},
		{"with the checksum of a hold", func(r *http.Request, c Config) *http.Request {
			r.Header.Set(shaHeader, sum256(holdOn))
			return v4(r, c)
		}},
		{"with the checksum of a hold in the query", func(r *http.Request, c Config) *http.Request {
			query(r, shaHeader, sum256(holdOn))
			return v4(r, c)
		}},
		{"with both checksums", func(r *http.Request, c Config) *http.Request {
			query(r, shaHeader, sum256(holdOn))
			query(r, strings.ToLower(shaHeader), sum256(holdOn))
			return v4(r, c)
		}},
		{"unsigned payload", func(r *http.Request, c Config) *http.Request {
			r.Header.Set(shaHeader, "UNSIGNED-PAYLOAD")
			return v4(r, c)
		}},
		{"presigned", presigned},
		{"presigned, checksum in the query", func(r *http.Request, c Config) *http.Request {
			r.Header.Del(shaHeader)
			query(r, strings.ToLower(shaHeader), sum256(holdOn))
			return presigned(r, c)
		}},
		{"presigned, checksum in the header", func(r *http.Request, c Config) *http.Request {
			forged(r)
			return presigned(r, c)
		}},
		{"signed the old way", func(r *http.Request, c Config) *http.Request {
			forged(r)
			return signer.SignV2(*r, c.AccessKey, c.SecretKey, false)
		}},
		{"signed the old way, version in the query", func(r *http.Request, c Config) *http.Request {
			forged(r)
			query(r, "signatureversion", "AWS4-HMAC-SHA256")
			return signer.SignV2(*r, c.AccessKey, c.SecretKey, false)
		}},
		{"presigned the old way", func(r *http.Request, c Config) *http.Request {
			r = signer.PreSignV2(*r, c.AccessKey, c.SecretKey, 600, false)
			forged(r)
			return r
		}},
	}
}

// ask sends a request for a hold's end (or beginning) and gives the status.
func ask(t *testing.T, c Config, name, version, body string, l lift) int {
	t.Helper()
	q := url.Values{"legal-hold": {""}}
	if version != "" {
		q.Set("versionId", version)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+host(c)+"/"+c.bucket(records)+"/"+name+"?"+q.Encode(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	md := md5.Sum([]byte(body))
	r.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(md[:]))
	r.Header.Set("X-Amz-Content-Sha256", sum256(body))
	r.ContentLength = int64(len(body))
	transport, err := newTransport(c)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(l.make(r, c))
	if err != nil {
		t.Fatalf("%s: %v", l.what, err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func host(c Config) string {
	if strings.HasPrefix(c.Endpoint, socketScheme) {
		return "localhost"
	}
	return c.Endpoint
}

// TestHoldsAreLiftedByTheSecondKeyAlone: the running key sets a hold and can't
// lift it, whatever it says of its request; the second key lifts it.
func TestHoldsAreLiftedByTheSecondKeyAlone(t *testing.T) {
	for name, start := range stores() {
		t.Run(name, func(t *testing.T) {
			k := start(t)
			running, err := Open(k.running)
			if err != nil {
				t.Fatal(err)
			}
			second, err := OpenDisposal(k.second)
			if err != nil {
				t.Fatal(err)
			}
			body := []byte("held")
			object := vault.OriginalName(record.ObjectID(record.NewID()))
			if err := running.Records.Put(t.Context(), vault.PutRequest{Name: object, Size: 4, Digest: record.Sum(body), Body: bytes.NewReader(body), LockUntil: tomorrow()}); err != nil {
				t.Fatal(err)
			}
			if status := ask(t, k.running, object, "", holdOn, lift{"a hold by hand", v4}); status != http.StatusOK {
				t.Errorf("a hold by hand: %d; the checksum in the policy is not that of the request", status)
			}
			info, err := running.Records.Stat(t.Context(), object)
			if err != nil || !info.Hold {
				t.Fatalf("set: %+v, %v", info, err)
			}
			for _, l := range lifts() {
				for _, version := range []string{"", info.Version} {
					status := ask(t, k.running, object, version, holdOff, l)
					if status < 400 || status >= 500 {
						t.Errorf("%s: %d", l.what, status)
					}
					if after, err := running.Records.Stat(t.Context(), object); err != nil || !after.Hold {
						t.Fatalf("%s lifted the hold (%d): %+v, %v", l.what, status, after, err)
					}
				}
			}
			if err := second.Records.Release(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			if after, err := running.Records.Stat(t.Context(), object); err != nil || after.Hold {
				t.Errorf("lifted: %+v, %v", after, err)
			}
			if err := running.Records.Hold(t.Context(), object); err != nil {
				t.Errorf("set again: %v", err)
			}
		})
	}
}

func tomorrow() time.Time { return time.Now().UTC().Add(24 * time.Hour).Truncate(time.Second) }
