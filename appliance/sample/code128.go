package sample

import (
	"fmt"
	"strings"
)

// code128 is Code 128 (ISO/IEC 15417): the widths of bars and spaces of each
// value, the last one the stop.
const code128 = "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 " +
	"123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 " +
	"111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 " +
	"231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 " +
	"141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 " +
	"124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 " +
	"311141 411131 211412 211214 211232 2331112"

// code128Bars gives the widths of a text's bars and spaces in modules, bar
// first. The text may hold what is printable in ASCII.
func code128Bars(text string) ([]int, error) {
	const startB, stop = 104, 106
	patterns := strings.Fields(code128)
	values, sum := []int{startB}, startB
	for i, r := range text {
		if r < ' ' || r > '~' {
			return nil, fmt.Errorf("sample: %q is not in Code 128, set B", r)
		}
		values = append(values, int(r-' '))
		sum += (i + 1) * int(r-' ')
	}
	var bars []int
	for _, v := range append(values, sum%103, stop) {
		for _, digit := range patterns[v] {
			bars = append(bars, int(digit-'0'))
		}
	}
	return bars, nil
}

// barcode draws a text as Code 128 with its left edge at x, quiet zones not
// counted, and gives its width. A module is a third of a millimetre.
func (c *composer) barcode(x, y, height float64, text string) float64 {
	bars, err := code128Bars(text)
	if err != nil {
		c.err = err
		return 0
	}
	module := mm(0.34)
	at := x
	c.drawMark(mark{kind: MarkCode, text: text, ink: inkBlack, cover: 1, x: x, y: y}, func() {
		for i, n := range bars {
			w := float64(n) * module
			if i%2 == 0 {
				c.page.fills = append(c.page.fills, fillBox{Rect{at, y, w, height}, 0})
			}
			at += w
		}
	})
	return at - x
}
