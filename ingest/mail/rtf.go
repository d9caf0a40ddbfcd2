package mail

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// rtfDictionary is what the compression of RTF starts with ([MS-OXRTFCP]).
const rtfDictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// rtfBytes is the longest RTF that is unpacked.
const rtfBytes = 32 << 20

// decompressRTF undoes the compression of a message's RTF.
func decompressRTF(b []byte) ([]byte, error) {
	if len(b) < 16 {
		return nil, fault(reasonDamaged, "RTF without a head")
	}
	size, kind := binary.LittleEndian.Uint32(b[4:]), string(b[8:12])
	b = b[16:]
	if kind == "MELA" {
		return b[:min(len(b), int(size))], nil
	}
	if kind != "LZFu" {
		return nil, fault(reasonDamaged, "RTF packed in an unknown way")
	}
	var dict [4096]byte
	at := copy(dict[:], rtfDictionary)
	out := make([]byte, 0, min(int(size), rtfBytes))
	put := func(c byte) { out = append(out, c); dict[at] = c; at = (at + 1) % len(dict) }
	for len(b) > 0 && len(out) < int(size) && len(out) < rtfBytes {
		flags := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0; bit++ {
			if flags>>bit&1 == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out, nil
			}
			ref := binary.BigEndian.Uint16(b)
			b = b[2:]
			from, n := int(ref>>4), int(ref&15)+2
			if from == at {
				return out, nil // the end
			}
			for i := range n {
				put(dict[(from+i)%len(dict)])
			}
		}
	}
	return out, nil
}

// rtfReader takes the text out of RTF. It is no renderer: fonts, pictures and
// objects are left out.
type rtfReader struct {
	src     string
	out     strings.Builder
	stack   []rtfState
	state   rtfState
	charset string
	bytes   []byte // letters of the code page that wait for being decoded
}

type rtfState struct {
	skip bool // a destination that is not for reading
	html bool // between \htmlrtf and \htmlrtf0: written again in HTML's own tags
	uc   int  // how many letters stand in for one of Unicode
}

// hiddenRTF are the destinations that hold no text.
var hiddenRTF = map[string]bool{"fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true,
	"header": true, "footer": true, "generator": true, "themedata": true, "datastore": true, "listtable": true,
	"listoverridetable": true, "fldinst": true, "xmlnstbl": true, "latentstyles": true, "htmltag": true, "mhtmltag": true}

const rtfDepth = 500

// rtfText gives the text of an RTF document, as far as it can be read.
func rtfText(b []byte) string {
	r := rtfReader{src: string(b), charset: "windows-1252", state: rtfState{uc: 1}}
	for r.src != "" {
		c := r.src[0]
		r.src = r.src[1:]
		switch c {
		case '{':
			if len(r.stack) == rtfDepth {
				r.src = ""
				break
			}
			r.stack = append(r.stack, r.state)
		case '}':
			r.flush()
			if n := len(r.stack); n > 0 {
				r.state, r.stack = r.stack[n-1], r.stack[:n-1]
			}
		case '\\':
			r.control()
		case '\r', '\n':
		default:
			r.letter(c)
		}
	}
	r.flush()
	return strings.TrimSpace(cleanText(r.out.String())) + "\n"
}

func (r *rtfReader) letter(c byte) {
	if !r.state.skip && !r.state.html {
		r.bytes = append(r.bytes, c)
	}
}

func (r *rtfReader) flush() {
	if len(r.bytes) > 0 {
		r.out.WriteString(decodeText(r.bytes, r.charset))
		r.bytes = r.bytes[:0]
	}
}

func (r *rtfReader) write(s string) {
	r.flush()
	if !r.state.skip && !r.state.html {
		r.out.WriteString(s)
	}
}

// control reads what follows a backslash.
func (r *rtfReader) control() {
	if r.src == "" {
		return
	}
	if c := r.src[0]; !isLetter(c) {
		r.symbol(c)
		return
	}
	n := 0
	for n < len(r.src) && n < 40 && isLetter(r.src[n]) {
		n++
	}
	word := r.src[:n]
	r.src = r.src[n:]
	n = 0
	for n < len(r.src) && n < 11 && (r.src[n] >= '0' && r.src[n] <= '9' || n == 0 && r.src[n] == '-') {
		n++
	}
	arg, err := strconv.Atoi(r.src[:n])
	given := err == nil
	r.src = strings.TrimPrefix(r.src[n:], " ")
	r.word(word, arg, given)
}

func (r *rtfReader) symbol(c byte) {
	r.src = r.src[1:]
	switch c {
	case '\'':
		if len(r.src) >= 2 {
			if v, err := strconv.ParseUint(r.src[:2], 16, 8); err == nil {
				r.letter(byte(v))
			}
			r.src = r.src[2:]
		}
	case '\\', '{', '}':
		r.letter(c)
	case '~':
		r.letter(' ')
	case '*':
		r.state.skip = true
	}
}

func (r *rtfReader) word(word string, arg int, given bool) {
	switch word {
	case "par", "line", "row", "sect", "page":
		r.write("\n")
	case "tab", "cell":
		r.write("    ")
	case "ansicpg":
		r.charset = codePage(uint32(arg))
	case "uc":
		r.state.uc = max(0, min(arg, 10))
	case "u":
		if arg < 0 {
			arg += 65536
		}
		r.write(string(rune(arg)))
		for range r.state.uc {
			r.standIn()
		}
	case "bin":
		r.src = r.src[min(len(r.src), max(0, arg)):]
	case "htmlrtf":
		r.flush()
		r.state.html = !given || arg != 0
	case "emdash":
		r.write("—")
	case "endash":
		r.write("–")
	case "bullet":
		r.write("•")
	case "lquote", "rquote":
		r.write("'")
	case "ldblquote", "rdblquote":
		r.write(`"`)
	default:
		if hiddenRTF[word] {
			r.state.skip = true
		}
	}
}

// standIn leaves out one letter that stands in for Unicode.
func (r *rtfReader) standIn() {
	switch {
	case strings.HasPrefix(r.src, `\'`) && len(r.src) >= 4:
		r.src = r.src[4:]
	case r.src != "" && r.src[0] != '\\' && r.src[0] != '{' && r.src[0] != '}':
		r.src = r.src[1:]
	}
}
