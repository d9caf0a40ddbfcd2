package ocr

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	signMisread = regexp.MustCompile(`^(\(?)([8$&]{1,2}|[8$&][35]|[35][8$&]|[35])$`)
	number      = regexp.MustCompile(`^[0-9]{1,4}[a-z]{0,2}[.,;]?$`)
	lettered    = regexp.MustCompile(`^[0-9]{1,4}[a-z][.,;]?$`)
	listed      = regexp.MustCompile(`^([0-9]{1,4}[a-z]{0,2}[.,;]?|und|oder|sowie|ff\.?,?)$`)
	lawWord     = regexp.MustCompile(`^(Abs|Absatz|Satz|[S5]GB[IVXl|]*|Nr|bis|SGG|BGB|ZPO|VwVfG|BKGG|WoGG|UVG|AsylbLG|AufenthG|BAföG|EStG|EstG|BEEG|StGB|GG)\b`)
	subsection  = regexp.MustCompile(`^(Abs|Absatz)\b`)
	counting    = regexp.MustCompile(`^(Art|Artikel|Nr|Nummer|Ziffer|Anlage|Seite|Kapitel|Teil)\b`)
	before      = regexp.MustCompile(`^(nach|gemäß|gem\.|laut|i\.V\.m\.|iVm|aufgrund)$`)
)

// paragraphSigns restores "§", which the German model does not know: it says
// 8, $ or & instead, or 83 for two of them. Those are taken for paragraph signs
// before a number that a word of the law follows (Abs., Satz, SGB, Nr., bis),
// be it after more numbers ("§§ 7, 9 und 11 SGB"), or behind an opening
// bracket; $ and & also before a number with a letter ("§ 9a"); and 3 or 5
// only if "nach" or the like stands before them as well, or the number is that
// of a subsection ("3 7 Absatz 1"), which no two numbers beside each other have.
func paragraphSigns(tokens []Token) {
	for i := range tokens {
		m := signMisread.FindStringSubmatch(tokens[i].Raw)
		if m == nil || i+1 >= len(tokens) || !number.MatchString(tokens[i+1].Raw) {
			continue
		}
		j := i + 2
		for j < len(tokens) && j < i+10 && listed.MatchString(tokens[j].Raw) {
			j++
		}
		lawful := j < len(tokens) && lawWord.MatchString(tokens[j].Raw)
		called := i > 0 && before.MatchString(tokens[i-1].Raw)
		money := strings.ContainsAny(m[2], "$&")
		switch {
		case m[2] == "3" || m[2] == "5":
			direct := i+2 < len(tokens) && subsection.MatchString(tokens[i+2].Raw)
			lawful = lawful && called || direct && (i == 0 || !counting.MatchString(tokens[i-1].Raw))
		case m[1] == "(" && !strings.ContainsAny(m[2], "35"):
			lawful = true
		case money && (called || lettered.MatchString(tokens[i+1].Raw)):
			lawful = true
		}
		if lawful {
			tokens[i].Text = m[1] + strings.Repeat("§", len(m[2]))
		}
	}
}

var title = regexp.MustCompile(`^\p{Lu}[\p{L}-]{3,},?$`)

// headings restores the signs of a contract's headings, "§ 2 Mietzeit": lines
// that begin with what § is misread as, a number and a capitalised word, when
// the numbers of two of them follow each other and one is surely a sign.
func headings(tokens []Token) {
	type heading struct{ at, number int }
	var found []heading
	for i := 0; i+2 < len(tokens); i++ {
		first := i == 0 || !sameLine(tokens[i-1], tokens[i])
		if !first || !sameLine(tokens[i], tokens[i+2]) || !title.MatchString(tokens[i+2].Raw) {
			continue
		}
		n, err := strconv.Atoi(tokens[i+1].Raw)
		if m := signMisread.FindStringSubmatch(tokens[i].Raw); err == nil && (tokens[i].Text == "§" || m != nil && len(m[0]) == 1) {
			found = append(found, heading{i, n})
		}
	}
	sure := func(i int) bool { return !strings.ContainsAny(tokens[i].Text, "35") }
	for k := 1; k < len(found); k++ {
		if a, b := found[k-1], found[k]; b.number == a.number+1 && (sure(a.at) || sure(b.at)) {
			tokens[a.at].Text, tokens[b.at].Text = "§", "§"
		}
	}
}

func sameLine(a, b Token) bool {
	return a.Block == b.Block && a.Paragraph == b.Paragraph && a.Line == b.Line
}

var (
	book  = regexp.MustCompile(`^[S5]GB$`)
	roman = regexp.MustCompile(`^([IVXl|]{1,5})([.,;:)“”"]*)$`)
)

// numerals puts right the books of the Sozialgesetzbuch: SGB Il, SGB |.
func numerals(tokens []Token) {
	for i := 1; i < len(tokens); i++ {
		m := roman.FindStringSubmatch(tokens[i].Raw)
		if m == nil || !book.MatchString(tokens[i-1].Raw) {
			continue
		}
		tokens[i-1].Text = "SGB"
		tokens[i].Text = strings.NewReplacer("l", "I", "|", "I").Replace(m[1]) + m[2]
	}
}

var (
	sharpS = regexp.MustCompile(`(\p{L}\p{Ll})B(\p{Ll})`)
	over   = regexp.MustCompile(`^(\(?)([Uu])ber(\p{Ll}{3,})`)
	square = regexp.MustCompile(`^m[2?]([.,;)]*)$`)
	amount = regexp.MustCompile(`^[0-9.]+(,[0-9]+)?$`)
)

// spellings puts right what is no German word as it was read: StraBe,
// Uberweisung, fur, and m? behind a number.
func spellings(tokens []Token) {
	for i := range tokens {
		t := sharpS.ReplaceAllString(tokens[i].Text, "${1}ß$2")
		if m := over.FindStringSubmatch(t); m != nil {
			t = m[1] + map[string]string{"U": "Ü", "u": "ü"}[m[2]] + strings.TrimPrefix(t, m[1]+m[2])
		}
		switch t {
		case "fur", "fir":
			t = "für"
		case "uber":
			t = "über"
		}
		if i > 0 && amount.MatchString(tokens[i-1].Raw) {
			t = square.ReplaceAllString(t, "m²$1")
		}
		tokens[i].Text = t
	}
}
