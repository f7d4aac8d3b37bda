package identitypool

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

// Question is about somebody who would come to a pool.
type Question struct {
	Pool     string
	Provider string // as in a Logins map; empty: a guest
	Claims   []byte // JSON object: what the provider's token would say
	Role     string // that the app would ask for (CustomRoleArn); empty: none
	Address  string // that the app would ask from
}

// Why is which role somebody would come to, and by what.
type Why struct {
	Identity string   // that has this login already; empty: there would be a new one
	Mapping  string   // the key of the role mapping that speaks; empty: none does
	Type     string   // of it
	Rules    []Judged // of it, in their order
	Offered  []string // the roles that an app may choose from
	Way      string   // ByWish, ByMapping or AsUsual; empty: to no role
	Role     string   // empty: none
	Known    bool     // the configuration has the role
	Trusts   bool     // and it trusts an identity that comes so
	Tags     map[string]string
	Refused  *fault.Fault // what the app would be told; nil: it would get credentials
}

// Judged is a rule and what a token said to it.
type Judged struct {
	Rule
	Said  []string // the values of its claim
	Holds bool
}

// nobody stands for an identity that is still to be made: a role's trust policy can name none that it would match.
const nobody = ":00000000-0000-0000-0000-000000000000"

// Explain tells what GetCredentialsForIdentity would do for a token with these claims, by the same decisions. No token is verified, and
// nothing is made or given out. What the app would be refused is part of the answer; an error is about the question: an unknown pool
// (Missing), claims that are no JSON object (Invalid).
func (i *Identities) Explain(ctx context.Context, q Question) (*Why, error) {
	pool, err := i.pools.Get(ctx, q.Pool)
	if err != nil {
		return nil, err
	}
	why := &Why{}
	err = i.explain(ctx, pool, q, why)
	if fault.Is(err, fault.Denied, "") || fault.Is(err, fault.Misconfigured, "") {
		why.Refused = fault.As(err)
		return why, nil
	}
	return why, err
}

func (i *Identities) explain(ctx context.Context, pool *Pool, q Question, why *Why) error {
	proofs, err := i.supposed(ctx, pool, q, why)
	if err != nil {
		return err
	}
	for _, one := range proofs {
		why.mapped(pool, one)
	}
	if why.Tags, err = pool.tagsOf(proofs); err != nil {
		return denial(err)
	}
	if why.Role, why.Way, err = pool.roleOf(proofs, q.Role); err != nil {
		return err
	}
	identity := why.Identity
	if identity == "" {
		identity = pool.Region + nobody
	}
	if why.Known, why.Trusts = i.sessions.Judge(wish(pool, why.Role, identity, q.Address, proofs, why.Tags)); !why.Trusts {
		return badConfiguration()
	}
	return denial(sts.CheckTags(why.Tags))
}

// denial makes what is wrong with the tags that a token brings a refusal: nothing is wrong with the question.
func denial(err error) error {
	if fault.Is(err, fault.Invalid, "") {
		return fault.Deniedf("%s", fault.As(err).Text)
	}
	return err
}

// supposed are the logins that a question is about, as if its token were genuine.
func (i *Identities) supposed(ctx context.Context, pool *Pool, q Question, why *Why) ([]proof, error) {
	if q.Provider == "" {
		if !pool.Guests {
			return nil, fault.Deniedf("%s", noGuests)
		}
		return nil, nil
	}
	claims, err := object(q.Claims)
	if err != nil {
		return nil, fault.Invalidf("The claims are no JSON object.").Because(err)
	}
	one, err := i.tokens.suppose(pool, q.Provider, claims)
	if err != nil {
		return nil, err
	}
	found, err := i.store.FindIdentity(ctx, pool.ID, one.Login)
	if err != nil {
		return nil, fmt.Errorf("find identity of login: %w", err)
	}
	if found != nil {
		why.Identity = found.ID
	}
	return []proof{one}, nil
}

// suppose is the login that claims of a provider would be.
func (t *Tokens) suppose(p *Pool, name string, claims map[string]any) (proof, error) {
	arn := p.oidc(name)
	switch {
	case !p.has(name), arn != "" && t.configured(arn) == nil, slices.Contains(p.SAML, name) && t.samlName(name) == "":
		return proof{}, fault.Deniedf("%s", unsupportedToken)
	case text(claims, "sub") == "":
		return proof{}, fault.NoIDToken()
	case name == p.Developer:
		return p.developerProof(text(claims, "sub"), nil, ""), nil
	case userPoolForm.MatchString(name):
		one, _, err := p.userPoolProof(name, claims)
		return one, err
	}
	return p.outsideProof(name, claims)
}

// mapped finds the role mapping of a login, and asks each of its rules.
func (w *Why) mapped(p *Pool, one proof) {
	m, key := called(p.Mappings, one)
	if key == "" {
		return
	}
	w.Mapping, w.Type = key, m.Type
	w.Offered, _ = m.offered(one.claims)
	for _, r := range m.Rules {
		w.Rules = append(w.Rules, Judged{Rule: r, Said: values(one.claims[r.Claim]), Holds: r.matches(one.claims)})
	}
}
