package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/ingest"
	"eakte/search"
)

// The benchmarks stand beside a yardstick that runs in turns with them, so that
// the machine's other load falls on both alike. They report milliseconds of
// one call, of the yardstick's, and the ratio.
//
//	go test -run '^$' -bench . -benchtime 100x ./appliance/archive

// benchDesk is a desk on SQLite, Bleve and the embedded store over loopback.
func benchDesk(b *testing.B) *desk {
	b.Helper()
	ctx := context.Background()
	server, err := embedded.Start(ctx, embedded.Config{Dir: b.TempDir(), Prefix: "eakte"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.Close(); err != nil {
			b.Error(err)
		}
	})
	conn := func(c embedded.Credentials) s3.Config {
		return s3.Config{Endpoint: server.Endpoint(), AccessKey: c.AccessKey, SecretKey: c.SecretKey, Prefix: "eakte"}
	}
	if err := s3.Create(ctx, conn(server.RootCredentials())); err != nil {
		b.Fatal(err)
	}
	buckets, err := s3.Open(conn(server.Credentials()))
	if err != nil {
		b.Fatal(err)
	}
	return newDeskOn(b, catalogtest.SQLite, buckets)
}

// beside reports how long ours and the yardstick's calls took.
func beside(b *testing.B, ours, yardstick time.Duration, calls int) {
	b.Helper()
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(calls) }
	b.ReportMetric(ms(ours), "ms")
	b.ReportMetric(ms(yardstick), "bare-ms")
	b.ReportMetric(ours.Seconds()/yardstick.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// timed runs f and gives how long it took.
func timed(b *testing.B, f func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkIntake is Accept of 200 KB (receive, encrypt, key, original and
// manifest put and verified, one transaction) beside one bare PUT with a lock
// of as many bytes into the same store.
func BenchmarkIntake(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			d := benchDesk(b)
			file := d.makeFile("sommer", "03104//0000001", "Probe", 0)
			var ours, bare time.Duration
			calls := 0
			for b.Loop() {
				ours += timed(b, func() error { return sideBySide(writers, func() error { return d.accept(file.ID) }) })
				bare += timed(b, func() error { return sideBySide(writers, func() error { return d.barePut() }) })
				calls += writers
			}
			beside(b, ours, bare, calls)
		})
	}
}

