package corpus

import "strings"

// What surnames are put together from: some 9,000.
var (
	starts = strings.Fields(`Birken Dorn Eber Feld Gins Hasel Himmel Holunder Kiesel Krähen Kupfer Linden Löwen Mohn Moos Mühlen Nebel Pappel
		Quell Rosen Rüben Sauer Schilf Seidel Silber Stern Strauß Tannen Torf Uhlen Ulmen Vogel Wachol Weiden Winter Wolken Zaun Zucker Zwiebel Öhren Ähren`)
	middles = strings.Fields(`ber ger hau ker lau mei nie rei sen tal wei zel`)
	ends    = strings.Fields(`bach berg brink dorf feld fuß hain heim hof horn kamp kemper länder macher mann meier müller see stein`)
	// endings of the sample generator's surnames
	surnames = strings.Fields(`musterfeld apfelkamp birkenau eulenspötter zuckerhuth quittenbaum rübenkönig osterglöckner märzenbecher vogelsänger
		jasminowsky irrlichter dünenläufer wolkenstein kupferbach grünholz königssee straußberg löwenzahn mühlenfließ preiselbeer heidelänge öhrenmacher
		silberstrauß uhlenbüttel zwiebelfeld nebelhör fährmannsdorf brösicke ackerschott amselfuß bachstelzer binsenweg dornrain ebereschner espenlaub
		farnwald federling ginsterberg haselrain himbeersee holunderich kieselbach krähenwinkel lerchensporn mohnkamp moosgrund nesselrode pappelhain
		quellmoor rosenrot sauerampfer schilfrohrer seidelbast tannenzapf torfstich ulmenhof wacholder weidenkätz zaunkönig yıldızoğlu gündoğdu taşköprülü
		kızılırmaklı wiśniewoda łąkowicz brzozowiec kovaljčuk zorjančenko`)
)

var named = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range surnames {
		m[n] = true
	}
	return m
}()

// isName says whether a word of a letter is one of the generator's surnames.
func isName(w string) bool { return named[strings.ToLower(strings.Trim(w, ",.:;()"))] }
