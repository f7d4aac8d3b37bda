package federation

import (
	"encoding/json"
	"slices"
	"strings"
)

// Issuer is who says whom a subject names, as far as that is known without asking: an issuer, an entity ID, or the address of the profile
// with the member that counts. Subjects that are alike are one person only where their issuers are: OpenID Connect Core section 5.7.
func (p *Provider) Issuer() string {
	switch p.Type {
	case OAuth2:
		at, _, _ := strings.Cut(p.Details["attributes_url"], "?")
		return at + "#" + p.Terms.Profile.Subject
	case Facebook:
		return "https://www.facebook.com"
	case Amazon:
		return "https://www.amazon.com"
	case Custom:
		return string(Custom)
	case SAML:
		if p.Metadata == nil {
			return ""
		}
		return p.Metadata.EntityID
	case OIDC, Google, Apple:
		return p.Described()["oidc_issuer"]
	}
	return ""
}

// Came tells whether an identities attribute says that its user came as this person of the provider, and whether from the same issuer. For a
// pool the name of the provider is all that counts, as at Cognito.
func (p *Provider) Came(identities string, told *Told) (came, same bool) {
	e := p.entry(read(identities), told.Subject)
	return e != nil, e != nil && (p.Terms == nil || p.sameIssuer(e, told.Issuer))
}

// Bind is an identities attribute that names the issuer from which a person of a connection came.
func (p *Provider) Bind(identities string, told *Told) string {
	list := read(identities)
	e := p.entry(list, told.Subject)
	if p.Terms == nil || e == nil || e.Issuer != nil && *e.Issuer == told.Issuer || !p.sameIssuer(e, told.Issuer) {
		return identities
	}
	e.Issuer = &told.Issuer
	text, err := json.Marshal(list)
	if err != nil { // strings and numbers always have a form
		return identities
	}
	return string(text)
}

func (p *Provider) sameIssuer(e *identity, issuer string) bool {
	was := issuer
	switch {
	case e.Issuer != nil:
		was = *e.Issuer
	case e.DateCreated < p.Terms.Since.UnixMilli():
		return false // they came through another connection of the name, of which nobody knows any more whose people it had
	case p.Terms.First != "":
		was = p.Terms.First
	}
	return was == issuer || slices.Contains(p.Terms.Former, was)
}

// entry is the identity as which somebody came.
func (p *Provider) entry(list []identity, subject string) *identity {
	at := slices.IndexFunc(list, func(e identity) bool { return e.Primary && e.ProviderName == p.Name && e.UserID == subject })
	if at < 0 {
		return nil
	}
	return &list[at]
}

// read are the identities of a user; none, where it is nothing that we wrote.
func read(identities string) []identity {
	var list []identity
	if json.Unmarshal([]byte(identities), &list) != nil {
		return nil
	}
	return list
}
