package search

import (
	"errors"
	"strings"
	"testing"

	"eakte/appliance/record"
)

func TestParseOr(t *testing.T) {
	for q, want := range map[string]string{
		`heizung OR strom`:                    `heizung/strom`,
		`heizung ODER strom bescheid`:         `heizung/strom bescheid`,
		`bescheid heizung OR strom`:           `bescheid heizung/strom`,
		`a OR b OR c d OR e`:                  `a/b/c d/e`,
		`heizung or strom`:                    `heizung or strom`,
		`heizung Oder strom`:                  `heizung oder strom`,
		`heizung "OR" strom`:                  `heizung [or] strom`,
		`heizung ORs strom`:                   `heizung ors strom`,
		`heizung OR* strom`:                   `heizung or* strom`,
		`heizung -OR`:                         `heizung -or`,
		`"kosten der" OR heiz*`:               `[kosten der]/heiz*`,
		`18. November 2026 OR 03104 BG 00123`: `#@20261118/#03104 bg #00123`,
		`OR1 OR 03104 BG 0012345 x`:           `#or1/#031040012345|#03104&bg&#0012345 x`,
		`Nord-Süd OR 03104//0012345`:          `nordsud|[nord sud]/#031040012345|[03104 0012345]`,
		`Müller,Anna OR Meier`:                `[muller anna]/meier`,
		`von:Amt OR Mahnung`:                  `@amt/mahnung`,
		`Mahnung OR von:"Amt Nord",Kasse x`:   `mahnung/@[amt nord]/@kasse x`,
		`type:a OR type:b OR type:"c d"`:      `{type:a,b,c d}`,
		`x type:a,b OR type:c y`:              `x y {type:a,b,c}`,
	} {
		p, err := Parse(q)
		if err != nil {
			t.Errorf("%q: %v", q, err)
		} else if got := brief(p); got != want {
			t.Errorf("%q\n is read as %s\n want       %s", q, got, want)
		}
	}
}

func TestParseFields(t *testing.T) {
	for q, want := range map[string]string{
		`type:Bescheid`:                          `{type:Bescheid}`,
		`TYP:Bescheid Art:"Bescheid Wohngeld"`:   `{type:Bescheid} {type:Bescheid Wohngeld}`,
		`kosten type:a,"b, c",d`:                 `kosten {type:a,b, c,d}`,
		`type:a, b`:                              `b {type:a}`,
		`type:"a"b`:                              `b {type:a}`,
		`-type:a,b kosten`:                       `kosten {-type:a,b}`,
		`type:a -kosten`:                         `-kosten {type:a}`,
		`-type:a -kosten`:                        `-kosten {-type:a}`,
		`type:a*`:                                `{type:a*}`,
		`site:03104 standort:"Jobcenter Nord"`:   `{site:03104} {site:Jobcenter Nord}`,
		`akte:03104//0012345`:                    `{file:03104//0012345}`,
		`file:"03104 BG 0012345"`:                `{file:03104 BG 0012345}`,
		`register:„Kosten der Unterkunft“`:       `{section:Kosten der Unterkunft}`,
		`received:2026`:                          `{received:2026-01-01..2026-12-31}`,
		`eingang:2026-02`:                        `{received:2026-02-01..2026-02-28}`,
		`eingang:02.2024`:                        `{received:2024-02-01..2024-02-29}`,
		`received:2026-01-31`:                    `{received:2026-01-31..2026-01-31}`,
		`received:31.1.2026`:                     `{received:2026-01-31..2026-01-31}`,
		`received:2026-01..2026-03`:              `{received:2026-01-01..2026-03-31}`,
		`received:31.12.2025..01.01.2026`:        `{received:2025-12-31..2026-01-01}`,
		`received:2025-12..2026`:                 `{received:2025-12-01..2026-12-31}`,
		`received:2026..`:                        `{received:2026-01-01..}`,
		`-received:..2026-01-31`:                 `{-received:..2026-01-31}`,
		`received:"2026-01..2026-03"`:            `{received:2026-01-01..2026-03-31}`,
		`von:Stadtwerke`:                         `@stadtwerke`,
		`from:"Stadtwerke Neustadt" abschlag`:    `@[stadtwerke neustadt] abschlag`,
		`absender:Nord-Süd`:                      `@nordsud|@[nord sud]`,
		`von:stadt*`:                             `@stadt*`,
		`von:Stadtwerke/Nord`:                    `@stadtwerke @nord`,
		`von:Amt,Kasse,"Bank Nord"`:              `@amt/@kasse/@[bank nord]`,
		`kosten -von:Amt,Kasse`:                  `kosten -@amt/@kasse`,
		`kosten -von:Amt/Kasse`:                  `kosten -@[amt kasse]`,
		`von:03104//0012345`:                     `@#031040012345|@[03104 0012345]`,
		`Az:123 http://example.org`:              `#az123|[az 123] http example org`,
		`vontype:a von`:                          `vontype a von`,
		`Kosten: der Unterkunft`:                 `kosten der unterkunft`,
		`"type:a" x`:                             `[type a] x`,
		`received`:                               `received`,
		`type:a` + "\u00a0b":                     `b {type:a}`,
		`type:a` + "\x00" + `b`:                  "{type:a\x00b}",
		`type:")) OR 1=1 --"`:                    `{type:)) OR 1=1 --}`,
		`site:x' OR site:'1`:                     `{site:x','1}`,
		`file:[1],{2}`:                           `{file:[1],{2}}`,
		`section:` + strings.Repeat("x,", 10):    `{section:x,x,x,x,x,x,x,x,x,x}`,
		`received:2026-01-01..2026-01-01 -von:x`: `-@x {received:2026-01-01..2026-01-01}`,
	} {
		p, err := Parse(q)
		if err != nil {
			t.Errorf("%q: %v", q, err)
		} else if got := brief(p); got != want {
			t.Errorf("%q\n is read as %s\n want       %s", q, got, want)
		}
	}
}

