package federation

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

const (
	// Local is the provider name of a pool's own users, and Subject the attribute that is a provider's name for a person.
	// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminLinkProviderForUser.html
	Local   = "Cognito"
	Subject = "Cognito_Subject"

	maxLinks = 5
	maxValue = 512 // characters; a NameID of SAML has 256 at most, a sub of OpenID Connect 255
)

// Identity is Cognito's ProviderUserIdentifierType: a person as a provider knows them.
type Identity struct {
	Provider  string
	Attribute string
	Value     string
}

// Links says which outside identities are users of a pool.
type Links struct {
	store     LinkStore
	providers Store
	now       clock.Clock
}

// Link makes the outside identity source sign in as the user destination. The source must not have signed in yet.
func (l *Links) Link(ctx context.Context, poolID string, people People, destination, source Identity) error {
	p, err := l.provider(ctx, poolID, source.Provider)
	if err != nil {
		return err
	}
	if err := p.checkSource(source); err != nil {
		return err
	}
	return l.store.InTx(ctx, func(ctx context.Context) error {
		userID, fixed, err := l.destination(ctx, poolID, people, destination)
		if err != nil {
			return err
		}
		if len(fixed) > 0 {
			return fault.Invalidf("The user cannot be linked: the attribute %s cannot be changed, and a provider would write it.", fixed[0])
		}
		if err := l.checkNew(ctx, poolID, people, source, userID); err != nil {
			return err
		}
		err = l.store.InsertLink(ctx, &Link{
			PoolID: poolID, Provider: p.Name, Attribute: source.Attribute, Value: source.Value, UserID: userID, CreatedAt: moment(l.now),
		}, maxLinks)
		if err != nil {
			return err
		}
		return l.writeIdentities(ctx, poolID, people, userID)
	})
}

func (l *Links) destination(ctx context.Context, poolID string, people People, to Identity) (userID string, fixed []string, err error) {
	if to.Provider == Local {
		return people.Person(ctx, to.Value)
	}
	if _, err := l.provider(ctx, poolID, to.Provider); err != nil {
		return "", nil, err
	}
	return people.Person(ctx, to.Provider+"_"+to.Value)
}

// checkNew refuses an identity that somebody is already.
func (l *Links) checkNew(ctx context.Context, poolID string, people People, source Identity, userID string) error {
	if source.Attribute == Subject {
		_, _, err := people.Person(ctx, source.Provider+"_"+source.Value)
		if err == nil {
			return fault.Invalidf("Merging is not currently supported, provide a SourceUser that has not been signed up in order to link")
		}
		if !fault.Is(err, fault.Missing, fault.User) {
			return err
		}
	}
	old, err := l.store.FindLink(ctx, poolID, source.Provider, source.Attribute, source.Value)
	switch {
	case err != nil || old == nil:
		return err
	case old.UserID == userID:
		return fault.Invalidf("SourceUser is already linked to DestinationUser")
	}
	return fault.New(fault.Exists, fault.Alias, "SourceUser is already linked to another user")
}

// Unlink ends a link, or takes the password of a local user away. Afterwards the outside identity is nobody here.
func (l *Links) Unlink(ctx context.Context, poolID string, people People, user Identity) error {
	if user.Provider == Local {
		if user.Attribute != Subject {
			return fault.Invalidf("ProviderAttributeName must be %s for a user of the provider %s.", Subject, Local)
		}
		return l.store.InTx(ctx, func(ctx context.Context) error {
			id, _, err := people.Person(ctx, user.Value)
			if err != nil {
				return err
			}
			return people.ForbidPassword(ctx, id)
		})
	}
	if _, err := l.provider(ctx, poolID, user.Provider); err != nil {
		return err
	}
	return l.store.InTx(ctx, func(ctx context.Context) error {
		link, err := l.store.FindLink(ctx, poolID, user.Provider, user.Attribute, user.Value)
		if err != nil {
			return err
		}
		if link == nil {
			return fault.NoUser()
		}
		if err := l.store.DeleteLink(ctx, link); err != nil {
			return err
		}
		return l.writeIdentities(ctx, poolID, people, link.UserID)
	})
}

