package frame

import (
	"strings"

	"cognate.dev/cognate/internal/branding/css"
)

// classic says what of these pages the classes of Cognito's classic pages mean.
var classic = map[string]string{
	"background-customizable":             "body",
	"banner-customizable":                 "h1",
	"errorMessage-customizable":           ".trouble,.problem",
	"idpButton-customizable":              ".choice",
	"idpDescription-customizable":         ".lead",
	"inputField-customizable":             "input",
	"label-customizable":                  "label",
	"legalText-customizable":              ".foot",
	"logo-customizable":                   ".logo",
	"passwordCheck-notValid-customizable": ".rules li.broken",
	"passwordCheck-valid-customizable":    ".rules li.met",
	"redirect-customizable":               ".foot a",
	"socialButton-customizable":           ".choice",
	"submitButton-customizable":           ".go",
	"textDescription-customizable":        ".lead",
}

// Classic writes the rules of a classic style sheet for these pages.
func Classic(rules []css.Rule) string {
	var b strings.Builder
	for _, r := range rules {
		selectors := strings.Split(classic[r.Class], ",")
		if r.State != "" {
			for i := range selectors {
				selectors[i] += ":" + r.State
			}
		}
		b.WriteString(strings.Join(selectors, ",") + "{")
		for _, d := range r.Declarations {
			b.WriteString(d.Property + ":" + d.Value + ";")
		}
		b.WriteString("}\n")
	}
	return b.String()
}
