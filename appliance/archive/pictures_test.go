package archive

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/appliance/vault"
	"eakte/ingest"
	"eakte/ingest/rendition"
	"eakte/ingest/worker"
)

// TestMain lets the test binary be the worker that reads and draws.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker.Main(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// drawing is a pool that counts how often it is asked, and can fail.
type drawing struct {
	*worker.Pool
	asked atomic.Int32
	fail  atomic.Pointer[error]
}

func (d *drawing) Draw(ctx context.Context, body io.Reader, size int64, want []record.Picture, each func([]byte) error) error {
	d.asked.Add(1)
	if err := d.fail.Load(); err != nil {
		return *err
	}
	return d.Pool.Draw(ctx, body, size, want, each)
}

// bornDigital takes in a letter that was never on paper, and has it read.
func (d *desk) bornDigital(by string, file record.FileID) (record.DocumentID, *drawing) {
	d.t.Helper()
	pool := worker.NewPool(worker.Config{})
	d.t.Cleanup(pool.Close)
	drawer := &drawing{Pool: pool}
	d.Archive = New(Deps{Catalog: d.Catalog, Vault: d.Vault, Engine: d.Engine, Drawer: drawer, Policy: d.Policy, Outbox: d.Outbox, Clock: d.Clock,
		Log: d.Log, IndexKind: d.IndexKind, ReadKind: d.ReadKind})
	office := sample.Jobcenter(7, 1)
	l := office.Letter(office.Files[0], sample.Notice, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 1)
	l.Form = sample.Digital()
	r, err := l.Render()
	if err != nil {
		d.t.Fatal(err)
	}
	ctx := context.Background()
	taken, err := d.in.Accept(ctx, d.as(by), ingest.Submission{File: string(file), Title: "Bescheid", Channel: "api", Body: bytes.NewReader(r.Body), Size: int64(len(r.Body))})
	if err != nil {
		d.t.Fatal(err)
	}
	jobs, err := d.Catalog.Lease(ctx, "test", []string{ingest.KindRead}, 1, time.Minute)
	if err != nil || len(jobs) != 1 {
		d.t.Fatal(jobs, err)
	}
	reader := &ingest.Reader{Deps: d.in.Deps, Pool: pool}
	reader.Index.Kind = d.IndexKind
	if err := reader.Read(ctx, jobs[0]); err != nil {
		d.t.Fatal(err)
	}
	return taken.Document, drawer
}

// A born-digital page has no picture until somebody looks at it; then it has
// each of the three, in the size that its words lie on, drawn once for all.
func TestPicturesAreDrawnOnDemand(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc, drawer := d.bornDigital("sommer", file.ID)
	ctx := context.Background()
	words, err := d.PageWords(ctx, d.as("sommer"), doc, 1)
	if err != nil || len(words.Words) < 30 {
		t.Fatalf("%d words: %v", len(words.Words), err)
	}
	if n := drawer.asked.Load(); n != 0 {
		t.Fatalf("drawn %d times before anybody looked", n)
	}
	sizes := map[int]int{0: words.Height * 130 / 200, 200: 240, 5000: words.Height}
	for width, height := range sizes {
		m, err := d.PageImage(ctx, d.as("sommer"), doc, 1, width)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := jpeg.Decode(bytes.NewReader(m.Bytes))
		if err != nil || m.Height-height > 1 || height-m.Height > 1 || decoded.Bounds().Dy() != m.Height {
			t.Errorf("width %d gives %d × %d, not %d high: %v", width, m.Width, m.Height, height, err)
		}
		if width == 5000 && (m.Width != words.Width || m.Height != words.Height) {
			t.Errorf("the words lie on %d × %d, the picture has %d × %d", words.Width, words.Height, m.Width, m.Height)
		}
	}
	if n := drawer.asked.Load(); n != 3 {
		t.Errorf("three pictures took %d drawings", n)
	}
	for width := range sizes {
		if _, err := d.PageImage(ctx, d.as("herbst"), doc, 1, width); err != nil {
			t.Error(err)
		}
	}
	if _, err := d.PageImage(ctx, d.as("herbst"), doc, 2, 200); err != nil { // drawn beside the first
		t.Error(err)
	}
	if n := drawer.asked.Load(); n != 3 {
		t.Errorf("looking again drew again: %d", n)
	}
	d.noted(audit.DocumentPage, 7, doc)
}