func sideBySide(n int, f func() error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// scanned are the bytes of a scan of one page, made once.
var scanned = sync.OnceValue(func() []byte {
	body := make([]byte, 200_000)
	for i := range body {
		body[i] = byte(rand.Uint32())
	}
	return body
})

// letterBytes are another scan each time.
func letterBytes() []byte {
	body := bytes.Clone(scanned())
	copy(body, record.NewID())
	return body
}

func (d *desk) accept(file record.FileID) error {
	body := letterBytes()
	_, err := d.in.Accept(context.Background(), d.as("sommer"), ingest.Submission{File: string(file), Channel: "api", Body: bytes.NewReader(body), Size: int64(len(body))})
	return err
}

func (d *desk) barePut() error {
	body := letterBytes()
	id := record.NewID()
	return d.Vault.Buckets().Records.Put(context.Background(), vault.PutRequest{Name: "b/" + id[:2] + "/" + id, Size: int64(len(body)),
		Digest: record.Sum(body), Body: bytes.NewReader(body), LockUntil: time.Now().Add(24 * time.Hour).Truncate(time.Second)})
}

// remembering keeps the last question, to ask the bare engine the same.
type remembering struct {
	search.Engine
	last search.Query
}

func (r *remembering) Search(ctx context.Context, q search.Query) (search.Result, error) {
	r.last = q
	return r.Engine.Search(ctx, q)
}

// BenchmarkSearch is a search of a caseworker over 10,000 pages (rights, the
// engine, every hit decided again, words read and marked, the audit entry)
// beside the engine alone with the same question and the same filter.
func BenchmarkSearch(b *testing.B) {
	d := benchDesk(b)
	d.fill(b, 10_000, 4, 250)
	quiet(b)
	engine := &remembering{Engine: d.Engine}
	d.Engine = engine
	var ours, bare time.Duration
	calls := 0
	for b.Loop() {
		q := fmt.Sprintf("%s %s", benchWord(calls%97), benchWord(calls%31))
		ours += timed(b, func() error {
			_, err := d.Search(context.Background(), d.as("sommer"), SearchRequest{Q: q, Limit: 20})
			return err
		})
		bare += timed(b, func() error { _, err := engine.Engine.Search(context.Background(), engine.last); return err })
		calls++
	}
	beside(b, ours, bare, calls)
}

// BenchmarkRead is a page's picture with facts, decision and audit entry,
// beside the same picture from the vault alone.
func BenchmarkRead(b *testing.B) {
	d := benchDesk(b)
	docs := d.fill(b, 200, 4, 10)
	var ours, bare time.Duration
	calls := 0
	ctx := context.Background()
	for b.Loop() {
		doc := docs[calls%len(docs)]
		ours += timed(b, func() error { _, err := d.PageImage(ctx, d.as("sommer"), doc.id, 1, 0); return err })
		bare += timed(b, func() error {
			p, err := d.Vault.OpenPack(ctx, doc.object)
			if err != nil {
				return err
			}
			_, err = p.Image(1, vault.ImagePage)
			return err
		})
		calls++
	}
	beside(b, ours, bare, calls)
}

type benchDoc struct {
	id     record.DocumentID
	object record.ObjectID
}

// quiet waits until the engine has merged what was indexed.
func quiet(b *testing.B) {
	b.Helper()
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	for range 40 {
		before := spent()
		time.Sleep(time.Second)
		if spent()-before < 50*time.Millisecond {
			return
		}
	}
	b.Log("the machine's process did not come to rest")
}

// benchWord is the n-th of the words that letters are made of.
func benchWord(n int) string {
	heads := strings.Fields("Heizkosten Miet Unterkunfts Bewilligungs Widerspruchs Einkommens Vermögens Leistungs Kinder Wohnungs Betriebskosten Renten")
	tails := strings.Fields("abrechnung bescheid antrag nachweis bescheinigung vertrag erklärung mitteilung auskunft vorschuss zuschuss verfahren")
	return heads[n%len(heads)] + tails[n/len(heads)%len(tails)]
}

// fill makes documents of so many pages of some 300 words each, in files of
// the caseworker.
func (d *desk) fill(b *testing.B, pages, each, files int) []benchDoc {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	made := make([]record.FileID, files)
	for i := range made {
		made[i] = d.makeFile("sommer", fmt.Sprintf("03104//%07d", i+1), fmt.Sprintf("Probe%d", i), 0).ID
	}
	out := make([]benchDoc, pages/each)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range out {
		texts := make([]string, each)
		for j := range texts {
			texts[j] = benchPage(r)
		}
		file := made[r.IntN(files)]
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			out[i].id = d.postUnindexed("sommer", file, texts...)
		})
	}
	wg.Wait()
	for {
		n, err := d.index.CatchUp(context.Background(), 500)
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	for i := range out {
		d.tx(func(tx *catalog.Tx) error {
			doc, err := tx.DocumentByID(out[i].id)
			out[i].object = doc.Object
			return err
		})
	}
	return out
}

func benchPage(r *rand.Rand) string {
	common := strings.Fields("der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden Sehr geehrte Damen Herren wir bitten Sie Unterlagen bis zum einzureichen")
	var b strings.Builder
	for range 300 {
		switch n := r.IntN(100); {
		case n < 20:
			b.WriteString(benchWord(int(144 * r.Float64() * r.Float64())))
		case n < 25:
			fmt.Fprintf(&b, "%d,%02d", r.IntN(3000), r.IntN(100))
		default:
			b.WriteString(common[r.IntN(len(common))])
		}
		b.WriteByte(' ')
	}
	return b.String()
}
