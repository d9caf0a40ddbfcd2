package routing_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/routing"
)

// The size that one appliance has to carry.
const (
	benchFiles   = 100_000
	benchMembers = 25 // tenths a file
)

// many is a catalog of that size, with how its rows were made.
type many struct {
	catalog *catalog.Catalog
	files   int
}

func (m many) number(i int) string { return fmt.Sprintf("03104//%07d", 20_000+i*3) }

func (m many) member(i int) (first, last, born, customer, address string) {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	pick := func(from []string) string { return from[int(float64(len(from))*r.Float64()*r.Float64())] } // some names are common
	year := 1950 + r.IntN(75)
	return pick(benchFirst), pick(benchLast) + pick(benchTail), fmt.Sprintf("%d-%02d-%02d", year, 1+r.IntN(12), 1+r.IntN(28)),
		fmt.Sprintf("031D%06d", 100_000+i*3), fmt.Sprintf("%s %d, 170%02d Neustadt", pick(benchStreets), 1+r.IntN(140), 33+r.IntN(2))
}

var (
	benchFirst = strings.Fields(`Anna Peter Maria Hans Sabine Thomas Petra Michael Julia Stefan Katharina Andreas Monika Christian Claudia Daniel Susanne Markus Nicole Martin
		Fatima Mehmet Ayse Ahmed Oksana Mykola Lena Paul Emma Ben Mia Leon Hannah Finn Sofia Elias Emilia Jonas Lina Noah Marie Luis Clara Felix Ida Max Ella Oskar Lea Moritz`)
	benchLast = strings.Fields(`Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun
		Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Vogel Apfel Birken Dorn Eschen Feld Grün Heide`)
	benchTail    = strings.Fields(`mann er bach berg feld hof stein burg wald see ow itz ski moor kamp rain horst brink loh beck`)
	benchStreets = strings.Fields(`Lindenstraße Bahnhofstraße Südring Gänsemarkt Kirschallee Goethestraße Dorfstraße Hauptstraße Birkenweg Ahornweg Bergstraße`)
)

func init() { benchTail = append([]string{""}, benchTail...) }

// words that come from names and numbers, by the catalog's own rules.
func filling(i, members int, m many, insert func(table, values string)) {
	file := fmt.Sprintf("%032x", i+1)
	insert("file", fmt.Sprintf("('%s', %d, 'leistung', '03104', 'L1', '', 'leistung', 1, 1, 0, '')", file, i+1))
	norm := catalog.NormalizeNumber(m.number(i))
	insert("file_number", fmt.Sprintf("('%s', 0, '%s', '%s', '', '')", file, m.number(i), norm))
	keys := map[[2]string]bool{{"z", norm}: true, {"t", strings.TrimLeft(norm[5:], "0")}: true}
	for j := range members {
		n := i*benchMembers/10 + j
		first, last, born, customer, address := m.member(n)
		person := fmt.Sprintf("%032x", 1<<40+n)
		insert("person", fmt.Sprintf("('%s', '%s', '%s', '%s')", person, born, customer, address))
		insert("person_name", fmt.Sprintf("('%s', 0, '%s', '%s', '', '')", person, last, first))
		insert("file_member", fmt.Sprintf("('%s', %d, '%s', 'applicant', '2020-01-01', '')", file, j, person))
		keys[[2]string{"d", born}], keys[[2]string{"z", customer}] = true, true
		for _, w := range append(catalog.NameWords(first), catalog.NameWords(last)...) {
			keys[[2]string{"n", w}] = true
		}
	}
	for k := range keys {
		insert("file_key", fmt.Sprintf("('%s', '%s', '%s')", k[0], k[1], file))
	}
}

