package sts

import (
	"cmp"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/kit/tag"
)

// session is what a session token holds, sealed and bound to its access key: any node can read it, nobody else can, and
// nothing of it is stored.
type session struct {
	Role     string              `json:"r"`
	Name     string              `json:"n"`
	Expires  int64               `json:"e"` // unix seconds
	Identity Identity            `json:"i,omitzero"`
	Provider string              `json:"f,omitempty"` // aws:FederatedProvider
	Keys     map[string][]string `json:"k,omitempty"` // condition keys of the web identity
	Tags     map[string]string   `json:"t,omitempty"`
	Policy   string              `json:"p,omitempty"`

	policy *iampolicy.Document
}

const (
	tokenPurpose  = "session-token"
	secretPurpose = "session-secret"
	temporary     = "ASIA"
	maxPolicy     = 2048
	maxToken      = 16 << 10
)

// Credentials are those of a session.
type Credentials struct {
	AccessKeyID string // ASIA…, 20 characters
	Secret      string // 40 characters
	Token       string
	Expires     time.Time // whole seconds
	ARN         string    // arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
	UserID      string    // AROA…:SESSION
	PolicyShare int       // how much of the room for session policies and tags is used, in percent
}

// WebIdentity is who a token of a provider stands for. Whoever makes one has verified the token.
type WebIdentity struct {
	// Names are what trust policies call the provider; the first is told to the caller. Each is a Federated principal.
	Names    []string
	Subject  string
	Audience string
	AMR      []string
	Tags     map[string]string   // that the token brings for the session
	Identity Identity            // of an identity pool; zero: of another provider
	Said     map[string][]string // further condition keys, in lower case
}

// Ask is a wish for credentials of a role.
type Ask struct {
	Role     string
	Action   string        // that the role must open; empty: sts:AssumeRoleWithWebIdentity
	Session  string        // name: 2 to 64 of \w+=,.@-
	Duration time.Duration // 0: an hour, or less where the role says so
	Longest  time.Duration // that whoever vouches allows, whatever the wish is; 0: not said
	Policy   string        // of the session, JSON: what is allowed must be allowed by it, too; empty: none
	Address  string        // that the wish comes from
	Web      WebIdentity
}

// Sessions give out temporary credentials. Safe for concurrent use.
type Sessions struct {
	roles  *Roles
	sealer TokenSealer
	now    clock.Clock
}

// TokenSealer seals session tokens and derives secrets; *secret.Keyring is one.
type TokenSealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
	MAC(purpose string, parts ...[]byte) []byte
}

// NewSessions makes the sessions of roles.
func NewSessions(roles *Roles, sealer TokenSealer, now clock.Clock) *Sessions {
	return &Sessions{roles: roles, sealer: sealer, now: now}
}

// The sentences of STS.
const (
	notAuthorized = "Not authorized to perform %s"
	tooLong       = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
)

var sessionForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Assume gives credentials of a role to a web identity that the role trusts. Who is not trusted, and a role that does not
// exist, are a fault Denied: nobody learns which.
func (s *Sessions) Assume(_ context.Context, a Ask) (Credentials, error) {
	a.Action = cmp.Or(a.Action, assumeAction)
	r := s.roles.byARN[a.Role]
	if _, trusts := s.Judge(a); !trusts {
		return Credentials{}, fault.Deniedf(notAuthorized, a.Action)
	}
	life, err := r.life(a.Duration)
	if err != nil {
		return Credentials{}, err
	}
	if !sessionForm.MatchString(a.Session) {
		return Credentials{}, fault.Invalidf("The session name must have 2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-")
	}
	if err := CheckTags(a.Web.Tags); err != nil {
		return Credentials{}, err
	}
	if len(a.Policy) > maxPolicy {
		return Credentials{}, fault.New(fault.Limited, fault.SessionPolicy, "The session policy has more than 2048 characters.")
	}
	if a.Policy != "" {
		if _, err := iampolicy.Parse([]byte(a.Policy)); err != nil {
			return Credentials{}, fault.New(fault.Invalid, fault.SessionPolicy, "The policy is not in the valid JSON format.").Because(err)
		}
	}
	if a.Longest > 0 {
		life = min(life, a.Longest)
	}
	return s.begin(r, a, life)
}

