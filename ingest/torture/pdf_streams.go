package torture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

const mib = 1 << 20

// pdfStreams makes PDF whose streams unpack to far more than they are, or to nothing.
func (m *maker) pdfStreams() {
	const family = "PDF: streams"
	content := func(dict string, data []byte) []byte {
		var p pdf
		p.pageOf("/Resources<<"+p.font()+">>", fmt.Sprintf("%d 0 R", p.stream(dict, data)))
		return p.bytes()
	}
	flate := "/Filter/FlateDecode"
	m.heavy(family, "content of 1 GB of zeros", func() []byte { return content(flate, zeros(1024*mib)) })
	m.heavy(family, "content of 1 GB of spaces", func() []byte { return content(flate, repeated(' ', 1024*mib)) })
	m.heavy(family, "content of 300 MB of q", func() []byte { return content(flate, repeated('q', 300*mib)) })
	m.heavy(family, "bomb in a bomb", func() []byte { return content("/Filter[/FlateDecode/FlateDecode]", deflate(zeros(1024*mib))) })
	m.heavy(family, "bomb thrice", func() []byte {
		return content("/Filter[/FlateDecode/FlateDecode/FlateDecode]", deflate(deflate(zeros(1024*mib))))
	})
	m.add(family, "1,000 filters", content("/Filter["+strings.Repeat("/ASCIIHexDecode", 1000)+"]", []byte("41>")))
	m.add(family, "run lengths", content("/Filter/RunLengthDecode", bytes.Repeat([]byte{129, ' '}, 100_000)))
	m.add(family, "LZW garbage", content("/Filter/LZWDecode", m.noise(20_000)))
	m.add(family, "ASCII85 garbage", content("/Filter/ASCII85Decode", m.noise(20_000)))
	m.add(family, "Flate garbage", content(flate, m.noise(20_000)))
	m.add(family, "Flate, half", content(flate, zeros(10 * mib)[:500]))
	m.add(family, "Crypt filter", content("/Filter/Crypt/DecodeParms<</Name/Nobody>>", m.noise(2000)))
	m.add(family, "unknown filter", content("/Filter/Brotli2099", m.noise(2000)))
	m.add(family, "noise as content", content("", m.noise(100_000)))
	for _, parms := range []string{"/Predictor 15/Columns 2147483647", "/Predictor 12/Columns 0", "/Predictor 2/Colors 1000000/BitsPerComponent 32", "/Predictor 99/Columns -1"} {
		m.add(family, "predictor "+parms, content(flate+"/DecodeParms<<"+parms+">>", zeros(mib)))
	}
	m.pdfImages()
}