// Owner gives the user that an outside identity, which has just proven itself, is linked to; "" when there is none.
// Attributes are what its claims were mapped to. An identity that was linked by an attribute is known by its subject
// from now on.
func (l *Links) Owner(ctx context.Context, poolID string, people People, provider, subject string, attributes map[string]string) (userID string, err error) {
	err = l.store.InTx(ctx, func(ctx context.Context) error {
		userID = ""
		link, err := l.store.FindLink(ctx, poolID, provider, Subject, subject)
		if err != nil {
			return err
		}
		if link != nil {
			userID = link.UserID
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			link, err := l.store.FindLink(ctx, poolID, provider, name, attributes[name])
			if err != nil {
				return err
			}
			if link == nil {
				continue
			}
			renamed, err := l.store.RenameLink(ctx, link, Subject, subject)
			if err != nil || !renamed {
				return err
			}
			userID = link.UserID
			return l.writeIdentities(ctx, poolID, people, userID)
		}
		return nil
	})
	return userID, err
}

// Drop deletes a provider, every link to it first, a few at a time.
func (l *Links) Drop(ctx context.Context, poolID string, people People, provider string) error {
	if _, err := l.providers.Provider(ctx, poolID, provider); err != nil {
		return err
	}
	const step = 100
	for {
		links, err := l.store.LinksOf(ctx, poolID, provider, step)
		if err != nil {
			return err
		}
		if len(links) == 0 {
			return l.providers.DeleteProvider(ctx, poolID, provider)
		}
		err = l.store.InTx(ctx, func(ctx context.Context) error {
			for _, link := range links {
				if err := l.store.DeleteLink(ctx, link); err != nil {
					return err
				}
				if err := l.writeIdentities(ctx, poolID, people, link.UserID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (l *Links) provider(ctx context.Context, poolID, name string) (*Provider, error) {
	p, err := l.providers.Provider(ctx, poolID, name)
	if fault.Is(err, fault.Missing, fault.Provider) {
		return nil, fault.Invalidf("The provider %s does not exist for User Pool %s.", name, poolID)
	}
	return p, err
}

// checkSource obeys which attribute an identity may be known by: for SAML and OpenID Connect also one that its claims
// are mapped to.
func (p *Provider) checkSource(source Identity) error {
	_, mapped := p.Mapping[source.Attribute]
	free := p.Type == SAML || p.Type == OIDC
	switch {
	case source.Attribute != Subject && !free:
		return fault.Invalidf("ProviderAttributeName must be %s for a user of the provider %s.", Subject, p.Name)
	case source.Attribute != Subject && (!mapped || source.Attribute == "username"):
		return fault.Invalidf("ProviderAttributeName must be %s or an attribute that the provider %s is mapped to.", Subject, p.Name)
	case source.Value == "" || utf8.RuneCountInString(source.Value) > maxValue:
		return fault.Invalidf("ProviderAttributeValue must have 1 to %d characters.", maxValue)
	}
	return nil
}

// identity is one entry of the identities attribute.
type identity struct {
	UserID       string  `json:"userId"`
	ProviderName string  `json:"providerName"`
	ProviderType Type    `json:"providerType"`
	Issuer       *string `json:"issuer"`
	Primary      bool    `json:"primary"`
	DateCreated  int64   `json:"dateCreated"` // unix milliseconds
}

// writeIdentities makes the identities attribute say what the links say. An entry that is primary is the provider that
// the user came from, which no link names: it stays.
func (l *Links) writeIdentities(ctx context.Context, poolID string, people People, userID string) error {
	links, err := l.store.Links(ctx, poolID, userID)
	if err != nil {
		return err
	}
	entries := make([]identity, 0, len(links))
	for _, link := range links {
		p, err := l.providers.Provider(ctx, poolID, link.Provider)
		if err != nil {
			return err
		}
		e := identity{UserID: link.Value, ProviderName: p.Name, ProviderType: p.Type, DateCreated: link.CreatedAt.UnixMilli()}
		if p.Metadata != nil {
			e.Issuer = &p.Metadata.EntityID
		}
		entries = append(entries, e)
	}
	return people.ChangeIdentities(ctx, userID, func(old string) string {
		var kept []identity
		if json.Unmarshal([]byte(old), &kept) != nil {
			kept = nil // empty, or nothing that we wrote
		}
		kept = slices.DeleteFunc(kept, func(e identity) bool { return !e.Primary })
		if kept = append(kept, entries...); len(kept) == 0 {
			return ""
		}
		text, err := json.Marshal(kept)
		if err != nil { // strings and numbers always have a form
			return old
		}
		return string(text)
	})
}
