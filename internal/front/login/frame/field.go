package frame

import (
	"slices"
	"strconv"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
)

// Field is one input with its label, and what is in it.
type Field struct {
	Asked
	Value   string
	Problem string
	Rules   []Rule

	pieces *pieces
}

// Asked is what a field asks for.
type Asked struct {
	Name     string
	Label    string
	Type     string // text, password, email, tel, date, url
	Complete string // the autocomplete token of the HTML standard
	Mode     string // inputmode
	Hint     string
	Optional bool
	Focus    bool
	Code     bool   // a code that was sent: large, and filled in by the system where it can
	Max      int    // characters; 0: no limit
	Show     string // labels of the button that makes a password readable, and hides it again
	Hide     string
}

// Describes lists the ids that explain the field to a screen reader.
func (f Field) Describes() string {
	var ids []string
	for suffix, there := range map[string]bool{"-problem": f.Problem != "", "-hint": f.Hint != "", "-rules": len(f.Rules) > 0} {
		if there {
			ids = append(ids, f.Name+suffix)
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// Rule is one demand on a new password, told before it is broken.
type Rule struct {
	Name   string // length, upper, lower, number, symbol: what the script looks for
	Least  int
	Text   string
	Met    bool // by the last attempt
	Broken bool
}

// Input makes a field with what was typed or known before, and the problem of the last attempt.
func (v *Visit) Input(name, label, value string) Field {
	f := Field{Asked: Asked{Name: name, Label: label, Type: "text", Max: 2048}, Value: value, pieces: v.desk.pieces}
	if given := v.Form.Get(name); given != "" {
		f.Value = given
	}
	f.Problem = v.Problems.of(name)
	f.Focus = f.Problem != "" && v.Problems.first() == name
	return f
}

// CodeInput is the field for a code that was sent.
func (v *Visit) CodeInput() Field {
	f := v.Input("code", v.Words.Say("field.code"), "")
	f.Mode, f.Complete, f.Code, f.Max = "numeric", "one-time-code", true, 10
	f.Focus = len(v.Problems.list) == 0 || f.Focus
	return f
}

// PasswordInput is the field for a password that exists. A password is never shown again.
func (v *Visit) PasswordInput(name string) Field {
	f := v.Input(name, v.Words.Say("field.password"), "")
	f.Type, f.Value, f.Complete, f.Max = "password", "", "current-password", password.MaxLength
	f.Show, f.Hide = v.Words.Say("password.show"), v.Words.Say("password.hide")
	return f
}

// NewPasswordInput is the field for a password that is being chosen, with the pool's rules.
func (v *Visit) NewPasswordInput(label string) Field {
	f := v.PasswordInput("password")
	f.Label, f.Complete = v.Words.Say(label), "new-password"
	f.Rules = v.rules(f.Problem != "")
	return f
}

// rules says what the pool demands of passwords; after an attempt also which demands were not met.
func (v *Visit) rules(tried bool) []Rule {
	p, w := v.Site.Pool.PasswordPolicy, v.Words
	all := []Rule{{Name: "length", Least: p.MinimumLength, Text: w.Say("rule.length", "n", strconv.Itoa(p.MinimumLength))}}
	for _, one := range []struct {
		name   string
		needed bool
	}{{"upper", p.RequireUppercase}, {"lower", p.RequireLowercase}, {"number", p.RequireNumbers}, {"symbol", p.RequireSymbols}} {
		if one.needed {
			all = append(all, Rule{Name: one.name, Text: w.Say("rule." + one.name)})
		}
	}
	for i := range all {
		met := meets(all[i], v.Form.Get("password"))
		all[i].Met, all[i].Broken = tried && met, tried && !met
	}
	return all
}

// meets asks the policy about one rule alone.
func meets(r Rule, given string) bool {
	alone := password.Policy{
		MinimumLength: max(r.Least, 1), RequireUppercase: r.Name == "upper", RequireLowercase: r.Name == "lower",
		RequireNumbers: r.Name == "number", RequireSymbols: r.Name == "symbol",
	}
	return alone.Check(given) == nil
}

// CheckNewPassword adds a problem when a password breaks the pool's rules, and reports whether it is good.
func (v *Visit) CheckNewPassword() bool {
	given := v.Form.Get("password")
	err := v.Site.Pool.PasswordPolicy.Check(given)
	switch {
	case err == nil:
		return true
	case given == "":
		v.Problem("password", v.Words.Say("problem.missing"))
	case strings.TrimSpace(given) != given:
		v.Problem("password", v.Words.Say("problem.password.space"))
	case fault.Is(err, fault.Invalid, fault.Password):
		v.Problem("password", v.Words.Say("problem.password"))
	}
	return false
}

// Need reads what was typed into a field that must not be empty; blanks around it do not count.
func (v *Visit) Need(name string) (string, bool) {
	value := strings.TrimSpace(v.Form.Get(name))
	if value == "" {
		v.Problem(name, v.Words.Say("problem.missing"))
		return "", false
	}
	return value, true
}

// Code reads the code that was typed, without the blanks and dashes that people put between its digits.
func (v *Visit) Code() (string, bool) {
	code := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(v.Form.Get("code"))
	if code == "" {
		v.Problem("code", v.Words.Say("problem.missing"))
		return "", false
	}
	return code, true
}

// Again is the button that asks for another code.
type Again struct {
	Label string
	Wait  int // seconds until it may be used
}

// Again makes the button.
func (v *Visit) Again(key string) Again { return Again{v.Words.Say(key), v.Cooling()} }
