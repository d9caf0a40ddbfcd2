package sample

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// What becomes of a hostile document: it is rendered, or quarantined for one
// of the reasons that the appliance names.
const (
	OutcomeRendered = "rendered"
	OutcomeEmpty    = "empty"
	OutcomeUnknown  = "unknown_format"
	OutcomeDamaged  = "damaged"
	OutcomeLocked   = "encrypted"
	OutcomePixels   = "too_many_pixels"
)

// HostileDocument is something that should harm nobody. Names are data.
type HostileDocument struct {
	Label   string // for test names
	Name    string // as handed in, may hold anything
	Outcome string
	make    func() ([]byte, error)
}

// Bytes makes the document.
func (h HostileDocument) Bytes() ([]byte, error) { return h.make() }

// Hostile gives documents that are broken, locked, far too large, or badly
// named, each with what should become of it.
func Hostile() []HostileDocument {
	c := Showcase()
	clean := func(f Form) func() ([]byte, error) {
		return func() ([]byte, error) {
			l := c.Heating
			l.Form = f
			r, err := l.Render()
			return r.Body, err
		}
	}
	single := func(f Form) func() ([]byte, error) {
		return func() ([]byte, error) { return f.writeSingle(c) }
	}
	jpg := single(Form{Container: JPEG, DPI: 150, Quality: 70})
	out := []HostileDocument{
		{"empty", "leer.pdf", OutcomeEmpty, func() ([]byte, error) { return nil, nil }},
		{"garbage", "kaputt.bin", OutcomeUnknown, garbage},
		{"garbage named pdf", "rechnung.pdf", OutcomeUnknown, garbage},
		{"program", "bewerbung.exe", OutcomeUnknown, func() ([]byte, error) { return append([]byte("MZ\x90\x00"), make([]byte, 4096)...), nil }},
		{"page of markup", "seite.pdf", OutcomeRendered, func() ([]byte, error) {
			return []byte("<!doctype html><script>alert(1)</script><p>Sehr geehrte Damen und Herren"), nil
		}},
		{"truncated pdf", "abgebrochen.pdf", OutcomeDamaged, truncated(clean(Digital()), 0.5)},
		{"truncated scan", "abgebrochen-scan.pdf", OutcomeDamaged, truncated(clean(CleanScan()), 0.2)},
		{"head of a pdf", "kopf.pdf", OutcomeDamaged, func() ([]byte, error) { return []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), nil }},
		{"truncated jpeg", "foto.jpg", OutcomeDamaged, truncated(jpg, 0.4)},
		{"truncated tiff", "fax.tif", OutcomeDamaged, truncated(clean(FaxScan(200)), 0.3)},
		{"tiff that lacks its second page", "fax-halb.tif", OutcomeDamaged, truncated(clean(FaxScan(200)), 0.8)},
		{"truncated png", "bild.png", OutcomeDamaged, truncated(single(Form{Container: PNG, DPI: 150}), 0.5)},
		{"password", "geheim.pdf", OutcomeLocked, func() ([]byte, error) { return lockedPDF(c, "Heizung2026", "Vermieter") }},
		{"owner password only", "nur-drucken.pdf", OutcomeRendered, func() ([]byte, error) { return lockedPDF(c, "", "Vermieter") }},
		{"giant png", "riesig.png", OutcomePixels, func() ([]byte, error) { return giantPNG(30000), nil }},
		{"jpeg that claims to be giant", "behauptung.jpg", OutcomePixels, func() ([]byte, error) { return claimingJPEG(jpg) }},
		{"pdf with a giant image", "riesenbild.pdf", OutcomePixels, giantImagePDF},
		{"giant page", "plakat.pdf", OutcomeRendered, func() ([]byte, error) { return oddPDF(c, 14400, "") }},
		{"pdf with a script", "skript.pdf", OutcomeRendered, func() ([]byte, error) {
			return oddPDF(c, 0, `/OpenAction<</S/JavaScript/JS(app.alert\("x"\);)>>`)
		}},
		{"jpeg named pdf", "doch-kein.pdf", OutcomeRendered, jpg},
	}
	for i, name := range hostileNames() {
		out = append(out, HostileDocument{fmt.Sprintf("name %d", i+1), name, OutcomeRendered, clean(Digital())})
	}
	return out
}

