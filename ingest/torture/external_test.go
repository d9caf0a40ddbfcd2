package torture

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testdata of Go itself and of modules that this one needs anyway.
var moduleFiles = []string{"github.com/jhillyerd/enmime/v2@*/testdata", "golang.org/x/image@*/testdata", "golang.org/x/image@*/tiff/testdata", "github.com/richardlehane/mscfb@*/test*", "github.com/klauspost/compress@v1.20*/zip/testdata", "golang.org/x/net@*/html/charset/testdata"}

// What is read of the folders of TORTURE, by its name.
const torn = ".pdf .tif .tiff .png .jpg .jpeg .jp2 .eml .msg .zip .docx .odt .xlsx .rtf .tnef .heic .webp .gif .bmp .eps .psd .ico .icns .raw"

const largestExternal = 4 << 20

// external gives the files that others have made to test their programs with.
func external(t *testing.T) []File {
	t.Helper()
	var files []File
	for _, place := range []struct {
		variable string
		below    []string
	}{{"GOROOT", []string{"src/image/testdata", "src/image/png/testdata", "src/archive/zip/testdata"}}, {"GOMODCACHE", moduleFiles}} {
		out, err := exec.Command("go", "env", place.variable).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range place.below {
			dirs, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), b))
			if err != nil {
				t.Fatal(err)
			}
			for _, dir := range dirs {
				files = append(files, below(t, dir, "from Go: "+strings.TrimSuffix(b, "/testdata"), false)...)
			}
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv("TORTURE")) {
		files = append(files, below(t, dir, "from "+filepath.Base(dir), true)...)
	}
	return files
}

// below reads the files below a folder.
func below(t *testing.T, dir, family string, named bool) (files []File) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		ext := strings.ToLower(filepath.Ext(path))
		if named && (ext == "" || !slices.Contains(strings.Fields(torn), ext)) || ext == ".go" {
			return nil
		}
		if info, err := e.Info(); err != nil || info.Size() > largestExternal {
			return err
		}
		b, err := os.ReadFile(path)
		files = append(files, File{Family: family, Label: e.Name(), Name: e.Name(), Body: b})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
