package gateway

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"cognate.dev/cognate/internal/gateway/claim"
	"cognate.dev/cognate/internal/gateway/route"
	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/iampolicy"
)

// Request is a request for a route that was found.
type Request struct {
	HTTP   *http.Request // its Header and URL are as they came
	Method string
	Path   route.Path // without base and stage
	Query  map[string][]string
	Client netip.Addr // who asks, behind the proxies that are trusted
	ID     string     // of the request
	At     time.Time
	Match  route.Match[*Route]
	API    *API
	// Body is the whole body, for signatures. Nobody reads it twice: it is asked for once.
	Body func() ([]byte, error)
}

// Route is the route of a request.
func (r *Request) Route() *Route { return r.Match.Route }

// ARN names the method that is called: arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/GET/orders/1. Its path is decoded: whoever
// writes %73ecret asks for what a policy calls secret.
func (r *Request) ARN() string {
	return r.API.arn() + "/" + r.API.Stage + "/" + r.Method + "/" + strings.Join(r.Path.Segments, "/")
}

// Route is a route and who may call it.
type Route struct {
	spec.Route
	authorizer authorizer // nil: anybody
	kind       string     // of the authorizer; none: anybody
}

// Kind is the kind of the route's authorizer: cognito, jwt, lambda, iam or none.
func (r *Route) Kind() string { return r.kind }

// Grant is what is known of who asks. The zero value is anybody, on a route without an authorizer.
type Grant struct {
	Kind      string         // of the authorizer that gave it
	Principal string         // sub of a token, principalId of a function, ARN of a signer
	Claims    claim.Set      // of a token
	Scopes    []string       // all of the token, on a route with scopes; else nil
	Context   map[string]any // what a Lambda authorizer says
	Signer    *Signer
	Token     string // of one of our pools, as it was sent; empty: none
	Key       *Key   // the API key
	usageKey  string // what a Lambda authorizer says is the API key
}

// Key is an API key that was good.
type Key struct{ ID, Value string }

// Signer is who signed a request.
type Signer struct {
	AccessKey string
	Account   string
	ARN       string
	UserID    string
	Keys      map[string][]string // condition keys of who signed, in lower case
	// May says what the signer's own policies say; nil: nothing.
	May      func(iampolicy.Request) iampolicy.Effect
	Identity *CognitoIdentity // nil: no identity of an identity pool
}

// CognitoIdentity is the identity that temporary credentials were given to.
type CognitoIdentity struct {
	PoolID, ID, Type, Provider string
	AMR                        []string
}

// Reason says why a request does not come through.
type Reason string

// The reasons. What they are called on the wire, and their statuses, is the front's.
const (
	NoRoute         Reason = "no-route"
	BadPath         Reason = "bad-path"
	NoToken         Reason = "no-token"
	BadToken        Reason = "bad-token"
	Expired         Reason = "expired"
	Revoked         Reason = "revoked"
	NoScope         Reason = "no-scope"
	NotAllowed      Reason = "not-allowed"   // no policy allows it
	ExplicitDeny    Reason = "explicit-deny" // a policy denies it
	Unauthorized    Reason = "unauthorized"  // a function said so
	Misconfigured   Reason = "authorizer-misconfigured"
	AuthorizerFails Reason = "authorizer-fails"
	Unsigned        Reason = "unsigned"
	BadSignature    Reason = "bad-signature"
	SignerDenied    Reason = "signer-denied"
	PolicyDenied    Reason = "policy-denied" // by the policy decision point
	BadKey          Reason = "bad-key"
	Throttled       Reason = "throttled"
	QuotaExceeded   Reason = "quota-exceeded"
	TooLarge        Reason = "too-large"
)

// Denial is the error of a request that may not come through.
type Denial struct {
	Reason Reason
	Text   string // what the client may be told; of a bad signature, and of a token in WWW-Authenticate
	Name   string // of a bad signature: AWS's name for what is wrong
	Cause  error  // for the log
}

// Error is for the log.
func (d *Denial) Error() string {
	out := string(d.Reason)
	if d.Text != "" {
		out += ": " + d.Text
	}
	if d.Cause != nil {
		out += ": " + d.Cause.Error()
	}
	return out
}

// Unwrap gives the cause.
func (d *Denial) Unwrap() error { return d.Cause }

func deny(r Reason, text string) *Denial { return &Denial{Reason: r, Text: text} }

func denyFor(r Reason, cause error) *Denial { return &Denial{Reason: r, Cause: cause} }