// Whoever asks for the same picture meanwhile waits for the one drawing, and
// each has an entry of their own.
func TestOnePictureIsDrawnOnce(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc, drawer := d.bornDigital("sommer", file.ID)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.PageImage(gone, d.as("sommer"), doc, 1, 0); err == nil {
		t.Error("one who is gone has got something")
	}
	const askers = 8
	var wg sync.WaitGroup
	for range askers {
		wg.Go(func() {
			if _, err := d.PageImage(context.Background(), d.as("sommer"), doc, 2, 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := drawer.asked.Load(); n != 1 {
		t.Errorf("%d drawings for %d askers", n, askers)
	}
	d.noted(audit.DocumentPage, askers, doc)
}

// Who may not see the document has nothing drawn; when drawing fails, only the
// picture is missing, and nobody is said to have seen it; and what was kept is
// not given once the document is destroyed.
func TestPicturesAreRefused(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc, drawer := d.bornDigital("sommer", file.ID)
	ctx := context.Background()
	if _, err := d.PageImage(ctx, d.as("winter"), doc, 1, 0); !errors.Is(err, record.NotFound) && !errors.Is(err, record.Denied) {
		t.Errorf("another site: %v", err)
	}
	if n := drawer.asked.Load(); n != 0 {
		t.Errorf("drawn for one who may not see it")
	}
	broken := error(&worker.Fault{Reason: "crashed", Cause: errors.New("worker ended")})
	drawer.fail.Store(&broken)
	if _, err := d.PageImage(ctx, d.as("sommer"), doc, 1, 0); !errors.Is(err, record.Unavailable) {
		t.Errorf("a worker's death: %v", err)
	}
	if _, err := d.PDF(ctx, d.as("sommer"), doc, pdfTexts()); !errors.Is(err, record.Unavailable) {
		t.Errorf("a worker's death while a PDF is made: %v", err)
	}
	if text, err := d.PageText(ctx, d.as("sommer"), doc, 1, ""); err != nil || text.Text == "" {
		t.Errorf("the text: %v", err)
	}
	d.noted(audit.DocumentPage, 0, doc)
	drawer.fail.Store(nil)
	if _, err := d.PageImage(ctx, d.as("sommer"), doc, 1, 0); err != nil {
		t.Error(err)
	}
	d.tx(func(tx *catalog.Tx) error {
		row, err := tx.DocumentByID(doc)
		if err != nil {
			return err
		}
		row.State = record.StateDisposed
		return tx.UpdateDocument(row)
	})
	if m, err := d.PageImage(ctx, d.as("sommer"), doc, 1, 0); err == nil {
		t.Errorf("a destroyed document's page: %d bytes", len(m.Bytes))
	}
}

// A PDF of pages that have no pictures yet is like any other, and draws each
// page once however often it is read.
func TestPDFOfPagesOnDemand(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc, drawer := d.bornDigital("sommer", file.ID)
	scan := d.post("sommer", file.ID, "Eingescannt")
	text, err := d.PageText(context.Background(), d.as("sommer"), doc, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	word := text.Words.Words[len(text.Words.Words)/2].Text
	p, err := d.FilePDF(context.Background(), d.as("sommer"), file.ID, []record.DocumentID{scan, doc}, pdfTexts())
	if err != nil {
		t.Fatal(err)
	}
	if got := readPDF(t, p); !strings.Contains(got, word) || !strings.Contains(got, "Eingescannt") {
		t.Errorf("%q is missing in %q", word, got)
	}
	if n := drawer.asked.Load(); n != 1 {
		t.Errorf("drawn %d times", n)
	}
}

// The next range is answered from the same layout, by whomever it is asked for,
// and has an entry of its own; what is called otherwise is laid out anew, and
// so is what can't be read any more.
func TestRangesShareALayout(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	doc, drawer := d.bornDigital("sommer", file.ID)
	ctx := context.Background()
	ask := func(by string, drawings int32) PDF {
		t.Helper()
		p, err := d.PDF(ctx, d.as(by), doc, pdfTexts())
		if err != nil {
			t.Fatal(err)
		}
		if n := drawer.asked.Load(); n != drawings {
			t.Errorf("%d drawings, not %d", n, drawings)
		}
		return p
	}
	first, again := ask("sommer", 1), ask("herbst", 1)
	if first.SHA256 != again.SHA256 {
		t.Error("the same layout gives other bytes")
	}
	d.noted(audit.DocumentPDF, 2, doc)
	d.tx(func(tx *catalog.Tx) error {
		row, err := tx.DocumentByID(doc)
		if err != nil {
			return err
		}
		row.Title = "Anders"
		return tx.UpdateDocument(row)
	})
	renamed := ask("sommer", 2)
	if renamed.SHA256 == first.SHA256 {
		t.Error("another title gives the same bytes")
	}
	for range mostRenditions + 2 {
		d.renditions.keep(likeness(rendition.Info{Title: record.NewID()}, nil), &rendition.Rendition{})
	}
	if n := len(d.renditions.kept); n != mostRenditions {
		t.Errorf("%d layouts are kept", n)
	}
}

// fleeting gives its page once only.
type fleeting struct{ page rendition.Page }

func (o *fleeting) Page(int) (p rendition.Page, err error) {
	if o.page.JPEG == nil {
		return p, errors.New("the page has gone")
	}
	p, o.page = o.page, p
	return p, nil
}

// A layout whose pages can't be read any more is not given to the next asker.
func TestBrokenLayoutIsForgotten(t *testing.T) {
	var kept renditions
	source := &fleeting{rendition.Page{Width: 10, Height: 14, DPI: 10, JPEG: tinyJPEG(t)}}
	r, err := kept.lay(context.Background(), rendition.Info{Title: "Probe"}, []rendition.Part{{Pages: 1, Open: func() (rendition.Source, error) { return source, nil }}})
	if err != nil || len(kept.kept) != 1 {
		t.Fatal(len(kept.kept), err)
	}
	if _, err := io.Copy(io.Discard, io.NewSectionReader(reading{r, &kept}, 0, r.Size)); err == nil || len(kept.kept) != 0 {
		t.Errorf("%v, %d layouts are kept", err, len(kept.kept))
	}
}

// What is kept is bounded, and what was asked for last stays.
func TestKeptPicturesAreBounded(t *testing.T) {
	p := newPictures(nil, nil)
	big := make([]byte, pictureBytes/5)
	key := func(n int) pictureKey { return pictureKey{"o", record.Picture{Page: n, Width: 1, Height: 1}} }
	for n := range 5 {
		p.put(key(n), big)
	}
	if _, ok := p.get(key(0)); !ok {
		t.Fatal("not kept")
	}
	p.put(key(5), big)
	if _, ok := p.get(key(1)); ok {
		t.Error("the one asked for longest ago is still kept")
	}
	if _, ok := p.get(key(0)); !ok || p.bytes > pictureBytes {
		t.Errorf("%d bytes are kept", p.bytes)
	}
	p.put(key(6), make([]byte, pictureBytes))
	if _, ok := p.get(key(6)); ok {
		t.Error("one picture may take all the room")
	}
	if _, err := p.image(context.Background(), "o", onDemandPack(t), 1, vault.ImagePage); !errors.Is(err, record.Unavailable) {
		t.Errorf("without anybody who draws: %v", err)
	}
}

func onDemandPack(t *testing.T) *vault.Pack {
	t.Helper()
	var b bytes.Buffer
	w := vault.WritePack(&b)
	page := vault.PackPage{Number: 1, Width: 1654, Height: 2339, ImageWidth: 1075, ImageHeight: 1520, DPI: 200, Source: "digital", OnDemand: true}
	if err := errors.Join(w.AddPage(page, "", "", record.PageWords{}, nil, nil, nil), w.Close()); err != nil {
		t.Fatal(err)
	}
	p, err := vault.ReadPack(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Image(1, vault.ImageThumb); !errors.Is(err, record.NotFound) {
		t.Errorf("an image on demand: %v", err)
	}
	return p
}
