package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"testing"
	"time"
)

const (
	killRounds  = 20
	killSeed    = 20261122
	killWriters = 4
)

// acknowledged is what the senders were told.
type acknowledged struct {
	mu    sync.Mutex
	byKey map[string]receipt // idempotency key → receipt
	sent  map[string][]byte  // everything that was sent, acknowledged or not
}

// TestKill kills the server twenty times at random moments of the intake.
// After each restart every acknowledged document is there, hash equal, none
// double; in the end what was not acknowledged is sent again, with its key.
func TestKill(t *testing.T) {
	h := newHouse(t)
	h.setup()
	s := h.serve()
	tok := s.as("k.sommer").token
	file := s.as("k.sommer").makeFile("03104//0000001", "Probe", "03104")
	rnd := rand.New(rand.NewPCG(killSeed, 1))
	acks := &acknowledged{byKey: map[string]receipt{}, sent: map[string][]byte{}}
	checked := map[string]bool{}
	for round := range killRounds {
		after := time.Duration(30+rnd.IntN(470)) * time.Millisecond
		acks.send(s, tok, file, round, after)
		s.kill()
		s = h.serve()
		c := &client{s, tok}
		for key, r := range acks.byKey {
			if !checked[key] {
				c.holds(r, acks.sent[key])
				checked[key] = true
			}
		}
	}
	c := &client{s, tok}
	t.Logf("%d sent, %d acknowledged in %d rounds", len(acks.sent), len(acks.byKey), killRounds)
	if len(acks.byKey) < killRounds {
		t.Errorf("only %d documents were acknowledged: the test did not test", len(acks.byKey))
	}
	for key, body := range acks.sent {
		a := c.do("POST", "/documents?file="+url.QueryEscape(file), body, "Idempotency-Key", key)
		var r receipt
		a.into(t, &r)
		if first, acked := acks.byKey[key]; acked && (a.code != 200 || r.Document != first.Document || !r.Repeated) {
			t.Errorf("%s was acknowledged as %s and is now %d %+v", key, first.Document, a.code, r)
		}
		acks.byKey[key] = r
	}
	byDocument := map[string]bool{}
	for key, r := range acks.byKey {
		c.holds(r, acks.sent[key])
		byDocument[r.Document] = true
	}
	if n := c.count(file); n != len(acks.sent) || len(byDocument) != n {
		t.Errorf("%d documents in the file, %d were sent: lost or double", n, len(acks.sent))
	}
	s.stop()
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
}

// send posts from several senders and kills the server in the middle of it.
func (k *acknowledged) send(s *server, token, file string, round int, kill time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(kill, func() { _ = s.cmd.Process.Kill(); cancel() })
	var wg sync.WaitGroup
	for w := range killWriters {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(killSeed, uint64(round*killWriters+w)))
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%d/%d/%d", round, w, i)
				body := make([]byte, 1000+rnd.IntN(200_000)) // garbage: it is kept all the same
				for j := range body {
					body[j] = byte(rnd.Uint32())
				}
				k.mu.Lock()
				k.sent[key] = body
				k.mu.Unlock()
				a, err := (&client{s, token}).try(ctx, "POST", "/documents?file="+url.QueryEscape(file), body, "Idempotency-Key", key)
				if err != nil || a.code != 201 {
					continue
				}
				var r receipt
				a.into(s.t, &r)
				k.mu.Lock()
				k.byKey[key] = r
				k.mu.Unlock()
			}
		})
	}
	wg.Wait()
	_ = s.cmd.Wait()
}

// holds insists that a receipt's document is there with the bytes it names.
func (c *client) holds(r receipt, body []byte) {
	c.s.t.Helper()
	sum := sha256.Sum256(body)
	got := c.do("GET", "/documents/"+r.Document+"/original", nil)
	gotSum := sha256.Sum256(got.body)
	if got.code != 200 || sum != gotSum || r.SHA256 != "sha256-"+hex.EncodeToString(sum[:]) {
		c.s.t.Errorf("acknowledged document %s: %d, %d bytes, %x; sent %d, %x", r.Document, got.code, len(got.body), gotSum, len(body), sum)
	}
}

// count counts the documents of a file.
func (c *client) count(file string) int {
	c.s.t.Helper()
	n, cursor := 0, ""
	for {
		var page struct {
			Items []any
			Next  string
		}
		c.want(200, "GET", "/files/"+file+"/documents?limit=500&cursor="+url.QueryEscape(cursor), nil).into(c.s.t, &page)
		n += len(page.Items)
		if cursor = page.Next; cursor == "" {
			return n
		}
	}
}
