package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/trigger/function"
)

const (
	authorizerLimit = 10 * time.Second // that a function may take
	maxResult       = 8 << 10          // bytes that it may answer
)

// lambda is an authorizer that is a function.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
type lambda struct {
	spec.Authorizer
	rest       bool
	validation *regexp.Regexp // nil: anything
	parts      *Parts
	kept       *kept[*verdict]
}

// verdict is what a function said. It is kept as it is: what it means for a method is found out with each request.
type verdict struct {
	principal string
	policy    *iampolicy.Document // nil: a simple response
	allowed   bool                // of a simple response
	context   map[string]any
	usageKey  string
}

func newLambda(a *API, z spec.Authorizer) (*lambda, error) {
	validation, err := whole(z.Validation)
	return &lambda{z, a.Kind == spec.REST, validation, a.parts, newKept[*verdict](spec.Lambda, *z.TTL, a.parts)}, err
}

func (z *lambda) authorize(ctx context.Context, r *Request) (*Grant, error) {
	values := make([]string, len(z.Sources))
	for i, name := range z.Sources {
		value, ok := r.source(name)
		if !ok || z.validation != nil && !z.validation.MatchString(value) {
			return nil, deny(NoToken, "") // and the function is not asked
		}
		values[i] = value
	}
	v, err := z.kept.get(ctx, digest(append([]string{r.API.Stage}, values...)...), func(ctx context.Context) (*verdict, error) {
		return z.ask(ctx, r, values)
	})
	if err != nil {
		return nil, z.denial(err)
	}
	if err := v.about(r); err != nil {
		return nil, err
	}
	return &Grant{Principal: v.principal, Context: v.context, usageKey: v.usageKey}, nil
}

// about says what a verdict means for a request.
func (v *verdict) about(r *Request) error {
	if v.policy == nil {
		if v.allowed {
			return nil
		}
		return deny(NotAllowed, "")
	}
	switch v.policy.Evaluate(iampolicy.Request{Action: "execute-api:Invoke", Resource: r.ARN(), Keys: r.keys(&Grant{})}) {
	case iampolicy.Allow:
		return nil
	case iampolicy.Deny:
		return deny(ExplicitDeny, "")
	}
	return deny(NotAllowed, "")
}

func (z *lambda) ask(ctx context.Context, r *Request, values []string) (*verdict, error) {
	call := r.Call(&Grant{})
	var event []byte
	var err error
	switch z.Payload {
	case spec.PayloadToken:
		event, err = call.AskToken(values[0])
	case spec.Payload2:
		event, err = call.AskTwo(values)
	default:
		event, err = call.AskOne(values)
	}
	if err != nil {
		return nil, err
	}
	answer, err := z.parts.Functions.Invoke(ctx, z.Function, authorizerLimit, event)
	if err != nil {
		return nil, err
	}
	return z.read(answer)
}

var errResult = errors.New("the authorizer's answer has not the form of one")

func (z *lambda) read(answer []byte) (*verdict, error) {
	if len(answer) > maxResult {
		return nil, fmt.Errorf("%w: it has more than %d bytes", errResult, maxResult)
	}
	var said struct {
		Principal string          `json:"principalId"`
		Policy    json.RawMessage `json:"policyDocument"`
		Context   map[string]any  `json:"context"`
		UsageKey  string          `json:"usageIdentifierKey"`
		Allowed   *bool           `json:"isAuthorized"`
	}
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&said); err != nil {
		return nil, fmt.Errorf("%w: %w", errResult, err)
	}
	v := &verdict{principal: said.Principal, context: said.Context, usageKey: said.UsageKey}
	if z.Simple {
		if said.Allowed == nil {
			return nil, fmt.Errorf("%w: isAuthorized is missing", errResult)
		}
		v.allowed = *said.Allowed
		return v, nil
	}
	if said.Principal == "" || len(said.Policy) == 0 {
		return nil, fmt.Errorf("%w: principalId or policyDocument is missing", errResult)
	}
	if z.Payload != spec.Payload2 {
		for name, value := range said.Context {
			switch value.(type) {
			case map[string]any, []any:
				return nil, fmt.Errorf("%w: context.%s is neither text, number nor boolean", errResult, name)
			}
		}
	}
	var err error
	v.policy, err = iampolicy.Parse(said.Policy)
	return v, err
}

// denial tells a function that says "Unauthorized" from one that does not work. Only REST APIs listen.
func (z *lambda) denial(err error) error {
	var thrown *function.Thrown
	if z.rest && errors.As(err, &thrown) && strings.TrimSpace(thrown.Message) == "Unauthorized" {
		return deny(Unauthorized, "")
	}
	return denyFor(Misconfigured, err)
}
