package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault/vaulttest"
)

// TestStoreProcess freezes and kills a real MinIO under an intake, and brings
// it back. Who was refused meanwhile sends again, with the same key.
func TestStoreProcess(t *testing.T) {
	rounds, hang := 2, time.Second
	if *whole {
		rounds, hang = 10, 30*time.Second
	}
	m := vaulttest.StartMinIO(t)
	s := realSite(t)
	s.Store = storeAt{Endpoint: m.Host, Access: m.Running.Access, Secret: m.Running.Secret}
	h := build(t, s)
	h.remember()
	r := rand.New(rand.NewPCG(seed(t), 3))
	acked, refused := map[string]record.DocumentID{}, 0
	for round := range rounds {
		stop := make(chan struct{})
		var sending sync.WaitGroup
		sending.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithTimeout(context.Background(), hang/2)
				key := fmt.Sprint(round, "/", n)
				rec, err := h.accept(ctx, bodyOf(key), key)
				cancel()
				acked[key] = rec.Document // "" where it was refused
				if err != nil {
					refused++
				}
			}
		})
		time.Sleep(time.Duration(50+r.IntN(400)) * time.Millisecond)
		if round%2 == 0 {
			m.Freeze(t)
			time.Sleep(hang)
			m.Thaw(t)
		} else {
			m.Kill(t)
			time.Sleep(hang)
			m.Again(t)
		}
		close(stop)
		sending.Wait()
		h.restart()
	}
	for key, id := range acked {
		rec, err := h.accept(context.Background(), bodyOf(key), key)
		if err != nil || id != "" && id != rec.Document {
			t.Errorf("%s was acknowledged as %q and is now %q, %v", key, id, rec.Document, err)
		}
		h.acknowledged(rec.Document, bodyOf(key))
	}
	if n := len(h.documents()); n != len(acked) || refused == 0 {
		t.Errorf("%d documents of %d sent, %d were refused for a while", n, len(acked), refused)
	}
	if err := h.check(); err != nil {
		t.Error(err)
	}
	if err := h.verify(); err != nil {
		t.Error(err)
	}
	h.close()
	t.Logf("%d times away for %s: %d documents sent, %d refused and sent again, none lost, none double", rounds, hang, len(acked), refused)
}
