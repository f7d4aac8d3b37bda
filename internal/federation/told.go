package federation

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Told is what a provider has said, provably, about a person.
type Told struct {
	Subject string            `json:"s"` // the provider's own name for the person, which never changes
	Issuer  string            `json:"i,omitempty"`
	Claims  map[string]string `json:"c,omitempty"` // what attributes are mapped from, as texts
	// Session is what the provider calls this sign-in, in a form of its connector's own; empty: people cannot be signed out there.
	Session string `json:"o,omitempty"`
	// ACR and AMR are how strong the provider says that the sign-in was, in its own words.
	ACR string   `json:"l,omitempty"`
	AMR []string `json:"m,omitempty"`
	// Said is what the provider of a connection said, each source apart; nil for providers of pools.
	Said *Said `json:"w,omitempty"`
	// AuthTime is when the provider has seen the person; zero: it does not say.
	AuthTime time.Time `json:"v,omitzero"`
	// What the provider answered, for whoever looks at it as it was: an OAuth answer or a SAML one.
	Token    map[string]string `json:"t,omitempty"`
	IDToken  map[string]string `json:"d,omitempty"`
	UserInfo map[string]string `json:"u,omitempty"`
	SAML     map[string]string `json:"a,omitempty"`
}

// Username is how a person of a provider is called in the pool. Pools without case have it in small letters.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
func (p *Provider) Username(subject string) string { return p.Name + "_" + subject }

// Attributes are the values that claims give the attributes of the pool. A claim that is missing gives none: the attribute
// stays as it is.
func (p *Provider) Attributes(claims map[string]string) map[string]string {
	out := map[string]string{}
	for attribute, claim := range p.Mapping {
		if value := claims[claim]; value != "" && attribute != "username" {
			out[attribute] = value
		}
	}
	return out
}

// Replaced are the values after somebody has put others in the place of the claims, by the names of attributes or of
// claims. What was not put there is gone.
func (p *Provider) Replaced(given map[string]string) map[string]string {
	out := p.Attributes(given)
	for attribute := range p.Mapping {
		if value := given[attribute]; value != "" && attribute != "username" {
			out[attribute] = value
		}
	}
	return out
}

// Wanted are the claims that attributes are mapped from, without the subject.
func (p *Provider) Wanted() []string {
	var out []string
	for attribute, claim := range p.Mapping {
		if attribute != "username" && !slices.Contains(out, claim) {
			out = append(out, claim)
		}
	}
	slices.Sort(out)
	return out
}

// Identities is the identities attribute of a user who first came from a provider.
func (p *Provider) Identities(subject, issuer string, millis int64) string {
	e := identity{UserID: subject, ProviderName: p.Name, ProviderType: p.Type, Primary: true, DateCreated: millis}
	if issuer != "" {
		e.Issuer = &issuer
	}
	text, err := json.Marshal([]identity{e})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return string(text)
}

// Texts turns the claims of a JSON object into texts, as attributes have them.
func Texts(claims map[string]any) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if text := Text(claims[name]); text != "" {
			out[name] = text
		}
	}
	return out
}

// Text is a claim as a text: a list is [a,b] with its elements encoded as in forms, an object is JSON.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
func Text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		list := make([]string, 0, len(v))
		for _, e := range v {
			list = append(list, Text(e))
		}
		return List(list)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}

// List is several values as one text.
func List(values []string) string {
	encoded := make([]string, 0, len(values))
	for _, v := range values {
		encoded = append(encoded, strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(v), "~", "%7E"), "%2A", "*"))
	}
	return "[" + strings.Join(encoded, ",") + "]"
}
