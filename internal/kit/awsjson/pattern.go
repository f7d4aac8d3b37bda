package awsjson

import (
	"regexp"
	"regexp/syntax"
	"sort"
	"sync"
	"unicode/utf8"
)

// Pattern is a regular expression of RE2 that must match a whole string. It is compiled at its first use, once.
// A pattern that is one repeated character class, as most are, is matched by a table instead: request tokens of a
// kilobyte go through such patterns on every call.
type Pattern struct {
	source string
	shown  string
	once   sync.Once
	re     *regexp.Regexp
	class  *class
}

// NewPattern takes the expression; it must compile (the generator has made sure). Use it for package variables only.
func NewPattern(expr string) *Pattern { return &Pattern{source: expr, shown: expr} }

// Shown sets the text that errors print instead of the expression, where the original is not RE2.
func (p *Pattern) Shown(text string) *Pattern {
	p.shown = text
	return p
}

// Source is the expression as errors print it.
func (p *Pattern) Source() string { return p.shown }

// Match reports whether the whole of s matches.
func (p *Pattern) Match(s string) bool {
	p.once.Do(func() {
		if p.class = classOf(p.source); p.class == nil {
			p.re = regexp.MustCompile(`\A(?:` + p.source + `)\z`)
		}
	})
	if p.class != nil {
		return p.class.match(s)
	}
	return p.re.MatchString(s)
}

// class is a set of characters, at least (0 or 1) of which make up a string.
type class struct {
	least int
	ascii [128]bool
	high  []rune // sorted pairs of first and last, beyond ASCII
}

// classOf recognises [class]+ and [class]*; anything else gives nil.
func classOf(expr string) *class {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil
	}
	re = re.Simplify()
	var c class
	switch re.Op {
	case syntax.OpPlus:
		c.least = 1
	case syntax.OpStar:
	default:
		return nil
	}
	if re.Sub[0].Op != syntax.OpCharClass {
		return nil
	}
	set := re.Sub[0].Rune
	for i := 0; i < len(set); i += 2 {
		for r := set[i]; r <= set[i+1] && r < utf8.RuneSelf; r++ {
			c.ascii[r] = true
		}
		if set[i+1] >= utf8.RuneSelf {
			c.high = append(c.high, max(set[i], utf8.RuneSelf), set[i+1])
		}
	}
	return &c
}

func (c *class) match(s string) bool {
	for _, r := range s {
		if r < utf8.RuneSelf {
			if !c.ascii[r] {
				return false
			}
			continue
		}
		i := sort.Search(len(c.high)/2, func(i int) bool { return r <= c.high[2*i+1] })
		if 2*i >= len(c.high) || r < c.high[2*i] {
			return false
		}
	}
	return len(s) >= c.least
}
