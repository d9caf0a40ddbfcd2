package s3

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
)

// TestCheck: what is missing is named, and a refusal says why. (The store inside
// the process makes no bucket without the lock it needs; TestFirstRunOnMinIO
// sees one.)
func TestCheck(t *testing.T) {
	k := startEmbedded(t)
	running, root := k.running, k.root
	missing, err := Check(t.Context(), root)
	if err != nil || len(missing) != 4 || !slices.Contains(missing, root.bucket(records)) {
		t.Fatalf("on an empty store: %v, %v", missing, err)
	}
	if err := Create(t.Context(), running); Reason(err) != ReasonDenied {
		t.Errorf("buckets made by a key that may not: %v", err)
	}
	if err := Create(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []Config{root, running} {
		if missing, err := Check(t.Context(), cfg); err != nil || len(missing) != 0 {
			t.Errorf("after they were made: %v, %v", missing, err)
		}
	}
	running.SecretKey = "wrong"
	if _, err := Check(t.Context(), running); Reason(err) != ReasonWrongKey {
		t.Errorf("a wrong secret: %v", err)
	}
}

// TestDial: every connection goes through the dialer that is given.
func TestDial(t *testing.T) {
	no := errors.New("not there")
	cfg := Config{Endpoint: "127.0.0.1:1", AccessKey: "a", SecretKey: "b",
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, no }}
	if _, err := Check(t.Context(), cfg); !errors.Is(err, no) {
		t.Error(err)
	}
}
