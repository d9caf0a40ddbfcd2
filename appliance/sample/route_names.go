package sample

import (
	"math"
	"sort"
	"strings"
)

// stock gives names as often as they are borne: a few by very many.
type stock struct {
	surnames, women, men pool
	tail                 []string
}

// pool is drawn from by rank: the n-th is half as likely as the (n/2)-th.
type pool struct {
	names []string
	upTo  []float64
}

func newPool(text string, offset float64) pool {
	p := pool{names: strings.Fields(text)}
	sum := 0.0
	for i := range p.names {
		sum += 1 / math.Pow(float64(i)+offset, 0.9)
		p.upTo = append(p.upTo, sum)
	}
	return p
}

func (p pool) draw(d dice) string {
	x := d.Float64() * p.upTo[len(p.upTo)-1]
	return p.names[min(len(p.names)-1, sort.SearchFloat64s(p.upTo, x))]
}

func newStock() stock {
	s := stock{
		surnames: newPool(`Müller Schmidt Nguyen Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Yılmaz Bauer
			Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Ahmad Hofmann Hartmann Lange Schmitt Werner Kaya Krause Meier
			Lehmann Schmid Schulze Maier Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Ali Weiß Jung Hahn
			Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm
			Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Schreiber Graf Schulte
			Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Demir Şahin Çelik Öztürk
			Kovalenko Shevchenko Bondarenko Nowak Kowalski Wiśniewski Popescu Ionescu Ivanov Petrov Hussein Mohammadi Rahimi Hassan Ibrahim
			Tran Pham Le Hoang Omar Saleh Abdullah Krasniqi Gashi Berisha Jovanović Petrović Novák Horvath`, 3),
		women: newPool(`Anna Maria Ursula Monika Petra Elisabeth Sabine Renate Karin Andrea Claudia Susanne Nicole Julia Stefanie Katharina
			Christine Birgit Anja Melanie Sandra Tanja Daniela Jana Lea Laura Lena Sarah Emma Mia Hannah Sophie Marie Fatima Aylin Elif Zeynep
			Oksana Olena Natalia Irina Layla Amina Thi Mai Hong Małgorzata Jacqueline Mandy Cindy Kerstin Heike Silke Jördis Käthe Bärbel`, 4),
		men: newPool(`Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Stefan Christian Uwe Frank Werner Martin Markus Matthias Alexander
			Daniel Jan Tobias Sebastian Florian Philipp Leon Lukas Paul Jonas Finn Ben Elias Noah Mohammed Ahmed Ali Mustafa Mehmet Murat Emre
			Oleksandr Andrij Serhij Ivan Van Minh Duc Paweł Tomasz Kevin Marcel Dennis René Sören Björn Jörg Günther Rüdiger Götz Lars Nils`, 4),
	}
	first := strings.Fields("Ahlen Birk Buch Dorn Eber Eichen Erlen Falken Feld Hasel Heid Hoch Kalten Linden Mühl Ober Ost Rosen Sand Schön Stein Tannen Unter Wald Weiden West Wiesen Winter Wolfs Zell Grün Krähen Löwen Bären Höhn Küster Süd")
	last := strings.Fields("bach berg brink bruch burg feld hagen hausen heim hof holz horst kamp kötter land meier mann müller rath reuter roth schmidt see stein thal wald winkel ström lützow bäcker")
	for _, a := range first {
		for _, b := range last {
			s.tail = append(s.tail, a+b)
		}
	}
	return s
}

// surname is one of the frequent ones for six in ten.
func (s stock) surname(d dice) string {
	switch n := d.IntN(100); {
	case n < 60:
		return s.surnames.draw(d)
	case n < 95:
		return d.pick(s.tail)
	}
	a, b := s.surnames.draw(d), d.pick(s.tail)
	if a == "Nguyen" {
		a = "Richter"
	}
	return b + "-" + a
}

func (s stock) first(d dice, woman bool) string {
	p := s.men
	if woman {
		p = s.women
	}
	a := p.draw(d)
	if d.chance(0.1) {
		if b := p.draw(d); b != a {
			return a + []string{" ", "-"}[d.IntN(2)] + b
		}
	}
	return a
}
