package vault

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"

	"eakte/appliance/record"
)

// PackVersion is the version of pack.json that is written.
const PackVersion = 1

// PackInfo is pack.json: what a pack holds.
type PackInfo struct {
	Version   int        `json:"version"`
	Pages     []PackPage `json:"pages"`
	Signed    bool       `json:"signed,omitempty"`    // the original bears a digital signature
	Converted bool       `json:"converted,omitempty"` // the pages are a conversion of the original
}

// Marks are what is noteworthy about the pages, and about the document.
func (p PackInfo) Marks() []record.Mark {
	var marks []record.Mark
	add := func(page int, kind string, is bool) {
		if is {
			marks = append(marks, record.Mark{Page: page, Kind: kind})
		}
	}
	add(0, record.MarkConverted, p.Converted)
	add(0, record.MarkSigned, p.Signed)
	for _, page := range p.Pages {
		add(page.Number, record.MarkBlank, page.Blank)
		add(page.Number, record.MarkDoubtful, page.Doubtful)
		add(page.Number, record.MarkFaulty, page.Faulty)
		add(page.Number, record.MarkSeparator, page.Separator)
		add(page.Number, record.MarkTurned, page.Turned != 0)
		add(page.Number, record.MarkUnreadable, page.Source == SourceUnreadable)
		add(page.Number, record.MarkUnmapped, page.Unmapped)
	}
	return marks
}

// SourceUnreadable is PackPage.Source of a page that could not be read.
const SourceUnreadable = "unreadable"

// PackPage is one page of a pack. Width and Height are in pixels of the
// full-resolution rendering, the one that the words' boxes refer to; the page
// image is that rendering scaled down.
type PackPage struct {
	Number      int     `json:"number"` // from 1
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	ImageWidth  int     `json:"image_width"` // of page/NNNN.jpg; AddPage reads it from the image
	ImageHeight int     `json:"image_height"`
	DPI         int     `json:"dpi"`        // of the full-resolution rendering
	Source      string  `json:"source"`     // ocr, digital, or unreadable: a blank page in the place of one
	Confidence  float32 `json:"confidence"` // 0 to 100, mean of the page's words
	Full        bool    `json:"full"`       // full/NNNN.jpg is there
	OnDemand    bool    `json:"on_demand"`  // no image is there: all are drawn from the original, a PDF, when somebody looks
	Separator   bool    `json:"separator"`  // the page is a separator sheet of a batch
	Blank       bool    `json:"blank,omitempty"`
	Doubtful    bool    `json:"doubtful,omitempty"` // recognised so badly that a person should look
	Faulty      bool    `json:"faulty,omitempty"`   // damaged in the file; something may be missing
	Turned      int     `json:"turned,omitempty"`   // degrees clockwise from how it was scanned to how it is shown: 0, 90, 180, 270
	Unmapped    bool    `json:"unmapped,omitempty"` // its words hold characters without a known meaning
}

// PackWriter writes a pack: a ZIP of pack.json and, a page, page/, full/,
// thumb/ (JPEG, stored), words/ (JSON), text/ and raw/ (UTF-8).
type PackWriter struct {
	zip  *zip.Writer
	info PackInfo
}

// WritePack starts a pack on w, which is the writer of Key.Encrypt.
func WritePack(w io.Writer) *PackWriter {
	return &PackWriter{zip: zip.NewWriter(w), info: PackInfo{Version: PackVersion, Pages: []PackPage{}}}
}

// AddPage adds the next page. full may be nil; of a page on demand there are no
// images, and the caller says how large the one of page/ would be.
func (pw *PackWriter) AddPage(p PackPage, text, raw string, words record.PageWords, image, full, thumb []byte) error {
	if want := len(pw.info.Pages) + 1; p.Number != want {
		return fmt.Errorf("vault: pack: page %d follows page %d", p.Number, want-1)
	}
	if words.Words == nil {
		words.Words = []record.Word{}
	}
	if words.Codes == nil {
		words.Codes = []record.Code{}
	}
	encoded, err := json.Marshal(words)
	if err != nil {
		return fmt.Errorf("vault: pack: %w", err)
	}
	p.Full = len(full) > 0 && !p.OnDemand
	if c, err := jpeg.DecodeConfig(bytes.NewReader(image)); err == nil {
		p.ImageWidth, p.ImageHeight = c.Width, c.Height
	} // else the caller's figures stand: a pack is no judge of images
	for _, part := range []struct {
		kind   string
		ext    string
		body   []byte
		method uint16
	}{
		{"page", "jpg", image, zip.Store}, {"full", "jpg", full, zip.Store}, {"thumb", "jpg", thumb, zip.Store},
		{"words", "json", encoded, zip.Deflate}, {"text", "txt", []byte(text), zip.Store}, {"raw", "txt", []byte(raw), zip.Store},
	} {
		if part.kind == "full" && !p.Full || part.ext == "jpg" && p.OnDemand {
			continue
		}
		if err := pw.add(packPart(part.kind, p.Number, part.ext), part.body, part.method); err != nil {
			return err
		}
	}
	pw.info.Pages = append(pw.info.Pages, p)
	return nil
}

func packPart(kind string, number int, ext string) string {
	return fmt.Sprintf("%s/%04d.%s", kind, number, ext)
}

func (pw *PackWriter) add(name string, body []byte, method uint16) error {
	w, err := pw.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = w.Write(body)
	}
	if err != nil {
		return fmt.Errorf("vault: pack: %s: %w", name, err)
	}
	return nil
}

// Info is what was written so far. What it points to may be set until Close.
func (pw *PackWriter) Info() *PackInfo { return &pw.info }

// Close writes pack.json and ends the pack. It does not close the writer below.
func (pw *PackWriter) Close() error {
	encoded, err := json.Marshal(pw.info)
	if err != nil {
		return fmt.Errorf("vault: pack: %w", err)
	}
	if err := pw.add("pack.json", encoded, zip.Deflate); err != nil {
		return err
	}
	if err := pw.zip.Close(); err != nil {
		return fmt.Errorf("vault: pack: %w", err)
	}
	return nil
}

// PutPack encrypts what build writes to the document's key and stores it as
// the document's pack, in place of the one there may be. Only ciphertext
// touches the disk.
func (v *Vault) PutPack(ctx context.Context, key Key, build func(w io.Writer) error) (err error) {
	f, err := os.CreateTemp("", "eakte-pack-*.age")
	if err != nil {
		return fmt.Errorf("vault: put pack: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := os.Remove(f.Name()); err != nil { // it lives as long as it is open
		return fmt.Errorf("vault: put pack: %w", err)
	}
	w, err := key.Encrypt(f)
	if err != nil {
		return fmt.Errorf("vault: put pack: %w", err)
	}
	if err := build(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("vault: put pack: %w", err)
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("vault: put pack: %w", err)
	}
	name := PackName(key.id)
	err = v.retry(ctx, func() error {
		return v.buckets.Derived.Replace(ctx, name, size, io.NewSectionReader(f, 0, size))
	})
	if err != nil {
		return fmt.Errorf("vault: put %s: %w", name, err)
	}
	return nil
}
