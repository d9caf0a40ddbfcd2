package render

import (
	"bytes"
	"slices"
	"strings"
)

// Fields that a mail's head has. Of the first list one must be there, and a
// further one of either: a letter that begins with "Betreff: …", a log or a
// page with "Date: …" is no mail.
var (
	mailOwn  = []string{"from", "received", "return-path", "message-id", "delivered-to", "x-mozilla-status", "dkim-signature", "arc-seal"}
	mailAlso = []string{"to", "subject", "date", "cc", "mime-version", "content-type", "reply-to", "sender", "x-mailer", "thread-topic"}
)

// isMail says whether the first bytes are the head of an e-mail: lines of the
// form "Name: value" from the very beginning on. A byte order mark, empty lines
// and the line "From …" of a mailbox file may stand before it.
func isMail(head []byte) bool {
	whole := len(head) < SniffLen
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), "\r\n")
	if bytes.HasPrefix(head, []byte("From ")) {
		_, head, _ = bytes.Cut(head, []byte("\n"))
	}
	own, all := map[string]bool{}, map[string]bool{}
	for len(head) > 0 {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if !ended && !whole { // cut off
			break
		}
		head = rest
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			break // the end of the head
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || !fieldName(name) {
			return false
		}
		n := strings.ToLower(string(name))
		if slices.Contains(mailOwn, n) {
			own[n], all[n] = true, true
		} else if slices.Contains(mailAlso, n) {
			all[n] = true
		}
	}
	return len(own) > 0 && len(all) > 1
}

func fieldName(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(b) > 0
}