// pdfImages are pictures in a PDF that can't be what they say.
func (m *maker) pdfImages() {
	const family = "PDF: images"
	one := func(label, dict string, data []byte, want ...string) {
		var p pdf
		p.image(dict, data)
		m.add(family, label, p.bytes(), want...)
	}
	gray := "/ColorSpace/DeviceGray/BitsPerComponent 8"
	one("20,000 pixels a side", "/Width 20000/Height 20000/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode", zeros(20000*2500), "too_many_pixels")
	one("2,147,483,647 pixels a side", "/Width 2147483647/Height 2147483647"+gray+"/Filter/FlateDecode", zeros(mib))
	one("-5 pixels a side", "/Width -5/Height -5"+gray, m.noise(100))
	one("no size", gray, m.noise(100))
	one("far too little data", "/Width 4000/Height 4000"+gray, m.noise(100))
	one("nearly as large as allowed", "/Width 7700/Height 7700/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode", zeros(7700*7700*3))
	for _, bits := range []string{"0", "3", "16", "32", "-8", "2147483647"} {
		one(bits+" bits", "/Width 64/Height 64/ColorSpace/DeviceGray/BitsPerComponent "+bits, m.noise(9000))
	}
	for label, space := range inOrder(map[string]string{"palette of 2,147,483,647": "[/Indexed/DeviceRGB 2147483647<00>]", "palette of a palette": "[/Indexed[/Indexed/DeviceRGB 1<00>]1<00>]",
		"32,000 inks": "[/DeviceN[" + strings.Repeat("/A", 32_000) + "]/DeviceRGB 3 0 R]", "profile is itself": "[/ICCBased 3 0 R]",
		"spaces 2,000 deep": deep("[/Indexed", "/DeviceRGB", " 1<00>]", 2000), "no such": "/Nowhere", "Lab of nothing": "[/Lab<<>>]", "pattern": "/Pattern"}) {
		one(label, "/Width 16/Height 16/BitsPerComponent 8/ColorSpace"+space, m.noise(800))
	}
	jbig := func(b []byte) []byte { return b }
	size := "/Width 640/Height 200"
	one("JBIG2 garbage", size+"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode", jbig(m.noise(5000)))
	one("JBIG2 of 2³² pixels", size+"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode", jbigPage(0xffffffff, 0xffffffff))
	one("JBIG2 page only", size+"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode", jbigPage(640, 200))
	one("JBIG2 with symbols of nobody", size+"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode/DecodeParms<</JBIG2Globals 3 0 R>>", jbigPage(640, 200))
	for i := range 6 {
		one(fmt.Sprintf("JBIG2 segments of noise %d", i), size+"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode", m.jbigNoise())
	}
	one("JPX garbage", size+"/Filter/JPXDecode", m.noise(5000))
	one("JPX of 2³¹ pixels", size+"/Filter/JPXDecode", jpx(1<<31-1, 1<<31-1, 1<<31-1, 3))
	one("JPX of 60,000 pixels a side", size+"/Filter/JPXDecode", jpx(60_000, 60_000, 60_000, 3))
	one("JPX of tiles of one pixel", size+"/Filter/JPXDecode", jpx(20_000, 20_000, 1, 1))
	one("JPX of 16,384 components", size+"/Filter/JPXDecode", jpx(640, 200, 640, 16384))
	one("JPX without a tile", size+"/Filter/JPXDecode", jpx(640, 200, 640, 1))
	for _, parms := range []string{"/K -1/Columns 2147483647", "/K 0/Columns 640/Rows 2147483647", "/K 4/Columns 0", "/K -1/Columns 640/EncodedByteAlign true/DamagedRowsBeforeError 100000"} {
		one("fax "+parms, size+"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<<"+parms+">>", m.noise(5000))
	}
	one("JPEG garbage", size+gray+"/Filter/DCTDecode", m.noise(5000))
	one("JPEG that is a PNG", size+gray+"/Filter/DCTDecode", pngOf(page()))
	one("JPEG of another size", "/Width 10/Height 4000"+gray+"/Filter/DCTDecode", jpegOf(page()))
	one("mask is itself", size+gray+"/SMask 3 0 R/Mask 3 0 R/Filter/DCTDecode", jpegOf(page()))
	one("turned inside out", size+gray+"/Decode[1e30 -1e30]/Filter/DCTDecode", jpegOf(page()))
}

// jbigPage is a JBIG2 stream with nothing but the facts about its page.
func jbigPage(w, h uint32) []byte {
	b := []byte{0, 0, 0, 0, 48, 0, 1, 0, 0, 0, 19}
	b = binary.BigEndian.AppendUint32(b, w)
	b = binary.BigEndian.AppendUint32(b, h)
	return append(b, make([]byte, 11)...)
}

// jbigNoise is a page and segments of every type with noise in them.
func (m *maker) jbigNoise() []byte {
	b := jbigPage(640, 200)
	for i, kind := range []byte{0, 4, 6, 7, 16, 20, 22, 36, 38, 39, 40, 42, 53} {
		n := 20 + m.dice.IntN(200)
		b = append(b, 0, 0, 0, byte(i+1), kind, byte(m.dice.IntN(3))<<5, 1)
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		b = append(b, m.noise(n)...)
	}
	return b
}

// jpx is the head of a JPEG 2000 codestream and nothing behind it.
func jpx(w, h, tile uint32, components uint16) []byte {
	siz := []byte{0, 0}
	for _, v := range []uint32{w, h, 0, 0, tile, tile, 0, 0} {
		siz = binary.BigEndian.AppendUint32(siz, v)
	}
	siz = binary.BigEndian.AppendUint16(siz, components)
	siz = append(siz, bytes.Repeat([]byte{7, 1, 1}, int(components))...)
	b := append([]byte{0xff, 0x4f, 0xff, 0x51}, binary.BigEndian.AppendUint16(nil, uint16(len(siz)+2))...)
	b = append(b, siz...)
	b = append(b, 0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 5, 4, 4, 0, 1)
	return append(b, 0xff, 0x5c, 0, 4, 0x40, 0x40, 0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x93, 0xff, 0xd9)
}
