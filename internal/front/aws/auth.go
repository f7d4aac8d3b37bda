package aws

import (
	"net/http"
	"slices"

	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/sts"
)

// Caller is who signed a request.
type Caller struct {
	AccessKeyID string
	Region      string
	Principal   any // a sts.Principal where the house has roles
}

// Authenticator finds out who signed a request to a service. Refusals are *sigv4.Error; any other error is internal.
type Authenticator interface {
	Authenticate(r *http.Request, body []byte, service string) (Caller, error)
	// AuthenticateHead is Authenticate before the body is read, which the payload has to be asked about then: until it is, the caller is who
	// it says only where the payload is proven.
	AuthenticateHead(r *http.Request, service string) (Caller, sigv4.Payload, error)
}

// Verify is the Authenticator that checks signatures.
func Verify(v *sigv4.Verifier) Authenticator { return verify{v} }

type verify struct{ *sigv4.Verifier }

func (v verify) Authenticate(r *http.Request, body []byte, service string) (Caller, error) {
	id, err := v.Verify(r, body)
	if err != nil {
		return Caller{}, err
	}
	return callerOf(id, service)
}

func (v verify) AuthenticateHead(r *http.Request, service string) (Caller, sigv4.Payload, error) {
	id, payload, err := v.VerifyHead(r)
	if err != nil {
		return Caller{}, sigv4.Payload{}, err
	}
	who, err := callerOf(id, service)
	return who, payload, err
}

func callerOf(id sigv4.Identity, service string) (Caller, error) {
	if id.Service != service {
		return Caller{}, &sigv4.Error{Name: sigv4.InvalidSignature,
			Message: "Credential should be scoped to correct service: '" + service + "'."}
	}
	return caller(id.Scope, id.Principal)
}

// AcceptAny is the Authenticator of development servers: whoever names an access key is believed.
func AcceptAny() Authenticator { return acceptAny{} }

type acceptAny struct{}

func (acceptAny) Authenticate(r *http.Request, _ []byte, _ string) (Caller, error) {
	scope, err := sigv4.ParseScope(r)
	if err != nil {
		return Caller{}, err
	}
	return caller(scope, nil)
}

func (a acceptAny) AuthenticateHead(r *http.Request, service string) (Caller, sigv4.Payload, error) {
	who, err := a.Authenticate(r, nil, service)
	return who, sigv4.Believed(), err
}

type refuseAll struct{}

func (refuseAll) Authenticate(*http.Request, []byte, string) (Caller, error) {
	return Caller{}, &sigv4.Error{Name: sigv4.UnrecognizedClient,
		Message: "The security token included in the request is invalid."}
}

func (a refuseAll) AuthenticateHead(r *http.Request, service string) (Caller, sigv4.Payload, error) {
	who, err := a.Authenticate(r, nil, service)
	return who, sigv4.Payload{}, err
}

func caller(s sigv4.Scope, principal any) (Caller, error) {
	if !isRegion(s.Region) {
		return Caller{}, &sigv4.Error{Name: sigv4.InvalidSignature, Message: "Credential should be scoped to a valid region."}
	}
	return Caller{AccessKeyID: s.AccessKeyID, Region: s.Region, Principal: principal}, nil
}

// isRegion keeps out of ids and ARNs what cannot be a region. Names of one's own, as in "local-1", are fine.
func isRegion(s string) bool {
	return len(s) > 0 && len(s) <= 32 && !slices.ContainsFunc([]byte(s), func(c byte) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
	})
}

// authenticate fills in who calls. A signature on an operation that needs none is not checked: it may tell the region
// and nothing else.
func (f *Front) authenticate(r *http.Request, body []byte, spec *awsjson.Spec, c *Call) error {
	if spec.Auth == awsjson.Unsigned {
		if s, err := sigv4.ParseScope(r); err == nil && isRegion(s.Region) {
			c.Region = s.Region
		}
		return nil
	}
	who, err := f.Auth.Authenticate(r, body, spec.Service)
	if err != nil {
		return err
	}
	c.AccessKeyID, c.Region, c.Principal = who.AccessKeyID, who.Region, who.Principal
	if p, ok := who.Principal.(sts.Principal); ok {
		return f.permit(r.Context(), p, spec, c, body)
	}
	return nil
}

var (
	_ Authenticator = verify{}
	_ Authenticator = acceptAny{}
	_ Authenticator = refuseAll{}
)