// Judge tells whether there is the role of a wish, and whether it trusts the web identity. It gives nothing out. The two are told apart for
// those who administer only.
func (s *Sessions) Judge(a Ask) (known, trusts bool) {
	r := s.roles.byARN[a.Role]
	a.Action = cmp.Or(a.Action, assumeAction)
	return r != nil, r != nil && r.trusts(a, s.now())
}

func (r *role) life(wish time.Duration) (time.Duration, error) {
	switch {
	case wish == 0:
		return min(usual, r.longest), nil
	case wish < shortest, wish > longest:
		return 0, fault.Invalidf("DurationSeconds must be between %d and %d.", int(shortest.Seconds()), int(longest.Seconds()))
	case wish > r.longest:
		return 0, fault.Invalidf("%s", tooLong)
	}
	return wish, nil
}

// begin makes the credentials. The secret follows from the access key, so that the token need not hold it.
func (s *Sessions) begin(r *role, a Ask, life time.Duration) (Credentials, error) {
	c := Credentials{
		AccessKeyID: temporary + base32.StdEncoding.EncodeToString(random.Bytes(10)), Expires: s.now().Add(life).UTC().Truncate(time.Second),
		ARN: r.assumed(a.Session), UserID: r.id + ":" + a.Session, PolicyShare: len(a.Policy) * 100 / maxPolicy,
	}
	plain, err := json.Marshal(session{
		Role: r.arn, Name: a.Session, Expires: c.Expires.Unix(), Identity: a.Web.Identity, Provider: a.Web.Names[0],
		Keys: a.Web.keys(), Tags: a.Web.Tags, Policy: a.Policy,
	})
	if err != nil {
		return Credentials{}, fmt.Errorf("encode session: %w", err)
	}
	c.Secret = string(s.secret(c.AccessKeyID))
	c.Token = s.sealer.SealString(tokenPurpose, plain, []byte(c.AccessKeyID))
	return c, nil
}

func (s *Sessions) secret(accessKeyID string) []byte {
	return []byte(base64.StdEncoding.EncodeToString(s.sealer.MAC(secretPurpose, []byte(accessKeyID))[:30]))
}

// open reads a session token that was made together with an access key.
func (s *Sessions) open(accessKeyID, token string) (*session, *role, error) {
	if len(token) > maxToken || !strings.HasPrefix(accessKeyID, temporary) {
		return nil, nil, ErrUnknownKey
	}
	plain, err := s.sealer.OpenString(tokenPurpose, token, []byte(accessKeyID))
	if err != nil {
		return nil, nil, ErrUnknownKey
	}
	var one session
	if err := json.Unmarshal(plain, &one); err != nil {
		return nil, nil, fmt.Errorf("read session: %w", err)
	}
	r := s.roles.byARN[one.Role]
	if r == nil { // the operator has taken the role away, and with it what it gave
		return nil, nil, ErrUnknownKey
	}
	if s.now().Unix() >= one.Expires {
		return nil, nil, errExpired
	}
	if one.Policy != "" {
		if one.policy, err = iampolicy.Parse([]byte(one.Policy)); err != nil {
			return nil, nil, fmt.Errorf("read policy of session: %w", err)
		}
	}
	return &one, r, nil
}

func (r *role) assumed(session string) string {
	return "arn:aws:sts::" + r.account + ":assumed-role/" + r.name + "/" + session
}

// The actions of a trust policy.
const (
	assumeAction = "sts:AssumeRoleWithWebIdentity"
	tagAction    = "sts:TagSession"
	// AssumeWithSAML is the one for assertions.
	AssumeWithSAML = "sts:AssumeRoleWithSAML"
)

