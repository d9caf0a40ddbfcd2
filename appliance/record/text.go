package record

import "strings"

// CleanText is a line that somebody typed, as every database keeps it: valid
// UTF-8 without NUL, and without blanks around it.
func CleanText(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
}
