package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"eakte/appliance/archive"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault/vaulttest"
)

// TestEveryCallOfTheRealParts lets the n-th call of an intake fail on
// PostgreSQL, the embedded store and MinIO, in real time. A run that is not
// whole takes a seeded part on PostgreSQL and the embedded store.
func TestEveryCallOfTheRealParts(t *testing.T) {
	pg := catalogtest.StartPostgres(t)
	if pg == nil {
		return
	}
	t.Run("postgres, embedded", func(t *testing.T) {
		t.Chdir(t.TempDir()) // the store goes elsewhere; this brings it back
		s := realSite(t)
		s.DSN = pg.DSN(t)
		everyCallOfIntake(t, s)
	})
	if !*whole {
		return
	}
	t.Run("sqlite, embedded", func(t *testing.T) {
		t.Chdir(t.TempDir())
		everyCallOfIntake(t, realSite(t))
	})
	t.Run("postgres, minio", func(t *testing.T) {
		m := vaulttest.StartMinIO(t)
		s := realSite(t)
		s.DSN, s.Store = pg.DSN(t), storeAt{Endpoint: m.Host, Access: m.Running.Access, Secret: m.Running.Secret}
		everyCallOfIntake(t, s)
	})
}

func everyCallOfIntake(t *testing.T, s site) {
	h := build(t, s)
	h.remember()
	r := rand.New(rand.NewPCG(seed(t), 5))
	for _, kind := range everyFault {
		sum := tally{}
		for n := 0; n <= sum.calls; n++ {
			if n > 0 && !some(r, 40) {
				continue
			}
			first, hit, err := h.oneIntake(kind, n)
			if err != nil {
				t.Errorf("%s at call %d (%s), it said %v: %v", kind, n, hit, first, err)
			}
			sum.note(h.i.counted(), n, hit, first)
		}
		t.Logf("%s: %s", kind, sum)
	}
	if err := errors.Join(h.check(), h.verify()); err != nil {
		t.Error(err)
	}
	h.close()
}

// oneIntake lets one call of an intake fail, and sends again after a restart.
func (h *house) oneIntake(kind fault, n int) (first error, hit call, err error) {
	key := fmt.Sprint(kind, n)
	body, before := bodyOf(key), len(h.documents())
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	h.i.arm(kind, n, leave)
	r, first := h.accept(ctx, body, key)
	hit = h.i.disarm()
	h.restart()
	again, err := h.accept(context.Background(), body, key)
	if err != nil {
		return first, hit, fmt.Errorf("sent again: %w", err)
	}
	h.acknowledged(again.Document, body)
	if first == nil && r.Document != again.Document {
		err = fmt.Errorf("acknowledged as %s, and as %s", r.Document, again.Document)
	}
	if got := len(h.documents()) - before; got != 1 {
		err = errors.Join(err, fmt.Errorf("one transmission became %d documents", got))
	}
	return first, hit, errors.Join(err, h.settled(), h.holds(again.Document, body))
}

// TestWaitedForYears: a document and a grant wait for a store that was away
// until the dates of their locks have passed, which a store refuses.
func TestWaitedForYears(t *testing.T) {
	t.Chdir(t.TempDir()) // the store goes elsewhere; this brings it back
	h := build(t, realSite(t))
	h.remember()
	h.advance(-800)
	h.i.arm(down, 1, nil)
	_, first := h.accept(t.Context(), letter, key)
	h.i.disarm()
	h.archive.Vault.ForgetKey(record.ObjectID(h.File))
	h.i.arm(down, 3, nil) // the key can still be had
	_, second := h.archive.AddGrant(t.Context(), h.Users["lead"], h.File, archive.Grant{User: "herbst", Reason: "Vertretung", IdempotencyKey: key})
	h.i.disarm()
	if first == nil || second == nil {
		t.Fatalf("a store that is down takes something: %v, %v", first, second)
	}
	h.advance(800)
	h.restart()
	r, err := h.accept(t.Context(), letter, key)
	if err != nil || !r.Repeated {
		t.Fatalf("the document did not come in at the start: %+v %v", r, err)
	}
	h.acknowledged(r.Document, letter)
	if err := errors.Join(h.check(), h.verify()); err != nil {
		t.Error(err)
	}
	h.close()
}
