// Package filter reads the search expressions of ListUsers. It owns the grammar and which attributes can be searched; how
// values are compared it leaves to the directory and its store.
package filter

import (
	"strings"

	"cognate.dev/cognate/internal/fault"
)

// Filter is one condition of ListUsers. The zero Filter selects everybody.
type Filter struct {
	Attribute string
	Prefix    bool // ^= instead of =
	Value     string
}

// searchable are the attributes that a filter may name.
// https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-using-listusers-api
var searchable = map[string]bool{
	"username": true, "email": true, "phone_number": true, "name": true, "given_name": true, "family_name": true,
	"preferred_username": true, "cognito:user_status": true, "status": true, "sub": true,
}

// maxFilter is the longest filter in characters.
const maxFilter = 256

// Parse reads `Name = "Value"` or `Name ^= "Value"`. Blanks around the parts do not matter; inside the value \"
// is a quote and \\ a backslash. An empty filter is the zero Filter.
func Parse(text string) (Filter, error) {
	if strings.TrimSpace(text) == "" {
		return Filter{}, nil
	}
	if len([]rune(text)) > maxFilter {
		return Filter{}, badFilter()
	}
	name, rest, ok := strings.Cut(text, "=")
	if !ok {
		return Filter{}, badFilter()
	}
	f := Filter{}
	if cut, ok := strings.CutSuffix(name, "^"); ok {
		name, f.Prefix = cut, true
	}
	f.Attribute = unquoted(strings.TrimSpace(name))
	if f.Attribute == "" || strings.ContainsAny(f.Attribute, " \t\r\n\"^") {
		return Filter{}, badFilter()
	}
	if f.Value, ok = parseValue(strings.TrimSpace(rest)); !ok {
		return Filter{}, badFilter()
	}
	if !searchable[f.Attribute] {
		return Filter{}, fault.Invalidf("Invalid search attribute: %s", f.Attribute)
	}
	return f, nil
}

// unquoted takes the quotes off a quoted name, which the API's examples show both ways.
func unquoted(name string) string {
	if len(name) > 2 && name[0] == '"' && name[len(name)-1] == '"' {
		return name[1 : len(name)-1]
	}
	return name
}

// parseValue reads a quoted string that spans all of s.
func parseValue(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' {
		return "", false
	}
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return out.String(), i == len(s)-1
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		out.WriteByte(s[i])
	}
	return "", false
}

// String writes the filter so that Parse reads it back.
func (f Filter) String() string {
	if f.Attribute == "" {
		return ""
	}
	op := " = "
	if f.Prefix {
		op = " ^= "
	}
	return f.Attribute + op + `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(f.Value) + `"`
}

func badFilter() error { return fault.Invalidf("Error while parsing filter") }
