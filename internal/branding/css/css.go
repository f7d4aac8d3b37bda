// Package css reads the style sheets that owners give to the classic sign-in pages and lets through what can only change
// how these look: the classes and properties on a list, and values that fetch and run nothing. It keeps no state and
// knows no page.
// https://docs.aws.amazon.com/cognito/latest/developerguide/hosted-ui-classic-branding.html
package css

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Rule is one block of a sheet.
type Rule struct {
	Class        string // without the dot: "banner-customizable"
	State        string // "", "hover" or "focus"
	Declarations []Declaration
}

// Declaration is one property and its value.
type Declaration struct{ Property, Value string }

// states are the pseudo-classes of the classes that have any.
var states = map[string][]string{
	"submitButton-customizable": {"hover"}, "inputField-customizable": {"focus"}, "idpButton-customizable": {"hover"},
	"socialButton-customizable": {"hover"},
}

// classes are all that a sheet may speak of.
var classes = []string{
	"background-customizable", "banner-customizable", "errorMessage-customizable", "idpButton-customizable",
	"idpDescription-customizable", "inputField-customizable", "label-customizable", "legalText-customizable",
	"logo-customizable", "passwordCheck-notValid-customizable", "passwordCheck-valid-customizable", "redirect-customizable",
	"socialButton-customizable", "submitButton-customizable", "textDescription-customizable",
}

// Classes lists what a sheet may speak of.
func Classes() []string { return slices.Clone(classes) }

// properties change a box or its text, and move nothing over another one: a page that asks for a password must not be
// rearranged.
var properties = []string{
	"background", "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-left-radius",
	"border-bottom-right-radius", "border-bottom-width", "border-color", "border-left", "border-radius", "border-right",
	"border-style", "border-top", "border-top-color", "border-top-left-radius", "border-top-right-radius", "border-top-width",
	"border-width", "box-shadow", "color", "display", "font-family", "font-size", "font-style", "font-weight", "height",
	"letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-height",
	"max-width", "min-height", "min-width", "opacity", "outline", "outline-color", "outline-style", "outline-width", "padding",
	"padding-bottom", "padding-left", "padding-right",
	"padding-top", "text-align", "text-decoration", "text-transform", "vertical-align", "width",
}

// functions may stand in a value.
var functions = []string{"rgb", "rgba", "hsl", "hsla", "calc", "linear-gradient", "radial-gradient"}

// Parse reads a sheet. Errors say what is not allowed and are fit for whoever wrote it.
func Parse(sheet string) ([]Rule, error) {
	text, err := uncomment(sheet)
	if err != nil {
		return nil, err
	}
	var rules []Rule
	for {
		text = strings.TrimSpace(text)
		if text == "" {
			return rules, nil
		}
		selectors, rest, found := strings.Cut(text, "{")
		if !found {
			return nil, fmt.Errorf("%q has no block", clip(text))
		}
		body, after, found := strings.Cut(rest, "}")
		if !found {
			return nil, fmt.Errorf("the block of %s has no end", clip(selectors))
		}
		declarations, err := parseBody(body)
		if err != nil {
			return nil, err
		}
		for _, s := range strings.Split(selectors, ",") {
			r, err := parseSelector(strings.TrimSpace(s))
			if err != nil {
				return nil, err
			}
			r.Declarations = declarations
			rules = append(rules, r)
		}
		text = after
	}
}

// String writes rules as a sheet that says nothing else.
func String(rules []Rule) string {
	var b strings.Builder
	for _, r := range rules {
		b.WriteString("." + r.Class)
		if r.State != "" {
			b.WriteString(":" + r.State)
		}
		b.WriteString("{")
		for _, d := range r.Declarations {
			b.WriteString(d.Property + ":" + d.Value + ";")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// uncomment takes the comments out; a space stays, so that nothing grows together.
func uncomment(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "/*")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		_, after, found := strings.Cut(rest, "*/")
		if !found {
			return "", errors.New("a comment has no end")
		}
		b.WriteByte(' ')
		text = after
	}
}

func parseSelector(text string) (Rule, error) {
	name, isClass := strings.CutPrefix(text, ".")
	class, state, hasState := strings.Cut(name, ":")
	if !isClass || !slices.Contains(classes, class) || hasState && !slices.Contains(states[class], state) {
		return Rule{}, fmt.Errorf("the selector %q is not allowed", clip(text))
	}
	return Rule{Class: class, State: state}, nil
}

func parseBody(body string) (list []Declaration, err error) {
	for _, part := range strings.Split(body, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		property, value, found := strings.Cut(part, ":")
		property, value = strings.ToLower(strings.TrimSpace(property)), strings.Join(strings.Fields(value), " ")
		if !found || !slices.Contains(properties, property) {
			return nil, fmt.Errorf("the property %q is not allowed", clip(property))
		}
		if !plain(value) {
			return nil, fmt.Errorf("the value of %s is not allowed", property)
		}
		list = append(list, Declaration{property, value})
	}
	return list, nil
}

// plain accepts values without escapes, nested blocks, at-rules, addresses and any function that is not on the list.
func plain(value string) bool {
	if value == "" || len(value) > 400 {
		return false
	}
	for _, r := range value {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" #%.,()'\"!+-*/_", r) {
			return false
		}
	}
	if strings.Count(value, "'")%2 != 0 || strings.Count(value, `"`)%2 != 0 || strings.Contains(value, "//") || strings.Contains(value, "/*") {
		return false
	}
	return balanced(value) && known(value)
}

func balanced(value string) bool {
	depth := 0
	for _, r := range value {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}

// known says whether every function of a value is on the list.
func known(value string) bool {
	for {
		before, after, found := strings.Cut(value, "(")
		if !found {
			return true
		}
		name := before[strings.LastIndexFunc(before, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '_' })+1:]
		if name != "" && !slices.Contains(functions, strings.ToLower(name)) {
			return false
		}
		value = after
	}
}

// clip shortens what an error repeats.
func clip(text string) string {
	runes := []rune(strings.TrimSpace(text))
	if len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return string(runes)
}
