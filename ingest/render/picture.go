package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"eakte/appliance/record"
)

// MostPictures is how many pictures are drawn at one asking.
const MostPictures = 32

// Draw draws pages of the PDF in f, each in the pixels asked for (Fits), and calls
// each with their JPEGs in the order asked. Pages that follow each other and
// are equally large cost least.
func Draw(ctx context.Context, f *os.File, want []record.Picture, l Limits, each func(jpeg []byte) error) error {
	if len(want) > MostPictures {
		return fmt.Errorf("draw: %d pictures at once", len(want))
	}
	for len(want) > 0 {
		n := 1
		for n < len(want) && want[n] == (record.Picture{Page: want[0].Page + n, Width: want[0].Width, Height: want[0].Height}) {
			n++
		}
		if err := drawEqual(ctx, f, want[:n], l, each); err != nil {
			return err
		}
		want = want[n:]
	}
	return nil
}

// drawEqual draws pages that follow each other, in one size.
func drawEqual(ctx context.Context, f *os.File, want []record.Picture, l Limits, each func(jpeg []byte) error) error {
	w, h, first := want[0].Width, want[0].Height, want[0].Page
	if w < 1 || h < 1 || w > fullSide || h > fullSide {
		return fmt.Errorf("draw: %d × %d pixels", w, h)
	}
	if err := checkPixels(int64(w), int64(h), first, l); err != nil {
		return err
	}
	read := func(out io.Reader) error {
		in := bufio.NewReaderSize(out, 1<<16)
		for range want {
			r, err := readPNM(in, max(w, h), 1)
			if err == nil && !Fits(r.Width(), r.Height(), want[0]) {
				err = errors.New("not the size asked for")
			}
			if err != nil {
				return err
			}
			b, err := r.jpeg(pictureQuality(w, h))
			if err == nil {
				err = each(b)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return tool(ctx, f, first, read, "pdftoppm", drawArgs(first, first+len(want)-1, max(w, h))...)
}

// Fits says whether a picture of w × h pixels is what was asked for. The short
// side follows from the page's form, and poppler rounds up what others round
// down twice.
func Fits(w, h int, want record.Picture) bool {
	near := func(a, b int) bool { return a-b <= 2 && b-a <= 2 }
	return max(w, h) == max(want.Width, want.Height) && near(w, want.Width) && near(h, want.Height)
}

func pictureQuality(w, h int) int {
	if max(w, h) <= thumbSide {
		return qualityThumb
	}
	return qualityFull
}

// PictureSize is the size of the picture of about 130 dpi that is shown of a
// page of w × h pixels at dpi.
func PictureSize(w, h, dpi int) (int, int) {
	if f := pageDPI / float64(dpi); f < 0.95 {
		return scaled(w, f), scaled(h, f)
	}
	return w, h
}

// ThumbSize is the size of a thumbnail of a picture of w × h pixels.
func ThumbSize(w, h int) (int, int) {
	f := min(1, thumbSide/float64(max(w, h)))
	return max(1, int(float64(w)*f)), max(1, int(float64(h)*f))
}
