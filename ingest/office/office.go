// Package office turns text documents and tables of office programs into PDF,
// with LibreOffice where it is installed. PDFs are what the rest of the worker
// reads.
//
// It runs only behind the worker's walls (see ingest/worker). LibreOffice is
// loaded as a library (LibreOfficeKit) into a process of its own, which Main
// is: the program soffice wants a socket, which nothing behind those walls
// gets. Macros are never run, links are never followed or renewed, and what a
// document unpacks to is counted before LibreOffice sees it.
package office

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Kind is a format that can be converted.
type Kind struct {
	Type string // its content type
	ext  string // LibreOffice looks at the name too
}

// The formats.
var (
	DOCX = Kind{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"}
	DOTX = Kind{"application/vnd.openxmlformats-officedocument.wordprocessingml.template", "dotx"}
	DOCM = Kind{"application/vnd.ms-word.document.macroenabled.12", "docm"}
	DOTM = Kind{"application/vnd.ms-word.template.macroenabled.12", "dotm"}
	XLSX = Kind{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"}
	XLTX = Kind{"application/vnd.openxmlformats-officedocument.spreadsheetml.template", "xltx"}
	XLSM = Kind{"application/vnd.ms-excel.sheet.macroenabled.12", "xlsm"}
	XLTM = Kind{"application/vnd.ms-excel.template.macroenabled.12", "xltm"}
	XLSB = Kind{"application/vnd.ms-excel.sheet.binary.macroenabled.12", "xlsb"}
	ODT  = Kind{"application/vnd.oasis.opendocument.text", "odt"}
	OTT  = Kind{"application/vnd.oasis.opendocument.text-template", "ott"}
	ODS  = Kind{"application/vnd.oasis.opendocument.spreadsheet", "ods"}
	OTS  = Kind{"application/vnd.oasis.opendocument.spreadsheet-template", "ots"}
	RTF  = Kind{"application/rtf", "rtf"}
	DOC  = Kind{"application/msword", "doc"}
	XLS  = Kind{"application/vnd.ms-excel", "xls"}
)

var kinds = []Kind{DOCX, DOTX, DOCM, DOTM, XLSX, XLTX, XLSM, XLTM, XLSB, ODT, OTT, ODS, OTS, RTF, DOC, XLS}

// KindOf finds the format of a content type.
func KindOf(contentType string) (Kind, bool) {
	for _, k := range kinds {
		if k.Type == contentType {
			return k, true
		}
	}
	return Kind{}, false
}

// Reasons of a Fault; see ingest/render.
const (
	reasonDamaged   = "damaged"
	reasonEncrypted = "encrypted"
	reasonUnknown   = "unknown_format"
	reasonManyParts = "too_many_parts"
	reasonBomb      = "bomb"
	reasonTooLarge  = "too_large"
	reasonMemory    = "memory"
	reasonTimeout   = "timeout"
	reasonCrashed   = "crashed"
	reasonSlides    = "slides"
	reasonMissing   = "office_missing"
)

// Fault says that the document can't be read as it is. Reason is one of
// ingest/render's reasons; Cause never holds content of the document.
type Fault struct {
	Reason string
	Cause  error
}

// Error names the reason and the cause.
func (f *Fault) Error() string {
	return fmt.Sprintf("document can't be converted: %s: %v", f.Reason, f.Cause)
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

func fault(reason, cause string) error { return &Fault{Reason: reason, Cause: errors.New(cause)} }

// places are where distributions keep LibreOffice; all below what the worker
// may read.
var places = []string{"/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program"}

// installed gives LibreOffice's folder and the library to load; "" if it isn't
// there, or lacks one of the two programs.
func installed() (program, library string) {
	for _, dir := range places {
		writer, calc := filepath.Join(dir, "libswlo.so"), filepath.Join(dir, "libsclo.so")
		for _, name := range []string{"libmergedlo.so", "libsofficeapp.so"} {
			if exist(filepath.Join(dir, name), writer, calc) {
				return dir, filepath.Join(dir, name)
			}
		}
	}
	return "", ""
}

// Installed says whether LibreOffice is there, with Writer and Calc.
func Installed() bool {
	dir, _ := installed()
	return dir != ""
}

func exist(names ...string) bool {
	for _, n := range names {
		if _, err := os.Stat(n); err != nil {
			return false
		}
	}
	return true
}