// trusts asks the role's trust policy about a web identity. Tags need the right to bring them.
func (r *role) trusts(a Ask, now time.Time) bool {
	w := a.Web
	if len(w.Names) == 0 || w.Subject == "" {
		return false
	}
	who := map[string][]string{"Federated": w.Names}
	ask := iampolicy.Request{Action: a.Action, Keys: w.keys()}
	maps.Copy(ask.Keys, timeKeys(now))
	ask.Keys["sts:rolesessionname"] = []string{a.Session}
	if a.Address != "" {
		ask.Keys["aws:sourceip"] = []string{a.Address}
	}
	for name, value := range w.Tags {
		ask.Keys["aws:requesttag/"+strings.ToLower(name)] = []string{value}
		ask.Keys["aws:tagkeys"] = append(ask.Keys["aws:tagkeys"], name)
	}
	if r.trust.Evaluate(who, ask) != iampolicy.Allow {
		return false
	}
	ask.Action = tagAction
	return len(w.Tags) == 0 || r.trust.Evaluate(who, ask) == iampolicy.Allow
}

// asked tells whether a condition key is one that trust policies are asked with. Of the others nobody says anything: what denies by one
// would never do so, and a negation would always hold.
func asked(key string) bool {
	switch key {
	case "aws:currenttime", "aws:epochtime", "aws:sourceip", "aws:tagkeys", "sts:rolesessionname", "saml:iss", "saml:namequalifier", "saml:sub_type":
		return true
	}
	return strings.HasPrefix(key, "aws:requesttag/") || slices.ContainsFunc(identityKeys, func(suffix string) bool { return strings.HasSuffix(key, suffix) })
}

// identityKeys are what the condition keys of a web identity end in.
var identityKeys = []string{":sub", ":aud", ":amr"}

// timeKeys are the condition keys of the time.
func timeKeys(now time.Time) map[string][]string {
	return map[string][]string{"aws:currenttime": {now.UTC().Format(time.RFC3339)}, "aws:epochtime": {strconv.FormatInt(now.Unix(), 10)}}
}

// keys are the condition keys of a web identity, under each name of its provider, in lower case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
func (w WebIdentity) keys() map[string][]string {
	keys := map[string][]string{}
	maps.Copy(keys, w.Said)
	for _, name := range w.Names {
		prefix := strings.ToLower(providerOf(name))
		for suffix, values := range map[string][]string{":aud": {w.Audience}, ":sub": {w.Subject}, ":amr": w.AMR} {
			if len(values) > 0 && values[0] != "" {
				keys[prefix+suffix] = values
			}
		}
	}
	return keys
}

// providerOf is what condition keys call a provider: its name, or what its ARN ends in.
func providerOf(principal string) string {
	if _, name, ok := strings.Cut(principal, ":oidc-provider/"); ok {
		return name
	}
	if strings.Contains(principal, ":saml-provider/") {
		return "saml"
	}
	return principal
}

func audienceKey(principal string) string { return providerOf(principal) + ":aud" }

// The bounds of session tags.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

var tagForm = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// CheckTags refuses, as invalid, tags that no session can have.
func CheckTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return fault.Invalidf("A session can have at most %d tags.", maxTags)
	}
	seen := map[string]bool{}
	for name, value := range tags {
		switch {
		case name == "" || utf8.RuneCountInString(name) > maxTagKey || utf8.RuneCountInString(value) > maxTagValue:
			return fault.Invalidf("A session tag has a key of 1 to %d characters and a value of at most %d.", maxTagKey, maxTagValue)
		case !tagForm.MatchString(name) || !tagForm.MatchString(value) || tag.IsReserved(name):
			return fault.Invalidf("A session tag has a character that is not allowed.")
		case seen[strings.ToLower(name)]:
			return fault.Invalidf("Two session tags have one key.")
		}
		seen[strings.ToLower(name)] = true
	}
	return nil
}

// keys are the condition keys of a session: those of the web identity, and its tags.
func (s *session) keys() map[string][]string {
	keys := maps.Clone(s.Keys)
	for name, value := range s.Tags {
		if keys == nil {
			keys = map[string][]string{}
		}
		keys["aws:principaltag/"+strings.ToLower(name)] = []string{value}
	}
	return keys
}
