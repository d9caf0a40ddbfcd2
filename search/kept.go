package search

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"eakte/appliance/record"
)

// KeptVersion begins a kept page. It is part of what an index is called by: one
// with other pages is another index.
const KeptVersion = 1

// maxKept bounds what a kept page unpacks to.
const maxKept = 64 << 20

// KeepPage writes a page's text and where its words stand small enough to lie
// in an index, so that what is shown of a hit need not be fetched from the
// store. Of each word only Start, Len and the box are kept.
//
// The text and the numbers of the words are packed each by itself, being
// different kinds of data, and of all words the same number side by side:
// together that takes a fifth less.
func KeepPage(text string, words record.PageWords) ([]byte, error) {
	out := bytes.NewBuffer([]byte{KeptVersion})
	z, _ := packers.Get().(*flate.Writer)
	if z == nil {
		var err error
		if z, err = flate.NewWriterDict(nil, flate.DefaultCompression, keptBefore); err != nil {
			return nil, fmt.Errorf("keep a page: %w", err)
		}
	}
	defer packers.Put(z)
	z.Reset(out)
	raw := append(binary.AppendUvarint(nil, uint64(len(text))), text...)
	_, err := z.Write(raw)
	if err == nil {
		err = z.Flush()
	}
	if err == nil {
		_, err = z.Write(appendWords(raw[:0], text, words))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("keep a page: %w", err)
	}
	return out.Bytes(), nil
}

// keptBefore is what a page is packed as the continuation of: what letters to
// and from an office say again and again. It belongs to KeptVersion.
var keptBefore = []byte("innerhalb eines Monats nach Bekanntgabe Widerspruch Rechtsbehelfsbelehrung Antrag Bescheinigung Nachweis " +
	"Heizkosten Nebenkosten Miete Monat Betrag EUR Datum Straße Telefon Telefax Im Auftrag Mit freundlichen Grüßen " +
	"BG-Nummer Kundennummer Aktenzeichen Jobcenter Bedarfsgemeinschaft nach dem SGB II Leistungen zur Sicherung des Lebensunterhalts " +
	"für den Zeitraum vom der Kosten der Unterkunft und Heizung ich beantrage die Übernahme gegen den Bescheid vom " +
	"Sie können die Unterlagen bis zum einreichen. Sehr geehrter Herr Sehr geehrte Frau Sehr geehrte Damen und Herren, ")

// packers are kept for reuse: to make one takes longer than to pack a page.
var packers sync.Pool

// appendWords writes the numbers of all words: where each stands, as the
// difference to the next stretch between spaces, which is 0 for nearly all;
// then W, as that to its letters' usual width, and X, Y and H, as that to the
// word before it.
func appendWords(raw []byte, text string, words record.PageWords) []byte {
	raw = binary.AppendVarint(raw, int64(words.Width))
	raw = binary.AppendVarint(raw, int64(words.Height))
	raw = binary.AppendUvarint(raw, uint64(len(words.Words)))
	wide := letterWidth(words.Words)
	raw = binary.AppendVarint(raw, int64(wide))
	end := 0
	for _, w := range words.Words {
		raw = binary.AppendVarint(raw, int64(w.Start-unspaced(text, end)))
		end = w.Start + w.Len
		raw = binary.AppendVarint(raw, int64(end-spaceFrom(text, w.Start)))
	}
	for _, difference := range [...]func(w, last *record.Word) int{
		func(w, _ *record.Word) int { return w.W - w.Len*wide },
		func(w, last *record.Word) int { return w.X - last.X - last.W },
		func(w, last *record.Word) int { return w.Y - last.Y },
		func(w, last *record.Word) int { return w.H - last.H },
	} {
		last := &record.Word{}
		for i := range words.Words {
			raw = binary.AppendVarint(raw, int64(difference(&words.Words[i], last)))
			last = &words.Words[i]
		}
	}
	return raw
}

