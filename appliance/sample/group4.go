package sample

import "strings"

// encodeG4 compresses bilevel rows (1 is black) as ITU-T T.6, "Group 4".
func encodeG4(bits []byte, width, height int) []byte {
	e := g4{white: runCodes(whiteRuns), black: runCodes(blackRuns), more: runCodes(longRuns)}
	stride := (width + 7) / 8
	above := []int{width, width, width}
	for y := range height {
		row := changes(bits[y*stride:(y+1)*stride], width)
		e.row(row, above, width)
		above = row
	}
	e.put(runCode{1, 12}) // end of block: twice end of line
	e.put(runCode{1, 12})
	if e.n > 0 {
		e.out = append(e.out, byte(e.acc<<(8-e.n)))
	}
	return e.out
}

// changes gives where the colour changes in a row, from white on, then width
// as often as the search for the next change may look.
func changes(row []byte, width int) []int {
	var out []int
	var black byte
	for i, b := range row {
		if b == black*0xFF {
			continue
		}
		for bit := range 8 {
			x := i*8 + bit
			if x < width && b>>(7-bit)&1 != black {
				black ^= 1
				out = append(out, x)
			}
		}
	}
	return append(out, width, width, width)
}

type runCode struct {
	bits uint32
	n    uint
}

type g4 struct {
	white, black, more []runCode
	out                []byte
	acc                uint64
	n                  uint
}

func (e *g4) put(c runCode) {
	e.acc = e.acc<<c.n | uint64(c.bits)
	for e.n += c.n; e.n >= 8; {
		e.n -= 8
		e.out = append(e.out, byte(e.acc>>e.n))
	}
}

// row codes one row against the one above, in the terms of T.6: a0 is where
// we are, a1 and a2 the next changes here, b1 and b2 those above.
func (e *g4) row(row, above []int, width int) {
	vertical := map[int]runCode{0: {1, 1}, 1: {3, 3}, 2: {3, 6}, 3: {3, 7}, -1: {2, 3}, -2: {2, 6}, -3: {2, 7}}
	a0, black := -1, 0
	ia, ib := 0, 0 // row[ia] is a1; above[ib] near b1
	for a0 < width {
		a1, a2 := row[ia], row[min(ia+1, len(row)-1)]
		// b1: first change above, right of a0, to the colour opposite to ours.
		for ib > 0 && above[ib-1] > a0 {
			ib--
		}
		for above[ib] < width && (above[ib] <= a0 || ib&1 != black) {
			ib++
		}
		b1, b2 := above[ib], above[min(ib+1, len(above)-1)]
		switch code, near := vertical[a1-b1]; {
		case b2 < a1: // pass
			e.put(runCode{1, 4})
			a0 = b2
		case near:
			e.put(code)
			a0, black = a1, black^1
			ia = min(ia+1, len(row)-1)
		default: // horizontal
			e.put(runCode{1, 3})
			e.run(a1-max(a0, 0), black)
			e.run(a2-a1, black^1)
			a0 = a2
			ia = min(ia+2, len(row)-1)
		}
	}
}

// run codes a run's length in one colour.
func (e *g4) run(n, black int) {
	codes := e.white
	if black == 1 {
		codes = e.black
	}
	for ; n >= 2560; n -= 2560 {
		e.put(e.more[len(e.more)-1])
	}
	if n >= 1792 {
		e.put(e.more[n/64-28])
		n %= 64
	}
	if n >= 64 {
		e.put(codes[63+n/64])
		n %= 64
	}
	e.put(codes[n])
}

// runCodes reads a table of codes written as binary digits.
func runCodes(table string) []runCode {
	var out []runCode
	for _, f := range strings.Fields(table) {
		c := runCode{n: uint(len(f))}
		for _, d := range f {
			c.bits = c.bits<<1 | uint32(d-'0')
		}
		out = append(out, c)
	}
	return out
}

// The codes of T.4: runs of 0 to 63, then 64, 128 … 1728; longRuns has 1792,
// 1856 … 2560 for both colours.
const (
	whiteRuns = `00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101
101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010 00000011 00011010
00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010
00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100
11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 011010011 011010100 011010101
011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 010011011`
	blackRuns = `0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000
0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001
000001101010 000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100 000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111
000001100100 000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111
0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100
0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 0000001100101`
	longRuns = `00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110 000000010111 000000011100 000000011101 000000011110 000000011111`
)
