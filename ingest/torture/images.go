package torture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"strings"
)

// chunk is one chunk of a PNG.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

const pngMark = "\x89PNG\r\n\x1a\n"

// rawPNG has a head and compressed rows, and more chunks between them.
func rawPNG(w, h uint32, depth, kind, interlace byte, idat []byte, more ...[]byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(nil, w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), depth, kind, 0, 0, interlace)
	b := append([]byte(pngMark), chunk("IHDR", ihdr)...)
	b = append(b, bytes.Join(more, nil)...)
	b = append(b, chunk("IDAT", idat)...)
	return append(b, chunk("IEND", nil)...)
}

// pngs makes PNG of every kind of pixel, and of none.
func (m *maker) pngs() {
	const family = "PNG"
	palette := chunk("PLTE", []byte{0, 0, 0, 255, 255, 255})
	for _, c := range []struct{ kind, depth, samples int }{{0, 1, 1}, {0, 2, 1}, {0, 4, 1}, {0, 8, 1}, {0, 16, 1}, {2, 8, 3}, {2, 16, 3},
		{3, 1, 1}, {3, 2, 1}, {3, 4, 1}, {3, 8, 1}, {4, 8, 2}, {4, 16, 2}, {6, 8, 4}, {6, 16, 4}, {0, 3, 1}, {5, 8, 1}, {2, 1, 3}, {3, 16, 1}} {
		var more [][]byte
		if c.kind == 3 {
			more = append(more, palette)
		}
		for interlace := range byte(3) {
			m.add(family, fmt.Sprintf("kind %d, %d bits, interlace %d", c.kind, c.depth, interlace),
				rawPNG(64, 64, byte(c.depth), byte(c.kind), interlace, zeros(pngBytes(64, c.depth*c.samples, interlace == 1)), more...))
		}
	}
	rows := zeros(pngBytes(64, 8, false))
	add := func(label string, more ...[]byte) { m.add(family, label, rawPNG(64, 64, 8, 0, 0, rows, more...)) }
	add("gamma of nothing", chunk("gAMA", make([]byte, 4)))
	add("a density of 2³²", chunk("pHYs", []byte{255, 255, 255, 255, 255, 255, 255, 255, 1}))
	add("a density of 1 by 2³¹", chunk("pHYs", []byte{0, 0, 0, 1, 127, 255, 255, 255, 1}))
	add("profile is a bomb", chunk("iCCP", append([]byte("x\x00\x00"), zeros(200*mib)...)))
	add("text is a bomb", chunk("zTXt", append([]byte("Comment\x00\x00"), zeros(200*mib)...)), chunk("iTXt", append([]byte("XML:com.adobe.xmp\x00\x01\x00\x00\x00"), zeros(200*mib)...)))
	add("XMP that laughs", chunk("iTXt", append([]byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), entities("x", m.URL)...)))
	add("100,000 comments", bytes.Repeat(chunk("tEXt", []byte("Comment\x00x")), 100_000))
	add("comment of 10 MB", chunk("tEXt", bytes.Repeat([]byte("A\x00"), 5*mib)))
	add("see-through for another kind", chunk("tRNS", make([]byte, 300)))
	add("turned, by EXIF of noise", chunk("eXIf", m.noise(500)))
	add("moving, 2³² frames", chunk("acTL", []byte{255, 255, 255, 255, 0, 0, 0, 0}), chunk("fcTL", make([]byte, 26)))
	add("unknown and critical", chunk("ABCD", m.noise(10)))
	add("second head", chunk("IHDR", []byte{0, 0, 255, 255, 0, 0, 255, 255, 16, 6, 0, 0, 0}))
	m.add(family, "no palette", rawPNG(64, 64, 8, 3, 0, rows))
	m.add(family, "palette of 1,000", rawPNG(64, 64, 8, 3, 0, rows, chunk("PLTE", make([]byte, 3000))))
	m.add(family, "chunk of 2³¹ bytes", append([]byte(pngMark), "\x7f\xff\xff\xffIHDR"...), "damaged")
	m.add(family, "no end", rawPNG(64, 64, 8, 0, 0, rows)[:60])
	for _, size := range [][2]uint32{{0, 0}, {1, 1}, {1, 65_536}, {65_536, 1}, {60_000_000, 1}, {1, 60_000_000}, {20_000, 20_000}, {20_000, 2900}, {1<<31 - 1, 1}, {1 << 31, 1 << 31}, {3, 3}, {65_535, 65_535}} {
		row := 1 + int(min(size[0], 100_000_000)+7)/8
		m.add("images: size", fmt.Sprintf("PNG %d × %d", size[0], size[1]), rawPNG(size[0], size[1], 1, 0, 0, zeros(min(row*int(size[1]), 64*mib))))
	}
	m.heavy("images: size", "PNG 7,700 × 7,700 of 16 bit RGBA", func() []byte { return rawPNG(7700, 7700, 16, 6, 0, zeros(7700*(1+7700*8))) })
	m.heavy("images: size", "PNG 7,700 × 7,700 of noise", func() []byte { return pngOf(m.noisy(7700, 7700)) })
	m.add("images: size", "PNG of noise", pngOf(m.noisy(800, 800)))
	m.add("images: size", "PNG of a checkerboard", pngOf(checkers(1500, 1500)))
}