// letterWidth is about how wide a byte of the words is.
func letterWidth(words []record.Word) int {
	width, length := 0, 0
	for _, w := range words {
		width, length = width+w.W, length+w.Len
	}
	if length <= 0 {
		return 0
	}
	return width / length
}

// unspaced gives the first byte from i on that is no space.
func unspaced(text string, i int) int {
	for i >= 0 && i < len(text) && text[i] <= ' ' {
		i++
	}
	return i
}

// spaceFrom gives the first space from i on, or the end.
func spaceFrom(text string, i int) int {
	for i >= 0 && i < len(text) && text[i] > ' ' {
		i++
	}
	return i
}

// KeptPage reads what KeepPage wrote. What it did not write is record.Corrupt.
func KeptPage(b []byte) (text string, words record.PageWords, err error) {
	bad := func(why error) (string, record.PageWords, error) {
		return "", record.PageWords{}, &record.Error{Category: record.Corrupt, Message: "A page in the search index can't be read.", Cause: why}
	}
	if len(b) == 0 || b[0] != KeptVersion {
		return bad(errors.New("another version"))
	}
	raw, err := unpack(b[1:])
	if err != nil {
		return bad(err)
	}
	n, size := binary.Uvarint(raw)
	if size <= 0 || n > uint64(len(raw)-size) {
		return bad(errors.New("the text is cut off"))
	}
	text = string(raw[size : size+int(n)])
	r := numbers{raw: raw[size+int(n):]}
	words.Width, words.Height = r.next(), r.next()
	count, size := binary.Uvarint(r.raw)
	if r.cut || size <= 0 || count > uint64(len(r.raw)) { // a word takes six bytes and more
		return bad(errors.New("the words are cut off"))
	}
	r.raw = r.raw[size:]
	if words.Words = r.words(text, int(count)); r.cut {
		return bad(errors.New("a word is cut off"))
	}
	return text, words, nil
}

// unpackers are kept for reuse.
var unpackers sync.Pool

func unpack(b []byte) ([]byte, error) {
	z, _ := unpackers.Get().(io.Reader)
	if z == nil {
		z = flate.NewReader(nil)
	}
	defer unpackers.Put(z)
	if err := z.(flate.Resetter).Reset(bytes.NewReader(b), keptBefore); err != nil {
		return nil, fmt.Errorf("not unpacked: %w", err)
	}
	out := bytes.NewBuffer(make([]byte, 0, 4*len(b)))
	if _, err := out.ReadFrom(io.LimitReader(z, maxKept+1)); err != nil {
		return nil, fmt.Errorf("not unpacked: %w", err)
	}
	if out.Len() > maxKept {
		return nil, errors.New("it is too large")
	}
	return out.Bytes(), nil
}

// numbers reads what appendWords wrote.
type numbers struct {
	raw []byte
	cut bool // there were not enough
}

func (r *numbers) next() int {
	v, size := binary.Varint(r.raw)
	if size <= 0 {
		r.cut = true
		return 0
	}
	r.raw = r.raw[size:]
	return int(v)
}

func (r *numbers) words(text string, count int) []record.Word {
	if count == 0 {
		r.next()
		return nil
	}
	out := make([]record.Word, count)
	wide, end := r.next(), 0
	for i := range out {
		w := &out[i]
		w.Start = unspaced(text, end) + r.next()
		end = spaceFrom(text, w.Start) + r.next()
		w.Len = end - w.Start
	}
	for _, set := range [...]func(w, last *record.Word, n int){
		func(w, _ *record.Word, n int) { w.W = w.Len*wide + n },
		func(w, last *record.Word, n int) { w.X = last.X + last.W + n },
		func(w, last *record.Word, n int) { w.Y = last.Y + n },
		func(w, last *record.Word, n int) { w.H = last.H + n },
	} {
		last := &record.Word{}
		for i := range out {
			set(&out[i], last, r.next())
			last = &out[i]
		}
	}
	return out
}
