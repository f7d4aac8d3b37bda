package identitypool

import (
	"context"
	"crypto/sha1" //nolint:gosec // what AWS names providers by; nothing rests on it
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

// SAMLProvider is a SAML provider whose assertions identity pools may take: what IAM calls one.
type SAMLProvider struct {
	Name      string `yaml:"name" doc:"IAM's name for it is arn:aws:iam::ACCOUNT:saml-provider/NAME"`
	Metadata  string `yaml:"metadata" given:"start" doc:"its metadata, XML; or else metadata_url"`
	URL       string `yaml:"metadata_url" doc:"where its metadata is"`
	Audience  string `yaml:"audience" doc:"whom its assertions must be for, as it calls that: not what it calls AWS, or an assertion for AWS would count here"`
	Recipient string `yaml:"recipient" doc:"URL that it must have sent them to: the app's"`
}

// Asserted is what an assertion says of somebody.
type Asserted struct {
	Subject    string // NameID
	Format     string // of it; empty: not said
	Issuer     string
	Attributes map[string]any // texts, and lists of them
}

// Assertions verifies the assertions of SAML providers.
type Assertions interface {
	// VerifyAssertion reads a response (base64) of a provider of the configuration, by its name. The errors are those of Outside.
	VerifyAssertion(ctx context.Context, provider, response string) (*Asserted, error)
}

// Check refuses a provider whose assertions could not be told from those for others.
func (p SAMLProvider) Check() error {
	switch {
	case !samlForm.MatchString(p.Name):
		return errors.New("name: it has 1 to 128 letters, digits and ._-")
	case (p.Metadata == "") == (p.URL == ""):
		return errors.New("either metadata or metadata_url must be there")
	case p.Audience == "" || p.Recipient == "":
		return errors.New("audience and recipient must say whose assertions count")
	case strings.HasPrefix(p.Audience, "urn:amazon:cognito:sp:"):
		return errors.New("audience: it is a user pool's")
	}
	return nil
}

// transient is the format of a NameID that is another one each time.
const transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"

// verifyAssertion gives the claims of an assertion of a SAML provider, by its ARN, as a login.
func (t *Tokens) verifyAssertion(ctx context.Context, arn, response string) (map[string]any, error) {
	name := t.samlName(arn)
	if name == "" {
		return nil, fault.Deniedf("%s", unsupportedToken)
	}
	said, err := t.Assertions.VerifyAssertion(ctx, name, response)
	if err != nil {
		return nil, err
	}
	if said.Format == transient {
		return nil, fault.Deniedf("Invalid login token. The NameID is transient, and says nothing about who it is.")
	}
	claims := maps.Clone(said.Attributes)
	if claims == nil {
		claims = map[string]any{}
	}
	claims["sub"] = said.Subject
	return claims, nil
}

// samlName is the name of a SAML provider by its ARN; empty: the operator has named none such.
func (t *Tokens) samlName(arn string) string {
	name, ok := strings.CutPrefix(arn, "arn:aws:iam::"+t.Account+":saml-provider/")
	if !ok || !slices.ContainsFunc(t.SAML, func(p SAMLProvider) bool { return p.Name == name }) {
		return ""
	}
	return name
}

// The attributes that assertions have for STS.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
const (
	awsAttributes     = "https://aws.amazon.com/SAML/Attributes/"
	roleAttribute     = awsAttributes + "Role"
	sessionAttribute  = awsAttributes + "RoleSessionName"
	durationAttribute = awsAttributes + "SessionDuration"
	tagAttribute      = awsAttributes + "PrincipalTag:"
)

// SAMLSession is what an assertion that is exchanged for credentials of a role says.
type SAMLSession struct {
	Web       sts.WebIdentity
	Session   string
	Longest   time.Duration // 0: not said
	Issuer    string
	Kind      string // of the subject: persistent, transient, or its format
	Qualifier string // of its name: what AWS makes of issuer, account and provider
}

// SAMLIdentity verifies a response (base64) of a provider, by its ARN, that is exchanged for credentials of a role. The assertion must
// offer the role. The faults are those of WebIdentity.
func (t *Tokens) SAMLIdentity(ctx context.Context, provider, role, response string) (*SAMLSession, error) {
	name := t.samlName(provider)
	if name == "" {
		return nil, fault.Deniedf("The provider is none of the SAML providers here.")
	}
	said, err := t.Assertions.VerifyAssertion(ctx, name, response)
	if err != nil {
		return nil, judged(err)
	}
	s := &SAMLSession{Issuer: said.Issuer, Kind: said.Format, Web: sts.WebIdentity{Names: []string{provider}, Subject: said.Subject}}
	if err := s.read(said.Attributes, provider, role); err != nil {
		return nil, err
	}
	if kind, ok := strings.CutPrefix(said.Format, "urn:oasis:names:tc:SAML:2.0:nameid-format:"); ok {
		s.Kind = kind
	}
	at := slices.IndexFunc(t.SAML, func(p SAMLProvider) bool { return p.Name == name })
	s.Web.Audience = t.SAML[at].Recipient
	sum := sha1.Sum([]byte(said.Issuer + t.Account + "/" + name)) //nolint:gosec // see above
	s.Qualifier = base64.StdEncoding.EncodeToString(sum[:])
	s.Web.Said = map[string][]string{"saml:iss": {said.Issuer}, "saml:namequalifier": {s.Qualifier}}
	if s.Kind != "" {
		s.Web.Said["saml:sub_type"] = []string{s.Kind}
	}
	return s, nil
}

// read takes from the attributes of an assertion what is about the session of a role.
func (s *SAMLSession) read(attributes map[string]any, provider, role string) error {
	offered := slices.ContainsFunc(values(attributes[roleAttribute]), func(pair string) bool {
		a, b, _ := strings.Cut(pair, ",")
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		return a == role && b == provider || a == provider && b == role
	})
	if !offered {
		return fault.Deniedf("The assertion does not offer the role.")
	}
	named := values(attributes[sessionAttribute])
	if len(named) != 1 {
		return fault.Deniedf("RoleSessionName is required in AuthnResponse")
	}
	s.Session = named[0]
	if text := values(attributes[durationAttribute]); len(text) > 0 {
		seconds, err := strconv.Atoi(text[0])
		if err != nil || seconds < 900 || seconds > 43_200 {
			return fault.Deniedf("SessionDuration must be between 900 and 43200")
		}
		s.Longest = time.Duration(seconds) * time.Second
	}
	for attribute, value := range attributes {
		tag, ok := strings.CutPrefix(attribute, tagAttribute)
		if list := values(value); ok && len(list) == 1 {
			if s.Web.Tags == nil {
				s.Web.Tags = map[string]string{}
			}
			s.Web.Tags[tag] = list[0]
		}
	}
	return nil
}
