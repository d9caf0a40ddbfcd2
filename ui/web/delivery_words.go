package web

import (
	"strings"

	"eakte/ui/locale"
)

// queryOf is the query of an address, with its question mark.
func queryOf(address string) string {
	_, query, _ := strings.Cut(address, "?")
	return "?" + query
}

func deliveryStateOptions(l *locale.Lang) []option {
	out := []option{{"", l.T("delivery.allstates")}}
	for _, s := range deliveryStates() {
		out = append(out, option{s, l.Of("delivery.state", s)})
	}
	return out
}

func providerOptions(l *locale.Lang, names []string) []option {
	out := []option{{"", l.T("delivery.allproviders")}}
	for _, n := range names {
		out = append(out, option{n, n})
	}
	return out
}

// paperLine says where the paper lies; position 0 is not said.
func paperLine(l *locale.Lang, box, location string, position int) string {
	var parts []string
	if box != "" {
		parts = append(parts, l.T("custody.box", "box", box))
	}
	if location != "" {
		parts = append(parts, location)
	}
	if position > 0 {
		parts = append(parts, l.T("custody.position", "n", position))
	}
	return strings.Join(parts, ", ")
}
