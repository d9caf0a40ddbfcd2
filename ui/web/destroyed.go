package web

import (
	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// destroyedTitle says why a document is gone.
func destroyedTitle(l *locale.Lang, d archive.DocumentView) string {
	if d.Destroyed == nil {
		return l.Of("viewer.state", string(record.StateDisposed))
	}
	return l.Of("destroyed.act", d.Destroyed.Act)
}
