package sts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/identitypool"
	room "cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/telemetry"
)

// callerIdentity is the answer of GetCallerIdentity.
type callerIdentity struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

// getCallerIdentity is open to whoever signs.
func (h *handler) getCallerIdentity(q *request) (any, error) {
	who, err := h.Auth.Authenticate(q.Request, q.body, service)
	if err != nil {
		return nil, err
	}
	q.call.AccessKeyID, q.call.Region = who.AccessKeyID, who.Region
	p, ok := who.Principal.(room.Principal)
	if !ok {
		return nil, fmt.Errorf("the access key has the principal %T", who.Principal)
	}
	return callerIdentity{p.ARN, p.UserID, p.Account}, nil
}

// assumed is the answer of AssumeRoleWithWebIdentity.
type assumed struct {
	Subject  string `xml:"SubjectFromWebIdentityToken"`
	Audience string `xml:"Audience"`
	Provider string `xml:"Provider"`
	given
}

// given is what each operation that gives credentials answers.
type given struct {
	User        assumedUser `xml:"AssumedRoleUser"`
	Credentials credentials `xml:"Credentials"`
	PackedSize  int         `xml:"PackedPolicySize,omitempty"`
}

type assumedUser struct {
	ARN string `xml:"Arn"`
	ID  string `xml:"AssumedRoleId"`
}

type credentials struct {
	AccessKeyID string `xml:"AccessKeyId"`
	Secret      string `xml:"SecretAccessKey"`
	Token       string `xml:"SessionToken"`
	Expires     string `xml:"Expiration"`
}

// assumeRoleWithWebIdentity needs no signature: the token speaks for itself.
func (h *handler) assumeRoleWithWebIdentity(q *request) (any, error) {
	ask, err := wish(q, webBounds, "ProviderId")
	if err != nil {
		return nil, err
	}
	ask.Session = q.params.Get("RoleSessionName")
	out, err := h.assume(q, &ask, func(ctx context.Context) (err error) {
		ask.Web, err = h.Tokens.WebIdentity(ctx, q.params.Get("WebIdentityToken"))
		return err
	})
	if err != nil {
		return nil, err
	}
	return assumed{ask.Web.Subject, ask.Web.Audience, ask.Web.Names[0], out}, nil
}

// asserted is the answer of AssumeRoleWithSAML.
type asserted struct {
	Subject   string `xml:"Subject"`
	Kind      string `xml:"SubjectType,omitempty"`
	Issuer    string `xml:"Issuer"`
	Audience  string `xml:"Audience"`
	Qualifier string `xml:"NameQualifier"`
	given
}

// samlBounds are those of AssumeRoleWithSAML.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
var samlBounds = []bound{{name: "RoleArn", least: 20, most: 2048}, {name: "PrincipalArn", least: 20, most: 2048}, {name: "SAMLAssertion", least: 4, most: 100_000, secret: true}}

