package web

import (
	"eakte/ui/border"
	"eakte/ui/locale"
)

// errorView is an error as a page: what happened, what to do, the reference.
type errorView struct {
	border.Fault
	Reference string
}

// title is the key of what happened.
func (v errorView) title(l *locale.Lang) string {
	if l.Has("error", v.Code+".title") {
		return "error." + v.Code + ".title"
	}
	return "error.internal.title"
}

// hint says what to do about it.
func (v errorView) hint(l *locale.Lang) string {
	if v.Field == "csrf" {
		return l.T("error.csrf")
	}
	if l.Has("error", v.Code+".hint") {
		return l.Of("error", v.Code+".hint")
	}
	return l.T("error.internal.hint")
}
