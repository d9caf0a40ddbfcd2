package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDiskFull fills the disk under a running server. What was acknowledged
// stays readable, reading goes on, the refusal says what to do, and with room
// again everything is taken in.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
			t.Skip("making a small disk needs root")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	h := &house{t: t, data: filepath.Join(dir, "data")}
	h.setup()
	s := h.serve()
	t.Cleanup(s.kill) // before the disk goes
	c := s.as("k.sommer")
	file := c.makeFile("03104//0000003", "Probe", "03104")
	acks := map[string]receipt{}
	sent := map[string][]byte{}
	var refused answer
	for i := 0; i < 200 && refused.code == 0; i++ {
		body := make([]byte, 700_000)
		rand.Read(body)
		key := fmt.Sprint(i)
		sent[key] = body
		a := c.do("POST", "/documents?file="+url.QueryEscape(file), body, "Idempotency-Key", key)
		if a.code != 201 {
			refused = a
			break
		}
		var r receipt
		a.into(t, &r)
		acks[key] = r
	}
	if refused.code != 503 || refused.errorCode() != "unavailable" || len(acks) < 3 {
		t.Fatalf("after %d documents: %d %s", len(acks), refused.code, refused.body)
	}
	for _, r := range acks { // the reserve keeps the log, and so the reading, alive
		for range 50 {
			c.want(200, "GET", "/documents/"+r.Document+"/original", nil)
		}
		break
	}
	s.kill() // and the power goes as well
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=512m"); err != nil {
		t.Fatal(err)
	}
	s = h.serve()
	t.Cleanup(s.kill)
	c = &client{s, c.token}
	for key, body := range sent {
		var r receipt
		a := c.do("POST", "/documents?file="+url.QueryEscape(file), body, "Idempotency-Key", key)
		a.into(t, &r)
		if first, ok := acks[key]; ok && (a.code != 200 || r.Document != first.Document) {
			t.Errorf("document %s was acknowledged and is now %d", key, a.code)
		}
		c.holds(r, body)
	}
	if n := c.count(file); n != len(sent) {
		t.Errorf("%d documents, %d were sent", n, len(sent))
	}
	s.stop()
	if out, _, code := h.run("verify", "--data", h.data); code != exitDone {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
}
