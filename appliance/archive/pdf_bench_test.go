package archive

import (
	"context"
	"io"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// BenchmarkPDF is a document of 100 pages of 300 KB as PDF/A: rights, laying
// out, audit entry, and every byte of it read from the embedded store.
func BenchmarkPDF(b *testing.B) {
	d := benchDesk(b)
	file := d.makeFile("sommer", "03104//0012345", "Grünwiese", 0)
	const pages = 100
	doc := d.post("sommer", file.ID, "Probe")
	big := append(tinyJPEG(b), make([]byte, 300_000)...)
	ctx := context.Background()
	var row record.Document
	d.tx(func(tx *catalog.Tx) (err error) {
		if row, err = tx.DocumentByID(doc); err != nil {
			return err
		}
		row.Pages = pages
		return tx.UpdateDocument(row)
	})
	key, err := d.Vault.OpenKey(ctx, row.Object)
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("Heizkosten Abrechnung Neustadt ", 100)
	if err := d.Vault.PutPack(ctx, key, func(w io.Writer) error {
		p := vault.WritePack(w)
		for i := range pages {
			page := vault.PackPage{Number: i + 1, Width: 1000, Height: 1400, DPI: 100, Source: "ocr"}
			if err := p.AddPage(page, text, text, wordsOf(text), tinyJPEG(b), big, tinyJPEG(b)); err != nil {
				return err
			}
		}
		return p.Close()
	}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p, err := d.PDF(ctx, d.as("sommer"), doc, pdfTexts())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(p, 0, p.Size)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)/pages, "ms/page")
}