// pngBytes is how many bytes a square picture has before it is compressed; bits are those of a pixel.
func pngBytes(side, bits int, interlaced bool) (n int) {
	passes := [][2]int{{side, side}}
	if interlaced { // Adam7, of a side that eight divides
		passes = [][2]int{{side / 8, side / 8}, {side / 8, side / 8}, {side / 4, side / 8}, {side / 4, side / 4}, {side / 2, side / 4}, {side / 2, side / 2}, {side, side / 2}}
	}
	for _, p := range passes {
		n += p[1] * (1 + (p[0]*bits+7)/8)
	}
	return n
}

// noisy is a picture of noise, in blocks of four pixels.
func (m *maker) noisy(w, h int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if y%4 != 0 {
				g.Pix[y*g.Stride+x] = g.Pix[(y-1)*g.Stride+x]
			} else if x%4 != 0 {
				g.Pix[y*g.Stride+x] = g.Pix[y*g.Stride+x-1]
			} else {
				g.Pix[y*g.Stride+x] = byte(m.dice.Uint32()) & 0x80 * 255 / 128
			}
		}
	}
	return g
}

func checkers(w, h int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = byte(255 * ((i%w/2 + i/w/2) % 2))
	}
	return g
}

// segment is one segment of a JPEG.
func segment(marker byte, data []byte) []byte {
	return append(append([]byte{0xff, marker}, binary.BigEndian.AppendUint16(nil, uint16(min(65535, len(data)+2)))...), data[:min(65533, len(data))]...)
}