func TestParseRefusesFields(t *testing.T) {
	for q, why := range map[string]string{
		"OR": ReasonOr, "ODER": ReasonOr, "a OR": ReasonOr, "OR a": ReasonOr, "a OR OR b": ReasonOr, "a OR ODER": ReasonOr,
		"-a OR b": ReasonOr, "a OR -b": ReasonOr, "type:a OR b": ReasonOr, "a OR type:b": ReasonOr, "a OR von:x OR type:b": ReasonOr,
		"type:a OR site:b": ReasonOr, "-type:a OR type:b": ReasonOr, "type:a OR -type:b": ReasonOr, "type:a OR von:b": ReasonOr, "von:a OR type:b": ReasonOr,
		"received:2025 OR received:2026": ReasonOr, "a OR §": ReasonOr, "§ OR a": ReasonOr, `a OR ""`: ReasonOr, "a OR b/heiz*": ReasonOr,
		"-von:a OR b": ReasonOr, "a OR -von:b": ReasonOr,
		"type:": ReasonField, "von:": ReasonField, "type: a": ReasonField, `type:""`: ReasonField, "type:,": ReasonField, `von:" "`: ReasonField,
		"von:§": ReasonField, "von:a,§": ReasonField, "-site:": ReasonField, "received:": ReasonField, "a OR type:": ReasonField,
		"received:heute": ReasonDate, "received:2026-13": ReasonDate, "received:2026-02-30": ReasonDate, "received:31.02.2026": ReasonDate,
		"received:..": ReasonDate, "received:2026..2025": ReasonDate, "received:2026..x": ReasonDate, "received:x..2026": ReasonDate,
		"received:2026...2027": ReasonDate, "received:26": ReasonDate, "received:2025,2026": ReasonDate, "received:2026*": ReasonDate,
		"received:2026-01-01T00:00": ReasonDate, "received:-2026": ReasonDate, "received:２０２６": ReasonDate,
		`type:"a`: ReasonQuote, `von:"a b`: ReasonQuote, `type:a,"b`: ReasonQuote,
		"von:a*": ReasonNothing, "-von:a": ReasonOnlyNot, "-von:a -b": ReasonOnlyNot,
		"type:" + strings.Repeat("a,", MaxQueryWords+1): ReasonWords,
		"von:" + strings.Repeat("a,", MaxQueryWords+1):  ReasonWords,
	} {
		_, err := Parse(q)
		var e *record.Error
		if !errors.Is(err, record.Invalid) || !errors.As(err, &e) || e.Hint == "" || e.Field != "q" || Reason(err) != why {
			t.Errorf("%.40q: %q, %v; want %q", q, Reason(err), err, why)
		}
	}
	for _, err := range []error{nil, errors.New("another"), record.Bad("q", "is wrong")} {
		if got := Reason(err); got != "" {
			t.Errorf("%v has the reason %q", err, got)
		}
	}
}

