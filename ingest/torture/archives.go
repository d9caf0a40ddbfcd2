package torture

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// entry is one file of an archive; edit may change what is said of it.
type entry struct {
	name string
	body []byte
	edit func(*zip.FileHeader)
}

// zipped packs entries as zip does; what is written to memory does not fail.
func zipped(entries ...entry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 6) })
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.edit != nil {
			e.edit(h)
		}
		out, err := w.CreateHeader(h)
		if err == nil {
			_, _ = out.Write(e.body)
		}
	}
	_ = w.Close()
	return b.Bytes()
}

// archives makes ZIP that unpack to more than they are, or to something else.
func (m *maker) archives() {
	const family = "ZIP"
	plain := entry{name: "brief.txt", body: []byte("Sehr geehrte Damen und Herren")}
	m.add(family, "empty", zipped())
	m.heavy(family, "256 MB of zeros", func() []byte { return zipped(entry{name: "0.pdf", body: make([]byte, 256*mib)}) })
	m.add(family, "100 times 50 MB of zeros", overlapping(100, 50*mib))
	m.add(family, "60,000 times the same 10 MB", overlapping(60_000, 10*mib))
	nested := zipped(entry{name: "0.txt", body: make([]byte, 16*mib)})
	for range 5 { // 16⁵ × 16 MB
		var in []entry
		for i := range 16 {
			in = append(in, entry{name: fmt.Sprintf("%x.zip", i), body: nested})
		}
		nested = zipped(in...)
	}
	m.add(family, "16 in 16 in 16 in 16 in 16", nested)
	deepest := zipped(plain)
	for range 40 {
		deepest = zipped(entry{name: "in.zip", body: deepest})
	}
	m.add(family, "40 deep", deepest)
	m.add(family, "holds itself", quine())
	var many []entry
	for i := range 5000 {
		many = append(many, entry{name: fmt.Sprint(i)})
	}
	m.add(family, "5,000 files", zipped(many...), "too_many_parts", "bomb")
	m.add(family, "a name of 60,000 letters", zipped(entry{name: strings.Repeat("n", 60_000), body: plain.body}))
	m.add(family, "one name, 20 times", zipped(plain, plain, plain, plain, plain, plain, plain, plain))
	link := func(h *zip.FileHeader) {
		h.SetMode(0o777 | 1<<27)
		h.CreatorVersion = 3 << 8
		h.ExternalAttrs = 0xa1ff << 16
	}
	m.add(family, "links", zipped(entry{"link", []byte("/etc/passwd"), link}, entry{"link/file", plain.body, nil}))
	for _, method := range []uint16{1, 6, 9, 12, 14, 93, 98, 99} {
		b := zipped(entry{"a", plain.body, func(h *zip.FileHeader) { h.Method = zip.Store }})
		binary.LittleEndian.PutUint16(b[8:], method)
		at := bytes.LastIndex(b, []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint16(b[at+10:], method)
		m.add(family, fmt.Sprintf("packed by method %d", method), b)
	}
	lie := func(label string, at int, v uint32) {
		b := zipped(entry{name: "a.txt", body: bytes.Repeat(plain.body, 100)})
		binary.LittleEndian.PutUint32(b[bytes.LastIndex(b, []byte("PK\x01\x02"))+at:], v)
		m.add(family, label, b)
	}
	lie("encrypted", 8, 1|8<<16)
	lie("smaller than it says", 24, 1<<32-2)
	lie("larger than it says", 24, 3)
	lie("packed larger than the file", 20, 1<<31)
	lie("of another sum", 16, 0xdeadbeef)
	lie("outside", 42, 1<<32-2)
	end := zipped(plain)
	m.add(family, "65,535 files announced", func() []byte {
		b := bytes.Clone(end)
		copy(b[len(b)-14:], "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
		return b
	}())
	m.add(family, "behind a program", append([]byte("PK\x03\x04MZ this is a program"), end...))
	m.add(family, "end twice", append(bytes.Clone(end), end[len(end)-22:]...))
	m.add(family, "programs", zipped(entry{name: "run.sh", body: []byte("#!/bin/sh\ntouch " + m.Canary + "\n"), edit: func(h *zip.FileHeader) { h.SetMode(0o4755) }},
		entry{name: "a.pdf.exe", body: []byte("MZ\x90")}, entry{name: "desktop.ini", body: []byte("[.ShellClassInfo]\nIconResource=" + m.URL)}, entry{name: "a.url", body: []byte("[InternetShortcut]\nURL=" + m.URL)}))
}

// overlapping is an archive of n files of zeros that all are the same bytes.
func overlapping(n, size int) []byte {
	var body bytes.Buffer
	w, _ := flate.NewWriter(&body, 9)
	sum := crc32.NewIEEE()
	block := make([]byte, mib)
	for range size / mib {
		_, _ = w.Write(block)
		_, _ = sum.Write(block)
	}
	_ = w.Close()
	le := binary.LittleEndian
	common := le.AppendUint32([]byte{20, 0, 0, 0, 8, 0, 0, 0, 0, 0}, sum.Sum32())
	common = le.AppendUint32(le.AppendUint32(common, uint32(body.Len())), uint32(size))
	common = append(common, 5, 0, 0, 0)
	b := append(append([]byte("PK\x03\x04"), common...), "00000"...)
	b = append(b, body.Bytes()...)
	start := len(b)
	for i := range n {
		b = append(append(append(b, "PK\x01\x02\x14\x00"...), common...), make([]byte, 14)...)
		b = fmt.Appendf(b, "%05d", i)
	}
	rows := uint16(min(n, 65_535))
	b2 := le.AppendUint16(le.AppendUint16([]byte("PK\x05\x06\x00\x00\x00\x00"), rows), rows)
	b2 = le.AppendUint32(le.AppendUint32(b2, uint32(len(b)-start)), uint32(start))
	return append(b, append(b2, 0, 0)...)
}

// quine is Russ Cox's archive that holds itself (research.swtch.com/zip).
func quine() []byte {
	b, _ := hex.DecodeString("504b0304140000000800080364" + "3cf9f489644801000" + "0b801000007000000722f722e7a697000" +
		"2500daff504b030414000000080008" + "03643cf9f4896448010000b801000007000000722f722e7a6970002f00d0ff002500daff504b0304140000" +
		"000800080364" + "3cf9f4896448010000b801000007000000722f722e7a6970002f00d0ffc2548e5739000500faffc2548e5739000500faff000500faff001400eb" +
		"ffc2548e5739000500faff000500faff001400ebff428821c400001400ebff428821c400001400ebff428821c400001400ebff428821c400001400ebff428821" +
		"c400000000ffff000000ffff003400cbff428821c400000000ffff000000ffff003400cbff42e8215e0f000000ffff0af0666412" +
		"61c015dce8a048bf48af2ab320c09b950dc46704425306060640000600f9ff6d010000000042e8215e0f000000ffff0af066641261c015dce8a048bf48af2ab320c09b950dc467044253060606" +
		"40000600f9ff6d0100000000504b01021400140000000800080364" + "3cf9f4896448010000b80100000700000000000000000000000000000000000" + "0722f722e7a6970504b0506000000000100010035000000" + "6d01000000" + "00")
	return b
}