// hostileNames would be paths, headers, markup or nothing, if names were not data.
func hostileNames() []string {
	return []string{
		"../../x", "../../../../etc/passwd", `..\..\windows\system32\x.pdf`, "/etc/cron.d/x.pdf",
		"Brief\r\nX-Injected: ja.pdf", "zwei\nZeilen.pdf", "<img src=x onerror=alert(1)>.pdf", `"; filename="x.html`,
		"\u202Efdp.exe", strings.Repeat("Bescheid-", 60) + ".pdf", "nul\x00byte.pdf", "CON", "-rf", " ", ".", "Ä\u0308\u0308\u0308.pdf", "kein utf8 \xff\xfe.pdf",
	}
}

func garbage() ([]byte, error) {
	d := newDice(0, "garbage")
	b := make([]byte, 20000)
	for i := range b {
		b[i] = byte(d.IntN(256))
	}
	b[0] = 0x17 // never a known beginning
	return b, nil
}

// truncated keeps the first part of what is made.
func truncated(whole func() ([]byte, error), part float64) func() ([]byte, error) {
	return func() ([]byte, error) {
		b, err := whole()
		return b[:int(float64(len(b))*part)], err
	}
}

// writeSingle draws the first page of the showcase's heating bill only.
func (f Form) writeSingle(c Case) ([]byte, error) {
	lay, err := c.Heating.layout()
	if err != nil {
		return nil, err
	}
	lay.pages = lay.pages[:1]
	b, _, err := f.write(lay, c.Heating.streams(), c.Heating.Dated)
	return b, err
}

// lockedPDF is a born-digital letter, encrypted.
func lockedPDF(c Case, user, owner string) ([]byte, error) {
	lay, err := c.Heating.layout()
	if err != nil {
		return nil, err
	}
	p := &pdfFile{}
	if p.crypt, err = newCrypt(p, user, owner); err != nil {
		return nil, err
	}
	root, err := p.textPages(lay, pageWidth, pageHeight)
	if err == nil {
		err = p.err
	}
	if err != nil {
		return nil, err
	}
	return p.bytes(root, "", ""), nil
}

// oddPDF is a born-digital letter on pages of side points (0: A4), with
// something extra in its catalog.
func oddPDF(c Case, side float64, extra string) ([]byte, error) {
	lay, err := c.Heating.layout()
	if err != nil {
		return nil, err
	}
	w, h := pageWidth, pageHeight
	if side > 0 {
		w, h = side, side
		lay.pages = lay.pages[:1]
	}
	p := &pdfFile{extra: extra}
	root, err := p.textPages(lay, w, h)
	if err != nil {
		return nil, err
	}
	return p.bytes(root, "Schreibdienst 3.2", c.Heating.Dated), nil
}

// zeros compresses n zero bytes, whatever n, without holding them.
func zeros(n int) []byte {
	var buf bytes.Buffer
	z := zlib.NewWriter(&buf)
	block := make([]byte, 1<<20)
	for ; n > 0; n -= len(block) {
		z.Write(block[:min(n, len(block))]) // to memory: never fails
	}
	z.Close()
	return buf.Bytes()
}

// giantPNG is a black bilevel picture of side times side pixels: a small file
// that a careless reader turns into a gigabyte.
func giantPNG(side int) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(side))
	head = append(binary.BigEndian.AppendUint32(head, uint32(side)), 1, 0, 0, 0, 0)
	out := []byte("\x89PNG\r\n\x1a\n")
	out = append(out, pngChunk("IHDR", head)...)
	out = append(out, pngChunk("IDAT", zeros(side*(1+(side+7)/8)))...)
	return append(out, pngChunk("IEND", nil)...)
}

// claimingJPEG is a small picture whose header claims 65,000 pixels a side.
func claimingJPEG(jpg func() ([]byte, error)) ([]byte, error) {
	b, err := jpg()
	if err != nil {
		return nil, err
	}
	at := bytes.Index(b, []byte{0xFF, 0xC0}) // start of frame: length, precision, height, width
	if at < 0 {
		return nil, fmt.Errorf("sample: JPEG without a frame")
	}
	binary.BigEndian.PutUint16(b[at+5:], 65000)
	binary.BigEndian.PutUint16(b[at+7:], 65000)
	return b, nil
}

// giantImagePDF is a page of A4 with an image of 30,000 pixels a side.
func giantImagePDF() ([]byte, error) {
	const side = 30000
	page := scanned{width: side, height: side, dpi: 3000, bilevel: true, compression: Deflate, data: zeros(side * ((side + 7) / 8))}
	return writeImagePDF([]scanned{page}, time.Time{}.Format(isoDate))
}
