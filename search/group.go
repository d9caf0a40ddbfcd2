package search

// groups cuts tokens by position.
func groups(tokens []Token) [][]Token {
	var out [][]Token
	for i, t := range tokens {
		if i == 0 || t.Position != tokens[i-1].Position {
			out = append(out, tokens[i:i:len(tokens)])
		}
		last := &out[len(out)-1]
		*last = (*last)[:len(*last)+1]
	}
	return out
}

// positions is the number of words in tokens.
func positions(tokens []Token) int {
	if len(tokens) == 0 {
		return 0
	}
	return tokens[len(tokens)-1].Position - tokens[0].Position + 1
}

// extent gives the stretch of the widest word at one position: a joined one
// before its pieces. Numbers over several positions do not count.
func extent(g []Token) (start, end int) {
	for _, t := range g {
		if t.Kind == TokenWord && t.End-t.Start > end-start {
			start, end = t.Start, t.End
		}
	}
	return start, end
}

// widest gives the terms of the widest word at one position, folded first.
func widest(g []Token) []string {
	start, end := extent(g)
	var out []string
	for _, t := range g {
		if (t.Kind == TokenWord || t.Kind == TokenStem) && t.Start == start && t.End == end {
			out = append(out, t.Term)
		}
	}
	return out
}

// spanning gives the numbers that are made of all tokens.
func spanning(tokens []Token) []string {
	start, end := len(tokens), 0
	for i, t := range tokens {
		if i == 0 || t.Start < start {
			start = t.Start
		}
		end = max(end, t.End)
	}
	var out []string
	for _, t := range tokens {
		if t.Kind == TokenNumber && t.Start == start && t.End == end {
			out = append(out, t.Term)
		}
	}
	return out
}

func hasDigit(tokens []Token) bool {
	for _, t := range tokens {
		if HasDigit(t.Term) {
			return true
		}
	}
	return false
}

// HasDigit says whether a term has a digit in it. Such terms are found exactly
// or not at all.
func HasDigit(term string) bool {
	for i := 0; i < len(term); i++ {
		if isDigit(term[i]) {
			return true
		}
	}
	return false
}