// assumeRoleWithSAML needs no signature but that of the assertion.
func (h *handler) assumeRoleWithSAML(q *request) (any, error) {
	ask, err := wish(q, samlBounds)
	if err != nil {
		return nil, err
	}
	ask.Action = room.AssumeWithSAML
	var said *identitypool.SAMLSession
	out, err := h.assume(q, &ask, func(ctx context.Context) (err error) {
		said, err = h.Tokens.SAMLIdentity(ctx, q.params.Get("PrincipalArn"), ask.Role, q.params.Get("SAMLAssertion"))
		if err == nil {
			ask.Web, ask.Session, ask.Longest = said.Web, said.Session, said.Longest
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return asserted{said.Web.Subject, said.Kind, said.Issuer, said.Web.Audience, said.Qualifier, out}, nil
}

// assume gives credentials to whom a token stands for. Bad tokens count as guesses of their address.
func (h *handler) assume(q *request, ask *room.Ask, judge func(context.Context) error) (given, error) {
	ctx := q.Context()
	audit.Note(ctx, func(r *audit.Record) {
		r.Resource, r.Detail = "RoleArn/"+ask.Role, map[string]string{"RoleSessionName": ask.Session}
	})
	guarded, try, err := h.Gate.Enter(ctx, q.call.RemoteAddr)
	if err != nil {
		return given{}, err
	}
	err = judge(guarded)
	try.End(ctx, err)
	if err != nil {
		return given{}, badToken(err)
	}
	audit.Note(ctx, func(r *audit.Record) {
		r.Detail["RoleSessionName"], r.Detail["Provider"], r.Detail["Subject"] = ask.Session, ask.Web.Names[0], ask.Web.Subject
	})
	c, err := h.Sessions.Assume(ctx, *ask)
	if err != nil {
		return given{}, err
	}
	audit.Note(ctx, func(r *audit.Record) { r.Detail["AccessKeyId"] = c.AccessKeyID })
	telemetry.Add(ctx, slog.String("given_access_key_id", c.AccessKeyID), slog.String("assumed", c.ARN))
	return given{
		User: assumedUser{c.ARN, c.UserID}, PackedSize: c.PolicyShare,
		Credentials: credentials{c.AccessKeyID, c.Secret, c.Token, c.Expires.Format(time.RFC3339)},
	}, nil
}

// bound is how long a parameter may be, in characters, and of which form. All are needed.
type bound struct {
	name        string
	least, most int
	form        *regexp.Regexp // nil: any
	secret      bool           // errors do not repeat it
}

// webBounds are those of AssumeRoleWithWebIdentity.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
var webBounds = []bound{
	{name: "RoleArn", least: 20, most: 2048}, {name: "RoleSessionName", least: 2, most: 64, form: sessionForm},
	{name: "WebIdentityToken", least: 4, most: 20_000, secret: true},
}

var sessionForm = regexp.MustCompile(`^[\w+=,.@-]*$`)

// check says what is wrong with a parameter, in AWS's words.
func (b bound) check(q *request) (wrong []string) {
	value := q.params.Get(b.name)
	shown, n := " '"+printable(value)+"'", len(value)
	if b.secret {
		shown = ""
	}
	say := func(constraint string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("Value%s at '%s' failed to satisfy constraint: Member must ", shown, strings.ToLower(b.name[:1])+b.name[1:])+fmt.Sprintf(constraint, args...))
	}
	if !q.params.Has(b.name) {
		shown = " null"
		say("not be null")
		return wrong
	}
	if b.form != nil && !b.form.MatchString(value) {
		say("satisfy regular expression pattern: %s", strings.Trim(b.form.String(), "^$"))
	}
	if n < b.least {
		say("have length greater than or equal to %d", b.least)
	}
	if n > b.most {
		say("have length less than or equal to %d", b.most)
	}
	return wrong
}

// The bounds of DurationSeconds.
const (
	leastSeconds = 900
	mostSeconds  = 43_200
)

// duration reads DurationSeconds.
func duration(text string) (d time.Duration, wrong string) {
	seconds, err := strconv.Atoi(text)
	var constraint string
	switch {
	case err != nil:
		return 0, "Value at 'durationSeconds' failed to satisfy constraint: Member must be a number of seconds"
	case seconds < leastSeconds:
		constraint = fmt.Sprintf("greater than or equal to %d", leastSeconds)
	case seconds > mostSeconds:
		constraint = fmt.Sprintf("less than or equal to %d", mostSeconds)
	default:
		return time.Duration(seconds) * time.Second, ""
	}
	return 0, fmt.Sprintf("Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value %s", seconds, constraint)
}

// wish reads the parameters of an operation that gives credentials, which is on record from here on. Unserved are those that are
// refused.
func wish(q *request, bounds []bound, unserved ...string) (room.Ask, error) {
	audit.Note(q.Context(), func(r *audit.Record) { r.Operation, r.Request = q.call.Operation, q.call.RequestID })
	var wrong []string
	for _, b := range bounds {
		wrong = append(wrong, b.check(q)...)
	}
	ask := room.Ask{Role: q.params.Get("RoleArn"), Policy: q.params.Get("Policy"), Address: q.call.RemoteAddr}
	if text := q.params.Get("DurationSeconds"); text != "" {
		var bad string
		if ask.Duration, bad = duration(text); bad != "" {
			wrong = append(wrong, bad)
		}
	}
	for name := range q.params {
		if slices.Contains(unserved, name) || strings.HasPrefix(name, "PolicyArns.") { // leaving them out would give more than was asked for
			wrong = append(wrong, "Cognate does not support the parameter "+printable(name))
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		plural := ""
		if len(wrong) > 1 {
			plural = "s"
		}
		return ask, fault.Invalidf("%d validation error%s detected: %s", len(wrong), plural, strings.Join(wrong, "; "))
	}
	if !room.IsRole(ask.Role) {
		return ask, fault.Invalidf("Request ARN is invalid")
	}
	return ask, nil
}

// badToken says in STS's words what is wrong with a token.
// https://github.com/aws/aws-sdk-java-v2/issues/5709 and https://github.com/awslabs/amazon-eks-irsa-cfn/pull/18 have two of them.
func badToken(err error) error {
	f := fault.As(err)
	text := strings.TrimPrefix(f.Text, "Invalid login token. ")
	var lapse *fault.Lapse
	switch {
	case f.Kind == fault.Denied && f.Subject == fault.Stale && errors.As(err, &lapse):
		return refuse(http.StatusBadRequest, "ExpiredTokenException", "Token expired: current date/time %d must be before the expiration date/time %d", lapse.Now.Unix(), lapse.End.Unix())
	case f.Kind == fault.Denied && f.Subject == fault.Stale:
		return refuse(http.StatusBadRequest, "ExpiredTokenException", "%s", text)
	case f.Kind == fault.Denied:
		if f.Text == fault.IDTokenForAnother().Text {
			text = strings.TrimSuffix(text, ".")
		}
		return refuse(http.StatusBadRequest, "InvalidIdentityToken", "%s", text)
	case f.Kind == fault.Unavailable:
		r := refuse(http.StatusBadRequest, "IDPCommunicationError", "The identity provider cannot be reached.")
		r.cause = err
		return r
	}
	return err
}
