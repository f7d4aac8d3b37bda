package federation

import (
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
)

// levels are the keys of AcrMapping, the weakest first. What a provider calls them, its mapping says.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-idp.html#cognito-user-pools-step-up-federation
var levels = []string{"Level1", "Level2", "Level3", "Level4"}

// methods are the words for how somebody has proven who they are that are passed on (amr); whoever vouches in none of them has
// vouched, and no more.
var methods = []string{"pwd", "otp", "sms", "email_otp", "swk", "hwk", "mfa"}

// Vouched is that somebody else says who a person is (amr).
const Vouched = "fed"

// maxACR bounds what a provider calls a level.
const maxACR = 256

func (p *Provider) setACR(mapping map[string]string) error {
	if p.Type != OIDC && len(mapping) > 0 {
		return fault.Invalidf("AcrMapping is for providers of the type %s only.", OIDC)
	}
	seen := map[string]bool{}
	for _, level := range slices.Sorted(maps.Keys(mapping)) {
		switch name := mapping[level]; {
		case !slices.Contains(levels, level):
			return fault.Invalidf("Invalid AcrMapping: there is no level %s.", level)
		case name == "", len(name) > maxACR, strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r > '~' }):
			return fault.Invalidf("Invalid AcrMapping: the value of %s must have 1 to %d characters of a URI.", level, maxACR)
		case seen[name]:
			return fault.Invalidf("Invalid AcrMapping: the values must differ from each other.")
		default:
			seen[name] = true
		}
	}
	p.ACR = mapping
	return nil
}

// Wishes are what a provider calls levels, 1 to 4, as far as it has a name for them.
func (p *Provider) Wishes(list []int) []string {
	var out []string
	for _, level := range list {
		if level < 1 || level > len(levels) {
			continue
		}
		if name := p.ACR[levels[level-1]]; name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Level is how strong a provider says that a sign-in was, 1 to 4; what it says in a word that is not mapped is the lowest. 0: the
// provider's words mean nothing here.
func (p *Provider) Level(told *Told) int {
	if len(p.ACR) == 0 {
		return 0
	}
	for i, level := range levels {
		if name := p.ACR[level]; name != "" && name == told.ACR {
			return i + 1
		}
	}
	return 1
}

// Methods are how somebody has proven who they are, in words that are known here; of a provider whose levels are mapped, because a
// step-up builds on them.
func (p *Provider) Methods(told *Told) []string {
	var out []string
	for _, word := range told.AMR {
		if len(p.ACR) > 0 && slices.Contains(methods, word) && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	if len(out) == 0 {
		return []string{Vouched}
	}
	return out
}
