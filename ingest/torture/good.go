package torture

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
)

// good gives one small file of each format that is read without complaint.
func (m *maker) good() map[string][]byte {
	var born, scan pdf
	born.text("", "Bescheid vom 3. Mai", "Sehr geehrte Damen und Herren, der Antrag wird bewilligt.")
	scan.image("/Width 640/Height 200/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", jpegOf(page()))
	return map[string][]byte{
		"PDF, born digital": born.bytes(), "PDF, scan": scan.bytes(), "PDF, object streams": objectStreams(),
		"PNG": pngOf(page()), "JPEG": jpegOf(page()), "TIFF": goodTIFF(), "mail": goodMail(),
		"ZIP":     zipped(entry{name: "a.txt", body: []byte("eins")}, entry{name: "b.png", body: pngOf(page())}),
		"Outlook": compound(), "Word": docx(""),
		"RTF": []byte(`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Sehr geehrte Damen und Herren, der Antrag wird bewilligt.\par Gr\'fc\'dfe\par}`),
	}
}

// letters are a few letters of five by seven, a bit a pixel.
var letters = map[rune][7]byte{
	'H': {0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}, 'E': {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f},
	'I': {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}, 'L': {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f},
	'T': {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}, 'F': {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10},
}

// page is a strip of paper with a line on it.
func page() *image.Gray { return written(640, 200, "HEFT FEHLT") }

func written(w, h int, text string) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 0xff
	}
	const zoom = 5
	for i, r := range text {
		for y, row := range letters[r] {
			for x := range 5 {
				if row>>(4-x)&1 == 0 {
					continue
				}
				for d := range zoom * zoom {
					g.SetGray(40+(i*7+x)*zoom+d%zoom, 60+y*zoom+d/zoom, color.Gray{})
				}
			}
		}
	}
	return g
}

// To memory, encoders of valid pictures don't fail.

func jpegOf(m image.Image) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, &jpeg.Options{Quality: 80})
	return b.Bytes()
}

func pngOf(m image.Image) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// zeros compresses n zero bytes without holding them.
func zeros(n int) []byte { return repeated(0, n) }

func repeated(v byte, n int) []byte {
	packed, _ := bombs.LoadOrStore([2]int{int(v), n}, sync.OnceValue(func() []byte { return pack(v, n) }))
	return packed.(func() []byte)()
}

// bombs are kept: packing a gigabyte takes seconds.
var bombs sync.Map

func pack(v byte, n int) []byte {
	var out bytes.Buffer
	w, _ := zlib.NewWriterLevel(&out, zlib.BestSpeed)
	block := bytes.Repeat([]byte{v}, 1<<20)
	for ; n > 0; n -= len(block) {
		_, _ = w.Write(block[:min(n, len(block))])
	}
	_ = w.Close()
	return out.Bytes()
}

func deep(open, inner, end string, n int) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}