// fill writes the rows straight into the tables of an empty catalog.
func (m many) fill(b *testing.B, db *sql.DB) {
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	rows := map[string][]string{}
	flush := func(table string) {
		if len(rows[table]) == 0 {
			return
		}
		if _, err := tx.Exec("INSERT INTO " + table + " VALUES " + strings.Join(rows[table], ", ")); err != nil {
			b.Fatal(table, ": ", err)
		}
		rows[table] = rows[table][:0]
	}
	order := []string{"person", "person_name", "file", "file_number", "file_member", "file_key", "name_word"}
	words := map[string]bool{}
	for i := range m.files {
		members := benchMembers / 10
		if i%2 == 1 {
			members += benchMembers % 10 / 5
		}
		filling(i, members, m, func(table, values string) { rows[table] = append(rows[table], values) })
		if i%500 == 499 || i == m.files-1 {
			for _, t := range order {
				flush(t)
			}
		}
	}
	for _, f := range benchFirst {
		words[catalog.NameWords(f)[0]] = true
	}
	for _, l := range benchLast {
		for _, t := range benchTail {
			words[catalog.NameWords(l + t)[0]] = true
		}
	}
	for w := range words {
		rows["name_word"] = append(rows["name_word"], "('"+w+"', '')")
	}
	flush("name_word")
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// post is a page of text of everyday length that says what it is given to say.
func post(say string) routing.Letter {
	filler := strings.Repeat("Sehr geehrte Damen und Herren, die Kosten der Unterkunft sind seit dem 01.03.2026 gestiegen, siehe Anlage vom 12.05.2026. Der Abschlag beträgt 84,50 EUR, "+
		"zahlbar auf Konto DE12 3456 7890 1234 5678 90 der Sparkasse Musterkreis. Bitte bestätigen Sie den Eingang.\n", 12)
	l := letter(92, "Hausverwaltung Kieselgrund GmbH\nWerftweg 4, 17033 Neustadt\n\n"+say+"\n"+filler)
	l.Pages = append(l.Pages, routing.Page{Number: 2, Text: filler})
	return l
}

func (m many) letters() map[string]func(i int) routing.Letter {
	return map[string]func(i int) routing.Letter{
		"number and name": func(i int) routing.Letter {
			first, last, _, _, _ := m.member(i * benchMembers / 10)
			return post("BG-Nummer " + m.number(i) + "\n" + first + " " + last)
		},
		"number alone": func(i int) routing.Letter { return post("BG-Nummer " + m.number(i)) },
		"misread number and name": func(i int) routing.Letter {
			first, last, _, _, _ := m.member(i * benchMembers / 10)
			n := m.number(i)
			return post("BG-Nummer " + n[:len(n)-1] + string('0'+(n[len(n)-1]-'0'+1)%10) + "\n" + first + " " + last)
		},
		"name and birth date": func(i int) routing.Letter {
			first, last, born, _, _ := m.member(i * benchMembers / 10)
			return post(first + " " + last + ", geb. " + born[8:] + "." + born[5:7] + "." + born[:4])
		},
		"name and address": func(i int) routing.Letter {
			first, last, _, _, address := m.member(i * benchMembers / 10)
			return post(first + " " + last + "\n" + strings.ReplaceAll(address, ", ", "\n"))
		},
		"nothing": func(int) routing.Letter { return post("Werbung") },
	}
}

// BenchmarkRoute decides on letters beside 100,000 files and 250,000 persons,
// which are made once for each database and go with the run. The yardstick is
// one SELECT by a file's number.
func BenchmarkRoute(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "catalog.db")
		benchRoute(b, "sqlite:"+path, "sqlite", "file:"+path)
	})
	b.Run("postgres", func(b *testing.B) {
		dsn := catalogtest.StartPostgres(b).DSN(b)
		benchRoute(b, dsn, "pgx", dsn)
	})
}

func benchRoute(b *testing.B, dsn, driver, source string) {
	ctx := context.Background()
	c, err := catalog.Open(ctx, dsn, record.SystemClock{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	m := many{catalog: c, files: benchFiles}
	if err := c.WithTx(ctx, func(tx *catalog.Tx) error {
		return tx.PutSite(record.Site{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033", "17034"}, Teams: []record.Team{{Code: "L1", Name: "Leistung", FirstLetters: "A-Z"}}})
	}); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}
	m.fill(b, db)
	if _, err := db.Exec("ANALYZE"); err != nil {
		b.Fatal(err)
	}
	db.Close()
	rules, err := routing.ParseRules(routing.DefaultRules())
	if err != nil {
		b.Fatal(err)
	}
	none := func(int) routing.Letter { return routing.Letter{} }
	measure(b, "yardstick", none, func(i int, _ routing.Letter) error {
		return c.Read(ctx, func(tx *catalog.Tx) error {
			_, err := tx.FilesByNumbers([]string{catalog.NormalizeNumber(m.number(i))})
			return err
		})
	})
	letters := m.letters()
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range letters {
			if !yield(k) {
				return
			}
		}
	}) {
		outcomes := map[string]int{}
		measure(b, name, letters[name], func(_ int, l routing.Letter) error {
			return c.Read(ctx, func(tx *catalog.Tx) error {
				r, _, err := routing.Decide(tx, rules, 1, l)
				outcomes[r.Outcome+" "+r.Reason]++
				return err
			})
		})
		if os.Getenv("EAKTE_BENCH_OUTCOMES") != "" {
			b.Log(name, outcomes)
		}
	}
}

// measure runs one thing b.N times and reports the median and the 95th of a hundred.
func measure(b *testing.B, name string, letter func(i int) routing.Letter, run func(i int, l routing.Letter) error) {
	b.Run(name, func(b *testing.B) {
		took := make([]time.Duration, 0, b.N)
		for n := 0; b.Loop(); n++ {
			i := n * 7919 % benchFiles
			l := letter(i)
			began := time.Now()
			if err := run(i, l); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		ms := func(p int) float64 { return float64(took[min(len(took)-1, len(took)*p/100)].Microseconds()) / 1000 }
		b.ReportMetric(ms(50), "p50-ms")
		b.ReportMetric(ms(95), "p95-ms")
		b.ReportMetric(0, "ns/op")
	})
}
