package iampolicy

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// pattern is text with wildcards. What variables put into it is text, whatever it looks like.
type pattern []sign

type sign struct {
	char byte
	any  bool // * : any text
	one  bool // ? : any character
}

// compile puts the values of variables into a pattern. Ok is false when one has no value, or several: such a pattern matches
// nothing.
func compile(text string, keys map[string][]string) (p pattern, ok bool) {
	for text != "" {
		if strings.HasPrefix(text, "${") {
			if name, rest, closed := strings.Cut(text[2:], "}"); closed {
				value, ok := variable(name, keys)
				if !ok {
					return nil, false
				}
				p = append(p, plain(value)...)
				text = rest
				continue
			}
		}
		switch text[0] {
		case '*':
			p = append(p, sign{any: true})
		case '?':
			p = append(p, sign{one: true})
		default:
			p = append(p, sign{char: text[0]})
		}
		text = text[1:]
	}
	return p, true
}

// variable gives the value of a variable; ${*}, ${?} and ${$} are the signs themselves, and ${key, 'text'} is the text where the key is
// absent.
func variable(name string, keys map[string][]string) (string, bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	name, otherwise, defaulted := strings.Cut(name, ",")
	values := keys[strings.ToLower(strings.TrimSpace(name))]
	switch {
	case len(values) == 1:
		return values[0], true
	case len(values) == 0 && defaulted:
		return quoted(otherwise)
	}
	return "", false
}

// quoted takes the quotation marks off the default of a variable.
func quoted(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return "", false
	}
	return text[1 : len(text)-1], true
}

// checkVariables refuses variables that could have no value whatever the request is.
func checkVariables(text string) error {
	for {
		_, rest, found := strings.Cut(text, "${")
		if !found {
			return nil
		}
		name, after, closed := strings.Cut(rest, "}")
		name, otherwise, defaulted := strings.Cut(name, ",")
		if !closed || strings.TrimSpace(name) == "" {
			return errors.New("a variable has no name, or no end")
		}
		if _, ok := quoted(otherwise); defaulted && !ok {
			return errors.New("the default of a variable is not in quotation marks")
		}
		text = after
	}
}

func plain(text string) pattern {
	p := make(pattern, len(text))
	for i := range len(text) {
		p[i].char = text[i]
	}
	return p
}

// match goes back to the last * and lets it take one character more; that is enough, and takes no more than len(p)·len(s) steps.
func (p pattern) match(s string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i].any:
			star, mark = i, j
			i++
		case i < len(p) && p[i].one:
			i++
			j += character(s[j:])
		case i < len(p) && p[i].char == s[j]:
			i++
			j++
		case star >= 0:
			mark += character(s[mark:])
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i].any {
		i++
	}
	return i == len(p)
}

// character is how many bytes the first character of a text has.
func character(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	return size
}

// text gives a pattern back when it has no wildcards that count as such.
func text(s string, keys map[string][]string) (string, bool) {
	p, ok := compile(s, keys)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for _, one := range p {
		switch {
		case one.any:
			b.WriteByte('*')
		case one.one:
			b.WriteByte('?')
		default:
			b.WriteByte(one.char)
		}
	}
	return b.String(), true
}
