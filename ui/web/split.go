package web

import (
	"eakte/appliance/archive"
	"eakte/ui/locale"
)

// splitInto says into how many documents a batch was divided: of those that were
// made, some may lie where the reader sees nothing of them.
func splitInto(l *locale.Lang, d archive.DocumentView) string {
	if d.Split == nil || d.Split.Parts == 0 {
		return l.T("split.some")
	}
	return l.N("split.into", d.Split.Parts)
}

// splitReason says why a batch stayed whole.
func splitReason(l *locale.Lang, reason string) string {
	if !l.Has("split.reason", reason) {
		return l.T("split.reason.other")
	}
	return l.Of("split.reason", reason)
}
