package folder

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

// statusHead begins every status file; by it the appliance knows its own.
const statusHead = "eAkte: Stand dieser Lieferung / state of this delivery\n"

// maxSaid is how many problems a status file tells one by one.
const maxSaid = 500

// Why a delivery is put into rejected/.
var (
	withdrawn = reason{
		"Die Lieferung wurde zurückgezogen.", "Soll sie doch aufgenommen werden, liefern Sie sie unter einer neuen Liefernummer.",
		"The delivery was withdrawn.", "To have it taken in after all, deliver it under a new delivery_id."}
	changedAfter = reason{
		"Diese Lieferung ist schon aufgenommen, und zwar mit anderem Inhalt.", "Liefern Sie, was hinzukam oder geändert wurde, unter einer neuen Liefernummer.",
		"This delivery has been taken in already, with other contents.", "Deliver what was added or changed under a new delivery_id."}
)

// unusable is for a manifest that nobody can make sense of.
func unusable(e *record.Error) reason {
	return reason{"Das Manifest ist unbrauchbar (" + printable(sentence(e)) + ").", "Berichtigen Sie manifest.json, und legen Sie den ganzen Ordner zurück.",
		"The manifest can't be used: " + printable(sentence(e)), "Put manifest.json right and move the whole folder back."}
}

// finalOfDelivery says whether the desk will never take this delivery as it is.
func finalOfDelivery(err error) (reason, bool) {
	var e *record.Error
	if !errors.As(err, &e) {
		return reason{}, false
	}
	switch c := record.CategoryOf(err); {
	case c == record.Denied && e.Field == "provider":
		return reason{"Die Lieferung nennt einen anderen Dienstleister als den, dem dieser Ordner gehört.", "Prüfen Sie provider in manifest.json und den Ordner.",
			"The delivery names another provider than the one to whom this folder belongs.", "Check provider in manifest.json, and the folder."}, true
	case c == record.Conflict:
		r := changedAfter
		r.en, r.enHint = e.Message, e.Hint
		return r, true
	case c == record.Invalid, c == record.TooLarge:
		return unusable(e), true
	}
	return reason{}, false
}

func (r reason) deliveryText() string {
	return fmt.Sprintf("Diese Lieferung wurde nicht in das Archiv aufgenommen; nichts daraus wurde abgelegt.\nGrund: %s\nWas zu tun ist: %s\n\n"+
		"This delivery was not taken into the archive; nothing of it was filed.\nReason: %s\nWhat to do: %s\n", r.de, r.deHint, r.en, r.enHint)
}

// why is what the log says; the texts may name files.
func (r reason) why() string {
	switch r.de {
	case withdrawn.de:
		return "withdrawn"
	case changedAfter.de:
		return "changed after it was taken in"
	}
	return "not as it has to be"
}

// kinds are the problems in words, German and English; %s stands for a name.
var kinds = map[string][2]string{
	"missing":       {"fehlt", "is missing"},
	"hash":          {"hat andere Bytes, als das Manifest sagt (Hash)", "has other bytes than the manifest says (hash)"},
	"size":          {"hat eine andere Größe, als das Manifest sagt", "has another size than the manifest says"},
	"pages":         {"hat eine andere Seitenzahl, als das Manifest sagt", "has another number of pages than the manifest says"},
	"surplus":       {"steht nicht im Manifest", "is not in the manifest"},
	"twice":         {"wird doppelt geliefert", "is delivered twice"},
	"count":         {"Die Anzahl der Dokumente ist nicht die angekündigte", "the number of documents is not the one that was announced"},
	"bag_seal":      {"Die Plombe ist nicht die angekündigte", "the bag seal is not the one that was announced"},
	"bag_seal_used": {"Unter dieser Plombe kam schon eine andere Lieferung", "another delivery came under this bag seal"},
	"signature":     {"Die Signatur oder der Zeitstempel fehlt oder ist unbrauchbar", "the signature or time stamp is missing or can't be one"},
	"refused":       {"wird so nicht angenommen", "is not taken as it is"},
	"too_large":     {"ist zu groß", "is too large"},
	kindFolders:     {"Unterordner gehören nicht zu einer Lieferung; nehmen Sie sie heraus", "sub-folders are no part of a delivery; take them out"},
}

// text is what the status file says.
func (w *waiting) text(now time.Time) string {
	var b strings.Builder
	b.WriteString(statusHead)
	b.WriteString(now.In(record.Berlin()).Format("02.01.2006 15:04") + "\n\n")
	if w.broken {
		b.WriteString("Das Manifest ist unvollständig; es wird noch eine Weile darauf gewartet.\nThe manifest is incomplete; it is waited for a while.\n")
		return b.String()
	}
	for n, words := range [][2]string{
		{"Diese Lieferung wartet. Nichts daraus ist abgelegt, und nichts ist verloren.\n",
			"\nLegen Sie nach, was fehlt, ersetzen Sie, was falsch ist, und benennen Sie zuletzt manifest.json noch einmal um. Es geht dann von selbst weiter.\n"},
		{"\nThis delivery waits. Nothing of it is filed, and nothing is lost.\n",
			"\nAdd what is missing, replace what is wrong, and rename manifest.json into place once more, last. It then goes on by itself.\n"},
	} {
		b.WriteString(words[0])
		for _, said := range w.said {
			fmt.Fprintf(&b, "- %s\n", printable(said))
		}
		for i, p := range w.problems {
			if i == maxSaid {
				fmt.Fprintf(&b, "- … (%d)\n", len(w.problems)-maxSaid)
				break
			}
			b.WriteString("- " + line(p, n) + "\n")
		}
		b.WriteString(words[1])
	}
	return b.String()
}

// line is one problem; lang is 0 for German, 1 for English.
func line(p delivery.Problem, lang int) string {
	words, ok := kinds[p.Kind]
	if !ok {
		words = [2]string{p.Kind, p.Kind}
	}
	out := words[lang]
	if p.Name != "" {
		out = p.Name + ": " + out
	}
	said := [2][2]string{{"laut Manifest", "da ist"}, {"by the manifest", "there is"}}[lang]
	switch {
	case p.Want != "" && p.Got != "":
		out += fmt.Sprintf(" (%s %s, %s %s)", said[0], p.Want, said[1], p.Got)
	case p.Want+p.Got != "":
		out += " (" + p.Want + p.Got + ")"
	}
	return printable(out)
}

// printable keeps a name of somebody else's from breaking a line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// sentence is what an error says to whoever caused it.
func sentence(err error) string {
	var e *record.Error
	if !errors.As(err, &e) {
		return "no reason was given"
	}
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}
