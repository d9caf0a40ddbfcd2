package search

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"eakte/appliance/record"
)

// keptVersion begins a kept page.
const keptVersion = 1

// maxKept bounds what a kept page unpacks to.
const maxKept = 64 << 20

// KeepPage writes a page's text and where its words stand small enough to lie
// in an index, so that what is shown of a hit need not be fetched from the
// store. Of each word only Start, Len and the box are kept.
func KeepPage(text string, words record.PageWords) ([]byte, error) {
	raw := binary.AppendUvarint(nil, uint64(len(text)))
	raw = append(raw, text...)
	raw = binary.AppendVarint(raw, int64(words.Width))
	raw = binary.AppendVarint(raw, int64(words.Height))
	raw = binary.AppendUvarint(raw, uint64(len(words.Words)))
	var last record.Word
	for _, w := range words.Words { // neighbours differ by little
		for _, n := range [...]int{w.Start - last.Start - last.Len, w.Len, w.X - last.X - last.W, w.Y - last.Y, w.W, w.H - last.H} {
			raw = binary.AppendVarint(raw, int64(n))
		}
		last = w
	}
	out := bytes.NewBuffer([]byte{keptVersion})
	z, err := flate.NewWriter(out, flate.DefaultCompression)
	if err != nil {
		return nil, fmt.Errorf("keep a page: %w", err)
	}
	if _, err := z.Write(raw); err != nil {
		return nil, fmt.Errorf("keep a page: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("keep a page: %w", err)
	}
	return out.Bytes(), nil
}

// KeptPage reads what KeepPage wrote. What it did not write is record.Corrupt.
func KeptPage(b []byte) (text string, words record.PageWords, err error) {
	bad := func(why error) (string, record.PageWords, error) {
		return "", record.PageWords{}, &record.Error{Category: record.Corrupt, Message: "A page in the search index can't be read.", Cause: why}
	}
	if len(b) == 0 || b[0] != keptVersion {
		return bad(errors.New("another version"))
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b[1:])), maxKept+1))
	if err != nil || len(raw) > maxKept {
		return bad(errors.Join(errors.New("not unpacked"), err))
	}
	n, size := binary.Uvarint(raw)
	if size <= 0 || n > uint64(len(raw)-size) {
		return bad(errors.New("the text is cut off"))
	}
	text, raw = string(raw[size:size+int(n)]), raw[size+int(n):]
	ok := true
	next := func() int {
		v, size := binary.Varint(raw)
		if size <= 0 {
			ok = false
			return 0
		}
		raw = raw[size:]
		return int(v)
	}
	words.Width, words.Height = next(), next()
	count, size := binary.Uvarint(raw)
	if !ok || size <= 0 || count > uint64(len(raw)) { // a word takes six bytes and more
		return bad(errors.New("the words are cut off"))
	}
	raw = raw[size:]
	if count > 0 {
		words.Words = make([]record.Word, 0, count)
	}
	var last record.Word
	for range count {
		var w record.Word
		w.Start = last.Start + last.Len + next()
		w.Len = next()
		w.X = last.X + last.W + next()
		w.Y = last.Y + next()
		w.W = next()
		w.H = last.H + next()
		if !ok {
			return bad(errors.New("a word is cut off"))
		}
		words.Words = append(words.Words, w)
		last = w
	}
	return text, words, nil
}
