package web

import (
	"net/url"
	"strconv"
	"strings"

	"eakte/appliance/admin"
	"eakte/ui/locale"
)

// In the form a phrase is a line with its points behind a sign of equality, or
// several of them with a | between; conditions join phrases by | (one of them), + (all of them) and ! (none).

func typeFields(l *locale.Lang, t admin.TypeRule) url.Values {
	return url.Values{"key": {t.Key}, "german": {t.German}, "english": {t.English}, "headings": {phraseLines(l, t.Headings)},
		"words": {wordLines(l, t.Words)}, "senders": {phraseLines(l, t.Senders)}, "codes": {phraseLines(l, t.Codes)},
		"hints": {strings.Join(t.Hints, "\n")}, "against": {wordLines(l, t.Against)}}
}

func phraseLines(l *locale.Lang, list []admin.TypePhrase) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.Text + " = " + weightText(l, p.Weight) + "\n")
	}
	return b.String()
}

func wordLines(l *locale.Lang, list []admin.TypeWords) string {
	var b strings.Builder
	for _, w := range list {
		var parts []string
		if len(w.Any) > 0 {
			parts = append(parts, strings.Join(w.Any, " | "))
		}
		if len(w.All) > 0 {
			parts = append(parts, strings.Join(w.All, " + "))
		}
		b.WriteString(strings.Join(parts, " & "))
		if len(w.None) > 0 {
			b.WriteString(" ! " + strings.Join(w.None, " | "))
		}
		b.WriteString(" = " + weightText(l, w.Weight) + "\n")
	}
	return b.String()
}

// pointed parts a line into its text and its points.
func pointed(line string) (text string, points float64, ok bool) {
	i := strings.LastIndexByte(line, '=')
	if i < 0 {
		return "", 0, false
	}
	points, ok = parseNumber(line[i+1:])
	return strings.TrimSpace(line[:i]), points, ok
}

func parsePhrases(text string) (out []admin.TypePhrase, wrong int) {
	for i, line := range rows(text) {
		t, n, ok := pointed(line)
		if !ok {
			return nil, i + 1
		}
		list := pieces(t, "|")
		if len(list) == 0 {
			return nil, i + 1
		}
		for _, p := range list {
			out = append(out, admin.TypePhrase{Text: p, Weight: n})
		}
	}
	return out, 0
}

func parseWords(text string) (out []admin.TypeWords, wrong int) {
	for i, line := range rows(text) {
		t, n, ok := pointed(line)
		if !ok {
			return nil, i + 1
		}
		w := admin.TypeWords{Weight: n}
		t, none, _ := strings.Cut(t, "!")
		w.None = pieces(none, "|")
		any, all, both := strings.Cut(t, "&")
		switch {
		case both:
			w.Any, w.All = pieces(any, "|"), pieces(all, "+")
		case strings.Contains(t, "+"):
			w.All = pieces(t, "+")
		default:
			w.Any = pieces(t, "|")
		}
		out = append(out, w)
	}
	return out, 0
}