// hostile are queries that are bad, each for a reason of its own.
func hostile() map[string]string {
	rep := strings.Repeat
	return map[string]string{
		"10,000 characters":            rep("kosten ", 1500)[:10_000],
		"10,000 letters":               rep("ä", 10_000),
		"500 words":                    rep("a ", 500),
		"500 numbers":                  rep("1 ", 500),
		"64 long words":                rep(rep("kosten", 2)+" ", 64),
		"a word of a thousand":         rep("kosten", 166),
		"unbalanced quotes":            `kosten "der "unterkunft"`,
		"only quotes":                  rep(`"`, 999),
		"quotes of every make":         `„kosten“ «der» "unterkunft“ ”x„`,
		"control characters":           "\x00\x01\x02kosten\x1b[31m\x7f\u0085\u2028\u202e\ufeff",
		"only control characters":      "\x00\x01\x02\x1b\x7f",
		"broken UTF-8":                 "\xff\xfe\xc3kosten\xe2\x82",
		"*":                            "*",
		"**":                           rep("*", 1000),
		"* between":                    "ko*ten *kosten k*",
		"a regular expression":         `(a+)+$ (.*)* [a-z]{1,9999} (?=x) \1 ^^^ |||`,
		"a bomb of brackets":           rep("(", 500) + rep(")", 500),
		"a bomb of hyphens":            rep("a-", 499) + "a",
		"a bomb of parts":              rep("kostenmiete", 90),
		"a bomb of marks":              "e" + rep("\u0301", 998),
		"a chain of OR":                rep("a OR ", 60) + "b",
		"a longer chain of OR":         rep("a OR ", 199) + "b",
		"OR upon OR":                   rep("OR ", 300),
		"OR of prefixes":               rep("ab* OR ", 63) + "cd*",
		"OR of numbers":                rep("18. November 2026 OR ", 20) + "x",
		"fields upon fields":           rep("type:", 200),
		"fields in fields":             `type:"von:"x"" von:type:a received:file:1`,
		"commas":                       "type:" + rep(",", 900),
		"minus upon minus":             rep("-", 1000),
		"minus and quote":              `-"-"-"`,
		"digits":                       rep("1", 1000),
		"groups of digits":             rep("1.", 499) + "1",
		"an endless date":              "received:" + rep("2026..", 100),
		"SQL":                          `'; DROP TABLE documents; --`,
		"Cyrillic":                     "Київ квартира -Москва",
		"Arabic, right to left":        "عقد الإيجار ٠٣١٠٤",
		"Chinese":                      "房租合同 -租",
		"Hebrew, Thai, Georgian":       "חוזה สัญญา ხელშეკრულება",
		"digits of other scripts":      "०३१०४ ０３１０４ 𝟎𝟑𝟏𝟎𝟒",
		"emoji":                        "👍 👩‍👧‍👦 🇩🇪 kosten",
		"Zalgo":                        "k̸̢̛o̷͎͝s̶̱̈́t̵̰̾e̷͜͝n̸͎̽",
		"letters that grow on folding": rep("ﷺ", 300) + rep("ß", 300),
		"path":                         "../../etc/passwd",
		"HTML":                         `<script>alert("kosten")</script>`,
		"format verbs":                 "%s%n%d{{.}}${jndi:ldap://x}",
		"blanks":                       rep(" \u00a0\u3000\t", 250),
		"nothing":                      "",
	}
}

// TestHostile: whatever is typed, the answer is a query or a hint; what it
// became stays small, and marking with it ends.
func TestHostile(t *testing.T) {
	for name, q := range hostile() {
		p, err := Parse(q)
		if err != nil {
			var e *record.Error
			if !errors.Is(err, record.Invalid) || !errors.As(err, &e) || e.Hint == "" || Reason(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		clauses, slots := size(append(p.Must, p.Not...))
		if clauses > 4*MaxQueryWords || slots > 4*MaxQueryWords || len(p.Filters) > MaxQueryWords {
			t.Errorf("%s becomes %d clauses of %d slots, %d filters", name, clauses, slots, len(p.Filters))
		}
		text := samplePage + q
		h := Highlight(record.PageWords{}, text, p)
		if h.Count > len(text) {
			t.Errorf("%s marks %d stretches", name, h.Count)
		}
	}
}

// size counts clauses, with all that does as well, and their slots.
func size(in []Clause) (clauses, slots int) {
	for _, c := range in {
		n, m := size(append(append([]Clause{}, c.Also...), c.Or...))
		clauses, slots = clauses+n+1, slots+m+len(c.Slots)
	}
	return clauses, slots
}
