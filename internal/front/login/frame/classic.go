package frame

import (
	"slices"
	"strings"

	"cognate.dev/cognate/internal/branding/css"
)

// banner is the strip with the logo, across the top of the card.
const (
	banner      = "main>.emblem:first-child"
	bannerShape = banner + "{margin:calc(var(--air)*-2.25rem) -2rem 1.25rem;inline-size:auto;max-inline-size:none;border-radius:var(--card-radius) var(--card-radius) 0 0}\n" +
		"@media (max-width:30rem){" + banner + "{margin:calc(var(--air)*-2rem) -1.25rem 1.25rem;border-radius:0}}\n"
)

// classic says what of these pages the classes of Cognito's classic pages mean.
var classic = map[string]string{
	"background-customizable":             "body",
	"banner-customizable":                 banner,
	"errorMessage-customizable":           ".trouble,.problem",
	"idpButton-customizable":              ".choice,.provider",
	"idpDescription-customizable":         ".lead",
	"inputField-customizable":             "input",
	"label-customizable":                  "label",
	"legalText-customizable":              ".foot",
	"logo-customizable":                   ".logo",
	"passwordCheck-notValid-customizable": ".rules li.broken",
	"passwordCheck-valid-customizable":    ".rules li.met",
	"redirect-customizable":               ".foot a",
	"socialButton-customizable":           ".choice,.provider",
	"submitButton-customizable":           ".go",
	"textDescription-customizable":        ".lead",
}

// Classic writes the rules of a classic style sheet for these pages.
func Classic(rules []css.Rule) string {
	var b strings.Builder
	if slices.ContainsFunc(rules, func(r css.Rule) bool { return classic[r.Class] == banner }) {
		b.WriteString(bannerShape)
	}
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
