package catalog

import "strings"

// NormalizeNumber gives the one form in which a number is compared, "" if
// there is no letter or digit in s. The many writings of a household's number
// (03104//0012345, 03104BG0012345, with spaces) become 031040012345, a
// customer number becomes 031D123456; where the form of either is recognised,
// letters that recognition takes for digits (O, I, S, B …) are put right. Any
// other number becomes its letters, in upper case, and digits.
func NormalizeNumber(s string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r == 'Ä', r == 'Ö', r == 'Ü':
			b.WriteRune(r)
		case r == '|' || r == '!':
			b.WriteByte('I')
		}
	}
	n := b.String()
	if h, ok := householdNumber(n); ok {
		return h
	}
	if c, ok := customerNumber(n); ok {
		return c
	}
	return n
}

const (
	householdLen   = 12 // five digits of the office, seven of the household
	householdSplit = 5
	customerLen    = 10 // three digits, a letter, six digits
	customerLetter = 3
)

// householdNumber recognises a household's number among letters and digits;
// the two that stand for "//" or "BG" in the middle are dropped.
func householdNumber(n string) (string, bool) {
	if len(n) == householdLen+2 && isSeparator(n[householdSplit:householdSplit+2]) {
		n = n[:householdSplit] + n[householdSplit+2:]
	}
	if len(n) != householdLen {
		return "", false
	}
	return readDigits(n, 7)
}

// isSeparator recognises BG, also misread, and "//" read as letters.
func isSeparator(s string) bool {
	switch s {
	case "BG", "8G", "B6", "BC", "8C", "II", "LL", "IL", "LI", "1I", "I1", "1L", "L1":
		return true
	}
	return false
}

// customerNumber recognises a customer number among letters and digits.
func customerNumber(n string) (string, bool) {
	if len(n) != customerLen || n[customerLetter] < 'A' || n[customerLetter] > 'Z' {
		return "", false
	}
	head, ok := readDigits(n[:customerLetter], 2)
	if !ok {
		return "", false
	}
	tail, ok := readDigits(n[customerLetter+1:], 4)
	if !ok {
		return "", false
	}
	return head + n[customerLetter:customerLetter+1] + tail, true
}

// readDigits reads s as digits, misread ones included, if at least sure of
// them are digits as they stand.
func readDigits(s string, sure int) (string, bool) {
	out := []byte(s)
	for i, c := range out {
		if c >= '0' && c <= '9' {
			sure--
			continue
		}
		d, ok := misread(c)
		if !ok {
			return "", false
		}
		out[i] = d
	}
	return string(out), sure <= 0
}

// misread gives the digit for which recognition often gives a letter.
func misread(c byte) (byte, bool) {
	switch c {
	case 'O', 'Q', 'D':
		return '0', true
	case 'I', 'L':
		return '1', true
	case 'Z':
		return '2', true
	case 'S':
		return '5', true
	case 'G':
		return '6', true
	case 'B':
		return '8', true
	}
	return 0, false
}

// nearNumbers gives a normalised number with every single slip of the hand:
// a wrong, missing or doubled digit, or two neighbours swapped. Only numbers
// of the known forms are varied; the first one is n itself.
func nearNumbers(n string) []string {
	out := []string{n}
	if len(n) < customerLen-1 || len(n) > householdLen+1 {
		return out
	}
	seen := map[string]bool{n: true}
	add := func(s string) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for i := range len(n) {
		add(n[:i] + n[i+1:])
		if i+1 < len(n) {
			add(n[:i] + n[i+1:i+2] + n[i:i+1] + n[i+2:])
		}
		for d := byte('0'); d <= '9'; d++ {
			add(n[:i] + string(d) + n[i:])
			if n[i] >= '0' && n[i] <= '9' {
				add(n[:i] + string(d) + n[i+1:])
			}
		}
	}
	for d := byte('0'); d <= '9'; d++ {
		add(n + string(d))
	}
	return out
}

// numberTail is what people say of a household's number: its last digits
// without leading zeros. "" for other numbers.
func numberTail(norm string) string {
	if len(norm) != householdLen || strings.Trim(norm, "0123456789") != "" {
		return ""
	}
	return strings.TrimLeft(norm[householdSplit:], "0")
}
