package catalogtest

import (
	"reflect"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func (s *suite) setup() {
	site := record.Site{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033", "17034"},
		Teams: []record.Team{{Code: "L1", Name: "Leistung 1", FirstLetters: "A-K"}, {Code: "L2", Name: "Leistung 2", FirstLetters: "L-Z"}}}
	other := record.Site{Code: "03101", Name: "Altstadt", Postcodes: []string{}}
	class := record.RetentionClass{Class: "leistung", Years: 10, From: "end_of_year_of_closing", Lock: "full"}
	for range 2 { // setting up twice changes nothing
		s.write(func(tx *catalog.Tx) error {
			if err := tx.PutSite(site); err != nil {
				return err
			}
			if err := tx.PutSite(other); err != nil {
				return err
			}
			if err := tx.PutRetentionClass(class); err != nil {
				return err
			}
			return tx.SetMeta("name", "Jobcenter Musterkreis")
		})
	}
	if got := get(s, (*catalog.Tx).Sites); !reflect.DeepEqual(got, []record.Site{site, other}) {
		s.Errorf("sites: %+v", got)
	}
	if got := get(s, func(tx *catalog.Tx) (record.Site, error) { return tx.Site("03104") }); !reflect.DeepEqual(got, site) {
		s.Errorf("site: %+v", got)
	}
	s.is(fails(s, func(tx *catalog.Tx) (record.Site, error) { return tx.Site("99999") }), record.NotFound)
	if got := get(s, (*catalog.Tx).RetentionClasses); !reflect.DeepEqual(got, []record.RetentionClass{class}) {
		s.Errorf("retention classes: %+v", got)
	}
	s.is(fails(s, func(tx *catalog.Tx) (record.RetentionClass, error) { return tx.RetentionClass("x") }), record.NotFound)
	meta := func(name string) string {
		return get(s, func(tx *catalog.Tx) (string, error) { return tx.Meta(name) })
	}
	if meta("name") != "Jobcenter Musterkreis" || meta("unset") != "" {
		s.Errorf("meta: %q, %q", meta("name"), meta("unset"))
	}
	s.ok(s.c.Ping(s.Context()))
}

func (s *suite) users() {
	u := catalog.User{ID: record.UserID(record.NewID()), Name: "k.sommer", Display: "Katrin Sommer", PasswordHash: "h1", CreatedAt: s.clock.Now()}
	s.write(func(tx *catalog.Tx) error { return tx.PutUser(u) })
	byName := func(name string) (catalog.User, error) {
		var got catalog.User
		err := s.c.Read(s.Context(), func(tx *catalog.Tx) (err error) {
			got, err = tx.UserByName(name)
			return err
		})
		return got, err
	}
	if got, err := byName("k.sommer"); err != nil || got != u {
		s.Errorf("by name: %+v, %v", got, err)
	}
	_, err := byName("K.Sommer")
	s.is(err, record.NotFound)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
		return tx.PutUser(catalog.User{ID: record.UserID(record.NewID()), Name: "k.sommer"})
	}), record.Conflict)
	u.Display, u.PasswordHash, u.Disabled = "Katrin Winter", "h2", true
	s.write(func(tx *catalog.Tx) error {
		if err := tx.PutUser(catalog.User{ID: u.ID, Name: u.Name, Display: u.Display, PasswordHash: "h1"}); err != nil {
			return err
		}
		if err := tx.SetPassword(u.ID, "h2"); err != nil {
			return err
		}
		return tx.SetDisabled(u.ID, true)
	})
	if got := get(s, func(tx *catalog.Tx) (catalog.User, error) { return tx.UserByID(u.ID) }); got != u {
		s.Errorf("changed: %+v, want %+v", got, u)
	}
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.SetPassword("nobody", "h") }), record.NotFound)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.SetDisabled("nobody", true) }), record.NotFound)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
		return tx.PutRoles("nobody", []record.RoleAt{at("dpo", "*", "")})
	}), record.Conflict)
	second := s.user("a.first", at("dpo", "*", ""), at("caseworker", "03104", "L1"), at("caseworker", "03104", "L1"))
	if got := get(s, (*catalog.Tx).Users); len(got) != 2 || got[0].ID != second {
		s.Errorf("users: %+v", got)
	}
	roles := get(s, func(tx *catalog.Tx) ([]record.RoleAt, error) { return tx.Roles(second) })
	if !reflect.DeepEqual(roles, []record.RoleAt{at("dpo", "*", ""), at("caseworker", "03104", "L1")}) {
		s.Errorf("roles: %+v", roles)
	}
	byID := get(s, func(tx *catalog.Tx) (map[record.UserID]catalog.User, error) {
		return tx.UsersByID([]record.UserID{u.ID, "nobody", second})
	})
	if len(byID) != 2 || byID[second].Name != "a.first" {
		s.Errorf("by ids: %+v", byID)
	}
}

func (s *suite) sessions() {
	u := s.user("k.sommer")
	now := s.clock.Now()
	session := catalog.Session{Hash: "s1", User: u, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour)}
	token := catalog.Token{Hash: "t1", User: u, Name: "import", CreatedAt: now}
	s.write(func(tx *catalog.Tx) error {
		for _, h := range []string{"s1", "s2"} {
			x := session
			x.Hash = h
			if err := tx.PutSession(x); err != nil {
				return err
			}
		}
		if err := tx.PutToken(token); err != nil {
			return err
		}
		return tx.TouchSession("s2", now.Add(time.Minute), now.Add(2*time.Hour))
	})
	if got := get(s, func(tx *catalog.Tx) (catalog.Session, error) { return tx.Session("s1") }); got != session {
		s.Errorf("session: %+v", got)
	}
	s.write(func(tx *catalog.Tx) error { _, err := tx.PurgeExpired(now.Add(90 * time.Minute)); return err })
	s.is(fails(s, func(tx *catalog.Tx) (catalog.Session, error) { return tx.Session("s1") }), record.NotFound)
	if got := get(s, func(tx *catalog.Tx) (catalog.Session, error) { return tx.Session("s2") }); !got.SeenAt.Equal(now.Add(time.Minute)) {
		s.Errorf("touched: %+v", got)
	}
	if got := get(s, func(tx *catalog.Tx) (catalog.Token, error) { return tx.TokenByHash("t1") }); got != token {
		s.Errorf("a token without an end has expired: %+v", got)
	}
	s.write(func(tx *catalog.Tx) error {
		if err := tx.DeleteSessionsOf(u); err != nil {
			return err
		}
		return tx.DeleteToken("t1")
	})
	s.is(fails(s, func(tx *catalog.Tx) (catalog.Session, error) { return tx.Session("s2") }), record.NotFound)
	s.is(fails(s, func(tx *catalog.Tx) (catalog.Token, error) { return tx.TokenByHash("t1") }), record.NotFound)
	s.is(s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.TouchSession("s2", now, now) }), record.NotFound)

	s.write(func(tx *catalog.Tx) error {
		for _, ago := range []time.Duration{time.Hour, time.Minute, 0} {
			if err := tx.PutSignInFailure("x", now.Add(-ago)); err != nil {
				return err
			}
		}
		return tx.PutSignInFailure("y", now)
	})
	failures := func() int {
		return get(s, func(tx *catalog.Tx) (int, error) { return tx.SignInFailures("x", now.Add(-time.Minute)) })
	}
	if n := failures(); n != 2 {
		s.Errorf("%d failures, want 2", n)
	}
	s.write(func(tx *catalog.Tx) error { return tx.ClearSignInFailures("x") })
	if n := failures(); n != 0 {
		s.Errorf("%d failures after a success", n)
	}
}
