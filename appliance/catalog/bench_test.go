package catalog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// benchFiles is the size of one large jobcenter.
const benchFiles = 100_000

// crowd fills a catalog with that many files at 10 sites of 20 teams.
func crowd(b *testing.B) (*catalog.Catalog, record.UserID) {
	b.Helper()
	c := catalogtest.SQLite(b, record.SystemClock{})
	r := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"mül", "ler", "schmi", "dt", "mei", "er", "ko", "wal", "ski", "hoff", "mann", "berg", "stein", "bau", "fi", "scher", "we", "ber", "gro", "ße"}
	name := func() string {
		s := ""
		for range 2 + r.IntN(3) {
			s += syllables[r.IntN(len(syllables))]
		}
		return s
	}
	ctx := context.Background()
	u := record.UserID(record.NewID())
	for done := 0; done < benchFiles; done += 500 {
		err := c.WithTx(ctx, func(tx *catalog.Tx) error {
			if done == 0 {
				if err := tx.PutUser(catalog.User{ID: u, Name: "u"}); err != nil {
					return err
				}
				if err := tx.PutRoles(u, []record.RoleAt{{Role: "caseworker", Site: "s1", Team: "t1"}}); err != nil {
					return err
				}
			}
			for i := done; i < done+500; i++ {
				p := record.Person{ID: record.PersonID(record.NewID()), Names: []record.DatedName{{Name: name(), FirstName: name()}},
					BirthDate: fmt.Sprintf("19%02d-%02d-%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28)), CustomerNumber: fmt.Sprintf("031D%06d", i)}
				if err := tx.PutPerson(p); err != nil {
					return err
				}
				if _, err := tx.InsertFile(record.File{ID: record.FileID(record.NewID()), Site: fmt.Sprint("s", r.IntN(10)), Team: fmt.Sprint("t", r.IntN(20)),
					Sensitivity: 1, Numbers: []record.DatedNumber{{Number: fmt.Sprintf("03104//%07d", i)}},
					Members: []record.Member{{Person: p.ID}}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return c, u
}

func BenchmarkFiles(b *testing.B) {
	c, u := crowd(b)
	read := func(name string, fn func(tx *catalog.Tx) error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := c.Read(context.Background(), fn); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	house := []catalog.Clause{{Sites: []string{"*"}, MaxSensitivity: 3}}
	team := []catalog.Clause{{Teams: []catalog.SiteTeam{{Site: "s1", Team: "t1"}}, MaxSensitivity: 1},
		{Sites: []string{"s1"}, Need: record.RelOwn, MaxSensitivity: 3}, {Sites: []string{"s1"}, Need: record.RelSubst, MaxSensitivity: 3}}
	for name, clauses := range map[string][]catalog.Clause{"house": house, "team": team} {
		read("visible/"+name, func(tx *catalog.Tx) error {
			_, err := tx.VisibleFiles(u, clauses)
			return err
		})
		for _, text := range []string{"Müller", "Kowalsky", "03104//0012346", "müller 1985-04-03", "mei"} {
			read("find/"+name+"/"+text, func(tx *catalog.Tx) error {
				_, err := tx.FindFiles(u, clauses, catalog.FindQuery{Text: text})
				return err
			})
		}
	}
	var ids []record.FileID
	if err := c.Read(context.Background(), func(tx *catalog.Tx) error {
		fs, err := tx.FilesAfter(5000, 50)
		for _, f := range fs {
			ids = append(ids, f.ID)
		}
		return err
	}); err != nil {
		b.Fatal(err)
	}
	read("facts of 50", func(tx *catalog.Tx) error {
		_, err := tx.Facts(u, ids)
		return err
	})
}

func BenchmarkAppendAudit(b *testing.B) {
	c := catalogtest.SQLite(b, record.SystemClock{})
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			leaf, err := audit.Seal(audit.Entry{At: record.SystemClock{}.Now(), Action: audit.DocumentView, Outcome: audit.Allowed, Actor: "u", Via: "web",
				Request: record.NewID(), Objects: []audit.Object{{Kind: audit.KindFile, ID: record.NewID()}, {Kind: audit.KindDocument, ID: record.NewID()}}})
			if err != nil {
				b.Fatal(err)
			}
			if err := c.AppendAudit(context.Background(), leaf); err != nil {
				b.Fatal(err)
			}
		}
	})
}
