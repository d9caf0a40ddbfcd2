package routing

import "sync"

// everyday is what stands on nearly every letter. A rule that fits it would fit
// them all.
const everyday = `Jobcenter Neustadt, Musterstraße 12, 12345 Neustadt
An das Jobcenter
Name, Vorname, Anschrift, Straße, Telefon, E-Mail
Ihr Zeichen, Ihre Nachricht vom, unser Zeichen, Datum: 20.11.2026
Betreff: Antrag, Bescheid, Schreiben, Kundennummer, Seite 1 von 2
Sehr geehrte Damen und Herren, sehr geehrte Frau, sehr geehrter Herr,
hiermit wird mitgeteilt, dass ich, wir und Sie das oder die Unterlagen für den Monat nach dem Gesetz bis zum, vom, von,
mit, auf, aus, bei, durch, im, in, an, am, zu, zur, über, unter, um, ein, eine, einen, einem, einer, der, des, dem, den, es, er, sie, ist,
sind, war, hat, haben, kann, können, werden, wurde, nicht, auch, noch, nur, so, wie, wenn, als, sich, uns, mein, meine, Ihrem, Ihrer, Ihren
in Höhe von 100,00 Euro (EUR) bitte erhalten haben, beigefügt als Anlage in Kopie.
Mit freundlichen Grüßen
Unterschrift`

var everydayLetter = sync.OnceValue(func() *gathering {
	return &gathering{reading: read(Letter{Pages: []Page{{Number: 1, Text: everyday}}})}
})

// fitsAny says whether the contents that a rule asks for stand on a letter,
// wherever that waits and however long it is.
func (g *gathering) fitsAny(w When) bool {
	w.Sites, w.Pages = nil, 0
	return g.fits(w, "")
}

// Catches gives the name of the first rule whose contents fit a letter, wherever
// it would wait and however long it is; "" if none does. It says nothing of what
// becomes of the letter: a rule about a place moves none that is filed.
func (r Rules) Catches(l Letter) string {
	g := &gathering{reading: read(l)}
	for _, rule := range r.Rules {
		if g.fitsAny(rule.When) {
			return rule.Name
		}
	}
	return ""
}
