package ingest

import (
	"context"
	"errors"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestPostBook: who hands post in keeps the book; the clearing desk reads all of
// its site, everybody else their own entries.
func TestPostBook(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	users := map[string]record.Actor{"sommer": d.actor, "winter": d.other}
	for name, role := range map[string]string{"scan": record.RoleScan, "reception": record.RoleReception, "clearing": record.RoleClearing,
		"admin": record.RoleSiteadmin, "dpo": record.RoleDPO} {
		a := record.Actor{User: record.UserID(record.NewID()), Name: name, Via: "api", Request: record.NewID()}
		users[name] = a
		if err := d.cat.WithTx(ctx, func(tx *catalog.Tx) error {
			return errors.Join(tx.PutUser(catalog.User{ID: a.User, Name: name, Display: name}), tx.PutRoles(a.User, []record.RoleAt{{Role: role, Site: "03104"}}))
		}); err != nil {
			t.Fatal(err)
		}
	}
	var fields []string
	for _, p := range []NewPost{{Kind: "bills", HandedTo: "x"}, {Kind: "personal"}} {
		_, err := d.intake.EnterPost(ctx, users["scan"], p)
		var e *record.Error
		if !errors.As(err, &e) || !errors.Is(err, record.Invalid) {
			t.Fatalf("%+v: %v", p, err)
		}
		fields = append(fields, e.Field)
	}
	if fields[0] != "kind" || fields[1] != "handed_to" {
		t.Errorf("%v", fields)
	}
	for _, who := range []string{"scan", "reception"} {
		if _, err := d.intake.EnterPost(ctx, users[who], NewPost{Kind: "personal", Sender: "Dr. Grün", HandedTo: "Frau Sommer"}); err != nil {
			t.Fatalf("%s: %v", who, err)
		}
	}
	sent := NewPost{Kind: "personal", Sender: "Dr. Grün", HandedTo: "Herrn Herbst", IdempotencyKey: "k"}
	one, err := d.intake.EnterPost(ctx, users["reception"], sent)
	again, err2 := d.intake.EnterPost(ctx, users["reception"], sent)
	one.Repeated = !one.Repeated // all else is the same
	if err != nil || err2 != nil || one != again || one.By != "reception" {
		t.Errorf("sent twice: %+v and %+v, %v %v", one, again, err, err2)
	}
	sent.HandedTo = "x"
	if _, err := d.intake.EnterPost(ctx, users["reception"], sent); !errors.Is(err, record.Conflict) {
		t.Errorf("another entry with the same key: %v", err)
	}
	for who, want := range map[string]error{"scan": nil, "admin": record.Denied} {
		if err := d.intake.MayEnterPost(ctx, users[who]); !errors.Is(err, want) {
			t.Errorf("%s may enter: %v", who, err)
		}
	}
	for _, who := range []string{"admin", "dpo"} {
		if _, err := d.intake.EnterPost(ctx, users[who], NewPost{Kind: "other", HandedTo: "x"}); !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v", who, err)
		}
	}
	for who, want := range map[string]int{"scan": 1, "reception": 2, "clearing": 3, "sommer": 0, "winter": 0} {
		b, err := d.intake.PostBook(ctx, users[who], "", "")
		if err != nil || len(b.Posts) != want {
			t.Errorf("%s reads %+v, %v", who, b, err)
		}
	}
	if _, err := d.intake.PostBook(ctx, users["scan"], "gestern", ""); !errors.Is(err, record.Invalid) {
		t.Errorf("%v", err)
	}
	if r, err := d.intake.Mailroom(ctx, users["sommer"]); err != nil || r.Version != 0 || len(r.Rules.Rules) == 0 {
		t.Errorf("%+v %v", r, err)
	}
}