func pieces(s, sep string) (out []string) {
	for p := range strings.SplitSeq(s, sep) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// typeRules reads the form of types. A part with nothing in it is none.
func (r *ruleForm) typeRules(l *locale.Lang) (out admin.TypeRules, p *ruleProblem) {
	r.dropEmpty("german", "english", "key", "headings", "words")
	if out.Threshold, p = r.head(l, "threshold"); p != nil {
		return out, p
	}
	if out.Distance, p = r.head(l, "distance"); p != nil {
		return out, p
	}
	for i, part := range r.Parts {
		f := part.Fields
		t := admin.TypeRule{Key: strings.TrimSpace(f.Get("key")), German: strings.TrimSpace(f.Get("german")), English: strings.TrimSpace(f.Get("english")), Hints: rows(f.Get("hints"))}
		for name, to := range map[string]*[]admin.TypePhrase{"headings": &t.Headings, "senders": &t.Senders, "codes": &t.Codes} {
			list, wrong := parsePhrases(f.Get(name))
			if wrong > 0 {
				return out, r.wrongLine(l, i, name, wrong)
			}
			*to = list
		}
		for name, to := range map[string]*[]admin.TypeWords{"words": &t.Words, "against": &t.Against} {
			list, wrong := parseWords(f.Get(name))
			if wrong > 0 {
				return out, r.wrongLine(l, i, name, wrong)
			}
			*to = list
		}
		out.Types = append(out.Types, t)
	}
	return out, nil
}

func (r *ruleForm) wrongLine(l *locale.Lang, part int, field string, line int) *ruleProblem {
	return &ruleProblem{Field: r.id(part, field), Text: l.T("rules.problem.line", "n", line)}
}

// dropEmpty leaves parts out that say nothing in the named fields.
func (r *ruleForm) dropEmpty(fields ...string) {
	var kept []rulePart
	for _, p := range r.Parts {
		for _, f := range fields {
			if strings.TrimSpace(p.Fields.Get(f)) != "" {
				kept = append(kept, p)
				break
			}
		}
	}
	r.Parts = kept
}

func routingFields(l *locale.Lang, r admin.RoutingRule) url.Values {
	w, t := r.When, r.Then
	types := make([]string, len(w.Types))
	for i, k := range w.Types {
		types[i] = typeName(l, k)
	}
	v := url.Values{"name": {r.Name}, "words": {strings.Join(w.Words, "\n")}, "any": {strings.Join(w.Any, "\n")}, "sender": {strings.Join(w.Sender, "\n")},
		"types": {strings.Join(types, "\n")}, "sites": {strings.Join(w.Sites, "\n")}, "postcodes": {strings.Join(w.Postcodes, "\n")},
		"codes": {strings.Join(w.Codes, "\n")}, "pattern": {w.Pattern}, "site": {t.Site}, "team": {t.Team}}
	if w.Pages > 0 {
		v.Set("pages", strconv.Itoa(w.Pages))
	}
	if t.Clearing {
		v.Set("clearing", "1")
	}
	return v
}

// routingRules reads the form of the rules of routing.
func (r *ruleForm) routingRules(l *locale.Lang) (out admin.RoutingRules, p *ruleProblem) {
	r.dropEmpty("name", "words", "any", "sender", "types", "sites", "postcodes", "codes", "pattern", "pages", "site", "team", "clearing")
	out.Format, out.Rules = 1, []admin.RoutingRule{}
	if out.Thresholds.File, p = r.head(l, "file"); p != nil {
		return out, p
	}
	if out.Thresholds.Number, p = r.head(l, "number"); p != nil {
		return out, p
	}
	for i, part := range r.Parts {
		f := part.Fields
		rule := admin.RoutingRule{Name: strings.TrimSpace(f.Get("name"))}
		rule.When.Words, rule.When.Any, rule.When.Sender = rows(f.Get("words")), rows(f.Get("any")), rows(f.Get("sender"))
		rule.When.Sites, rule.When.Postcodes, rule.When.Codes = rows(f.Get("sites")), rows(f.Get("postcodes")), rows(f.Get("codes"))
		for _, name := range rows(f.Get("types")) {
			rule.When.Types = append(rule.When.Types, typeNamed(l, name))
		}
		rule.When.Pattern = strings.TrimSpace(f.Get("pattern"))
		if pages := strings.TrimSpace(f.Get("pages")); pages != "" {
			n, err := strconv.Atoi(pages)
			if err != nil {
				return out, &ruleProblem{Field: r.id(i, "pages"), Text: l.T("rules.problem.number")}
			}
			rule.When.Pages = n
		}
		rule.Then.Site, rule.Then.Team = strings.TrimSpace(f.Get("site")), strings.TrimSpace(f.Get("team"))
		rule.Then.Clearing = f.Get("clearing") != ""
		out.Rules = append(out.Rules, rule)
	}
	return out, nil
}
