package web

import "eakte/appliance/archive"

func linksOf(all []archive.Link, kind string) []archive.Link {
	var out []archive.Link
	for _, l := range all {
		if l.Kind == kind {
			out = append(out, l)
		}
	}
	return out
}

// linkTitle is how a linked document is called: by its title, or the name it
// came with.
func linkTitle(f Frame, l archive.Link) string {
	switch {
	case l.Title != "":
		return l.Title
	case l.Name != "":
		return l.Name
	}
	return f.L.T("mail.noname")
}