// jpegs makes JPEG whose heads say what their bodies are not.
func (m *maker) jpegs() {
	const family = "JPEG"
	good := jpegOf(page())
	frame := bytes.Index(good, []byte{0xff, 0xc0})
	edit := func(label string, at int, v ...byte) {
		b := bytes.Clone(good)
		copy(b[frame+at:], v)
		m.add(family, label, b)
	}
	for sof := 0xc0; sof <= 0xcf; sof++ {
		edit(fmt.Sprintf("frame of type %x", sof), 1, byte(sof))
	}
	edit("12 bits", 4, 12)
	edit("0 bits", 4, 0)
	edit("12 bits, extended", 1, 0xc1, 0, 11, 12)
	edit("lossless, 16 bits", 1, 0xc3, 0, 11, 16)
	for _, n := range []byte{0, 2, 4, 255} {
		edit(fmt.Sprintf("%d components", n), 9, n)
	}
	for _, n := range []byte{0x00, 0x41, 0xff, 0x0f} {
		edit(fmt.Sprintf("sampling %x", n), 11, n)
	}
	for _, s := range [][2]uint16{{0, 0}, {0, 640}, {65_535, 65_535}, {65_535, 1}, {1, 65_535}, {7700, 7700}, {900, 65_000}} {
		v := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, s[0]), s[1])
		edit(fmt.Sprintf("%d × %d claimed", s[1], s[0]), 5, v...)
	}
	with := func(label string, segments ...[]byte) {
		m.add(family, label, bytes.Join([][]byte{good[:2], bytes.Join(segments, nil), good[2:]}, nil))
	}
	for transform := range byte(4) {
		with(fmt.Sprintf("Adobe's transform %d", transform), segment(0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform)))
	}
	var icc [][]byte
	for i := range 255 {
		icc = append(icc, segment(0xe2, append([]byte("ICC_PROFILE\x00"), append([]byte{byte(i + 1), 255}, m.noise(65_000)...)...)))
	}
	with("profile of 16 MB", icc...)
	with("20,000 comments", bytes.Repeat(segment(0xfe, []byte("comment")), 20_000))
	exif := func(tiff []byte) []byte { return segment(0xe1, append([]byte("Exif\x00\x00"), tiff...)) }
	for o := range uint16(10) {
		with(fmt.Sprintf("turned %d", o), exif(tiffOf(binary.LittleEndian, dir{{274, 3, 1, uint32(o)}})))
	}
	with("EXIF of noise", exif(append([]byte("II*\x00\x08\x00\x00\x00"), m.noise(500)...)))
	with("EXIF in a circle", exif([]byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00")))
	with("XMP that laughs", segment(0xe1, append([]byte("http://ns.adobe.com/xap/1.0/\x00"), entities("x", m.URL)...)))
	with("a density of nothing", segment(0xe0, []byte("JFIF\x00\x01\x01\x01\x00\x00\x00\x00\x00\x00")))
	with("a density of 1 by 65,535", segment(0xe0, []byte("JFIF\x00\x01\x01\x01\x00\x01\xff\xff\x00\x00")))
	with("restarts", segment(0xdd, []byte{0, 1}))
	with("code table of noise", segment(0xc4, m.noise(300)))
	with("scale table of nothing", segment(0xdb, make([]byte, 65)))
	m.add(family, "twice", append(bytes.Clone(good), good...))
	m.add(family, "frame twice", bytes.Join([][]byte{good[:frame], good[frame:][:19], good[frame:]}, nil))
	m.add(family, "a thousand scans", bytes.Join([][]byte{good[:len(good)-2], bytes.Repeat(good[bytes.Index(good, []byte{0xff, 0xda}):][:200], 1000), {0xff, 0xd9}}, nil))
	m.add(family, "only fill bytes", append([]byte{0xff, 0xd8}, bytes.Repeat([]byte{0xff}, mib)...))
	m.add(family, "CMYK", jpegOf(cmyk(640, 200)))
	m.add("images: size", "JPEG 20,000 × 2,900", jpegOf(image.NewGray(image.Rect(0, 0, 20_000, 2900))))
	m.add("images: size", "JPEG 65,000 × 16", jpegOf(image.NewGray(image.Rect(0, 0, 65_000, 16))))
	for label, head := range inOrder(map[string]string{"GIF": "GIF89a\xff\xff\xff\xff\xf7\x00\x00", "BMP": "BM\xff\xff\xff\xff\x00\x00\x00\x00\x36\x00\x00\x00", "WebP": "RIFF\xff\xff\xff\xffWEBPVP8L", "JPEG 2000": "\x00\x00\x00\x0cjP  \r\n\x87\n",
		"PSD": "8BPS\x00\x01", "icon": "\x00\x00\x01\x00\xff\xff", "AVIF": "\x00\x00\x00\x1cftypavif", "HEIC": "\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mif1heic\xff\xff\xff\xffmeta", "DjVu": "AT&TFORM\x00\x00\x00\x20DJVMDIRM", "XCF": "gimp xcf v011\x00", "fax": strings.Repeat("\x00\x01", 50)}) {
		m.add("other formats", label, append([]byte(head), m.noise(3000)...))
	}
}

func cmyk(w, h int) image.Image {
	c := image.NewCMYK(image.Rect(0, 0, w, h))
	for x := range w {
		c.SetCMYK(x, h/2, color.CMYK{0, 0, 0, 255})
	}
	return c
}
